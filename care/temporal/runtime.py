"""Temporal's own engine inside this process: one of it, quiet, and its metrics where ours are read."""

import functools
import http.client
from datetime import timedelta

from temporalio.runtime import LoggingConfig, PrometheusConfig, Runtime, TelemetryConfig, TelemetryFilter

from care.temporal.devserver import LOOPBACK, free_port

_TRIES = 5
_PATIENCE = timedelta(seconds=2)


@functools.cache
def runtime() -> Runtime:
    """The SDK's engine; it logs errors only: what it retries by itself is not worth a line."""
    return Runtime(telemetry=TelemetryConfig(logging=_quiet()))


@functools.cache
def measured() -> tuple[Runtime, int]:
    """The engine with its metrics, and the port of this machine on which it tells them to this process.

    Raises:
        ValueError: No port could be had.
    """
    for left in reversed(range(_TRIES)):
        port = free_port()
        metrics = PrometheusConfig(
            bind_address=f"{LOOPBACK}:{port}",
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
        try:
            return Runtime(telemetry=TelemetryConfig(logging=_quiet(), metrics=metrics)), port
        except ValueError:  # Somebody else took the port meanwhile.
            if not left:
                raise
    raise AssertionError("unreachable")


def engine_metrics() -> bytes:
    """What the SDK measured, as Prometheus reads it; nothing in a process whose engine is not measured."""
    if not measured.cache_info().currsize:
        return b""
    _, port = measured()
    line = http.client.HTTPConnection(LOOPBACK, port, timeout=_PATIENCE.total_seconds())
    try:
        line.request("GET", "/metrics")
        return line.getresponse().read()
    except OSError:
        return b""
    finally:
        line.close()


def _quiet() -> LoggingConfig:
    return LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
