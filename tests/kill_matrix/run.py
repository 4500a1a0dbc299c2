"""Runs lanes side by side, each forked from this process before it has a thread or a loop, and hears what they tell."""

import contextlib
import json
import os
import selectors
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.kill_matrix.cases import ROUTES, Route, Trial
from tests.kill_matrix.judging import Verdict, judge
from tests.kill_matrix.lane import lane_process

MEMORY = Path("/dev/shm")


class LaneDied(Exception):
    """A lane ended before it had told everything."""


@dataclass(slots=True)
class _Heard:
    """What a lane has told so far."""

    text: bytes = b""
    trials: int = 0


def run_matrix(
    kills: int, seed: str, lanes: int, progress: Callable[[int], None], routes: tuple[Route, ...] = ROUTES
) -> Verdict:
    """Kill so many senders over several lanes.

    Args:
        progress: Told how many more were killed.

    Raises:
        LaneDied: When a lane broke.
    """
    trials: list[Trial] = []
    received: Counter[str] = Counter()
    where = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix="kill-matrix-") as folder, contextlib.ExitStack() as stack:
        pids, watching = [], stack.enter_context(selectors.DefaultSelector())
        for number in range(lanes):
            pid, told = _fork_lane(number, Path(folder) / str(number), seed, routes, -(-kills // lanes))
            pids.append(pid)
            watching.register(told, selectors.EVENT_READ, _Heard())
        try:
            while watching.get_map():
                for key, _ in watching.select():
                    for line in _lines(watching, key):
                        told_of = json.loads(line)
                        if "received" in told_of:
                            received.update(told_of["received"])
                            continue
                        trial = Trial(**{**told_of, "kills": [tuple(kill) for kill in told_of["kills"]]})
                        trials.append(trial)
                        progress(len(trial.kills))
            broken = [status for pid in pids if (status := os.waitpid(pid, 0)[1])]
        except BaseException:
            for pid in pids:
                os.kill(pid, signal.SIGTERM)
            raise
    if broken:
        raise LaneDied(f"{len(broken)} of {lanes} lanes broke; the lines above say why")
    return judge(trials, received)


def _fork_lane(number: int, folder: Path, seed: str, routes: tuple[Route, ...], kills: int) -> tuple[int, int]:
    folder.mkdir(parents=True)
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(here)
        lane_process((number, folder, seed), routes, kills, there)
    os.close(there)
    return pid, here


def _lines(watching: selectors.BaseSelector, key: selectors.SelectorKey) -> list[bytes]:
    """The whole lines that came in; a lane that is at its end is not watched any more."""
    assert isinstance(key.fileobj, int)
    heard: _Heard = key.data
    more = os.read(key.fileobj, 65_536)
    if not more:
        watching.unregister(key.fileobj)
        os.close(key.fileobj)
        return []
    *lines, heard.text = (heard.text + more).split(b"\n")
    return lines
