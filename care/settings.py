"""Every setting of Aftercare once: its name, its default and what it means; those of one concern stand together.

A setting is read from the environment (``CARE_`` before its name in capitals) and else from ``care.toml`` in the
working directory. ``TEMPORAL_ADDRESS`` is understood too, because Temporal's own tools use it.
"""

import contextlib
import difflib
import hashlib
import hmac
import os
import secrets
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from care.domain.errors import CareError
from care.mail_settings import MailSettings
from care.phone_settings import PhoneSettings
from care.server_settings import ServerSettings
from care.telemetry_settings import TelemetrySettings

PREFIX = "CARE_"
CONFIG_FILE = "care.toml"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FORMER_NAMES = {"gateway": "twilio"}


class SettingsError(CareError):
    """A setting is unknown, malformed or unsafe; the message names it."""


class Settings(TelemetrySettings, PhoneSettings, MailSettings, ServerSettings):
    """Everything that differs between one shop's installation and another's."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        validate_default=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    webhook_channel: Literal["endpoint", "peer"] = Field(
        "peer",
        description="Where webhooks go: `endpoint` posts to the catalogue's addresses, "
        "`peer` to the CRM of `care up`, so that nothing leaves this machine.",
    )
    webhook_secret: str = Field(
        "",
        description="From this every endpoint's own signing secret is made, which `care endpoints` shows; "
        "at least 16 characters, empty means from `CARE_SECRET`.",
        pattern=r"^(.{16,})?$",
        repr=False,
    )
    webhook_allow: str = Field(
        "",
        description="Hosts of an own network that webhooks may reach, also without TLS, with commas between: "
        "`crm.internal, 127.0.0.1:8081`.",
        pattern=r"^([\w.:\[\]-]+(\s*,\s*|$))*$",
    )
    mail_catcher_port: int = Field(2525, description="Port of the embedded mail catcher.", ge=1, le=65535)
    sms_gateway_port: int = Field(2580, description="Port of the embedded SMS gateway.", ge=1, le=65535)
    gateways_port: int = Field(
        2595, description="Port of the embedded eSMS, SpeedSMS, Vonage and Zalo, all on one.", ge=1, le=65535
    )
    webhook_peer_port: int = Field(2590, description="Port of the embedded CRM.", ge=1, le=65535)

    @model_validator(mode="before")
    @classmethod
    def _know_every_name(cls, given: Any) -> Any:
        for name in given:
            if name not in cls.model_fields:
                close = difflib.get_close_matches(name, cls.model_fields, n=1)
                hint = f"did you mean {close[0]!r}?" if close else "see the table of settings in README.md."
                raise SettingsError(f"{CONFIG_FILE}: {name!r} is not a setting; {hint}")
        return given

    @model_validator(mode="after")
    def _fill_in(self) -> "Settings":
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://127.0.0.1:{self.http_port}")
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{(self.data_dir / 'care.sqlite').resolve()}")
        return self

    @property
    def channels(self) -> dict[str, tuple[str, ...]]:
        """Channel name to its providers, the preferred one first; a channel the shop does not have has none."""
        lists = {"email": self.email_channel, "sms": self.sms_channel, "zalo": self.zalo_channel}
        return {channel: _providers(names) for channel, names in lists.items()}

    @property
    def rates(self) -> dict[str, float]:
        """Channel name to the messages a second its providers may be given; 0 is no limit."""
        return {"email": self.email_rate, "sms": self.sms_rate, "zalo": self.zalo_rate}

    @property
    def webhook_hosts(self) -> frozenset[str]:
        """The hosts of an own network that webhooks may reach, as ``host`` or ``host:port``."""
        return frozenset(each.strip().lower() for each in self.webhook_allow.split(",") if each.strip())

    @property
    def embeds_temporal(self) -> bool:
        """Whether ``care up`` starts the Temporal server itself."""
        return self.temporal_host in LOOPBACK

    @property
    def temporal_host(self) -> str:
        """Host of the Temporal server."""
        return self.temporal_address.rsplit(":", 1)[0]

    @property
    def temporal_port(self) -> int:
        """Port of the Temporal server."""
        return int(self.temporal_address.rsplit(":", 1)[1])

    @property
    def catches_mail(self) -> bool:
        """Whether ``care up`` starts the mail catcher: e-mail goes to its port on this machine."""
        return "smtp" in self.channels["email"] and (self.smtp_host, self.smtp_port) in [
            (host, self.mail_catcher_port) for host in LOOPBACK
        ]

    @property
    def bounces_dir(self) -> Path:
        """The maildir into which the mail catcher of ``care up`` puts what comes back later."""
        return self.data_dir.resolve() / "bounces"

    @property
    def bounces_from(self) -> str:
        """The mailbox in which bounces arrive, as a URL; empty when there is none."""
        catchers = self.bounces_dir.as_uri().replace("file", "maildir", 1) if self.catches_mail else ""
        return self.bounce_mailbox or catchers

    @property
    def catches_sms(self) -> bool:
        """Whether ``care up`` starts the SMS gateway: SMS go to its port on this machine."""
        return "twilio" in self.channels["sms"] and self.sms_url.rstrip("/") in [
            f"http://{host}:{self.sms_gateway_port}" for host in LOOPBACK
        ]

    @property
    def catches_gateways(self) -> bool:
        """Whether ``care up`` starts the other gateways' peers: some provider in use is on their port here."""
        urls = {
            "esms": self.esms_url,
            "speedsms": self.speedsms_url,
            "vonage": self.vonage_url,
            "zalo_zns": self.zalo_url,
        }
        used = {name for names in self.channels.values() for name in names}
        here = [f"http://{host}:{self.gateways_port}" for host in LOOPBACK]
        return any(url.rstrip("/") in here for name, url in urls.items() if name in used)

    def hook_url(self, provider: str) -> str:
        """The address a provider is told to call that signs nothing: ``https://shop.example/v1/hooks/esms/<key>``."""
        return f"{self.public_url.rstrip('/')}/v1/hooks/{provider}/{self.hook_key(provider)}"

    def hook_key(self, provider: str) -> str:
        """The end of that address; empty, and then nobody is let in, while the settings are without their secrets."""
        if self.hooks_key or not self.secret:
            return self.hooks_key
        return hmac.new(self.secret.encode(), f"hook {provider}".encode(), hashlib.sha256).hexdigest()[:32]

    @property
    def catches_webhooks(self) -> bool:
        """Whether ``care up`` starts the CRM that takes every webhook."""
        return self.webhook_channel == "peer"

    @property
    def webhook_peer(self) -> str:
        """Where every webhook goes instead of its endpoint; empty when they go there."""
        return f"http://127.0.0.1:{self.webhook_peer_port}" if self.catches_webhooks else ""

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of the proxies that are believed."""
        return [each.strip() for each in self.trusted_proxies.split(",") if each.strip()]

    @property
    def is_https(self) -> bool:
        """Whether the server is reached over HTTPS."""
        return self.public_url.lower().startswith("https://")

    @property
    def is_exposed(self) -> bool:
        """Whether the API and the console listen beyond this machine."""
        return self.http_host not in LOOPBACK

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over ``care.toml``."""
        address = os.environ.get("TEMPORAL_ADDRESS")
        temporal = InitSettingsSource(settings_cls, {"temporal_address": address} if address else {})
        return init_settings, env_settings, temporal, InitSettingsSource(settings_cls, _from_file(Path(CONFIG_FILE)))


