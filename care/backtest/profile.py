"""What is known of a customer as events tell it, in the order of their times: the same facts the store would give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from care.backtest.past import Told
from care.domain.conditions import Value

OPENING = ("order.placed", "order.paid")
CHANNELS = {"email": "email", "sms": "phone", "zalo": "phone"}
_CANCELLED = "order.cancelled"
_STATUSES = frozenset(f"order.{word}" for word in ("placed", "paid", "delivered", "returned", "refunded", "cancelled"))
_CLEARING = "customer.updated"
_CONTACT = frozenset({"id", "name", "email", "phone", "locale", "timezone"})
_SHOWN = ("locale", "timezone")
NOTHING_BOUGHT: Mapping[str, Value] = {"customer.orders": 0, "customer.spent": 0}


@dataclass(slots=True)
class _Bought:
    fields: dict[str, Value]
    placed_at: datetime | None = None
    cancelled: bool = False


@dataclass(slots=True)
class Profile:
    """The customer's fields, addresses and orders so far.

    Attributes:
        zone: IANA name, or empty.
        phone: The phone number as it was told, or empty.
        reach: Channel to address, for the channels that have one.
    """

    zone: str = ""
    phone: str = ""
    reach: dict[str, str] = field(default_factory=dict)
    _orders: dict[str, _Bought] = field(default_factory=dict)
    _fields: dict[str, Value | None] = field(default_factory=lambda: dict(NOTHING_BOUGHT))

    def knows(self, told: Told) -> bool:
        """Whether the event can be heard now: one that says nothing of an order nobody knows of waits for that."""
        kind, _, word = told.type.partition(".")
        waits = (kind == "order" and told.type not in OPENING) or kind == "service_visit" or word == "answered"
        return told.order_id is None or not waits or bool(_said(told)) or told.order_id in self._orders

    def learn(self, told: Told) -> dict[str, Value | None]:
        """Take in what an event tells.

        Returns:
            The customer fields that are different from now on, by full name; ``None`` for one that is not known.
        """
        news = self._learn_customer(told)
        if told.order_id is not None and self._learn_order(told, told.order_id):
            news |= self._counted()
        if told.type == "appointment.booked":
            news["appointment.at"] = told.data.get("at")
        changed = {name: value for name, value in news.items() if self._fields.get(name) != value}
        self._fields.update(changed)
        return changed

    def order_fields(self, order_id: str | None) -> Mapping[str, Value]:
        """``order.*`` of one order as known now."""
        bought = self._orders.get(order_id) if order_id is not None else None
        if bought is None:
            return {}
        fields = {f"order.{name}": value for name, value in bought.fields.items()}
        if bought.placed_at is not None:
            fields.setdefault("order.placed_at", bought.placed_at)
        return fields

    def _learn_customer(self, told: Told) -> dict[str, Value | None]:
        clears = told.type == _CLEARING
        news: dict[str, Value | None] = {}
        for name, value in told.customer.items():
            if value is None and not clears:
                continue
            if name not in _CONTACT:
                news[f"customer.{name}"] = value
                continue
            text = str(value or "")
            if name == "timezone":
                self.zone = text
            if name == "phone":
                self.phone = text
            if name in _SHOWN:
                news[f"customer.{name}"] = text or None
            for channel, kind in CHANNELS.items():
                if kind == name:
                    self._reach(channel, text)
        return news

    def _reach(self, channel: str, address: str) -> None:
        reach = {name: known for name, known in self.reach.items() if name != channel}
        self.reach = {**reach, channel: address.casefold()} if address else reach

    def _learn_order(self, told: Told, order_id: str) -> bool:
        said = _said(told)
        bought = self._orders.get(order_id)
        if bought is None:
            if told.type not in OPENING and not said:
                return False
            bought = self._orders[order_id] = _Bought({})
        bought.fields = {**bought.fields, **said}
        placed = bought.fields.get("placed_at")
        if isinstance(placed, datetime):
            bought.placed_at = placed
        elif told.type in OPENING and bought.placed_at is None:
            bought.placed_at = told.at
        if told.type in _STATUSES:
            bought.cancelled = told.type == _CANCELLED
        return True

    def _counted(self) -> dict[str, Value | None]:
        """What is worked out over all orders that were not cancelled."""
        kept = [bought for bought in self._orders.values() if not bought.cancelled]
        totals = [bought.fields.get("total") for bought in kept]
        counted = [float(each) for each in totals if isinstance(each, int | float) and not isinstance(each, bool)]
        spent = sum(counted, 0.0)
        discounts = [each for bought in kept if isinstance(each := bought.fields.get("discounted"), bool)]
        return {
            "customer.orders": len(kept),
            "customer.spent": int(spent) if spent.is_integer() else spent,
            "customer.last_order_at": max((b.placed_at for b in kept if b.placed_at is not None), default=None),
            "customer.discounted_share": sum(discounts) / len(discounts) if discounts else None,
        }


def _said(told: Told) -> dict[str, Value]:
    return {name: value for name, value in told.order.items() if name != "id" and value is not None}
