"""What a span may say, and where a trace comes from."""

import pytest
from opentelemetry import baggage
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, get_current_span

from care.telemetry import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_an_exception_marks_its_span_by_its_class_alone(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="lan@example"), tracing.span("work", journey="first", channel=""):
        raise ValueError("lan@example.vn cannot be reached")
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"care.journey": "first", "error.type": "ValueError"}
    assert (span.status.status_code, span.status.description, list(span.events)) == (StatusCode.ERROR, None, [])


def test_of_a_strangers_headers_only_the_trace_goes_on() -> None:
    headers = {"traceparent": PARENT, "tracestate": "shop=lan@example.vn", "baggage": "email=lan@example.vn"}
    context = tracing.incoming(headers)
    known = get_current_span(context).get_span_context()
    assert f"{known.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert not known.trace_state
    assert not baggage.get_all(context)


@pytest.mark.parametrize("parent", ["", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_trace_that_is_none_begins_a_new_one(parent: str) -> None:
    assert not get_current_span(tracing.incoming({"traceparent": parent})).get_span_context().is_valid


def test_without_a_collector_there_are_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tracing.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    tracing.start_tracing("aftercare-test")
    assert not tracing.is_on()
    with tracing.span("work") as span:
        assert not span.is_recording()
    assert tracing.ids() == {}
