"""Where providers call: what became of a message, and what a customer wrote. Answered once it is on disk.

A provider proves by its signature, or by a secret at the end of the address, that it is the one: its plug-in checks.
"""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from activities.channels.base import Callback, Delivery, ForgedCallback, Receipt, Reply
from care.inbound import hearing
from care.inbound.hearing import Written
from care.store import inbox, receipts
from care.store.engine import writing
from care.store.plans import NothingPublished
from care.store.receipts import Kind, News
from care.web.context import Here, WebContext
from care.web.problems import RefusalError
from care.web.throttles import address_of, refuse_after

# Twilio sends whatever else stands here to the customer; the others look at the status only.
_NOTHING_TO_SAY = "<Response/>"


def paced(request: Request, here: Here) -> None:
    """Let one address call so many times a second and no more: a provider calls from few.

    Raises:
        RefusalError: When it has had its share.
    """
    refuse_after(here.throttles.keys.take(address_of(request)), "too many calls came from your address")


router = APIRouter(prefix="/v1/hooks", include_in_schema=False, dependencies=[Depends(paced)])


@router.api_route("/{provider}", methods=["GET", "POST"])
@router.api_route("/{provider}/{key}", methods=["GET", "POST"])
async def call(request: Request, here: Here, provider: str, key: str = "") -> Response:
    """Take what a provider tells us."""
    callback = Callback(
        method=request.method,
        url=_public(request, here.settings.public_url),
        headers=dict(request.headers),
        query=dict(request.query_params),
        body=await request.body(),
    )
    await run_in_threadpool(_take, here, provider, callback)
    return Response(_NOTHING_TO_SAY, media_type="text/xml")


def _public(request: Request, public_url: str) -> str:
    """The address as the provider called it; a proxy may have changed the host on the way."""
    path, query = request.scope["raw_path"].decode("ascii"), request.scope["query_string"].decode("ascii", "replace")
    return f"{public_url.rstrip('/')}{path}" + (f"?{query}" if query else "")


def _take(here: WebContext, provider: str, callback: Callback) -> None:
    channels = [channel for channel, names in here.settings.channels.items() if provider in names]
    plugin = here.providers.get(provider)
    if plugin is None or not channels:
        raise RefusalError("not-found", "the shop has no provider of this name")
    try:
        told = plugin.hear(callback)
    except ForgedCallback as forged:
        raise RefusalError("forbidden", str(forged)) from None
    if told:
        _tell(here, _keep(here, provider, channels[0], told))


def _keep(here: WebContext, provider: str, channel: str, told: Sequence[Receipt | Reply]) -> list[inbox.Receipt]:
    """Store everything or nothing, and return the events it became."""
    events, queue = [], _queue(here)
    with writing(here.engine) as conn:
        for each in told:
            if isinstance(each, Receipt):
                heard = receipts.record(conn, _news(each, provider, channel), here.now())
                events += [heard.event] if heard.event is not None else []
            else:
                events += hearing.hear(conn, _written(each, provider, channel, here), queue).events
    return events


def _news(receipt: Receipt, provider: str, channel: str) -> News:
    delivery = receipt.delivery
    return News(
        receipt.id,
        _kind(delivery),
        provider,
        channel,
        provider_id=receipt.provider_id,
        reference=receipt.reference,
        at=receipt.at,
        code=delivery.code,
        reason=delivery.reason,
        detail=delivery.detail,
    )


def _kind(delivery: Delivery) -> Kind:
    if delivery.outcome != "failed":
        return "delivered" if delivery.outcome == "sent" else "delayed"
    return "bounced" if delivery.suppress == "bounced" else "stopped" if delivery.suppress == "withdrew" else "failed"


def _written(reply: Reply, provider: str, channel: str, here: WebContext) -> Written:
    now = here.now()
    at = min(reply.at, now) if reply.at is not None else now
    return Written(reply.id, reply.sender, reply.text, provider, channel, at, stopped=reply.stopped)


def _queue(here: WebContext) -> str:
    """Where free words go: the first queue of the catalogue; a stop is heard without any catalogue."""
    try:
        return next(iter(here.rulebook().catalogue.queues), "")
    except NothingPublished:
        return ""


def _tell(here: WebContext, events: Iterable[inbox.Receipt]) -> None:
    for event in events:
        if event.status == inbox.PENDING:
            here.workflows.tell_soon(event.customer, event.id)
