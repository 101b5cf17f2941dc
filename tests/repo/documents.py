"""The documents of the repository, read for tests: their sections, tables, links and prose."""

import re
from typing import Final

from tests.support.template import ROOT

ROOT_DOCUMENTS: Final = tuple(sorted(path.name for path in ROOT.glob("*.md")))
DOCUMENTS: Final = (*ROOT_DOCUMENTS, ".github/SECURITY.md")

_CODE: Final = re.compile(r"(?ms)^```.*?^```$|<!--.*?-->|`[^`\n]*`")


def text(document: str) -> str:
    """Return a document's text."""
    return (ROOT / document).read_text(encoding="utf-8")


def section(document: str, title: str) -> str:
    """Return the text under a heading, up to the next one of the same or a higher level."""
    level, body = re.split(rf"(?m)^(##+) {re.escape(title)}$", text(document))[1:3]
    return re.split(rf"(?m)^#{{1,{len(level)}}} ", body)[0]


def rows(markdown: str) -> list[str]:
    """Return the first cells of all tables, the heads included."""
    return [line.split("|")[1].strip() for line in markdown.splitlines() if line.startswith("| ") and "---" not in line]


def names(markdown: str) -> set[str]:
    """Return all single words that are written as code."""
    return set(re.findall(r"`([\w./{}]+)`", markdown))


def anchors(document: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"(?m)^#{1,6} (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text(document)))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links(document: str) -> list[str]:
    """Return where a document links to inside the repository: files, anchors or both."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text(document))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def prose(document: str) -> str:
    """Return a document without its code and its comments."""
    return _CODE.sub("code", text(document))


def sentences(document: str) -> list[str]:
    """Return the sentences of paragraphs and list items; headings, tables and quotations of code are left out."""
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:\*|\d+\.) )", re.sub(r"(?m)^(#|\|).*$", "", prose(document)))
    plain = (" ".join(re.sub(r"^(\*|\d+\.) ", "", block.strip()).split()) for block in blocks)
    return [
        sentence
        for block in plain
        for sentence in re.split(r"(?<=[.!?:])(?:\)|\*\*)? (?=[A-Z*\[]|(?:code|mediabeat)\b)", block)
        if sentence
    ]
