"""What the commands show: tables and lines for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDE = 160


def screen(*, stderr: bool = False) -> "Console":
    """The console to print on; wide and plain when its output goes to a file or another program."""
    from care.cli.terminal import Terminal

    stream = sys.stderr if stderr else sys.stdout
    return Terminal(file=stream, highlight=False, markup=False, width=None if stream.isatty() else _WIDE)


def print_json(value: Any) -> None:
    """Print a value as JSON; instants become RFC 3339, paths text, tuples lists."""
    print(json_text(value))


def json_text(value: Any) -> str:
    """A value as the JSON that ``print_json`` prints."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence["str | Text"]], whole: int = 0) -> None:
    """Print rows under a title, or say that there are none.

    Args:
        whole: How many of the first columns are never broken over lines, such as a key that people copy.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for at, column in enumerate(columns):
        table.add_column(Text(column, style="dim"), overflow="fold", no_wrap=at < whole)
    for row in rows:
        table.add_row(*[cell if isinstance(cell, Text) else Text(cell) for cell in row])
    out = screen()
    if table.row_count:
        out.print(table)
    else:
        out.print(f"{title}: none")
    out.print()


def local_text(at: datetime | None, zone: tzinfo) -> str:
    """An instant on a local clock, to the minute; empty when there is none."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Path():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as JSON")
