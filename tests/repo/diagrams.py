"""The diagrams of ARCHITECTURE.md, made from the code's tables: `python -m tests.repo.diagrams --write` updates them."""

import re
import sys
from typing import Final

from mediabeat.core.lifecycle import LIFE, Action
from mediabeat.core.records import Phase
from tests.support.template import ROOT

ARCHITECTURE: Final = ROOT / "ARCHITECTURE.md"
BEGIN: Final = "<!-- lifecycle: made by python -m tests.repo.diagrams -->"
END: Final = "<!-- lifecycle: end -->"

NOT_DRAWN: Final = {Action.IGNORE, Action.REFUSE}
"""Actions that leave a session as it is, or lead to one of the other actions."""


def lifecycle() -> str:
    """Return the life of a session as a state diagram."""
    arrows = [
        f"    {_node(phase)} --> {_node(step.leads_to)}: {cause.value}"
        for (phase, cause), step in LIFE.items()
        if step.action not in NOT_DRAWN
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


def _node(phase: Phase | None) -> str:
    return "[*]" if phase is None else phase.value


def with_diagrams(document: str) -> str:
    """Return the document's text with today's diagram between the two comments."""
    made, found = re.subn(f"(?s){BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{lifecycle()}\n{END}", document)
    assert found == 1, "ARCHITECTURE.md has no place for the diagram"
    return made


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.repo.diagrams --write")
    ARCHITECTURE.write_text(with_diagrams(ARCHITECTURE.read_text(encoding="utf-8")), encoding="utf-8")
