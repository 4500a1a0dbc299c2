"""The parts of README.md that are made: ``python -m tests.acceptance.readme`` writes the table of settings."""

from pathlib import Path

from care.settings import settings_table
from tests.marked import remade

README = Path(__file__).parents[2] / "README.md"
_BEGIN, _END = "<!-- settings: begin -->", "<!-- settings: end -->"


def settings_lines() -> str:
    """The table of settings in Markdown."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |" for name, default, meaning in settings_table()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def with_settings(text: str) -> str:
    """The README with the table as the code has it."""
    return remade(text, _BEGIN, _END, f"\n{settings_lines()}\n")


if __name__ == "__main__":
    README.write_text(with_settings(README.read_text(encoding="utf-8")), encoding="utf-8")
