"""Usual values: what a made-up customer has where nobody says otherwise."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from care.domain.catalogue import Field
from care.domain.conditions import Value

_A_PART = 100
_WHEN_BOUGHT = frozenset({"customer.last_order_at", "order.placed_at"})


class Usual:
    """Plausible values: somebody who buys for the first time, now.

    Args:
        fields: The fields of the catalogue.
        given: What stands already, by full field name.
        bought: When the customer buys (UTC).
    """

    def __init__(self, fields: Mapping[str, Field], given: Mapping[str, Value | None], bought: datetime) -> None:
        self._fields = fields
        self._given = given
        self._bought = bought

    def value(self, field: Field) -> Value | None:
        """A plausible value of a field, or ``None`` where it is usual not to know one."""
        if field.name in _WHEN_BOUGHT:
            return self._bought
        if field.name == "customer.orders":
            return 1
        if field.name == "customer.spent":
            return self._total(field)
        return self._plausible(field) if field.always else None

    def _total(self, spent: Field) -> Value | None:
        """All orders together: this one."""
        total = self._fields.get("order.total")
        return self._given.get("order.total") or self._plausible(total or spent)

    def _plausible(self, field: Field) -> Value:
        match field.type:
            case "choice":
                return field.choices[0]
            case "yes/no":
                return False
            case "number":
                return _some_number(field)
            case "percent":
                return field.low or 0
            case "date":
                return self._bought
            case "list":
                return ()
            case "text":
                return "…"
            case _:
                assert_never(field.type)


def _some_number(field: Field) -> Value:
    low = field.low or 0
    value = low if field.high is None else low + (field.high - low) / _A_PART
    return int(value) if field.whole or float(value).is_integer() else value
