"""The page of the console: its files as they are served, and its words."""

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from typing import Any, Final

import pytest

from mediabeat.core.metrics import Metrics
from mediabeat.errors import NotFound
from mediabeat.runtime.http_api import Request
from mediabeat.runtime.web_page import HEADERS, INDEX, WebPage, join_modules
from tests.support.template import ROOT

FOLDER: Final = ROOT / "functions" / "console"
STATIC: Final = FOLDER / "static"
MOST_LINES: Final = 250

FILES: Final = {
    "index.html": b'<script src="console/main.js"></script><link href="console/style.css">',
    "style.css": b"body{}",
    "words.json": b"{}",
    "main.js": b'import { a } from "./a.js";\nimport { b } from "./b.js";\nb(a, "./words.json");\n',
    "a.js": b'import { b } from "./b.js";\nexport const a = b;\n',
    "b.js": b"export function b() {}\n",
}


def sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}


def reply(page: WebPage, name: str, **headers: str) -> dict[str, Any]:
    return page.reply(name, Request({"headers": {key.replace("_", "-"): value for key, value in headers.items()}}))


def served_as(page: WebPage, stem: str) -> str:
    [name] = [one for one in page.names if one.startswith(f"{stem}.")]
    return name


def test_modules_become_one_file_in_the_order_of_their_imports() -> None:
    assert join_modules(FILES).decode() == 'function b() {}\nconst a = b;b(a, "./words.json");'


def test_files_are_named_by_their_content_and_named_so_in_others() -> None:
    page = WebPage(FILES)
    main, style, words = (served_as(page, stem) for stem in ("main", "style", "words"))
    assert page.names == {INDEX, main, style, words}
    assert style == f"style.{hashlib.sha256(b'body{}').hexdigest()[:8]}.css"
    assert f'"./{words}"' in reply(page, main)["body"]
    assert f'"console/{main}"' in reply(page, INDEX)["body"]
    other = WebPage(FILES | {"words.json": b'{"a": "b"}'})
    assert served_as(other, "style") == style
    assert served_as(other, "main") != main


def test_index_is_checked_at_each_visit_and_other_files_are_kept() -> None:
    page = WebPage(FILES)
    index = reply(page, INDEX)
    assert index["headers"]["Cache-Control"] == "no-cache"
    again = reply(page, INDEX, if_none_match=index["headers"]["ETag"])
    assert (again["statusCode"], again["body"]) == (304, "")
    assert reply(page, INDEX, if_none_match='"another"')["statusCode"] == 200
    assert reply(page, served_as(page, "main"))["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"


def test_file_is_packed_for_those_who_can_unpack() -> None:
    page = WebPage(FILES)
    plain, packed = reply(page, INDEX), reply(page, INDEX, accept_encoding="gzip, br")
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert "Content-Encoding" not in plain["headers"]


def test_every_file_has_the_strict_headers_and_none_lets_another_page_read() -> None:
    page = WebPage(FILES)
    for name in page.names:
        headers = reply(page, name)["headers"]
        assert HEADERS.items() <= headers.items()
        assert "Access-Control-Allow-Origin" not in headers
    for rule in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"):
        assert rule in HEADERS["Content-Security-Policy"].split("; ")


def test_unknown_file_and_a_page_that_is_off_are_not_found() -> None:
    with pytest.raises(NotFound, match="reload it"):
        reply(WebPage(FILES), "main.js")
    with pytest.raises(NotFound, match="switched off"):
        reply(WebPage(FILES, is_on=False), INDEX)


def test_no_two_modules_of_the_console_declare_the_same_name() -> None:
    declared = Counter(
        name
        for source in sources().values()
        for one in re.findall(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+|\[[^\]]*\])", source, re.MULTILINE)
        for name in re.findall(r"\w+", one)
    )
    assert [name for name, times in declared.items() if times > 1] == []


