"""One channel over several providers: the next in line takes a message only when the one before certainly did not."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from activities.channels.base import (
    NOT_SERVED,
    REPEATABLE,
    SETUP,
    Callback,
    Channel,
    Delivery,
    HeldBack,
    Leave,
    Message,
    Receipt,
    Reply,
)

UNREACHABLE = "unreachable"
# Certainly not sent, for a reason of the provider's own: the next one may do better.
_NEXT_MAY = frozenset({UNREACHABLE, SETUP, NOT_SERVED})
# What lets the circuit open: nobody answers, nobody lets us in, or nobody knows what became of it (HTTP 5xx, silence).
_TROUBLE = frozenset({UNREACHABLE, SETUP})

Monotonic = Callable[[], float]


@dataclass(slots=True)
class Circuit:
    """Leaves a provider alone that failed again and again, and tries one message after a pause.

    Attributes:
        limit: Failures in a row that open it.
        pause: Seconds it stays open before one message is tried.
    """

    limit: int = 5
    pause: float = 30
    clock: Monotonic = time.monotonic
    _failures: int = 0
    _closed_until: float = 0
    _trying: bool = False

    def lets_through(self) -> bool:
        """Whether a message may be tried now; whoever is let through says afterwards how it went."""
        if self._failures < self.limit:
            return True
        if self._trying or self.clock() < self._closed_until:
            return False
        self._trying = True
        return True

    def went(self, *, well: bool) -> None:
        """Take note of how a message that was let through went."""
        self._trying = False
        self._failures = 0 if well else self._failures + 1
        if self._failures >= self.limit:
            self._closed_until = self.clock() + self.pause


class Failover:
    """A channel over providers in order of preference, each behind a circuit of its own.

    Args:
        providers: By name, the preferred one first; at least one.
        circuits: By the same names; fresh ones unless given.
    """

    def __init__(self, providers: Mapping[str, Channel], circuits: Mapping[str, Circuit] | None = None) -> None:
        self._providers = dict(providers)
        self._circuits = circuits or {name: Circuit() for name in providers}

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        """Hand the message to the first provider that takes it, one after the other, and say which."""
        refused: list[Delivery] = []
        for name, provider in self._providers.items():
            delivery = await self._try(name, provider, message, leave)
            if delivery.outcome not in ("retry", "failed") or delivery.code not in _NEXT_MAY:
                return delivery
            refused.append(delivery)
        return _best(refused)

    async def _try(self, name: str, provider: Channel, message: Message, leave: Leave) -> Delivery:
        circuit = self._circuits[name]
        if not circuit.lets_through():
            words = f"the provider {name} failed several times in a row and is left alone for a moment"
            return Delivery("retry", UNREACHABLE, words, provider=name)
        well = False
        try:
            delivery = await provider.deliver(message, leave)
            well = delivery.outcome != "unknown" and delivery.code not in _TROUBLE
        except HeldBack:
            well = True
            raise
        finally:
            circuit.went(well=well)
        return replace(delivery, provider=name)

    async def reconcile(self, message: Message, since: datetime) -> Delivery | None:
        """Ask the provider that may have the message, or each of them when that is not known.

        Only when every one that may have it is certain that it does not is it certain that it was not sent.
        """
        asked = [name for name in self._providers if message.provider in ("", name)]
        answers = []
        for name in asked:
            found = await self._providers[name].reconcile(message, since)
            if found is not None and found.outcome in ("sent", "failed"):
                return replace(found, provider=name)
            # Handed over again it might go to another provider than the one that has it.
            repeatable = found is not None and found.code == REPEATABLE and len(self._providers) > 1
            answers.append(None if repeatable else found)
        return answers[0] if answers and all(each is not None for each in answers) else None

    def hear(self, callback: Callback) -> tuple[Receipt | Reply, ...]:
        """Providers call under their own names (``registry.providers``)."""
        return ()

    async def close(self) -> None:
        """Close every provider."""
        for provider in self._providers.values():
            await provider.close()


def _best(refused: list[Delivery]) -> Delivery:
    """What to say when no provider took it: the first that may do so later; else none of them ever will."""
    for delivery in refused:
        if delivery.code != NOT_SERVED:
            return delivery
    return replace(refused[0], outcome="failed")
