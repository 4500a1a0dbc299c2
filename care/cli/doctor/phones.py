"""SMS, Zalo and webhooks: whether the settings of each provider in use fit together."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from activities.channels.registry import UnknownProviderError, check_providers
from care.cli.doctor.findings import Area, Finding
from care.settings import LOOPBACK, PREFIX, Settings

# Provider to the setting with its address, and those that must not be left at what the peers of `care up` take.
_OWN = {
    "twilio": ("sms_url", ("sms_account", "sms_token", "sms_from")),
    "esms": ("esms_url", ("esms_key", "esms_secret", "esms_brand")),
    "speedsms": ("speedsms_url", ("speedsms_token",)),
    "vonage": ("vonage_url", ("vonage_key", "vonage_secret", "vonage_from")),
    "zalo_zns": ("zalo_url", ("zalo_app",)),
}


def look(settings: Settings) -> Iterator[Finding]:
    """Every provider of SMS and Zalo, and where webhooks go."""
    try:
        check_providers(settings)
    except UnknownProviderError as trouble:
        yield Area("providers").broken("names", str(trouble), "mend the setting, or install the plug-in")
    for channel in ("sms", "zalo"):
        area = Area("SMS" if channel == "sms" else "Zalo")
        for provider in settings.channels[channel]:
            if provider == "outbox":
                yield area.ok(provider, "kept in the store; nothing leaves")
            elif provider in _OWN:
                yield from _provider(area, provider, settings)
    yield _webhooks(settings)


def _provider(area: Area, provider: str, settings: Settings) -> Iterator[Finding]:
    at, own = _OWN[provider]
    url = urlsplit(getattr(settings, at))
    if (url.hostname or "") in LOOPBACK:
        if settings.is_exposed:
            words = f"set {_name(at)} to the provider's address when customers are to get messages"
            yield area.warning(provider, "messages stay on this machine", words)
        else:
            yield area.ok(provider, f"{url.netloc}, on this machine")
        return
    wrong = list(_wrong(area, provider, settings, own))
    if url.scheme != "https":
        words = f"write https:// in {_name(at)}"
        wrong.append(area.broken(provider, "account and messages can be read on the way", words))
    yield from wrong or [area.ok(provider, f"{url.netloc}, with an account of your own")]


def _wrong(area: Area, provider: str, settings: Settings, own: tuple[str, ...]) -> Iterator[Finding]:
    left = [_name(name) for name in own if getattr(settings, name) == Settings.model_fields[name].default]
    if left:
        yield area.broken(provider, f"still as shipped: {', '.join(left)}", f"set {' and '.join(left)}")
    match provider:
        case "speedsms" if settings.speedsms_type != "2" and not settings.speedsms_sender:
            words = "set CARE_SPEEDSMS_SENDER, or CARE_SPEEDSMS_TYPE=2"
            yield area.broken(provider, f"kind {settings.speedsms_type} needs a sender", words)
        case "vonage" if not settings.vonage_signature:
            words = "set CARE_VONAGE_SIGNATURE, and let Vonage sign"
            yield area.warning(provider, "what Vonage tells us is not signed; only the address keeps it secret", words)
        case "zalo_zns":
            yield from _zalo(area, settings)


def _zalo(area: Area, settings: Settings) -> Iterator[Finding]:
    file = Path(settings.zalo_token_file) if settings.zalo_token_file else None
    if file is None:
        words = "have whatever renews the token write it to a file, and set CARE_ZALO_TOKEN_FILE"
        yield area.warning("zalo_zns", "the token of the settings lives about a day", words)
    elif not _has_words(file):
        words = "see that whatever renews the token runs, and that this user may read the file"
        yield area.broken("zalo_zns", f"there is no token in {str(file)!r}", words)
    if not settings.zalo_secret:
        words = "set CARE_ZALO_SECRET to the official account's secret key"
        yield area.warning("zalo_zns", "nothing Zalo tells us is believed: deliveries and answers stay unknown", words)


def _has_words(file: Path) -> bool:
    try:
        return bool(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return False


def _webhooks(settings: Settings) -> Finding:
    area = Area("webhooks")
    if not settings.catches_webhooks:
        return area.ok("where", "to the endpoints of the catalogue")
    if settings.is_exposed:
        words = "set CARE_WEBHOOK_CHANNEL=endpoint when your systems are to get them"
        return area.warning("where", "to the embedded CRM; none leaves this machine", words)
    return area.ok("where", "to the embedded CRM, on this machine")


def _name(setting: str) -> str:
    return PREFIX + setting.upper()
