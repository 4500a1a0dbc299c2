"""The settings of what is seen from outside: metrics, health and logs."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class TelemetrySettings(BaseSettings):
    """How the processes tell of themselves."""

    metrics_host: str = Field(
        "127.0.0.1", description="Address a worker's metrics and health are read at.", min_length=1
    )
    metrics_port: int = Field(
        0,
        description="Port on which a worker answers `/metrics`, `/health/live` and `/health/ready`, each worker of a "
        "machine on its own; 0 is none. The API answers them on its own port.",
        ge=0,
        le=65535,
    )
    metrics_key: str = Field(
        "",
        description="Key that whoever reads `/metrics` must bear (`Authorization: Bearer …`); empty lets this machine "
        "read those of the API, and whoever reaches `CARE_METRICS_PORT` those of a worker.",
        pattern=r"^(.{16,})?$",
        repr=False,
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How a line of the log looks: `text` for people, `json` for programs."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="From which level on Aftercare logs; libraries log from `warning` on at the most."
    )
