"""The settings of SMS and Zalo: the gateways a shop may use, and what they tell us."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from care.mail_settings import PROVIDERS

# The peers of every gateway but Twilio's, on one port.
GATEWAYS = "http://127.0.0.1:2595"


class PhoneSettings(BaseSettings):
    """How SMS and Zalo messages leave, and how their gateways call back."""

    sms_channel: str = Field(
        "twilio",
        description="Providers SMS leave over, likewise: `twilio` (also called `gateway`), `esms`, `speedsms`, "
        "`vonage` or `outbox`.",
        pattern=PROVIDERS,
    )
    sms_url: str = Field(
        "http://127.0.0.1:2580",
        description="Base URL of an SMS gateway that speaks Twilio's Messages API; "
        "the default is the gateway of `care up`.",
    )
    sms_account: str = Field("aftercare", description="Account at the SMS gateway.")
    sms_token: str = Field("aftercare", description="Token of that account.", repr=False)
    sms_signing_key: str = Field(
        "",
        description="Secret of the shared key the SMS gateway signs its callbacks with (HMAC-SHA256); "
        "empty takes `CARE_SMS_TOKEN`.",
        repr=False,
    )
    sms_from: str = Field("+84901234567", description="Number or name SMS are sent from.")
    esms_url: str = Field(
        GATEWAYS,
        description="Base URL of eSMS (`https://rest.esms.vn`); the default is the peer of `care up`.",
    )
    esms_key: str = Field("aftercare", description="API key at eSMS.", repr=False)
    esms_secret: str = Field("aftercare", description="Secret key at eSMS.", repr=False)
    esms_brand: str = Field("AFTERCARE", description="Brand name registered at eSMS, at most 11 letters.")
    speedsms_url: str = Field(
        GATEWAYS,
        description="Base URL of SpeedSMS (`https://api.speedsms.vn`); the default is the peer of `care up`.",
    )
    speedsms_token: str = Field("aftercare", description="Access token at SpeedSMS.", repr=False)
    speedsms_type: Literal["2", "3", "4", "5"] = Field(
        "3",
        description="Kind of message at SpeedSMS: `2` from a chance number, `3` from the shop's brand, "
        "`4` from a common brand, `5` from the shop's own phone.",
    )
    speedsms_sender: str = Field(
        "AFTERCARE", description="Brand name registered at SpeedSMS, or the phone's id; empty for kind 2."
    )
    vonage_url: str = Field(
        GATEWAYS,
        description="Base URL of Vonage (`https://rest.nexmo.com`); the default is the peer of `care up`.",
    )
    vonage_key: str = Field("aftercare", description="API key at Vonage.", repr=False)
    vonage_secret: str = Field("aftercare", description="API secret at Vonage.", repr=False)
    vonage_from: str = Field("AFTERCARE", description="Number or name SMS over Vonage are sent from.")
    vonage_signature: str = Field(
        "",
        description="Signature secret at Vonage (SHA-256 or SHA-512 HMAC); empty when Vonage does not sign what it "
        "tells us.",
        repr=False,
    )
    hooks_key: str = Field(
        "",
        description="Last part of the addresses that gateways call which sign nothing: `/v1/hooks/esms/KEY`, "
        "`/v1/hooks/speedsms/KEY`, `/v1/hooks/vonage/KEY`; at least 16 letters, digits, `-` or `_`; "
        "empty means one for each, made from `CARE_SECRET`.",
        pattern=r"^([A-Za-z0-9_-]{16,})?$",
        repr=False,
    )
    zalo_channel: str = Field(
        "",
        description="Providers Zalo messages leave over, likewise: `zalo_zns` or `outbox`; empty has no such channel, "
        "and a message by `zalo then sms` goes by SMS.",
        pattern=PROVIDERS,
    )
    zalo_url: str = Field(
        GATEWAYS,
        description="Base URL of Zalo (`https://business.openapi.zalo.me`); the default is the peer of `care up`.",
    )
    zalo_token: str = Field("aftercare", description="Access token of the official account at Zalo.", repr=False)
    zalo_token_file: str = Field(
        "",
        description="File with that token instead, read again for every message: a token lives about a day, and "
        "whatever renews it writes it there.",
    )
    zalo_app: str = Field("aftercare", description="Id of the app at Zalo.")
    zalo_secret: str = Field(
        "",
        description="Secret key of the official account, by which Zalo signs what it tells us; without it none of that "
        "is believed.",
        repr=False,
    )
    sms_rate: float = Field(0, description="SMS a second over all workers together; 0 is as fast as they go.", ge=0)
    zalo_rate: float = Field(
        0, description="Zalo messages a second over all workers together; 0 is as fast as they go.", ge=0
    )
