"""The HTTP API: events in, receipts, customers and counts out."""

from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.encoders import jsonable_encoder

from care.store import audit, customers, event_receipts
from care.store.engine import reading
from care.store.inbox import Receipt
from care.store.incoming import IncomingEvent
from care.store.summary import summary
from care.web import intake
from care.web.api_models import BatchOut, CustomerOut, EntryOut, ReceiptOut, TimelineOut
from care.web.authorizing import REFUSALS, needs
from care.web.bodies import read_json
from care.web.context import Here, WebContext
from care.web.dossier import Dossier, gather
from care.web.openapi import EVENT_BODY, EVENT_RESPONSES
from care.web.problems import RefusalError, described


async def body(request: Request) -> bytes:
    """The body as it came."""
    return await request.body()


events = APIRouter(prefix="/v1", tags=["events"], responses=REFUSALS)
records = APIRouter(prefix="/v1", tags=["customers"], responses=REFUSALS)


@events.post(
    "/events",
    status_code=202,
    summary="Say what happened to a customer",
    openapi_extra={"requestBody": EVENT_BODY},
    responses=EVENT_RESPONSES,
    response_model=None,
    dependencies=[needs("events:write")],
)
def post_events(
    request: Request, here: Here, raw: Annotated[bytes, Depends(body)], response: Response
) -> ReceiptOut | BatchOut:
    """Commit one event, or up to 1,000 together, and answer with receipts.

    The answer comes only after the events are on disk. Send an event again whenever you are not sure: the same `source`
    and `id` count once, and the receipt then says `duplicate: true`. A batch is stored as a whole or not at all.
    """
    if "ce-specversion" in request.headers:
        raise RefusalError("unsupported-media-type", f"binary CloudEvents are not read; send {intake.CLOUD}")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    intake.check_media_type(media_type)
    delivery = intake.unpack(read_json(raw), media_type)
    accepted = intake.read_all(here.rulebook(), delivery)
    receipts = intake.store(here, accepted, delivery.parcels)
    views = _receipts(here, accepted, receipts)
    if delivery.single:
        response.headers["location"] = views[0].receipt
        return views[0]
    again = sum(view.duplicate for view in views)
    return BatchOut(accepted=len(views) - again, duplicates=again, receipts=views)


def _receipts(here: WebContext, accepted: list[IncomingEvent], receipts: list[Receipt]) -> list[ReceiptOut]:
    with reading(here.engine) as conn:
        views = []
        for event, receipt in zip(accepted, receipts, strict=True):
            # What is new was not decided a moment ago.
            view = (
                event_receipts.receipt(conn, event.source, event.id)
                if receipt.duplicate
                else event_receipts.fresh(event, receipt)
            )
            assert view is not None, "it was committed a moment ago"
            views.append(ReceiptOut.of(view, _path(event.source, event.id), duplicate=receipt.duplicate))
    return views


def _path(source: str, event_id: str) -> str:
    return f"/v1/events/{quote(source, safe='')}/{quote(event_id, safe='')}"


@events.get(
    "/events/{source:path}/{id}",
    summary="What an event did",
    responses=described("not-found"),
    dependencies=[needs("events:read")],
)
def get_receipt(request: Request, here: Here, source: str, id: str) -> ReceiptOut:
    """Say which journeys an event entered or ended, or why none. A `/` in `source` or `id` is written `%2F`."""
    event_id = id
    parts = request.scope["raw_path"].decode("ascii").split("/")[3:]
    if len(parts) == 2:
        source, event_id = unquote(parts[0]), unquote(parts[1])
    with reading(here.engine) as conn:
        view = event_receipts.receipt(conn, source, event_id)
    if view is None:
        raise RefusalError("not-found", "no event of this source and id was accepted")
    return ReceiptOut.of(view, _path(source, event_id))


@records.get(
    "/customers/{id:path}/timeline",
    summary="A customer's timeline",
    responses=described("not-found"),
    dependencies=[needs("customers:read")],
)
def get_timeline(here: Here, id: str) -> TimelineOut:
    """Everything that was decided for a customer, oldest first, with its reasons. `id` is the shop's."""
    with reading(here.engine) as conn:
        key = customers.by_id(conn, id)
        person = customers.person(conn, key) if key is not None else None
        if person is None:
            raise _no_customer()
        entries = [EntryOut.of(found) for found in audit.timeline(conn, person.key)]
    return TimelineOut(customer=id, timezone=person.zone or here.company().timezone, entries=entries)


@records.get(
    "/customers/{id:path}",
    summary="A customer",
    responses=described("not-found"),
    dependencies=[needs("customers:read")],
)
def get_customer(here: Here, id: str) -> CustomerOut:
    """Profile, consents, live position, what comes next, orders, answers, tickets and offers. `id` is the shop's."""
    with reading(here.engine) as conn:
        key = customers.by_id(conn, id)
    dossier = gather(here, key) if key is not None else None
    if dossier is None:
        raise _no_customer()
    return customer_out(dossier)


def customer_out(dossier: Dossier) -> CustomerOut:
    """A dossier as the API shows it."""
    plain = jsonable_encoder(dossier)
    person = plain.pop("person")
    profile = {name: person[name] for name in ("id", "key", "name", "email", "phone", "locale", "fields")}
    return CustomerOut(**profile, timezone=plain.pop("zone"), **plain)


def _no_customer() -> RefusalError:
    return RefusalError("not-found", "no event has told us of a customer with this id")


@records.get("/summary", summary="Counts over everything", tags=["summary"], dependencies=[needs("summary:read")])
def get_summary(here: Here) -> dict[str, Any]:
    """How many entered, what was sent and what not, satisfaction with its confidence interval, offers, tickets."""
    with reading(here.engine) as conn:
        return dict(jsonable_encoder(summary(conn, here.now())))
