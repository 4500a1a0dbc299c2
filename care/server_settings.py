"""The settings of the installation itself: its folders, its store, its Temporal server and its web server."""

from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class ServerSettings(BaseSettings):
    """Where everything is kept, and how it is reached."""

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
    migrate: bool = Field(
        True,
        description="Whether workers and the API bring the store's tables up to date when they start; "
        "off, they wait until `care migrate` has done it.",
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
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of the reverse proxies in front, with commas between: "
        "`10.0.0.5, 10.1.0.0/16`; theirs are the only `X-Forwarded-For` and `X-Forwarded-Proto` that are believed.",
    )
    api_key: str = Field(
        "",
        description="A key of the API that may do everything; empty on this machine makes one at the first start, kept "
        "in `data_dir/api.key`, and beyond it leaves only those of `care api-keys create`.",
        repr=False,
    )
    api_rate: float = Field(
        5_000,
        description="Requests a second that one key of the API may make of one server process, twice as many at once; "
        "also callbacks a second from one address; 0 is no limit.",
        ge=0,
    )
    page_rate: float = Field(
        50,
        description="Requests a second for customers' pages that one address may make of one server process, twice as "
        "many at once; 0 is no limit.",
        ge=0,
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
    payload_keys: bool = Field(
        True,
        description="Whether what travels through Temporal is sealed with a key of each customer's own; what was "
        "sealed, or was not, can always be read.",
    )
    payload_secret: str = Field(
        "",
        description="Wraps the customers' keys; at least 16 characters, empty means `CARE_SECRET`.",
        pattern=r"^(.{16,})?$",
        repr=False,
    )
    payload_secret_before: str = Field(
        "",
        description="The secret that wrapped them before, while `care keys rewrap` has not changed all of them.",
        repr=False,
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _know_addresses(cls, given: str) -> str:
        for each in filter(None, map(str.strip, given.split(","))):
            try:
                ip_network(each)
            except ValueError:
                raise ValueError("write addresses or networks with commas between: 10.0.0.5, 10.1.0.0/16") from None
        return given
