"""An event as it enters the store: checked, normalised and typed by whoever took it in."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from care.domain.conditions import Value
from care.store.columns import to_json

# Where an event comes from that is made here, of what a customer or a provider told us.
SOURCE = "aftercare"

Given = dict[str, Value | None]


class IncomingEvent(BaseModel):
    """One event with its values typed: instants are aware, numbers finite, phone numbers E.164.

    Attributes:
        customer: ``id`` (the shop's), and whatever else is known by bare name; ``None`` says nothing, except in
            ``customer.updated``, where it clears the field.
        order: ``id`` (the shop's order) and ``order.*`` fields by bare name.
        data: The payload by bare name.
        operator: The named person behind a command from the console.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    time: AwareDatetime
    customer: Given
    order: Given | None = None
    data: Given = {}
    operator: str = ""

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        for name, block in (("customer", self.customer), ("order", self.order)):
            if block is not None and not (isinstance(block.get("id"), str) and block["id"]):
                raise ValueError(f"{name}.id is missing; it names the {name} in the shop and must be text")
        _check("", [self.id, self.source, self.type, self.operator])
        for name, block in (("customer", self.customer), ("order", self.order), ("data", self.data)):
            for field, value in (block or {}).items():
                _check(f"{name}.{field}", [field, value])
        return self

    @property
    def customer_id(self) -> str:
        """The shop's id of the customer."""
        return str(self.customer["id"])

    @property
    def order_id(self) -> str | None:
        """The shop's id of the order it is about, if any."""
        return str(self.order["id"]) if self.order is not None else None

    def body(self) -> dict[str, Any]:
        """What is stored beside the columns of the inbox."""
        return {name: told for name, told in self._body().items() if told}

    def _body(self) -> dict[str, Any]:
        return {"customer": self.customer, "order": self.order, "data": self.data, "operator": self.operator}

    def body_hash(self) -> str:
        """SHA-256 of the whole event as canonical JSON: equal for equal events, whatever the order of their fields."""
        whole = to_json({"type": self.type, "time": self.time, **self._body()})
        canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _check(place: str, values: Iterable[Any]) -> None:
    """Refuse what one of the databases cannot hold."""
    for value in values:
        if isinstance(value, tuple):
            _check(place, value)
        elif isinstance(value, str) and ("\x00" in value or not _is_unicode(value)):
            raise ValueError(f"{place or 'a name'} has a character no database stores; remove it")
        elif isinstance(value, float) and not isfinite(value):
            raise ValueError(f"{place} is not a finite number; leave it out when there is none")
        elif hasattr(value, "tzinfo") and value.tzinfo is None:
            raise ValueError(f"{place} is a time without a zone; give its offset from UTC")


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def event_id(what: str, *parts: str) -> str:
    """The name of an event that is the same whenever these parts are; it tells nobody what they were."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{what}-{digest[:32]}"


def plain_lines(text: str) -> str:
    """What a person wrote, line by line, without what no screen shows."""
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines()).strip()


def about(data: Mapping[str, Any]) -> str:
    """What an event answers: the id of a survey or a ticket, or empty."""
    return str(data.get("survey") or data.get("ticket") or "")
