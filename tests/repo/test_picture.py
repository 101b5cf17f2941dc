"""README's picture shows today's demo, and loads nothing from elsewhere."""

import re

from tests.repo.picture import COMMAND, PICTURE, picture
from tests.support.journeys import JOURNEYS

MAX_WIDTH = 1_150  # README is about 830 pixels wide; a wider picture would be hard to read
MAX_HEIGHT = 900


def test_picture_is_the_one_that_the_code_draws() -> None:
    assert PICTURE.exists(), f"run {COMMAND}"
    assert picture() == PICTURE.read_text(encoding="utf-8"), f"the demo looks different now: run {COMMAND}"


def test_picture_loads_nothing() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert re.findall(r"\w+://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"@import|@font-face|url\((?!#demo-)|href|<image|<script", svg)


def test_picture_can_be_read_in_readme() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    [(width, height)] = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert float(width) <= MAX_WIDTH
    assert float(height) * 830 / float(width) <= MAX_HEIGHT
    assert "mediabeat&#160;demo" in svg
    assert len(re.findall(r"\d\d-\d\d&#160;\d\d:\d\d:\d\d", svg)) == len(JOURNEYS)
