"""Traces: OpenTelemetry spans from a purchase to its message, when ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where to.

Attributes name kinds, ids and outcomes, never a person. Without that variable, or without the extra
``aftercare[otel]``, every span is OpenTelemetry's own no-operation.
"""

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_EXTRA = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
_PARENT = "traceparent"
_W3C = TraceContextTextMapPropagator()

log = logging.getLogger(__name__)

_provider: TracerProvider | None = None


def is_wanted() -> bool:
    """Whether the environment names a collector and does not say that the SDK is off."""
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(os.environ.get(name) for name in ENDPOINTS)


def is_possible() -> bool:
    """Whether the extra ``aftercare[otel]`` is installed."""
    with contextlib.suppress(ModuleNotFoundError):
        return all(importlib.util.find_spec(name) for name in _EXTRA)
    return False


def is_on() -> bool:
    """Whether spans of this process go anywhere."""
    return _provider is not None


def tracer() -> Tracer:
    """Makes this process's spans; they are nothing while traces are off."""
    return trace.get_tracer("aftercare", tracer_provider=_provider or trace.NoOpTracerProvider())


def use(provider: TracerProvider | None) -> None:
    """Give this process's spans to a provider from now on; ``None`` turns traces off."""
    global _provider
    _provider = provider


def start_tracing(service: str) -> None:
    """Export this process's spans when the environment asks for it; once, before anything is traced.

    Args:
        service: ``service.name`` unless ``OTEL_SERVICE_NAME`` says another, for example ``aftercare-worker``.
    """
    if not is_wanted():
        return
    if not is_possible():
        log.warning("%s is set, but traces need 'pip install aftercare[otel]'; nothing is traced", ENDPOINTS[0])
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider as Sdk
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME") or service
    provider = Sdk(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    **attributes: str | int | float | bool,
) -> Iterator[Span]:
    """Put a span around a block. An exception marks it by its class alone: its words may name a customer.

    Args:
        parent: Where it hangs; the current span unless given.
        attributes: ``journey="first"`` becomes ``care.journey``.
    """
    if _provider is None:
        yield trace.INVALID_SPAN
        return
    told = {f"care.{key}": value for key, value in attributes.items() if value != ""}
    with tracer().start_as_current_span(
        name, parent, kind, told, record_exception=False, set_status_on_exception=False
    ) as begun:
        try:
            yield begun
        except Exception as error:
            begun.set_attribute("error.type", type(error).__name__)
            begun.set_status(StatusCode.ERROR)
            raise


def incoming(headers: Mapping[str, str]) -> Context:
    """The trace a request comes from, by its ``traceparent`` alone: nothing else of a stranger's travels on."""
    parent = headers.get(_PARENT, "")
    return _W3C.extract({_PARENT: parent}, Context()) if parent else Context()


def here() -> Context:
    """Where this code stands in its trace, to go on from in another task."""
    return contexts.get_current()


@contextmanager
def going_on(context: Context) -> Iterator[None]:
    """Go on from where ``here`` was."""
    token = contexts.attach(context)
    try:
        yield
    finally:
        contexts.detach(token)


def ids() -> dict[str, str]:
    """The ids of the current trace and span for the log, in hexadecimal; nothing outside of a span."""
    known = trace.get_current_span().get_span_context()
    if not known.is_valid:
        return {}
    return {"trace": trace.format_trace_id(known.trace_id), "span": trace.format_span_id(known.span_id)}
