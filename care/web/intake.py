"""Taking events in: what was posted becomes inbox rows, all of one request or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from care.domain.rulebook import Rulebook
from care.store import effects, inbox
from care.store.engine import writing
from care.store.inbox import Receipt
from care.store.incoming import IncomingEvent
from care.telemetry import meters
from care.web.context import WebContext
from care.web.event_reading import EventReader, Parcel
from care.web.faults import escaped
from care.web.problems import MOST_FAULTS, Fault, RefusalError

MOST_EVENTS = 1_000
PLAIN = "application/json"
CLOUD = "application/cloudevents+json"
CLOUD_BATCH = "application/cloudevents-batch+json"
MEDIA_TYPES = (PLAIN, CLOUD, CLOUD_BATCH)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What lay in one body; ``single`` when it was one bare event."""

    parcels: tuple[Parcel, ...]
    single: bool


def check_media_type(media_type: str) -> None:
    """Let the content types pass that are read.

    Raises:
        RefusalError: For any other.
    """
    if media_type not in MEDIA_TYPES:
        known = ", ".join(MEDIA_TYPES)
        raise RefusalError(
            "unsupported-media-type", f"send Content-Type: one of {known}", headers={"Accept-Post": known}
        )


def unpack(body: JsonValue, media_type: str) -> Delivery:
    """Find the events in a body.

    Raises:
        RefusalError: When a batch is not one, is empty or is too long.
    """
    cloud = media_type != PLAIN
    if isinstance(body, list) and media_type != CLOUD:
        return _batch(body, "", cloud=cloud)
    if media_type == CLOUD_BATCH:
        raise RefusalError("invalid-event", "a batch of CloudEvents is a JSON array")
    if not cloud and isinstance(body, dict) and "events" in body:
        return _batch(_listed(body), "/events", cloud=False)
    return Delivery((Parcel(body, cloud=cloud),), single=True)


def _listed(body: dict[str, JsonValue]) -> list[JsonValue]:
    faults = [Fault(pointer=f"/{escaped(name)}", detail="unknown field") for name in body if name != "events"]
    listed = body["events"]
    if not isinstance(listed, list):
        faults.append(Fault(pointer="/events", detail="this must be a list"))
    if faults or not isinstance(listed, list):
        raise RefusalError("invalid-event", 'a batch is {"events": [ … ]} and nothing else', faults)
    return listed


def _batch(items: list[JsonValue], at: str, *, cloud: bool) -> Delivery:
    if not 1 <= len(items) <= MOST_EVENTS:
        raise RefusalError("invalid-event", f"a batch holds 1 to {MOST_EVENTS:,} events; this one holds {len(items):,}")
    parcels = [Parcel(item, f"{at}/{number}", cloud) for number, item in enumerate(items)]
    return Delivery(tuple(parcels), single=False)


def read_all(rulebook: Rulebook, delivery: Delivery) -> list[IncomingEvent]:
    """Every event of a delivery.

    Raises:
        RefusalError: When anything is wrong with any of them; it names every fault.
    """
    reader = EventReader(rulebook)
    events: list[IncomingEvent] = []
    faults: list[Fault] = []
    for parcel in delivery.parcels:
        event, found = reader.read(parcel)
        faults.extend(found)
        if event is not None:
            events.append(event)
    if faults:
        meters.EVENTS.labels("invalid").inc(len(delivery.parcels))
        more = f", the first {MOST_FAULTS} are listed" if len(faults) > MOST_FAULTS else ""
        count = "one thing is" if len(faults) == 1 else f"{len(faults)} things are"
        raise RefusalError("invalid-event", f"{count} wrong{more}; nothing was stored", faults)
    return events


def store(here: WebContext, events: Sequence[IncomingEvent], parcels: Sequence[Parcel] = ()) -> list[Receipt]:
    """Commit events to the inbox, all or none, and tell their customers' workflows.

    Args:
        here: The server's surroundings.
        events: What to store, in order.
        parcels: Where each lay in the body that was posted.

    Raises:
        RefusalError: When an id was used before with another body.
        StoreUnavailable: When the store does not answer; nothing was stored.
    """
    at = here.now()
    receipts: list[Receipt] = []
    faults: list[Fault] = []
    with writing(here.engine) as conn:
        for number, receipt in enumerate(inbox.accept_all(conn, events, at)):
            if isinstance(receipt, Receipt):
                receipts.append(receipt)
                continue
            pointer = f"{parcels[number].at}/id" if parcels else ""
            detail = "this id of this source was accepted before with another body"
            faults.append(Fault(pointer=pointer, detail=detail, hint="send a change as a new event with its own id"))
        if faults:
            meters.EVENTS.labels("conflict").inc(len(faults))
            raise RefusalError("conflict", "nothing of this request was stored", faults)
        new = [pair for pair in zip(receipts, events, strict=True) if not pair[0].duplicate]
        effects.honour(conn, new, at)
    meters.EVENTS.labels("accepted").inc(len(new))
    meters.EVENTS.labels("duplicate").inc(len(receipts) - len(new))
    for receipt in receipts:
        if receipt.status == inbox.PENDING:
            here.workflows.tell_soon(receipt.customer, receipt.id)
    return receipts
