"""What rules/README.md shows by hand is taken from files that are checked and tested."""

import re

import pytest

from tests.rulebook.folders import EXAMPLES
from tests.rulebook.write_reference import README

WRITTEN = README.read_text(encoding="utf-8").partition("## The language")[0]
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", WRITTEN, re.MULTILINE | re.DOTALL)
FILES = (EXAMPLES / "journeys" / "yearly_care.yaml", README.parent / "catalog.yaml")


def stripped(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_an_example_stands_word_for_word_in_a_file_that_is_tested(block: str) -> None:
    assert any(stripped(block) in stripped(file.read_text(encoding="utf-8")) for file in FILES)


def test_every_later_part_of_the_language_has_its_example() -> None:
    shown = "\n".join(BLOCKS)
    for word in ("split:", "holdout:", "set:", "repeat:", "webhook:", ".csv", "holidays:", "priority:", "sending:"):
        assert word in shown
