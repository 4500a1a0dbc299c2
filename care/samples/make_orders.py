"""Writes ``orders.jsonl``: believable orders and what became of them, the same on every run.

Each line is ``{"after_days": n, "event": {...}}``: an event of ``POST /v1/events`` and the virtual day it arrives on.
Times are written as if day 0 were ``START``; whoever posts them moves them. Run ``python -m care.samples.make_orders``.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from care.samples.names import ABROAD, FAMILY, MEN, PHONES, PRICES, WOMEN

START = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
CUSTOMERS = 196
FILE = Path(__file__).with_name("orders.jsonl")

_CATEGORIES = ("washing_machine",) * 9 + ("fridge",) * 4 + ("tv",) * 3 + ("dryer",) * 2 + ("accessory",) * 4
_HISTORIES = ("new",) * 11 + ("regular",) * 5 + ("vip",) * 3 + ("at_risk",) * 2
_ZONES = ("Asia/Ho_Chi_Minh",) * 17 + ("Asia/Tokyo",) * 2 + ("America/New_York",)

# Mailboxes that refuse: the mail catcher looks at the part before the plus (see care/peers/mailcatcher.py).
_TROUBLE = {45: "bounce", 98: "bounce", 105: "full", 41: "greylist", 92: "greylist", 140: "drop-after-dot"}

Item = TypeVar("Item")
Line = dict[str, object]


def share(*name: object) -> float:
    """A number from 0 to 1 that belongs to a name: chance without a generator."""
    return int.from_bytes(sha256("/".join(map(str, name)).encode()).digest()[:6]) / 2**48


def choice(options: Sequence[Item], *name: object) -> Item:
    """One of the options, always the same for a name."""
    return options[int(share(*name) * len(options))]


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer of the sample: ``history`` decides what is known of them before day 0."""

    number: int
    zone: str
    locale: str
    name: str
    history: str

    @property
    def id(self) -> str:
        """The shop's own id."""
        return f"KH-{1000 + self.number}"

    def profile(self) -> Line:
        """The customer as the shop's system writes it; some gave no phone, some no e-mail."""
        profile: Line = {"id": self.id, "name": self.name, "locale": self.locale, "timezone": self.zone}
        missing = share("address", self.number)
        if missing > 0.08:
            plain = unicodedata.normalize("NFD", self.name.lower().replace("đ", "d"))
            parts = "".join(letter for letter in plain if letter.isascii()).split()
            host = "example.com" if self.number % 3 else "thu.example"
            trouble = _TROUBLE.get(self.number)
            name = f"{trouble}+kh{self.number}" if trouble else f"{parts[-1]}.{parts[0]}{self.number}"
            profile["email"] = f"{name}@{host}"
        if missing < 0.92:
            number = 100 + self.number % 100 if self.zone == "America/New_York" else self.number
            profile["phone"] = PHONES[self.zone].format(number)
        return profile


def shopper(number: int) -> Shopper:
    """The customer with this number."""
    zone = choice(_ZONES, "zone", number)
    foreign = share("foreign", number) < (0.14 if zone == "Asia/Ho_Chi_Minh" else 0.6)
    if foreign:
        name = choice(ABROAD[zone], "name", number)
    else:
        given = choice(WOMEN if share("woman", number) < 0.55 else MEN, "given", number)
        name = f"{choice(FAMILY, 'family', number)} {given}"
    locale = "en" if foreign or share("english", number) < 0.06 else "vi"
    return Shopper(number, zone, locale, name, choice(_HISTORIES, "history", number))


class Writer:
    """Writes the lines of one customer's life."""

    def __init__(self, who: Shopper) -> None:
        self._who = who
        self._orders = 0
        self._events = 0

    def line(self, day: int, type: str, hours: float = 0.0, **fields: object) -> Line:
        """One event that arrives on ``day``; ``hours`` before or after nine o'clock is when it happened."""
        self._events += 1
        moment = (START + timedelta(days=day, hours=hours)).astimezone(ZoneInfo(self._who.zone))
        first = self._events == 1
        return {
            "after_days": max(day, 0),
            "event": {
                "id": f"{self._who.id}-{self._events}",
                "source": "shop",
                "type": type,
                "time": moment.isoformat(timespec="minutes"),
                "customer": self._who.profile() if first else {"id": self._who.id},
                **fields,
            },
        }

    def purchase(self, day: int, category: str, hours: float = -20.0) -> tuple[str, Line]:
        """A new order of the customer, with its id."""
        self._orders += 1
        who, nth = self._who.number, self._orders
        low, high = PRICES[category]
        moment = (START + timedelta(days=day, hours=hours)).astimezone(ZoneInfo(self._who.zone))
        order: Line = {
            "id": f"DH-{10_000 + who * 10 + nth}",
            "category": category,
            "total": round((low + share("total", who, nth) * (high - low)) / 10_000) * 10_000,
            "placed_at": moment.isoformat(timespec="minutes"),
            "minutes_to_buy": int(3 + share("minutes", who, nth) ** 2 * 600),
            "discounted": share("bargain", who) < 0.25,
        }
        return str(order["id"]), self.line(day, "order.placed", hours, order=order)


