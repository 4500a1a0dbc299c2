"""What a line of the log looks like, and what never stands in one."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.exceptions import ApplicationError

from care.domain.errors import CareError
from care.settings import load_settings
from care.telemetry import logs, tracing

ADDRESSES = ("lan@example.vn", "+84912345678", "0912345678")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("", *logs.OWN)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=False)


@pytest.fixture(params=["json", "text"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def started(form: str, level: str = "info") -> None:
    logs.start_logging(load_settings(log_format=form, log_level=level))


def test_a_json_line_has_level_logger_message_ids_and_trace(
    capsys: pytest.CaptureFixture[str], exporter: InMemorySpanExporter
) -> None:
    started("json")
    with tracing.span("work"), logs.about(customer="c_1", journey="first", channel=""):
        logging.getLogger("care.web").warning("it took %d s\nand more", 3)
    line = json.loads(capsys.readouterr().err)
    (span,) = exporter.get_finished_spans()
    assert span.context is not None
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "care.web",
        "message": "it took 3 s\nand more",
        "customer": "c_1",
        "journey": "first",
        "trace": f"{span.context.trace_id:032x}",
        "span": f"{span.context.span_id:016x}",
    }


def test_a_text_line_bears_the_ids_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    started("text")
    with logs.about(customer="c_1"):
        logging.getLogger("care.web").warning("it happened")
    assert capsys.readouterr().err.endswith("Z WARNING care.web it happened (customer=c_1)\n")


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_stands_in_a_line(capsys: pytest.CaptureFixture[str], form: str, address: str) -> None:
    started(form)
    logging.getLogger("care.web").warning("%s was not reached", address)
    said = capsys.readouterr().err
    assert address not in said
    assert "was not reached" in said


def test_ids_and_numbers_that_are_no_addresses_stay(capsys: pytest.CaptureFixture[str], form: str) -> None:
    started(form)
    kept = "care/c_0912345678aa e_0912345678 i_0912345678 127.0.0.1:8600 2026-03-02T10:00:00 order 1042 12500000"
    logging.getLogger("care.web").warning("%s", kept)
    assert kept in capsys.readouterr().err


def test_a_foreign_exception_is_told_by_its_class_and_ours_by_its_words(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    started(form)
    for error in (
        ValueError("Nguyễn Thị Lan hunter2"),
        CareError("the store is busy"),
        ApplicationError("KeyError; the worker's log says where"),
    ):
        try:
            raise error
        except Exception:
            logging.getLogger("uvicorn.error").exception("it broke")
    said = capsys.readouterr().err
    assert "Lan" not in said
    assert "hunter2" not in said
    assert all(words in said for words in ("ValueError", "test_logs.py", "the store is busy", "log says where"))
    assert len(said.splitlines()) == 3 or form == "text"


def test_libraries_never_say_more_than_what_went_wrong(capsys: pytest.CaptureFixture[str], form: str) -> None:
    started(form, "debug")
    logging.getLogger("httpx").info("GET https://shop.example/?token=hunter2")
    logging.getLogger("care.temporal").debug("ours")
    said = capsys.readouterr().err
    assert "hunter2" not in said
    assert "ours" in said


def test_a_message_that_does_not_fit_its_values_is_told_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    started("json")
    logging.getLogger("care.web").warning("%d of %d", "many")
    assert json.loads(capsys.readouterr().err)["message"] == "%d of %d"
    assert sys.stderr is not None
