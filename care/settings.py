"""Every setting of Aftercare once: its name, its default and what it means.

A setting is read from the environment (``CARE_`` before its name in capitals) and else from ``care.toml`` in the
working directory. ``TEMPORAL_ADDRESS`` is understood too, because Temporal's own tools use it.
"""

import contextlib
import difflib
import os
import secrets
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from care.domain.errors import CareError

PREFIX = "CARE_"
CONFIG_FILE = "care.toml"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsError(CareError):
    """A setting is unknown, malformed or unsafe; the message names it."""


class Settings(BaseSettings):
    """Everything that differs between one shop's installation and another's."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True, str_strip_whitespace=True
    )

    data_dir: Path = Field(Path("data"), description="Folder for everything Aftercare writes.")
    rules_dir: Path = Field(Path("rules"), description="Folder of the rule files.")
    templates_dir: Path = Field(Path("templates"), description="Folder of the message and page templates.")
    database_url: str = Field(
        "", description="SQLAlchemy URL of the store; empty is a SQLite file in `data_dir`.", repr=False
    )
    durable: bool = Field(
        True,
        description="Whether every commit reaches the disk at once (SQLite only); off is faster and may lose seconds.",
    )
    temporal_address: str = Field(
        "127.0.0.1:7233",
        description="Host and port of the Temporal server, also read from `TEMPORAL_ADDRESS`; "
        "`care up` starts one there when the host is this machine.",
        pattern=r"^[^:\s]+:\d{1,5}$",
    )
    temporal_namespace: str = Field("care", description="Temporal namespace.", min_length=1)
    temporal_tls: bool = Field(False, description="Whether to speak TLS to the Temporal server.")
    temporal_api_key: str = Field("", description="API key for Temporal Cloud.", repr=False)
    task_queue: str = Field("care", description="Task queue the workers share.", min_length=1)
    http_host: str = Field("127.0.0.1", description="Address the API and the console listen on.", min_length=1)
    http_port: int = Field(8600, description="Port the API and the console listen on.", ge=1, le=65535)
    public_url: str = Field(
        "",
        description="Where customers reach this server; links in messages start with it. "
        "Empty is `http://127.0.0.1:` and the port.",
    )
    api_key: str = Field(
        "",
        description="Key that `POST /v1/events` asks for; empty on this machine only, "
        "then one is made at the first start and kept in `data_dir/api.key`.",
        repr=False,
    )
    console_password: str = Field(
        "", description="Password of the console; must be set to listen beyond this machine.", repr=False
    )
    secret: str = Field(
        "",
        description="Signs the links in messages; empty means one is made at the first start "
        "and kept in `data_dir/secret.key`.",
        repr=False,
    )
    email_channel: Literal["smtp", "outbox"] = Field(
        "smtp", description="How e-mail leaves: `smtp`, or `outbox` to keep it in the store only."
    )
    smtp_host: str = Field("127.0.0.1", description="SMTP relay; the default is the mail catcher of `care up`.")
    smtp_port: int = Field(2525, description="Port of the SMTP relay.", ge=1, le=65535)
    smtp_username: str = Field("", description="User name at the SMTP relay; empty sends without logging in.")
    smtp_password: str = Field("", description="Password at the SMTP relay.", repr=False)
    smtp_tls: Literal["off", "starttls", "tls"] = Field("off", description="Encryption to the SMTP relay.")
    mail_from: str = Field(
        "Chăm sóc khách hàng <cskh@example.com>", description="Sender of every e-mail, with its shown name."
    )
    sms_channel: Literal["gateway", "outbox"] = Field(
        "gateway", description="How SMS leaves: `gateway`, or `outbox` to keep it in the store only."
    )
    sms_url: str = Field(
        "http://127.0.0.1:2580",
        description="Base URL of an SMS gateway that speaks Twilio's Messages API; "
        "the default is the gateway of `care up`.",
    )
    sms_account: str = Field("aftercare", description="Account at the SMS gateway.")
    sms_token: str = Field("aftercare", description="Token of that account.", repr=False)
    sms_from: str = Field("+84901234567", description="Number or name SMS are sent from.")
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
    def channels(self) -> dict[str, str]:
        """Channel name to the way its messages leave."""
        return {"email": self.email_channel, "sms": self.sms_channel}

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
        return self.email_channel == "smtp" and (self.smtp_host, self.smtp_port) in [
            (host, self.mail_catcher_port) for host in LOOPBACK
        ]

    @property
    def catches_sms(self) -> bool:
        """Whether ``care up`` starts the SMS gateway: SMS go to its port on this machine."""
        return self.sms_channel == "gateway" and self.sms_url.rstrip("/") in [
            f"http://{host}:{self.sms_gateway_port}" for host in LOOPBACK
        ]

    @property
    def catches_webhooks(self) -> bool:
        """Whether ``care up`` starts the CRM that takes every webhook."""
        return self.webhook_channel == "peer"

    @property
    def webhook_peer(self) -> str:
        """Where every webhook goes instead of its endpoint; empty when they go there."""
        return f"http://127.0.0.1:{self.webhook_peer_port}" if self.catches_webhooks else ""

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
        SettingsError: The server would listen beyond this machine without an API key or a console password.
    """
    _refuse_exposure(settings)
    secret = settings.secret or _kept(settings.data_dir / "secret.key", 32)
    return settings.model_copy(
        update={
            "api_key": settings.api_key or _kept(settings.data_dir / "api.key", 24),
            "secret": secret,
            "webhook_secret": settings.webhook_secret or secret,
        }
    )


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
    missing = [name for name in ("console_password", "api_key") if not getattr(settings, name)]
    if settings.is_exposed and missing:
        names = " and ".join(_env_name(name) for name in missing)
        raise SettingsError(
            f"{settings.http_host!r} can be reached from other machines; set {names}, or listen on 127.0.0.1."
        )


def _kept(path: Path, size: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # For its owner only (mode 600).
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(size) + "\n")
        # Linked in one step: of two processes that start together one key wins, and neither reads half of it.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text(encoding="ascii").strip()
