"""What a mail server sends back after it took a message: a delivery status notification, or a reader's complaint."""

from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from hashlib import sha256
from mailbox import Maildir, MaildirMessage
from pathlib import Path

HOST = "mail.localhost"

BOUNCES_LATER = "bounces-later"
FULL_LATER = "full-later"
COMPLAINS = "complains"
_STATUSES = {
    BOUNCES_LATER: ("5.1.1", "smtp; 550 5.1.1 There is no such mailbox here"),
    FULL_LATER: ("5.2.2", "smtp; 552 5.2.2 The mailbox is full"),
}
MOODS = (*_STATUSES, COMPLAINS)


class ReturningPost:
    """Sends reports back to the envelope senders, into one maildir.

    Args:
        folder: The maildir; it is made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._maildir = Maildir(folder)

    def send_back(self, mood: str, content: bytes, sender: str, recipient: str, at: datetime) -> None:
        """Report on a message the server took.

        Args:
            mood: One of ``MOODS``.
            content: The message.
            sender: The envelope sender, to whom the report goes; nothing is sent to the empty one (RFC 5321, 4.5.5).
        """
        if not sender:
            return
        taken = message_from_bytes(content)
        report = (
            _complaint(taken, sender, recipient) if mood == COMPLAINS else _bounce(taken, recipient, *_STATUSES[mood])
        )
        name = sha256(f"{mood}\n{sender}\n{recipient}\n{at.isoformat()}".encode()).hexdigest()[:24]
        headers = {
            "Return-Path": "<>",
            "Delivered-To": sender,
            "From": f"Mail Delivery System <MAILER-DAEMON@{HOST}>",
            "To": sender,
            "Date": format_datetime(at),
            "Message-ID": f"<report-{name}@{HOST}>",
            "Auto-Submitted": "auto-replied",
        }
        for header, value in headers.items():
            report[header] = value
        self._maildir.add(MaildirMessage(report))


def _bounce(taken: Message, recipient: str, status: str, diagnostic: str) -> Message:
    """A delivery status notification (RFC 3464)."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report.attach(
        MIMEText(f"This is the mail system at {HOST}.\n\nYour message could not be delivered:\n{diagnostic}\n")
    )
    server, person = Message(), Message()
    server["Reporting-MTA"] = f"dns; {HOST}"
    person["Final-Recipient"] = f"rfc822; {recipient}"
    person["Action"], person["Status"], person["Diagnostic-Code"] = "failed", status, diagnostic
    part = MIMEBase("message", "delivery-status")
    part.set_payload([server, person])
    report.attach(part)
    report.attach(MIMEMessage(taken))
    return report


def _complaint(taken: Message, sender: str, recipient: str) -> Message:
    """A feedback report (RFC 5965), as mailbox providers send it: without the reader's address."""
    report = MIMEMultipart("report", report_type="feedback-report")
    report["Subject"] = "Complaint about a message"
    report.attach(MIMEText("A reader called this message unwanted.\n"))
    part = MIMEBase("message", "feedback-report")
    provider = recipient.rpartition("@")[2]
    fields = ("Feedback-Type: abuse", f"User-Agent: {HOST}/1.0", "Version: 1")
    part.set_payload("\n".join((*fields, f"Original-Mail-From: <{sender}>", f"Reported-Domain: {provider}", "")))
    report.attach(part)
    del taken["To"]
    report.attach(MIMEMessage(taken))
    return report