def test_modules_of_the_console_are_short_and_import_what_another_exports() -> None:
    exported = {
        name: set(re.findall(r"^export (?:async )?(?:function|const|let|class) (\w+)", source, re.MULTILINE))
        for name, source in sources().items()
    }
    for name, source in sources().items():
        assert len(source.splitlines()) < MOST_LINES, name
        for names, module in re.findall(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";$', source, re.MULTILINE):
            assert {one.strip() for one in names.split(",")} <= exported[module], name
            assert all(re.search(rf"\b{one.strip()}\b", source.partition("from")[2]) for one in names.split(",")), name
        assert source.count("import ") == len(re.findall(r"^import \{", source, re.MULTILINE)), name


def test_no_text_of_a_module_spans_lines() -> None:
    lines = [line for source in sources().values() for line in source.splitlines()]
    assert [line for line in lines if line.count("`") % 2] == []


def test_modules_of_the_console_make_no_markup_and_no_code_of_texts() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|document\.cookie"
    assert [name for name, source in sources().items() if re.search(forbidden, source)] == []


def test_only_the_choices_outlive_the_tab_and_only_the_api_has_the_key() -> None:
    assert [name for name, source in sources().items() if "localStorage" in source.partition("\n")[2]] == ["choices.js"]
    assert [name for name, source in sources().items() if "sessionStorage" in source.partition("\n")[2]] == ["api.js"]


LANGUAGES: Final = 3


def texts(name: str) -> dict[str, list[str]]:
    """Return the texts of a file of the page by their keys: English, Japanese, Korean."""
    read: dict[str, list[str]] = json.loads((STATIC / f"{name}.json").read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("name", ["words", "metrics"])
def test_every_text_is_there_in_every_language(name: str) -> None:
    assert [key for key, row in texts(name).items() if len(row) != LANGUAGES or not all(text.strip() for text in row)] == []


def test_translations_have_the_places_of_the_english_words() -> None:
    places = {key: [sorted(re.findall(r"\{\w+\}", text)) for text in row] for key, row in texts("words").items()}
    assert [key for key, row in places.items() if row != [row[0]] * LANGUAGES] == []


def test_every_metric_of_the_api_has_a_sentence() -> None:
    assert list(texts("metrics")) == list(Metrics.model_fields)
    assert [name for name, row in texts("metrics").items() if any(text.count("`") % 2 for text in row)] == []


def test_code_in_a_sentence_is_that_of_the_english_documents() -> None:
    shown = {code for row in texts("metrics").values() for text in row for code in re.findall("`([^`]+)`", text)}
    assert shown <= set(re.findall("`([^`]+)`", (ROOT / "METRICS.md").read_text(encoding="utf-8")))
    assert shown


def test_every_word_that_the_console_asks_for_is_in_the_catalogue() -> None:
    asked = {key for source in sources().values() for key in re.findall(r"\b(?:t|phrase)\(\s*\"([^\"]+)\"", source)}
    assert len(asked) > 100
    assert asked <= texts("words").keys()


def test_page_is_small_and_complete(console: WebPage) -> None:
    packed = sum(len(base64.b64decode(reply(console, name, accept_encoding="gzip")["body"])) for name in console.names)
    uplot_bytes = 22_600  # of uPlot, which a checkout may not have yet
    assert packed <= 60 * 1024 - (0 if any(name.startswith("uplot") for name in console.names) else uplot_bytes)
    assert {"index.html"} < console.names
    index = reply(console, INDEX)["body"]
    assert set(re.findall(r'"console/([^"]+)"', index)) - {"uplot.min.css", "uplot.iife.min.js"} <= console.names


@pytest.fixture
def console() -> WebPage:
    """The page with the files of this checkout."""
    return WebPage({path.name: path.read_bytes() for path in sorted(STATIC.rglob("*.*"))})


def test_uplot_is_pinned_by_version_and_hash() -> None:
    pin = (FOLDER / "requirements.txt").read_text(encoding="utf-8")
    assert re.fullmatch(r"youplot==1\.0\.0 --hash=sha256:[0-9a-f]{64}\n", pin)
