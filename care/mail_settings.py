"""The settings of e-mail: the relay, what stands on an e-mail, what comes back, and the signature."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

# Names of providers with commas between, or nothing.
PROVIDERS = r"^(\w+(\s*,\s*\w+)*)?$"


class MailSettings(BaseSettings):
    """How e-mail leaves and comes back."""

    email_channel: str = Field(
        "smtp",
        description="Providers e-mail leaves over, with commas between, the next one when the one before cannot be "
        "used: `smtp`, or `outbox` to keep it in the store only.",
        pattern=PROVIDERS,
    )
    smtp_host: str = Field("127.0.0.1", description="SMTP relay; the default is the mail catcher of `care up`.")
    smtp_port: int = Field(2525, description="Port of the SMTP relay.", ge=1, le=65535)
    smtp_username: str = Field("", description="User name at the SMTP relay; empty sends without logging in.")
    smtp_password: str = Field("", description="Password at the SMTP relay.", repr=False)
    smtp_tls: Literal["off", "starttls", "tls"] = Field("off", description="Encryption to the SMTP relay.")
    smtp_connections: int = Field(
        8, description="How many connections one worker keeps to the SMTP relay at most.", ge=1, le=100
    )
    smtp_domain_rate: float = Field(
        0, description="E-mails a second one worker sends to one recipient's domain; 0 is as fast as they go.", ge=0
    )
    mail_from: str = Field(
        "Chăm sóc khách hàng <cskh@example.com>", description="Sender of every e-mail, with its shown name."
    )
    mail_reply_to: str = Field("", description="Mailbox people read, where answers go; empty is the sender.")
    mail_bounces_to: str = Field(
        "",
        description="Mailbox that takes bounces, for example `bounce@bounces.shop.example`: every e-mail then leaves "
        "with an address of its own below it (`bounce+…@`); empty is the sender.",
    )
    mail_unsubscribe_to: str = Field(
        "", description="Mailbox that takes one-click unsubscribing by mail, offered beside the link; empty is none."
    )
    bounce_mailbox: str = Field(
        "",
        description="Mailbox in which bounces, complaints and unsubscribing mails arrive, read every minute: "
        "`maildir:///folder`, `imaps://user:password@host/INBOX` or `pop3s://user:password@host`; empty is none, and "
        "with the mail catcher of `care up` its own.",
        pattern=r"^((maildir|imaps?|pop3s?)://.+)?$",
        repr=False,
    )
    mail_feedback_id: str = Field(
        "",
        description="The shop's name in `Feedback-ID`, by which mailbox providers count complaints: 5 to 15 letters, "
        "digits, `_` or `-`; empty leaves the header out.",
        pattern=r"^([A-Za-z0-9_-]{5,15})?$",
    )
    dkim_domain: str = Field(
        "", description="Domain that signs every e-mail (DKIM); empty is that of `CARE_MAIL_FROM`, where a key is set."
    )
    dkim_selector: str = Field("", description="Selector under which the RSA key is published.")
    dkim_key: str = Field(
        "",
        description="File of the RSA key in PEM, as `care mail dkim-keys` makes it; empty leaves signing to the relay.",
    )
    dkim_ed25519_selector: str = Field("", description="Selector under which the Ed25519 key is published.")
    dkim_ed25519_key: str = Field(
        "", description="File of an Ed25519 key in PEM, for a second signature; empty is none."
    )
    email_rate: float = Field(
        0, description="E-mails a second over all workers together; 0 is as fast as they go.", ge=0
    )
