"""How far a run is: one line that changes where somebody watches a terminal, else a line every half minute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.text import Text

from care.cli.screen import screen
from tests.chaos.run import Standing

_EVERY = 30.0


@contextmanager
def live_line() -> Iterator[Callable[[Standing], None]]:
    """Show it until the block ends."""
    out = screen(stderr=True)
    if not out.is_terminal:
        last = [-_EVERY]

        def say(standing: Standing) -> None:
            if standing.seconds - last[0] >= _EVERY:
                last[0] = standing.seconds
                out.print(_line(standing))

        yield say
        return
    with Live(Text("starting …"), console=out, refresh_per_second=4, transient=True) as shown:
        yield lambda standing: shown.update(Text(_line(standing)))


def _line(of: Standing) -> str:
    minutes, seconds = divmod(int(of.seconds), 60)
    now = f" · now: {', '.join(of.now)}" if of.now else ""
    return (
        f"{minutes:2}:{seconds:02} {of.phase:<9} {of.bought:,} bought · {of.acknowledged:,} events acknowledged · "
        f"{of.received:,} messages received · {of.faults} faults{now}"
    )
