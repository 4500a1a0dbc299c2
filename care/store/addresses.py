"""Keys of addresses, and the form in which a person is searched for."""

import hashlib
import re
import unicodedata

import idna

CHANNEL_KINDS = {"email": "email", "sms": "phone", "zalo": "phone"}
_TAIL = 9
_NOT_A_DIGIT = re.compile(r"\D")


def address_key(channel: str, address: str) -> str:
    """The opaque key of an address: the same for every spelling that reaches the same person."""
    plain = _mailbox(address) if channel == "email" else "+" + digits(address)
    return hashlib.sha256(f"{channel}\n{plain}".encode()).hexdigest()[:32]


def _mailbox(address: str) -> str:
    """An e-mail address in one spelling: without case, its letters composed, its domain as the DNS has it."""
    plain = unicodedata.normalize("NFC", address.strip().casefold())
    local, at, domain = plain.rpartition("@")
    if domain.isascii():
        return plain
    try:
        return local + at + idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return plain


def digits(text: str) -> str:
    """The digits of a phone number."""
    return _NOT_A_DIGIT.sub("", text)


def search_form(kind: str, value: str) -> str:
    """How an identity is looked up: without case; a phone number by its last nine digits."""
    return digits(value)[-_TAIL:] if kind == "phone" else value.strip().casefold()
