"""A progress bar on the error stream, for work that takes a while; silent where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from care.cli.screen import screen


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar until the block ends; it is told how much more is done.

    Args:
        title: What is being done.
        total: How much there is to do, or ``None`` when nobody knows.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    out = screen(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal, transient=True) as shown:
        bar = shown.add_task(title, total=total)
        yield lambda count: shown.advance(bar, count)
