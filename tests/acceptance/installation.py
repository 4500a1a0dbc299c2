"""A running installation for the tests: `care up` in a folder, with everything in it that can be killed."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from care.domain.errors import CareError
from care.store import schema
from care.store.engine import open_store, reading
from tests.acceptance.cli.shop import CARE, Shop, eventually, purchase

LAST_LINES = 15


class Installation:
    """`care up` in a folder, with what can be killed in it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.data = shop.folder / "data"
        self.process = self._start()

    def _start(self) -> psutil.Popen:
        log = self.shop.folder / "up.log"
        with log.open("ab") as out:
            started = psutil.Popen(
                [CARE, "up"],
                cwd=self.shop.folder,
                env=self.shop.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            eventually(lambda: self.shop.is_ready(started, log))
        except BaseException:
            started.kill()
            started.wait()
            raise
        return started

    def kill(self, word: str) -> None:
        """Kill -9 the child whose command line holds the word, as soon as it runs."""
        eventually(lambda: self._child(word)).send_signal(signal.SIGKILL)

    def _child(self, word: str) -> psutil.Process | None:
        found = []
        for each in self.process.children():
            with suppress(psutil.NoSuchProcess):  # One that ends right now is none of them.
                found += [each] if word in " ".join(each.cmdline()) else []
        return found[0] if len(found) == 1 else None

    def kill_everything(self) -> None:
        """Kill -9 the parent and every child at once."""
        children = self.process.children(recursive=True)
        for each in (self.process, *children):
            with suppress(psutil.NoSuchProcess):  # The kernel kills children with their parent, and may be first.
                each.send_signal(signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(children, timeout=10)

    def start_again(self) -> None:
        self.process = self._start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=120)

    @property
    def authorised(self) -> dict[str, str]:
        """The header that lets events in."""
        return {"Authorization": f"Bearer {(self.data / 'api.key').read_text().strip()}"}

    def buy(self, numbers: range, zone: str = "Asia/Ho_Chi_Minh") -> None:
        """Post purchases in one batch; nothing may answer but 202."""
        answer = httpx.post(
            f"{self.shop.url}/v1/events",
            json=[purchase(number, zone) for number in numbers],
            headers=self.authorised,
            timeout=120,
        )
        assert answer.status_code == 202, answer.text

    def in_flight(self) -> str:
        """Where everybody and everything stands, and how the logs end."""
        logs = [self.shop.folder / "up.log", *sorted(self.data.glob("logs/*.log"))]
        return "\n".join([*self._counts(), *(_end_of(log) for log in logs)])

    def _counts(self) -> list[str]:
        enrolments, claims, inbox = schema.enrolments.c, schema.claims.c, schema.inbox.c
        counted = {
            "events by status": (inbox.status,),
            "enrolments by journey and whether they ended": (enrolments.journey, enrolments.ended_at.is_not(None)),
            "messages by channel and phase": (claims.channel, claims.phase),
        }
        engine, told = open_store(f"sqlite:///{self.data / 'care.sqlite'}"), []
        try:
            with reading(engine) as conn:
                for name, columns in counted.items():
                    rows = conn.execute(select(*columns, func.count()).group_by(*columns)).all()
                    told.append(f"{name}: { {tuple(row[:-1]): row[-1] for row in rows} }")
        except (CareError, SQLAlchemyError) as trouble:
            told.append(f"the store cannot be read: {trouble}")
        finally:
            engine.dispose()
        return told


@contextmanager
def an_installation(shop: Shop) -> Iterator[Installation]:
    """An installation, stopped at the end; pytest shows what was in flight then, where a test failed."""
    running = Installation(shop)
    try:
        yield running
    finally:
        print(running.in_flight())
        running.stop()


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"--- the end of {log.name}:", *lines[-LAST_LINES:]])
