"""Writing to the shop as a customer would, through the embedded SMS gateway."""

from dataclasses import dataclass

import httpx

from care.domain.errors import CareError
from care.peers.smswords import VERSION
from care.settings import Settings

_PATIENCE = 15.0


class NotEmbeddedError(CareError):
    """There is no embedded gateway to write through; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gateway did with the text.

    Attributes:
        opt_out: ``STOP``, ``START`` or ``HELP`` when the gateway itself understood it so, and answered.
        status: The HTTP status with which the shop took it; 0 when nobody answered there.
    """

    opt_out: str
    status: int


def write(settings: Settings, sender: str, text: str) -> Passed:
    """Write an SMS to the shop's number.

    Args:
        sender: The customer's phone number in E.164.

    Raises:
        NotEmbeddedError: When SMS leave by a real provider, or the gateway does not run.
    """
    if not settings.catches_sms:
        raise NotEmbeddedError("SMS leave by a real provider here; write to its number from a real phone")
    url = f"{settings.sms_url.rstrip('/')}/{VERSION}/Accounts/{settings.sms_account}/Inbound.json"
    form = {"From": sender, "To": settings.sms_from, "Body": text}
    try:
        answer = httpx.post(url, data=form, auth=(settings.sms_account, settings.sms_token), timeout=_PATIENCE)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        why = type(error).__name__
        raise NotEmbeddedError(f"the SMS gateway does not answer ({why}); start it with 'care up'") from None
    said = answer.json()
    return Passed(str(said["opt_out_type"]), int(said["answer"]))
