"""The pages that end messages of one kind, and that confirm consent to marketing. Only pressing a button acts."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from care.domain.consents import DOUBLE_OPT_IN, MARKETING, Consent
from care.domain.orders import reference
from care.links import CONFIRM_PATH, UNSUBSCRIBE_PATH, LinkError, ReaderLink, UnsubscribeLink
from care.store import consents, customers, schema
from care.store.customers import Person
from care.store.engine import reading
from care.store.incoming import event_id
from care.web.context import Here, WebContext
from care.web.customer_page import (
    PACED,
    GoneError,
    agreement,
    clock_words,
    page,
    proof,
    reader,
    record,
    refused,
    sent_message,
)

CONFIRM_OPEN = timedelta(days=30)

router = APIRouter(include_in_schema=False, dependencies=PACED)


@router.api_route(UNSUBSCRIBE_PATH + "{token}", methods=["GET", "HEAD"])
def show_unsubscribe(here: Here, request: Request, token: str) -> HTMLResponse:
    """Show the button that ends messages of this kind."""
    try:
        link, person = _leaving(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    words = {"action": request.url.path, **_kind(link), "preferences_url": _preferences(here, link)}
    return page(here, request, "unsubscribe", person, words)


@router.post(UNSUBSCRIBE_PATH + "{token}")
async def unsubscribe(here: Here, request: Request, token: str) -> HTMLResponse:
    """End messages of this kind at once (RFC 8058): no redirect, no cookie, and whatever the form looks like."""
    one_click = b"One-Click" in await request.body()
    return await run_in_threadpool(_record_leaving, here, request, token, one_click)


@router.api_route(CONFIRM_PATH + "{token}", methods=["GET", "HEAD"])
def show_confirm(here: Here, request: Request, token: str) -> HTMLResponse:
    """Show what is agreed to, and the button that agrees; a program that opens the link agrees to nothing."""
    try:
        link, person = _confirming(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    wording = agreement(here, person, link.channel, "wording")
    return page(here, request, "confirm", person, {"action": request.url.path, "wording": wording})


@router.post(CONFIRM_PATH + "{token}")
async def confirm(here: Here, request: Request, token: str) -> HTMLResponse:
    """Record the consent, with what was read and where as its proof."""
    return await run_in_threadpool(_record_consent, here, request, token)


def _leaving(here: WebContext, token: str) -> tuple[UnsubscribeLink, Person]:
    link = _unsubscribe_link(here, token)
    return link, reader(here, link.customer)


def _unsubscribe_link(here: WebContext, token: str) -> UnsubscribeLink:
    named = here.links.read_short("unsubscribe", token)
    if named is None:
        return here.links.read_unsubscribe(token)
    sent = sent_message(here, named)
    return UnsubscribeLink(sent.key, sent.customer, sent.channel, sent.purpose)


def _record_leaving(here: WebContext, request: Request, token: str, one_click: bool) -> HTMLResponse:
    try:
        link, person = _leaving(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    given = [said.at for said in _said(here, link) if said.given]
    # The same click counts once, until the customer has agreed again.
    name = event_id("unsubscribe", link.message, link.customer, link.channel, link.purpose, str(max(given, default="")))
    data = {
        "channel": link.channel,
        "purpose": link.purpose,
        "wording": "one click in the mail program" if one_click else "the unsubscribe page",
        "place": here.settings.public_url.rstrip("/") + UNSUBSCRIBE_PATH,
        "method": "one-click" if one_click else "unsubscribe page",
        "evidence": f"message {reference(link.message)}",
    }
    record(here, name, "consent.withdrawn", person, data)
    words = {"received": clock_words(here, person, _closed_at(here, link)), **_kind(link)}
    return page(here, request, "unsubscribed", person, words | {"preferences_url": _preferences(here, link)})


def _said(here: WebContext, link: UnsubscribeLink) -> list[Consent]:
    with reading(here.engine) as conn:
        statements = consents.listing(conn, link.customer)
    return [said for said in statements if (said.channel, said.purpose) == (link.channel, link.purpose)]


def _closed_at(here: WebContext, link: UnsubscribeLink) -> datetime:
    """When the withdrawal that stands was received."""
    return max((said.at for said in _said(here, link) if not said.given), default=here.now())


def _kind(link: UnsubscribeLink) -> dict[str, str]:
    return {"channel": link.channel, "purpose": link.purpose}


def _preferences(here: WebContext, link: UnsubscribeLink) -> str:
    return here.links.preferences_url(link.message, link.customer, link.channel)


def _confirming(here: WebContext, token: str) -> tuple[ReaderLink, Person]:
    link = here.links.read_confirm(token)
    sent = select(schema.claims.c.at).where(schema.claims.c.key == link.message)
    with reading(here.engine) as conn:
        person = customers.person(conn, link.customer)
        asked_at = conn.execute(sent).scalar()
    if person is None or asked_at is None or asked_at + CONFIRM_OPEN < here.now():
        raise GoneError("nobody waits for this confirmation any more", person)
    return link, person


def _record_consent(here: WebContext, request: Request, token: str) -> HTMLResponse:
    try:
        link, person = _confirming(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    with reading(here.engine) as conn:
        said = consents.listing(conn, link.customer)
    left = [each.at for each in said if not each.given and (each.channel, each.purpose) == (link.channel, MARKETING)]
    # Pressed again it is the same consent, until the customer has withdrawn it.
    name = event_id("confirm", link.message, link.customer, link.channel, str(max(left, default="")))
    shown = proof(here, person, link.channel, CONFIRM_PATH, link.message)
    data = {"channel": link.channel, "purpose": MARKETING, "method": DOUBLE_OPT_IN, **shown}
    record(here, name, "consent.given", person, data)
    words = {"wording": shown.get("wording", ""), "received": clock_words(here, person, here.now())}
    preferences = here.links.preferences_url(link.message, link.customer, link.channel)
    return page(here, request, "confirmed", person, words | {"preferences_url": preferences})
