"""From what was posted to an event the inbox takes: every fault named at once, nothing coerced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from care.domain.catalogue import Field
from care.domain.conditions import Value
from care.domain.metrics import score_field
from care.domain.rulebook import Rulebook
from care.domain.values import MisfitError, fields_of, moment, typed
from care.store.incoming import IncomingEvent
from care.web import faults
from care.web.addresses import email_address, language_tag, person_name, phone_number, time_zone
from care.web.event_models import PAYLOADS, CloudEventIn, CustomerIn, EventIn, OrderIn
from care.web.problems import Fault

COUNTED = frozenset({"orders", "spent", "last_order_at", "discounted_share"})
MADE_HERE = "operator."
CLEARING = "customer.updated"
_CONTACT: Mapping[str, Callable[[str], str]] = {
    "email": email_address,
    "phone": phone_number,
    "locale": language_tag,
    "timezone": time_zone,
    "name": person_name,
}
_OWN = {"/customer": CustomerIn.model_fields, "/order": OrderIn.model_fields, "/data": ()}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event as it lay in the body: ``at`` is the JSON pointer to it."""

    body: JsonValue
    at: str = ""
    cloud: bool = False


@dataclass(slots=True)
class _Reading:
    at: str
    inner: str
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, detail: str, hint: str = "") -> None:
        inside = path.split("/")[1] in ("customer", "order", "data")
        self.faults.append(Fault(pointer=f"{self.at}{self.inner if inside else ''}{path}", detail=detail, hint=hint))

    def taken(self, path: str, read: Callable[[Any], Any], value: JsonValue) -> Any:
        try:
            return read(value)
        except MisfitError as misfit:
            self.fault(path, str(misfit), misfit.hint)
            return None


