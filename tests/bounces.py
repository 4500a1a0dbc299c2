"""Mails that come back: 117 real bounces, and builders of reports in today's forms."""

import json
from email import message_from_string
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

_DATA = Path(__file__).parent / "data"


@cache
def bounces() -> dict[str, bytes]:
    """The 117 mails by name."""
    with ZipFile(_DATA / "bounces.zip") as archive:
        return {name.removesuffix(".txt"): archive.read(name) for name in archive.namelist() if name.endswith(".txt")}


@cache
def expected() -> dict[str, dict[str, list[str]]]:
    """The addresses each of them reports: ``temporary`` and ``permanent``."""
    found: dict[str, dict[str, list[str]]] = json.loads((_DATA / "bounces.expected.json").read_text())
    return found


def returned(message_id: str = "", **headers: str) -> Message:
    """The message a report gives back."""
    mail = MIMEText("Chào chị Lan", _charset="utf-8")
    if message_id:
        mail["Message-ID"] = message_id
    mail["From"] = "cskh@shop.example"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


def a_dsn(
    of: Message, *, to: str = "cskh@shop.example", action: str = "failed", status: str = "5.1.1", **more: Any
) -> bytes:
    """A delivery status notification (RFC 3464) about a message.

    Args:
        of: The message it gives back.
        to: Where it goes: the envelope sender of the message.
        more: ``recipient``, ``diagnostic``, ``name`` (its Message-ID), ``date``.
    """
    fields = {
        "Final-Recipient": f"rfc822; {more.get('recipient', 'lan@example.vn')}",
        "Action": action,
        "Status": status,
        "Diagnostic-Code": more.get("diagnostic", ""),
    }
    block = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    part = "message", "delivery-status", f"Reporting-MTA: dns; mx.example.vn\n\n{block}"
    return _report("delivery-status", to, part, of, more)


def a_complaint(of: Message, *, to: str = "fbl@shop.example", sort: str = "abuse", **more: Any) -> bytes:
    """A feedback report (RFC 5965) about a message."""
    block = f"Feedback-Type: {sort}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
    return _report("feedback-report", to, ("message", "feedback-report", block), of, more)


def _report(sort: str, to: str, part: tuple[str, str, str], of: Message, more: dict[str, Any]) -> bytes:
    mail = MIMEMultipart("report", report_type=sort)
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mx.example.vn>"
    mail["To"] = to
    mail["Subject"] = "A report"
    mail["Date"] = more.get("date", "Mon, 2 Mar 2026 12:00:00 +0700")
    mail["Message-ID"] = more.get("name", "<report-1@mx.example.vn>")
    mail.attach(MIMEText("This is a report about a message of yours."))
    main, sub, body = part
    told = MIMENonMultipart(main, sub)
    # The library writes a delivery status from its blocks, and any other part from its text.
    told.set_payload(
        [message_from_string(block) for block in body.split("\n\n")] if sort == "delivery-status" else body
    )
    mail.attach(told)
    mail.attach(MIMEMessage(of))
    return mail.as_bytes()
