"""Writes the reference of the rule language into rules/README.md: ``python -m tests.rulebook.write_reference``."""

from pathlib import Path

from care.rulebook.describe import reference
from tests.marked import remade

README = Path(__file__).parents[2] / "rules" / "README.md"
_BEGIN = "<!-- reference: begin (written by python -m tests.rulebook.write_reference) -->\n"
_END = "<!-- reference: end -->"


def with_reference(text: str) -> str:
    """The page with the reference between its markers made anew."""
    return remade(text, _BEGIN, _END, f"\n{reference().strip()}\n\n")


if __name__ == "__main__":
    README.write_text(with_reference(README.read_text(encoding="utf-8")), encoding="utf-8")
