"""The page where a customer chooses what to hear of, and over which channels: no login, no script, a signed link."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from care.domain.catalogue import Catalogue
from care.domain.consents import DOUBLE_OPT_IN, ENDABLE, MARKETING, Statement, muted, needs_confirming, standing
from care.links import PREFERENCES_PATH, LinkError, ReaderLink
from care.store import consents
from care.store.addresses import CHANNEL_KINDS, address_key
from care.store.customers import Person
from care.store.engine import reading
from care.store.incoming import event_id
from care.web.context import Here, WebContext
from care.web.customer_page import (
    PACED,
    GoneError,
    agreement,
    catalogue_of,
    clock_words,
    page,
    proof,
    reader,
    record,
    refused,
)

STOP = "stop"
_UNCONFIRMED = "unconfirmed"
_BLOCKED = "blocked"
_TOPIC = "topic."
_ASKED = "consent.requested"

router = APIRouter(include_in_schema=False, dependencies=PACED)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One box of the page.

    Attributes:
        name: ``email.marketing``, or ``topic.`` and a topic's name.
        note: Why it is not as it seems: ``unconfirmed`` waits for the customer, ``blocked`` cannot be used at all.
    """

    name: str
    on: bool
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Choices:
    """Everything a customer may choose, as it is stored now; ``channels`` by channel, marketing before care."""

    channels: dict[str, list[_Choice]] = field(default_factory=dict)
    topics: list[_Choice] = field(default_factory=list)

    def all(self) -> Iterator[_Choice]:
        """Every box of the page."""
        for boxes in self.channels.values():
            yield from boxes
        yield from self.topics


@dataclass(frozen=True, slots=True)
class _Visit:
    """One customer on the page."""

    link: ReaderLink
    person: Person
    catalogue: Catalogue


@router.api_route(PREFERENCES_PATH + "{token}", methods=["GET", "HEAD"])
def show_preferences(here: Here, request: Request, token: str) -> HTMLResponse:
    """Show what the customer gets now."""
    try:
        visit = _visit(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    return _shown(here, request, visit, {})


@router.post(PREFERENCES_PATH + "{token}")
async def save_preferences(here: Here, request: Request, token: str) -> HTMLResponse:
    """Record what the customer changed, and show what is stored then."""
    form = await request.form(max_files=0, max_fields=200)
    return await run_in_threadpool(_save, here, request, token, form)


def _visit(here: WebContext, token: str) -> _Visit:
    link = here.links.read_preferences(token)
    return _Visit(link, reader(here, link.customer), catalogue_of(here))


def _shown(here: WebContext, request: Request, visit: _Visit, words: dict[str, Any]) -> HTMLResponse:
    choices = _choices(here, visit)
    channels = [
        {
            "name": channel,
            "agreement": agreement(here, visit.person, channel, "wording"),
            **{purpose: asdict(box) for purpose, box in zip(ENDABLE, boxes, strict=True)},
        }
        for channel, boxes in choices.channels.items()
    ]
    was = ",".join(choice.name for choice in choices.all() if choice.on)
    frame = {"action": request.url.path, "nonce": secrets.token_urlsafe(12), "was": was}
    boxes = {"channels": channels, "topics": [asdict(topic) for topic in choices.topics]}
    return page(here, request, "preferences", visit.person, frame | boxes | words)


def _choices(here: WebContext, visit: _Visit) -> _Choices:
    """What is stored, of the channels this shop uses and the customer is reached on."""
    used = {channel for template in visit.catalogue.templates.values() for channel in template.channels}
    person = {kind: getattr(visit.person, kind) for kind in set(CHANNEL_KINDS.values())}
    keys = {
        channel: address_key(channel, person[kind])
        for channel, kind in CHANNEL_KINDS.items()
        if channel in used and person[kind]
    }
    with reading(here.engine) as conn:
        said = consents.listing(conn, visit.person.key)
        blocked = {(each.channel, each.purpose) for each in consents.closed(conn, keys.values()) if each.lasting}
    holds = standing(said, visit.catalogue.company.double_opt_in)
    silent = muted(said)
    language = visit.person.locale or visit.catalogue.company.locale
    return _Choices(
        {channel: [_box(channel, each, holds, blocked) for each in ENDABLE] for channel in keys},
        [
            _Choice(_TOPIC + name, name not in silent, topic.called(language))
            for name, topic in visit.catalogue.topics.items()
        ],
    )


def _box(
    channel: str,
    purpose: str,
    holds: dict[tuple[str, str], Statement],
    blocked: set[tuple[str, str]],
) -> _Choice:
    said = holds.get((channel, purpose))
    name = f"{channel}.{purpose}"
    if (channel, purpose) in blocked:
        return _Choice(name, False, note=_BLOCKED)
    if purpose != MARKETING:
        return _Choice(name, said is None or said.given)
    waiting = said is not None and said.given and said.kind == "unconfirmed"
    return _Choice(name, said is not None and said.given and not waiting, note=_UNCONFIRMED if waiting else "")


def _save(here: WebContext, request: Request, token: str, form: FormData) -> HTMLResponse:
    try:
        visit = _visit(here, token)
    except (LinkError, GoneError) as error:
        return refused(here, request, error)
    boxes = {choice.name: choice for choice in _choices(here, visit).all()}
    was = set(str(form.get("was", "")).split(","))
    stops = STOP in form
    nonce = str(form.get("nonce") or secrets.token_urlsafe(12))
    for name, box in boxes.items():
        if stops:
            changed = not name.startswith(_TOPIC) and (box.on or box.note == _UNCONFIRMED)
        else:
            # What stood on the page counts, not what changed elsewhere since.
            changed = box.note != _BLOCKED and (name in form) != (name in was)
        if changed:
            _say(here, visit, name, name in form and not stops, nonce)
    saved = {"saved": "stopped" if stops else "saved", "received": clock_words(here, visit.person, here.now())}
    return _shown(here, request, visit, saved)


def _say(here: WebContext, visit: _Visit, name: str, on: bool, nonce: str) -> None:
    """Record one box that was ticked or cleared."""
    event = event_id("preference", visit.link.message, visit.person.key, nonce, name, str(on))
    if name.startswith(_TOPIC):
        kind = "topic.wanted" if on else "topic.muted"
        record(here, event, kind, visit.person, {"topic": name.removeprefix(_TOPIC)})
        return
    channel, _, purpose = name.partition(".")
    data: dict[str, Any] = {"channel": channel, "purpose": purpose} | _proof(here, visit, channel, purpose, on)
    record(here, event, "consent.given" if on else "consent.withdrawn", visit.person, data)
    confirmed = not needs_confirming(channel, purpose, data["method"], visit.catalogue.company.double_opt_in)
    if on and not confirmed and _ASKED in visit.catalogue.events:
        record(here, f"{event}-asked", _ASKED, visit.person, data)


def _proof(here: WebContext, visit: _Visit, channel: str, purpose: str, on: bool) -> dict[str, str]:
    shown = proof(here, visit.person, channel, PREFERENCES_PATH, visit.link.message)
    if not (on and purpose == MARKETING):
        shown = {name: shown[name] for name in ("place", "evidence")}
    # Whoever opens the link of an e-mail holds that mailbox; of the phone it says nothing.
    own = on and purpose == MARKETING and channel == visit.link.channel
    return shown | {"method": DOUBLE_OPT_IN if own else "preference page"}
