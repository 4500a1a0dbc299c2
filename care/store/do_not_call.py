"""A do-not-call list: numbers whose owners want no advertising, whether or not they are customers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Engine, bindparam, select, update

from care.domain.consents import MARKETING
from care.store import schema
from care.store.addresses import address_key
from care.store.consents import DO_NOT_CALL
from care.store.engine import reading, writing
from care.store.inserting import insert_all_new

# So long that it is quick, so short that whoever wants to send waits no second for it.
_CHUNK = 5_000

_suppressions = schema.suppressions
_LISTED = select(_suppressions.c.address_key, _suppressions.c.reason, _suppressions.c.lifted_at).where(
    _suppressions.c.cause == DO_NOT_CALL, _suppressions.c.channel == bindparam("of_channel")
)
_SAME = (_suppressions.c.address_key == bindparam("key"), _suppressions.c.cause == DO_NOT_CALL)
_CLOSE_AGAIN = update(_suppressions).where(*_SAME).values(lifted_at=None, at=bindparam("since"), reason=bindparam("of"))
_LIFT = update(_suppressions).where(*_SAME).values(lifted_at=bindparam("since"))


@dataclass(slots=True)
class Listed:
    """What a list changed.

    Attributes:
        closed: Numbers that were open before.
        known: Numbers that were on it already.
        lifted: Numbers that are on it no more.
    """

    closed: int = 0
    known: int = 0
    lifted: int = 0


@dataclass(frozen=True, slots=True)
class DoNotCall:
    """A list as it was read.

    Attributes:
        numbers: In E.164, each once.
        source: Whose list it is, in words; only numbers of the same source are lifted.
        replaces: Whether numbers of this source that are not on it any more are opened again.
    """

    channel: str
    numbers: Collection[str]
    source: str
    replaces: bool = False

    @property
    def reason(self) -> str:
        """Why such a number is closed, in words."""
        return f"on the do-not-call list ({self.source})"


def take_in(engine: Engine, found: DoNotCall, at: datetime, done: Callable[[int], None]) -> Listed:
    """Close the numbers of a list for advertising; done again, it changes nothing.

    It goes in small steps, so that nobody who sends has to wait, and opens nothing before everything else is done:
    broken off and begun again, it ends the same.

    Args:
        at: When the list was read (UTC).
        done: Told how many more numbers are dealt with.
    """
    with reading(engine) as conn:
        before = {row.address_key: row for row in conn.execute(_LISTED, {"of_channel": found.channel})}
    listed, here = Listed(), set[str]()
    for numbers in _chunks(found.numbers):
        keys = [address_key(found.channel, number) for number in numbers]
        here.update(keys)
        fresh = [key for key in keys if key not in before]
        again = [key for key in keys if key in before and before[key].lifted_at is not None]
        if fresh or again:
            with writing(engine) as conn:
                _close(conn, found, fresh, again, at)
        listed.closed += len(fresh) + len(again)
        listed.known += len(keys) - len(fresh) - len(again)
        done(len(keys))
    if found.replaces:
        gone = [
            key
            for key, row in before.items()
            if row.lifted_at is None and row.reason == found.reason and key not in here
        ]
        for part in _chunks(gone):
            with writing(engine) as conn:
                conn.execute(_LIFT, [{"key": key, "since": at} for key in part])
        listed.lifted = len(gone)
    return listed


def _close(conn: Connection, found: DoNotCall, fresh: Iterable[str], again: Sequence[str], at: datetime) -> None:
    told = {"channel": found.channel, "purpose": MARKETING, "cause": DO_NOT_CALL, "reason": found.reason, "at": at}
    insert_all_new(conn, _suppressions, [{"address_key": key, "event": "", **told} for key in fresh])
    if again:
        conn.execute(_CLOSE_AGAIN, [{"key": key, "since": at, "of": found.reason} for key in again])


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(items)
    while part := list(islice(rest, _CHUNK)):
        yield part
