"""The diagrams of ARCHITECTURE.md are those that the code's tables make."""

from tests.repo.diagrams import ARCHITECTURE, with_diagrams


def test_architecture_shows_the_lifecycle_that_the_code_has() -> None:
    document = ARCHITECTURE.read_text(encoding="utf-8")
    assert document == with_diagrams(document), "run python -m tests.repo.diagrams --write"
