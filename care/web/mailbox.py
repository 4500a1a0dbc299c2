"""What the embedded mail catcher and gateways took: there to be read when nothing leaves this machine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from care.domain.segments import Segments, segments
from care.peers.exchange import EXCHANGE_FILE, Exchange
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mail, Mailbox
from care.peers.writing import NotEmbeddedError, write
from care.settings import Settings
from care.web.console import CONSOLE
from care.web.console_view import show
from care.web.context import Here
from care.web.guard import LETTER_POLICY
from care.web.problems import RefusalError

PAGE = 50
MOST = 2**31
Number = Annotated[int, Path(ge=1, le=MOST)]

router = APIRouter(include_in_schema=False, dependencies=CONSOLE)


@dataclass(frozen=True, slots=True)
class MailLine:
    """An e-mail in the list."""

    number: int
    at: datetime
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class SmsLine:
    """An SMS in the list."""

    number: int
    at: datetime
    recipient: str
    text: str
    segments: Segments


@dataclass(frozen=True, slots=True)
class TakenLine:
    """A message in the list that eSMS, SpeedSMS, Vonage or Zalo took."""

    number: int
    at: datetime
    gateway: str
    recipient: str
    text: str


class Answer(BaseModel):
    """What a developer writes in a customer's name."""

    model_config = ConfigDict(extra="forbid")

    sender: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    text: str = Field(max_length=1_600)
    token: str = Field("", max_length=200)


@router.get("/mailbox")
def mailbox(
    request: Request,
    here: Here,
    mail_before: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    sms_skip: Annotated[int, Query(ge=0, le=MOST)] = 0,
    taken_skip: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Response:
    """The messages that were caught, the newest first, fifty at a time."""
    with _mails(here.settings) as mails:
        last = min(mails.count(), mail_before - 1)
        found = mails.list(after=max(last - PAGE, 0), limit=min(PAGE, last)) if last else ()
        total = mails.count()
    with _texts(here.settings) as texts:
        caught = texts.list(skip=sms_skip, limit=PAGE)
        sms_total = texts.count()
    with closing(Exchange(here.settings.data_dir / EXCHANGE_FILE)) as exchange:
        taken, taken_total = exchange.list(skip=taken_skip, limit=PAGE), exchange.count()
    view = {
        "taken": [TakenLine(each.number, each.received_at, each.gateway, each.recipient, each.body) for each in taken],
        "taken_count": taken_total,
        "taken_skip": taken_skip + PAGE if taken_skip + PAGE < taken_total else None,
        "mails": [MailLine(mail.number, mail.received_at, mail.recipient, mail.subject) for mail in reversed(found)],
        "mail_count": total,
        "older": found[0].number if found and found[0].number > 1 else None,
        "answers": here.settings.catches_sms,
        "texts": [SmsLine(sms.number, sms.received_at, sms.recipient, sms.body, segments(sms.body)) for sms in caught],
        "text_count": sms_total,
        "skip": sms_skip + PAGE if sms_skip + PAGE < sms_total else None,
    }
    return show(request, here, "mailbox", view)


@router.get("/mailbox/{number}")
def mail(request: Request, here: Here, number: Number) -> Response:
    """One e-mail as it came over the wire."""
    found = _mail(here.settings, number)
    parsed = _parsed(found)
    view = {
        "number": found.number,
        "at": found.received_at,
        "recipient": found.recipient,
        "subject": found.subject,
        "headers": [(name, str(value)) for name, value in parsed.items()],
        "text": _part(parsed, "plain"),
        "html": bool(_part(parsed, "html")),
    }
    return show(request, here, "mail", view)


@router.get("/mailbox/{number}/html")
def mail_html(here: Here, number: Number) -> HTMLResponse:
    """The HTML of one e-mail, shut into its frame."""
    html = _part(_parsed(_mail(here.settings, number)), "html")
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})


@router.post("/mailbox/answer")
def answer_as_customer(here: Here, form: Annotated[Answer, Form()]) -> RedirectResponse:
    """Write an SMS to the shop as the customer would, through the embedded gateway."""
    _refuse_unless(here.settings.catches_sms)
    try:
        passed = write(here.settings, form.sender, form.text)
    except NotEmbeddedError as error:
        raise RefusalError("unavailable", str(error)) from None
    if not 200 <= passed.status < 300:
        raise RefusalError(
            "unavailable", f"the gateway passed it on, and this server answered {passed.status or 'not'}"
        )
    return RedirectResponse("/mailbox", 303)


@contextmanager
def _mails(settings: Settings) -> Iterator[Mailbox]:
    _refuse_unless(settings.catches_mail or settings.catches_sms or settings.catches_gateways)
    with closing(Mailbox(settings.data_dir / MAILBOX_FILE)) as mails:
        yield mails


@contextmanager
def _texts(settings: Settings) -> Iterator[Handset]:
    with closing(Handset(settings.data_dir / HANDSET_FILE)) as texts:
        yield texts


def _mail(settings: Settings, number: int) -> Mail:
    with _mails(settings) as mails:
        found = mails.get(number)
    if found is None:
        raise RefusalError("not-found", "the mail catcher has no e-mail of this number")
    return found


def _refuse_unless(embedded: bool) -> None:
    if not embedded:
        raise RefusalError("not-found", "messages leave this machine by the shop's own mail server and SMS provider")


def _parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=default)


def _part(parsed: EmailMessage, kind: str) -> str:
    body = parsed.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""
