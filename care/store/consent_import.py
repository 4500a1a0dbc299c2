"""Consents that another system recorded, taken over with their proof."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from care.store import consents, inbox
from care.store.engine import writing
from care.store.incoming import IncomingEvent

DECISION = "import"
_CHUNK = 200


@dataclass(slots=True)
class TakenOver:
    """What became of the statements: ``known`` ones had been taken over before."""

    new: int = 0
    known: int = 0


def take_over(
    engine: Engine,
    statements: Sequence[IncomingEvent],
    at: datetime,
    double_opt_in: Collection[str],
    done: Callable[[int], None],
) -> TakenOver:
    """Record statements that were made elsewhere; no journey hears of them, and done again it changes nothing.

    Args:
        statements: Events ``consent.given`` and ``consent.withdrawn``, with the time they were said.
        at: When they are taken over (UTC).
        double_opt_in: The channels on which consent to marketing has to be confirmed.
        done: Told how many more are dealt with.
    """
    taken = TakenOver()
    for start in range(0, len(statements), _CHUNK):
        part = statements[start : start + _CHUNK]
        with writing(engine) as conn:
            new = sum(_record(conn, event, at, double_opt_in) for event in part)
        taken.new += new
        taken.known += len(part) - new
        done(len(part))
    return taken


def _record(conn: Connection, event: IncomingEvent, at: datetime, double_opt_in: Collection[str]) -> bool:
    receipt = inbox.accept(conn, event, at)
    if receipt.duplicate:
        return False
    row = inbox.rows(conn, [receipt.id])[0]
    if event.type == "consent.given":
        consents.give(conn, row, at, double_opt_in)
    else:
        consents.withdraw(conn, row)
    # What was said long ago starts nothing today: the event is decided as it stands.
    inbox.mark(conn, receipt.id, "decided", DECISION, at)
    return True