class EventReader:
    """Reads events by one rulebook's catalogue."""

    def __init__(self, rulebook: Rulebook) -> None:
        catalogue = rulebook.catalogue
        self._events = catalogue.events
        self._fields = catalogue.fields
        self._customer = fields_of(catalogue, "customer")
        self._order = fields_of(catalogue, "order")
        self._event = fields_of(catalogue, "event")
        self._topics = sorted(catalogue.topics)
        self._channels = sorted({"email", "sms"}.union(*(t.channels for t in catalogue.templates.values())))
        self._queues = sorted(catalogue.queues)
        worked_out = {kind.field.removeprefix("customer.") for kind in rulebook.types}
        self._not_taken = worked_out | COUNTED

    def read(self, parcel: Parcel) -> tuple[IncomingEvent | None, list[Fault]]:
        """The event, or everything that is wrong with it."""
        reading = _Reading(parcel.at, "/data" if parcel.cloud else "")
        event = self._shape(parcel, reading)
        if event is None:
            return None, reading.faults
        self._check_type(event, reading)
        time = reading.taken("/time", moment, event.time)
        customer = self._customer_of(event, reading)
        order = self._order_of(event, reading)
        data = self._data_of(event, reading)
        if reading.faults:
            return None, reading.faults
        incoming = IncomingEvent(
            id=event.id, source=event.source, type=event.type, time=time, customer=customer, order=order, data=data
        )
        return incoming, []

    def _shape(self, parcel: Parcel, reading: _Reading) -> EventIn | None:
        try:
            if not parcel.cloud:
                return EventIn.model_validate(parcel.body)
            cloud = CloudEventIn.model_validate(parcel.body)
        except ValidationError as error:
            model: type[BaseModel] = CloudEventIn if parcel.cloud else EventIn
            reading.faults.extend(faults.of_shape(error, model, parcel.at))
            return None
        reading.faults.extend(faults.of_envelope(cloud, parcel.at))
        inner = cloud.data
        return EventIn(
            id=cloud.id,
            source=cloud.source,
            type=cloud.type,
            time=cloud.time,
            customer=inner.customer,
            order=inner.order,
            data=inner.data,
        )

    def _check_type(self, event: EventIn, reading: _Reading) -> None:
        if event.type.startswith(MADE_HERE):
            reading.fault("/type", "operators' commands are given in the console only", "use the console")
        elif event.type not in self._events:
            hint = faults.nearest(event.type, self._events)
            reading.fault("/type", f"{event.type!r} is not an event of the catalogue", hint)
        elif event.type.startswith("order.") and event.order is None:
            reading.fault("/order", "an order.* event says which order", 'add "order": {"id": …}')

    def _customer_of(self, event: EventIn, reading: _Reading) -> dict[str, Value | None]:
        clears = event.type == CLEARING
        customer: dict[str, Value | None] = {"id": event.customer.id}
        for name, read in _CONTACT.items():
            value = getattr(event.customer, name)
            if value is not None:
                customer[name] = reading.taken(f"/customer/{name}", read, value)
            elif clears and name in event.customer.model_fields_set:
                customer[name] = None
        extra = event.customer.model_extra or {}
        for name in sorted(self._not_taken & extra.keys()):
            reading.fault(f"/customer/{name}", f"customer.{name} is worked out here from the events", "leave it out")
        rest = {name: value for name, value in extra.items() if name not in self._not_taken}
        customer.update(self._typed(rest, _Owner("/customer", "customer.", self._customer, clears), reading))
        return customer

    def _order_of(self, event: EventIn, reading: _Reading) -> dict[str, Value | None] | None:
        if event.order is None:
            return None
        order: dict[str, Value | None] = {"id": event.order.id}
        if event.order.discounted is not None:
            order["discounted"] = event.order.discounted
        extra = event.order.model_extra or {}
        order.update(self._typed(extra, _Owner("/order", "order.", self._order), reading))
        if event.type == "order.placed":
            for name, known in self._order.items():
                if known.always and extra.get(name) is None:
                    reading.fault(f"/order/{name}", f"order.{name} is known of every order by the catalogue", "add it")
        return order

    def _data_of(self, event: EventIn, reading: _Reading) -> dict[str, Value | None]:
        given = event.data or {}
        model = PAYLOADS.get(event.type)
        if model is None:
            return self._typed(given, _Owner("/data", "event.", self._event), reading)
        try:
            data = model.model_validate(given).model_dump(exclude_none=True)
        except ValidationError as error:
            reading.faults.extend(faults.of_shape(error, model, f"{reading.at}{reading.inner}/data"))
            return {}
        self._check_payload(event, data, reading)
        return data

    def _check_payload(self, event: EventIn, data: dict[str, Any], reading: _Reading) -> None:
        if "score" in data:
            scale = score_field(self._fields, event.type.removesuffix(".answered"))
            data["score"] = reading.taken("/data/score", partial(typed, scale), data["score"])
        if "at" in data:
            data["at"] = reading.taken("/data/at", moment, data["at"])
        if data.get("channel", "email") not in self._channels:
            hint = faults.nearest(data["channel"], self._channels) or f"channels: {', '.join(self._channels)}"
            reading.fault("/data/channel", f"{data['channel']!r} is not a channel of the catalogue", hint)
        if "topic" in data and data["topic"] not in self._topics:
            hint = faults.nearest(data["topic"], self._topics) or f"topics: {', '.join(self._topics) or 'none yet'}"
            reading.fault("/data/topic", f"{data['topic']!r} is not a topic of the catalogue", hint)
        if "address" in data:
            read = email_address if data["channel"] == "email" else phone_number
            data["address"] = reading.taken("/data/address", read, data["address"])

    def _typed(self, given: Mapping[str, JsonValue], owner: "_Owner", reading: _Reading) -> dict[str, Value | None]:
        values: dict[str, Value | None] = {}
        for name, value in given.items():
            spot = f"{owner.path}/{faults.escaped(name)}"
            if name not in owner.fields:
                hint = faults.nearest(name, [*owner.fields, *_OWN[owner.path]])
                reading.fault(spot, f"the catalogue has no field {owner.prefix + name[:60]!r}", hint)
            elif value is not None:
                values[name] = reading.taken(spot, partial(typed, owner.fields[name]), value)
            elif owner.clears:
                values[name] = None
        return values


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose fields are read: where they stand, what the catalogue calls them, and whether ``null`` clears one."""

    path: str
    prefix: str
    fields: Mapping[str, Field]
    clears: bool = False
