"""Senders: the name or number recipients see, which some laws prescribe."""

from collections.abc import Mapping

from care.settings import Settings

Senders = Mapping[str, Mapping[str, str]]

# SpeedSMS's kinds of message that come from a brand: the shop's own, or a common one.
_SPEEDSMS_BRANDS = {"3", "4"}


def senders_of(settings: Settings) -> Senders:
    """What recipients see as the sender of an SMS, by provider; empty for a plain number nobody chose.

    Providers over which nothing leaves this machine are left out.
    """
    branded = settings.speedsms_type in _SPEEDSMS_BRANDS
    every = {
        "twilio": settings.sms_from,
        "esms": settings.esms_brand,
        "speedsms": settings.speedsms_sender if branded else "",
        "vonage": settings.vonage_from,
    }
    embedded = {"twilio"} if settings.catches_sms else set()
    used = [name for name in settings.channels["sms"] if name in every and name not in embedded]
    return {"sms": {name: every[name] for name in used}}
