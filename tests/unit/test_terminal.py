"""What strangers wrote is shown on a terminal and never obeyed by it."""

import pytest
from rich.text import Text

from care.cli.screen import print_table, screen

TRICKS = ("\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\x1b]52;c;eA==\x1b\\", "a\rb", "a\x08b", "a\x7fb")


@pytest.mark.parametrize("trick", TRICKS)
def test_no_control_character_of_a_strangers_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str], trick: str
) -> None:
    print_table("Customers", ("name",), [[f"Lan{trick}"], [Text(f"Mai{trick}")]])
    screen().print(f"Hoa{trick}")
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("Lan", "Mai", "Hoa"))
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []


def test_letters_of_every_language_stay(capsys: pytest.CaptureFixture[str]) -> None:
    screen().print("Nguyễn Thị Lan\tđã trả lời 5 ✓")
    assert capsys.readouterr().out.split() == ["Nguyễn", "Thị", "Lan", "đã", "trả", "lời", "5", "✓"]