def load_settings(**given: Any) -> Settings:
    """Read the settings; ``given`` wins over the environment and ``care.toml``.

    Raises:
        SettingsError: A setting is unknown or malformed.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        # The value stays out of the message: it may be a password.
        problems = [f"{_env_name(str(fault['loc'][0]))}: {fault['msg'].lower()}" for fault in error.errors()]
        raise SettingsError(
            "Some settings cannot be used; mend them in the environment or in care.toml:\n  " + "\n  ".join(problems)
        ) from None


def with_secrets(settings: Settings) -> Settings:
    """The settings with their API key and signing secret; what is not given is made once and kept in ``data_dir``.

    Raises:
        SettingsError: The server would listen beyond this machine without a console password.
    """
    _refuse_exposure(settings)
    secret = settings.secret or _kept(settings.data_dir / "secret.key", 32)
    api_key = settings.api_key
    # Beyond this machine there is no key that may do everything unless somebody asked for one.
    if not api_key and not settings.is_exposed:
        api_key = _kept(settings.data_dir / "api.key", 24)
    return settings.model_copy(
        update={
            "api_key": api_key,
            "secret": secret,
            "webhook_secret": settings.webhook_secret or secret,
        }
    )


def payload_secrets(settings: Settings) -> tuple[str, ...]:
    """What customers' keys are wrapped with, the present secret first; none when it is not known on this machine."""
    kept = settings.data_dir / "secret.key"
    present = settings.payload_secret or settings.secret
    if not present and kept.is_file():
        present = kept.read_text(encoding="ascii").strip()
    return tuple(each for each in (present, settings.payload_secret_before) if each)


def as_environment(settings: Settings) -> dict[str, str]:
    """The environment under which a child process reads these same settings, whatever ``care.toml`` says."""
    values = settings.model_dump(mode="json").items()
    return {_env_name(name): str(value).lower() if isinstance(value, bool) else str(value) for name, value in values}


def settings_table() -> list[tuple[str, str, str]]:
    """Every setting as (environment name, default, meaning), in the order of the README's table."""
    rows = []
    for name, setting in Settings.model_fields.items():
        default = setting.default
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        rows.append((_env_name(name), shown, setting.description or ""))
    return rows


def _providers(names: str) -> tuple[str, ...]:
    listed = [name.strip() for name in names.split(",") if name.strip()]
    return tuple(dict.fromkeys(_FORMER_NAMES.get(name, name) for name in listed))


def _env_name(name: str) -> str:
    return PREFIX + name.upper()


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}; write one 'name = value' per line.") from None


def _refuse_exposure(settings: Settings) -> None:
    if settings.is_exposed and not settings.console_password:
        raise SettingsError(
            f"{settings.http_host!r} can be reached from other machines; set {_env_name('console_password')}, "
            "or listen on 127.0.0.1."
        )


def _kept(path: Path, size: int) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # For its owner only (mode 600).
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(size) + "\n")
        # Linked in one step: of two processes that start together one key wins, and neither reads half of it.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text(encoding="ascii").strip()
