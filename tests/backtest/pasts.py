"""Builders: a customer's past in a few words, and what becomes of it by one rulebook or two."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from care.backtest.habits import Habits
from care.backtest.histories import History, history_of
from care.backtest.living import Lived, Liver, Rules
from care.backtest.past import Past, Period, Told
from care.domain.rulebook import Rulebook
from tests.builders import MONDAY_10

PERIOD = Period(MONDAY_10 - timedelta(days=1), MONDAY_10 + timedelta(days=100))


class APast:
    """A customer who bought on Monday morning and had it delivered at once; days count from there."""

    def __init__(self, name: str = "KH-1", *, delivered: bool = True, done: frozenset[str] | None = None) -> None:
        self.name, self.done = name, done
        self.told: list[Told] = []
        who = {"email": "lan@example.vn", "phone": "+84912345678", "timezone": "Asia/Ho_Chi_Minh"}
        self.then(-0.1, "order.placed", "o1", customer=who, order={"total": 5_000_000})
        if delivered:
            self.then(0, "order.delivered", "o1")

    def then(self, day: float, kind: str, order_id: str | None = None, about: str = "", **more: Any) -> APast:
        data = {"survey": about} if about else {}
        event = Told(
            id=f"{self.name} {len(self.told)}",
            type=kind,
            at=MONDAY_10 + timedelta(days=day),
            customer=more.pop("customer", {}),
            order_id=order_id,
            order=more.pop("order", {}),
            operator=more.pop("operator", ""),
            data={**data, **more},
            about=about,
        )
        self.told.append(event)
        return self

    @property
    def past(self) -> Past:
        return Past(f"c {self.name}", self.name, sorted(self.told, key=lambda told: told.at), self.done)

    @property
    def history(self) -> History:
        return history_of(self.past)

    def lived(self, rulebook: Rulebook, habits: Habits | None = None, period: Period = PERIOD) -> Lived:
        return Liver(Rules(rulebook), period, habits or Habits()).live(self.history)[1]

    def both(
        self, draft: Rulebook, past: Rulebook, habits: Habits | None = None, period: Period = PERIOD
    ) -> tuple[Lived, Lived]:
        was, now = Liver(Rules(draft, past), period, habits or Habits()).live(self.history)
        assert was is not None
        return was, now


def local(at: datetime) -> str:
    """Day after the purchase and local time."""
    there = at + timedelta(hours=7)
    return f"day {(there.date() - MONDAY_10.date()).days} {there:%H:%M}"


def sent(lived: Lived) -> list[str]:
    return [f"{local(each.order.at)} {each.order.template} {each.order.channel}" for each in lived.sent]


def scores(lived: Lived) -> list[float | None]:
    return [question.outcome.score for question in lived.questions]
