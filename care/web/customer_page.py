"""What every page a customer opens has in common: how it is shown, refused, and what is said on it recorded."""

import logging
import secrets
from datetime import datetime
from html import unescape
from typing import Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from care.domain.catalogue import Catalogue, Company
from care.domain.errors import CareError
from care.domain.orders import reference
from care.domain.timing import zone_of
from care.formats import date_text
from care.images import STYLE as PICTURE_STYLE
from care.rendering import RenderError
from care.store import claims, consents, customers
from care.store.claims import Claim
from care.store.customers import Person
from care.store.engine import reading
from care.store.incoming import SOURCE, IncomingEvent
from care.store.plans import NothingPublished
from care.web import intake
from care.web.console_view import plain_page
from care.web.context import Here, WebContext
from care.web.guard import source_of
from care.web.problems import RefusalError
from care.web.throttles import address_of, refuse_after

log = logging.getLogger(__name__)

_SHOWN = ("name", "address", "phone", "email", "website", "locale", "timezone")
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; "
    f"style-src-attr 'unsafe-hashes' '{source_of(PICTURE_STYLE)}'; "
    "img-src 'self' https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DAY = 86_400


class GoneError(CareError):
    """The link was ours, but what it speaks of is not there any more; ``person`` is whom it was sent to, if known."""

    def __init__(self, why: str, person: Person | None = None) -> None:
        super().__init__(why)
        self.person = person


def paced(request: Request, here: Here) -> None:
    """Let one address open so many pages a second and no more; the pictures of messages are not counted.

    Raises:
        RefusalError: When it has had its share.
    """
    refuse_after(here.throttles.pages.take(address_of(request)), "too many requests came from your address")


PACED = (Depends(paced),)


def page(
    here: WebContext, request: Request, name: str, person: Person | None, words: dict[str, Any], status: int = 200
) -> HTMLResponse:
    """A page in the customer's language, or a plain one where the shop's template cannot be shown."""
    company, nonce = here.company(), secrets.token_urlsafe(16)
    locale = person.locale if person is not None else request.headers.get("accept-language", "")[:2]
    try:
        html = here.renderer.page(name, locale, {"company": _shown(company), **words}, nonce)
    except RenderError as error:
        log.error("%s", error)
        html = plain_page(name, company.name)
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY.format(nonce=nonce)})


def refused(here: WebContext, request: Request, error: CareError) -> HTMLResponse:
    """What somebody reads whose link cannot be used."""
    if isinstance(error, GoneError):
        return page(here, request, "problem", error.person, {"gone": True}, 410)
    return page(here, request, "problem", None, {}, 404)


def reader(here: WebContext, key: str) -> Person:
    """The customer a link was made for.

    Raises:
        GoneError: When nobody has this key any more.
    """
    with reading(here.engine) as conn:
        person = customers.person(conn, key)
    if person is None:
        raise GoneError("the customer is not known any more")
    return person


def sent_message(here: WebContext, named: str) -> Claim:
    """The message that a short link names by its reference.

    Raises:
        GoneError: When it is not there any more.
    """
    with reading(here.engine) as conn:
        sent = claims.referred(conn, named)
    if sent is None:
        raise GoneError("the message is not known any more")
    return sent


def record(here: WebContext, name: str, kind: str, person: Person, data: dict[str, Any]) -> None:
    """Take in what a customer said on a page, once for its ``name``: later than everything they said before."""
    at = _last(here, person)
    event = IncomingEvent(id=name, source=SOURCE, type=kind, time=at, customer={"id": person.id}, data=data)
    try:
        intake.store(here, [event])
    except RefusalError as refusal:
        # The name is made from everything but the time: this very press was recorded before.
        if refusal.kind != "conflict":
            raise


def _last(here: WebContext, person: Person) -> datetime:
    """Now, unless they said something later than that: then one of the clocks is wrong, and this is the last word."""
    with reading(here.engine) as conn:
        return max([here.now(), *(said.at for said in consents.listing(conn, person.key))])


def catalogue_of(here: WebContext) -> Catalogue:
    """The newest published catalogue; an empty one before anything is published."""
    try:
        return here.rulebook().catalogue
    except NothingPublished:
        return Catalogue(Company(), {}, (), {}, {}, {})


def proof(here: WebContext, person: Person, channel: str, path: str, message: str) -> dict[str, str]:
    """What proves a consent to marketing that is given on a page.

    Args:
        path: Of the page, without the token.
        message: The claim's key of the message that held the link.
    """
    words = {part: agreement(here, person, channel, part) for part in ("wording", "frequency")}
    place = here.settings.public_url.rstrip("/") + path
    known = {**words, "place": place, "evidence": f"message {reference(message)}"}
    return {name: value for name, value in known.items() if value}


def agreement(here: WebContext, person: Person, channel: str, part: str) -> str:
    """What a customer agrees to in the shop's words (``pages/agreement.html``): its ``wording`` or ``frequency``."""
    company = here.company()
    cap = company.frequency_cap
    often = {"count": cap.count, "days": max(1, round(cap.seconds / _DAY))} if cap is not None else {}
    values = {"company": _shown(company), "channel": channel, "part": part, **often}
    try:
        return unescape(" ".join(here.renderer.page("agreement", person.locale, values).split()))
    except RenderError as error:
        log.error("%s", error)
        return ""


def clock_words(here: WebContext, person: Person, at: datetime) -> str:
    """An instant as the customer's own clock and calendar show it: ``14:05, 02/03/2026``."""
    company = here.company()
    local = at.astimezone(zone_of(person.zone, company.timezone))
    return f"{local:%H:%M}, {date_text(local, (person.locale or company.locale).partition('-')[0])}"


def _shown(company: Company) -> dict[str, str]:
    return {name: getattr(company, name) for name in _SHOWN}
