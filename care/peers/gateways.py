"""eSMS, SpeedSMS, Vonage and Zalo on one port, each at the paths of its own."""

from fastapi import FastAPI

from care.peers.esms import esms
from care.peers.exchange import Exchange
from care.peers.speedsms import speedsms
from care.peers.vonage import vonage
from care.peers.zalo import zalo
from care.settings import Settings
from care.signatures import peer_secret


def hooks_of(settings: Settings) -> dict[str, str]:
    """Where the shop of these settings wants to be called, by the provider's name."""
    return {"speedsms": settings.hook_url("speedsms"), "zalo_zns": f"{settings.public_url}/v1/hooks/zalo_zns"}


def gateways(exchange: Exchange, settings: Settings, hooks: dict[str, str]) -> FastAPI:
    """The gateways' APIs for the accounts of the settings.

    Args:
        hooks: Where SpeedSMS and Zalo, which are told it beforehand, post what they report; by the provider's name.
            Where it is silent, they report nothing.
    """
    api = FastAPI(title="Gateways", docs_url=None, redoc_url=None, openapi_url=None)
    api.include_router(esms(exchange, settings.esms_key, settings.esms_secret))
    api.include_router(speedsms(exchange, settings.speedsms_token, hooks.get("speedsms", "")))
    api.include_router(vonage(exchange, settings.vonage_key, settings.vonage_secret, settings.vonage_signature))
    signing = settings.zalo_secret or peer_secret(settings.secret, "zalo_zns")
    hook = hooks.get("zalo_zns", "")
    api.include_router(zalo(exchange, settings.zalo_token, settings.zalo_app, signing, hook))
    return api