def life(who: Shopper) -> Iterator[Line]:
    """Everything the shop's systems say of one customer, in the order they say it."""
    write = Writer(who)
    yield from _before(who, write)
    category = choice(_CATEGORIES, "category", who.number)
    order, placed = write.purchase(0, category, -44 + share("placed", who.number) * 20)
    if who.number % 45 == 7:  # the warehouse was quicker than the till
        delivered = write.line(0, "order.delivered", -2, order={"id": order})
        yield from (delivered, placed)
        return
    yield placed
    if who.number % 50 == 11:  # the till lost our answer and posts again
        yield placed
    yield from _consents(who, write)
    if share("cancelled", who.number) < 0.05:
        yield write.line(0, "order.cancelled", -3, order={"id": order})
        return
    day = int(share("delivery", who.number) * 1.6)
    if category == "washing_machine" and share("booking", who.number) < 0.45:
        yield write.line(0, "appointment.booked", -6, data={"at": _visit(who, day + 2)}, order={"id": order})
    yield write.line(day, "order.delivered", -2 - share("delivered", who.number) * 6, order={"id": order})
    yield from _after(who, write, order, day)


def _before(who: Shopper, write: Writer) -> Iterator[Line]:
    """Orders and answers from before day 0 that make a customer regular, VIP or at risk."""
    if who.history == "new":
        return
    for nth in range(3 if who.history == "vip" else 1):
        category = choice(
            ("tv", "fridge") if who.history == "vip" else ("dryer", "accessory", "tv"), "old", who.number, nth
        )
        yield write.purchase(-20 - int(share("ago", who.number, nth) * 140), category)[1]
    if who.history == "at_risk":
        yield write.line(-9, "csat.answered", 2, data={"score": choice((1, 2), "bad", who.number)})


def _consents(who: Shopper, write: Writer) -> Iterator[Line]:
    wording = "Tôi đồng ý nhận ưu đãi" if who.locale == "vi" else "I agree to receive offers"
    for channel, below in (("email", 0.7), ("sms", 0.3)):
        if share("consent", channel, who.number) < below:
            given = {"channel": channel, "purpose": "marketing", "wording": wording}
            yield write.line(0, "consent.given", -20, data=given)


def _after(who: Shopper, write: Writer, order: str, day: int) -> Iterator[Line]:
    fate = share("fate", who.number)
    if fate < 0.07:
        back = day + 2 + int(share("back", who.number) * 6)
        yield write.line(back, "order.returned", 4, order={"id": order})
        if fate < 0.035:
            yield write.line(back + 3, "order.refunded", 2, order={"id": order})
        return
    if fate < 0.2:
        yield write.line(18 + int(fate * 100), "service_visit.completed", 6, order={"id": order})
    if 0.2 <= fate < 0.42:
        again = 20 + int(share("again", who.number) * 36)
        category = choice(("accessory", "accessory", "tv", "dryer"), "second", who.number)
        second, placed = write.purchase(again, category, 3)
        yield placed
        yield write.line(again + 2, "order.delivered", 5, order={"id": second})


def _visit(who: Shopper, day: int) -> str:
    hour = 9 + int(share("hour", who.number) * 8)
    local = (START + timedelta(days=day)).astimezone(ZoneInfo(who.zone)).replace(hour=hour, minute=30)
    return local.isoformat(timespec="minutes")


def sample() -> list[Line]:
    """Every line, by the day it arrives; one customer's lines keep their order."""
    lines = [line for number in range(1, CUSTOMERS + 1) for line in life(shopper(number))]
    return sorted(lines, key=lambda line: int(str(line["after_days"])))


def text() -> str:
    """The sample as JSON lines."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in sample())


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
