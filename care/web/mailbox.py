"""What the embedded mail catcher and SMS gateway took: there to be read when nothing leaves this machine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from care.domain.segments import Segments, segments
from care.peers.handset import HANDSET_FILE, Handset
from care.peers.mailbox import MAILBOX_FILE, Mail, Mailbox
from care.settings import Settings
from care.web.console import support_lead
from care.web.console_view import show
from care.web.context import Here
from care.web.guard import LETTER_POLICY
from care.web.problems import RefusalError

PAGE = 50

router = APIRouter(include_in_schema=False, dependencies=[Depends(support_lead)])


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


@router.get("/mailbox")
def mailbox(
    request: Request,
    here: Here,
    mail_before: Annotated[int, Query(ge=1)] = 2**31,
    sms_skip: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The e-mails and SMS that were caught, the newest first, fifty at a time."""
    with _mails(here.settings) as mails:
        last = min(mails.count(), mail_before - 1)
        found = mails.list(after=max(last - PAGE, 0), limit=min(PAGE, last)) if last else ()
        total = mails.count()
    with _texts(here.settings) as texts:
        caught = texts.list(skip=sms_skip, limit=PAGE)
        sms_total = texts.count()
    view = {
        "mails": [MailLine(mail.number, mail.received_at, mail.recipient, mail.subject) for mail in reversed(found)],
        "mail_count": total,
        "older": found[0].number if found and found[0].number > 1 else None,
        "texts": [SmsLine(sms.number, sms.received_at, sms.recipient, sms.body, segments(sms.body)) for sms in caught],
        "text_count": sms_total,
        "skip": sms_skip + PAGE if sms_skip + PAGE < sms_total else None,
    }
    return show(request, here, "mailbox", view)


@router.get("/mailbox/{number}")
def mail(request: Request, here: Here, number: int) -> Response:
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
def mail_html(here: Here, number: int) -> HTMLResponse:
    """The HTML of one e-mail, shut into its frame."""
    html = _part(_parsed(_mail(here.settings, number)), "html")
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})


@contextmanager
def _mails(settings: Settings) -> Iterator[Mailbox]:
    _refuse_unless(settings.catches_mail or settings.catches_sms)
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
