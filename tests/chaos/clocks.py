"""Clocks that jump while a process runs: `python -m tests.chaos.clocks FILE worker` and `… FILE api PORT`.

Every part of the product takes the wall clock from ``care.clock.now`` (ruff refuses any other reading), so that is
set wrong here. libfaketime, which shifts the C library's clock, was tried first: a worker under it took several times
as long for everything, which would have hidden more than it shows. What counts seconds is left alone, as on a machine
whose wall clock is set; Temporal's timers run on its own server's clock, which does not jump.
"""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from care import clock


class Clock:
    """The wall clock of one process, wrong by what stands in a file.

    Args:
        file: In seconds.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.jump(0)

    def jump(self, seconds: float) -> None:
        """Set it wrong by so much from now on; 0 is right."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:.0f}", encoding="ascii")
        new.replace(self.file)


def wrong_by(file: Path, right: Callable[[], datetime]) -> Callable[[], datetime]:
    """A clock that is wrong by what stands in a file at that instant."""

    def now() -> datetime:
        return right() + timedelta(seconds=int(file.read_text(encoding="ascii")))

    return now


def main() -> None:
    """Set this process's clock wrong, and become the worker or the API."""
    file, part, *more = sys.argv[1:]
    clock.now = wrong_by(Path(file), clock.now)
    # Only now: some modules keep the clock when they are imported.
    from care.cli import running

    if part == "worker":
        running.worker()
    else:
        running.api(int(more[0]))


if __name__ == "__main__":
    main()
