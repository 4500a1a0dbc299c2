"""The time between a backup and the end of the installation it was made of.

In that time the lost installation went on: what it sent is not in the backup. So the planner leads whoever was on the
way through it, as it did in the lost installation. Whatever message that brings may have been sent, and is ``unknown``:
shown to people, never sent again on suspicion. A journey that comes to a webhook waits there, for only its endpoint
knows the answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from activities import marking
from activities.contract import DecideRequest
from activities.deciding import Decider
from care.domain.enrolment import CustomerState, next_wake
from care.domain.happenings import Happening, Heard, Settled
from care.domain.orders import Order, SendMessage
from care.store import claims, customers, inbox
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.store.plans import RulebookCache

REASON = "the installation that was lost may have sent it after its last backup"
CODE = "restored"

_PART = 1_000
_ALL = 2**31
_STEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Lived:
    """How many customers were led on, and how many messages are unknown since."""

    customers: int
    messages: int


def live_through(engine: Engine, name: str, since: datetime, until: datetime, told: Callable[[int], None]) -> Lived:
    """Lead every customer from the backup to the end of the lost installation.

    Args:
        engine: The restored store, which nobody else uses.
        name: The backup's id; the decisions bear it.
        since: The instant the backup shows (UTC).
        until: The last instant the lost installation may have lived (UTC).
        told: Called with how many more customers are done.
    """
    gap = _Gap(engine, name, since, until)
    for key in _concerned(engine, until):
        gap.lead(key)
        told(1)
    return Lived(len(gap.led), gap.messages)


def concerned(engine: Engine, until: datetime) -> int:
    """How many customers ``live_through`` looks at, at most."""
    with reading(engine) as conn:
        return len(_heard(conn, until)) + customers.count_under_way(conn)


def _concerned(engine: Engine, until: datetime) -> Iterator[str]:
    with reading(engine) as conn:
        heard = _heard(conn, until)
    yield from heard
    after = ""
    while part := _on_the_way(engine, after):
        yield from part
        after = part[-1]


def _heard(conn: Connection, until: datetime) -> list[str]:
    """Customers of whom something was heard that nobody decided yet."""
    return list(dict.fromkeys(customer for customer, _ in inbox.pending(conn, older_than=until, limit=_ALL)))


def _on_the_way(engine: Engine, after: str) -> list[str]:
    with reading(engine) as conn:
        return customers.under_way(conn, after, limit=_PART)


class _Gap:
    def __init__(self, engine: Engine, name: str, since: datetime, until: datetime) -> None:
        self.led: set[str] = set()
        self.messages = 0
        self._engine = engine
        self._decider = Decider(engine, RulebookCache(engine))
        self._name, self._since, self._until = name, since, until

    def lead(self, customer: str) -> None:
        """Lead one customer on, decision by decision; who was led already stays where they are."""
        if customer in self.led:
            return
        with reading(self._engine) as conn:
            state = customers.state(conn, customer)
            waiting = [row for _, row in inbox.pending(conn, older_than=self._until, customer=customer)]
        happenings: list[Happening] = self._settled(state.in_flight if state is not None else (), self._since)
        wake_at, at, number = next_wake(state.enrolments) if state is not None else None, self._since, 0
        while True:
            if not happenings and waiting:
                happenings.append(Heard(waiting.pop(0)))
            if not happenings:
                if wake_at is None or wake_at > self._until or _calls(state):
                    return
                at = max(wake_at, at + _STEP)
            self.led.add(customer)
            request = DecideRequest(f"{self._name}:{customer}:{number}", customer, state, tuple(happenings), at)
            decided = self._decider.decide(request)
            state, wake_at, number = decided.state, decided.wake_at, number + 1
            waiting.extend(decided.freed)
            happenings = [each for each in happenings if each.id not in decided.consumed]
            happenings += self._settled(decided.orders, at)

    def _settled(self, orders: tuple[Order, ...], at: datetime) -> list[Happening]:
        """What became of the messages among these orders; tickets and webhooks are carried out after the restore."""
        return [self._settle(order, at) for order in orders if isinstance(order, SendMessage)]

    def _settle(self, order: SendMessage, at: datetime) -> Settled:
        with writing(self._engine) as conn:
            address = customers.address(conn, order.customer, order.channel)
            claim = claims.claim(conn, order, address_key(order.channel, address) if address else "", at)
            if claims.settle(conn, order.key, "unknown", at=at, reason=REASON, code=CODE):
                self.messages += claim.phase != "unknown"
                return Settled(order.key, "unknown", REASON, CODE)
            found = marking.found(conn, claim)
            assert isinstance(found, Settled)
            return found


def _calls(state: CustomerState | None) -> bool:
    return state is not None and any(order.kind == "webhook" for order in state.in_flight)
