"""What every e-mail of the shop bears: its sender, and where answers, bounces, complaints and unsubscribing go."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

import idna

from activities.channels.base import Message
from care import verp
from care.domain.errors import CareError
from care.settings import PREFIX, Settings, SettingsError

_ATOM = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]+")
_NAMED = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*", re.DOTALL)


class AddressError(CareError):
    """An e-mail address that no message can carry; the message says what is wrong with it, not the address."""


class Mailbox(NamedTuple):
    """A display name (may be empty) and an address whose domain is ASCII."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The address's domain."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What the shop's e-mails have in common.

    Attributes:
        reply_to: A mailbox people read; ``None`` when that is the sender.
        bounces_to: The address below which every message gets a bounce address of its own; empty when bounces go to
            the sender.
        unsubscribe_to: The address that takes unsubscribing by mail; empty when there is none.
        feedback_id: The shop's name in Feedback-ID; empty without that header.
        secret: Stamps the bounce addresses.
    """

    sender: Mailbox
    reply_to: Mailbox | None = None
    bounces_to: str = ""
    unsubscribe_to: str = ""
    feedback_id: str = ""
    secret: str = field(default="", repr=False)

    def envelope_sender(self, message: Message) -> str:
        """Where this message's bounces go."""
        if not self.bounces_to:
            return self.sender.address
        return verp.bounce_address(self.bounces_to, message.reference, self.secret)

    def unsubscribing(self, message: Message) -> list[str]:
        """The addresses that end such messages, the one-click one (RFC 8058) first; none on a transactional message."""
        url = message.unsubscribe_url
        if not url or not self.unsubscribe_to:
            return [url] if url else []
        token = url.rpartition("/")[2]
        return [url, f"mailto:{quote(self.unsubscribe_to, safe='@')}?subject=unsubscribe%20{quote(token, safe='')}"]

    def feedback(self, message: Message) -> str:
        """What complaints are counted by: journey, template, purpose and shop, never anything of one recipient."""
        if not self.feedback_id or not message.purpose:
            return ""
        fields = (message.journey, message.template, message.purpose, self.feedback_id)
        return ":".join(field for field in fields if field)


def mailbox(text: str) -> Mailbox:
    """Read ``address`` or ``Name <address>``; a domain in any script becomes ASCII (IDNA 2008 after UTS 46).

    Raises:
        AddressError: When no message can be sent to or from it.
    """
    named = _NAMED.fullmatch(text)
    name, address = (named["name"], named["address"]) if named else ("", text)
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if not at or not _ATOM.fullmatch(local) or not _ATOM.fullmatch(domain):
        raise AddressError("this is not an e-mail address; it should look like name@shop.example")
    try:
        # What is ASCII already stays as it is: mail goes to names that IDNA would refuse, with a "_" for example.
        encoded = domain.encode("idna") if domain.isascii() else idna.encode(domain, uts46=True)
    except UnicodeError as error:
        raise AddressError("the part after the @ of this e-mail address is not a domain name") from error
    return Mailbox(one_line(name.strip('"')), f"{local}@{encoded.decode('ascii')}")


def own_mailbox(text: str) -> Mailbox:
    """Read a mailbox of the shop itself, which every server must be able to carry.

    Raises:
        AddressError: When it is not an e-mail address, or not an ASCII one.
    """
    own = mailbox(text)
    if not own.address.isascii():
        raise AddressError("the shop's own e-mail address has letters outside ASCII; many servers would refuse it")
    return own


def letterhead_of(settings: Settings) -> Letterhead:
    """The letterhead the settings ask for.

    Args:
        settings: With their secrets.

    Raises:
        SettingsError: When one of the addresses cannot be used.
    """
    bounces_to = _own(settings, "mail_bounces_to")
    if bounces_to is not None:
        _see_that_stamps_fit(bounces_to, settings.secret)
    unsubscribe_to = _own(settings, "mail_unsubscribe_to")
    sender = _own(settings, "mail_from")
    if sender is None:
        raise SettingsError(f"{PREFIX}MAIL_FROM is empty; write the sender of every e-mail, 'Name <address>'")
    return Letterhead(
        sender,
        _own(settings, "mail_reply_to"),
        bounces_to.address if bounces_to else "",
        unsubscribe_to.address if unsubscribe_to else "",
        settings.mail_feedback_id,
        settings.secret,
    )


def one_line(text: str) -> str:
    """Text that may stand in a header: control characters and line breaks become one space."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return re.sub(" +", " ", clean).strip(" ").encode(errors="replace").decode()


def _own(settings: Settings, name: str) -> Mailbox | None:
    given: str = getattr(settings, name)
    try:
        return own_mailbox(given) if given else None
    except AddressError as error:
        raise SettingsError(f"{PREFIX}{name.upper()}: {error}") from error


def _see_that_stamps_fit(bounces_to: Mailbox, secret: str) -> None:
    if not secret:
        raise SettingsError(f"{PREFIX}MAIL_BOUNCES_TO needs a secret that stamps the addresses; set {PREFIX}SECRET")
    length = len(bounces_to.address.rpartition("@")[0])
    if length > verp.LONGEST_LOCAL_PART:
        raise SettingsError(
            f"{PREFIX}MAIL_BOUNCES_TO has {length} letters before the '@'; with the message's stamp an address may not "
            f"be that long: use {verp.LONGEST_LOCAL_PART} letters at most, for example 'bounce'"
        )
