"""What Twilio calls us with: whose it is by its signature, what became of a message, and what a customer wrote.

The signatures are those of Twilio's own library (``twilio.request_validator`` of version 9.13.0, its oracle in the
tests): an HMAC over the address, followed by the name and the value of every field of the form, sorted. Twilio is not
consistent about the port in the address, so both spellings count.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from activities.channels.base import Callback, Delivery, ForgedCallback, Receipt, Reply
from activities.channels.twilio_codes import loss

REFERENCE = "reference"

_SIGNATURE = "x-twilio-signature"
_SETTINGS = "x-twilio-webhooks-signature-settings"
_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
_OLD = "HMAC_SHA1"
_PORTS = {"https": 443, "http": 80}
_MOST_FIELDS = 200
_ARRIVED = frozenset({"delivered", "read"})
_LOST = frozenset({"undelivered", "failed", "canceled"})

Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Secrets:
    """By what Twilio proves that it is Twilio.

    Attributes:
        token: The account's token, for signatures by HMAC-SHA1; empty accepts none of them.
        signing_key: Secret of the shared key, for signatures whose settings name one; empty accepts none of them.
    """

    token: str = field(repr=False)
    signing_key: str = field(default="", repr=False)


def news(callback: Callback, secrets: Secrets) -> tuple[Receipt | Reply, ...]:
    """What a callback tells; nothing while the message is still on its way.

    Raises:
        ForgedCallback: When Twilio cannot have signed it.
    """
    fields = _fields(callback)
    _check(callback, fields, secrets)
    told = {name: values[-1] for name, values in (fields or parse_qs(urlsplit(callback.url).query)).items()}
    message = told.get("MessageSid") or told.get("SmsSid") or ""
    if not message:
        return ()
    status = told.get("MessageStatus") or told.get("SmsStatus") or ""
    if status in ("received", "") and told.get("From"):
        return (_reply(message, told),)
    return _receipt(message, status, told, callback.query.get(REFERENCE, ""))


def signature(url: str, fields: Fields, secret: str, algorithm: str = _OLD) -> str:
    """The signature Twilio gives a request.

    Args:
        url: The whole address as Twilio calls it.
        fields: Of the form, with every value; empty for a GET.
        algorithm: ``HMAC_SHA1`` or ``HMAC_SHA256``.
    """
    said = "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return b64encode(hmac.digest(secret.encode(), (url + said).encode(), _HASHES[algorithm])).decode()


def _fields(callback: Callback) -> Fields:
    if callback.method != "POST":
        return {}
    try:
        text = callback.body.decode("utf-8")
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise ForgedCallback("the body is not the form that Twilio sends") from None


def _check(callback: Callback, fields: Fields, secrets: Secrets) -> None:
    algorithm, has_key = _algorithm(callback.headers.get(_SETTINGS, ""))
    secret = secrets.signing_key if has_key or algorithm != _OLD else secrets.token
    if algorithm not in _HASHES:
        raise ForgedCallback(f"the signature is made by {algorithm[:40]!r}, which is not known here")
    if not secret:
        setting = "CARE_SMS_SIGNING_KEY" if has_key or algorithm != _OLD else "CARE_SMS_TOKEN"
        raise ForgedCallback(f"the signature needs {setting}, which is not set")
    given = callback.headers.get(_SIGNATURE, "").encode(errors="replace")
    spelt = [signature(url, fields, secret, algorithm).encode() for url in _spellings(callback.url)]
    if not any(hmac.compare_digest(each, given) for each in spelt):
        raise ForgedCallback(
            "the signature is wrong: check the token or the signing key, and that CARE_PUBLIC_URL is the address "
            "Twilio calls"
        )


def _algorithm(settings: str) -> tuple[str, bool]:
    """How a request was signed, and whether by a shared key."""
    parts = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in settings.split(","))}
    return parts.get("algorithm", "").upper() or _OLD, bool(parts.get("key"))


def _spellings(url: str) -> tuple[str, str]:
    """An address without its port, and with it."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
    port = parts.port or _PORTS.get(parts.scheme, _PORTS["http"])
    return _at(parts, host), _at(parts, f"{host}:{port}")


def _at(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def _reply(message: str, told: Mapping[str, str]) -> Reply:
    stopped = told.get("OptOutType", "").upper() == "STOP"
    return Reply(message, told["From"], told.get("Body", ""), stopped=stopped)


def _receipt(message: str, status: str, told: Mapping[str, str], reference: str) -> tuple[Receipt, ...]:
    if status in _ARRIVED:
        delivery = Delivery("sent", provider_id=message)
    elif status in _LOST:
        delivery = loss(told.get("ErrorCode"))
    else:
        return ()
    return (Receipt(f"{message}:{status}", delivery, message, reference),)
