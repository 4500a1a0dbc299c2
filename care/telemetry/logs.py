"""One line for each record of the log, with ids and never with personal data.

The text of a foreign exception may quote an address, a statement's values or a request: only its class and the lines it
came through are told. Our own errors say what they mean, and name nobody.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

from temporalio.exceptions import ApplicationError

from care.domain.errors import CareError
from care.telemetry import tracing
from care.telemetry_settings import TelemetrySettings

OWN = ("care", "activities", "workflows", "worker")
# They quote what they carry (URLs, statements, requests) once they may tell more than what went wrong.
_TALKATIVE = logging.WARNING
_TELLING = (CareError, ApplicationError)
_ADDRESS = re.compile(r"[^\s<>@\"'`:,;()]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.:/-])\+\d{8,15}\b|(?<![\w.:/-])0\d{9,10}\b")

_about: ContextVar[Mapping[str, str] | None] = ContextVar("about", default=None)

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Have every record in this block bear these ids (``customer``, ``journey`` …); empty ones are left out."""
    token = _about.set({**(_about.get() or {}), **{name: value for name, value in ids.items() if value}})
    try:
        yield
    finally:
        _about.reset(token)


def start_logging(settings: TelemetrySettings) -> None:
    """Send every record of this process to standard error, as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    handler.addFilter(_with_ids)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root.setLevel(max(level, _TALKATIVE))
    for name in OWN:
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.captureWarnings(capture=True)


class _Lines(logging.Formatter):
    """What both forms share: exceptions without foreign words, addresses struck out."""

    def formatException(self, ei: Raised) -> str:  # noqa: N802
        """The frames and the class; the words only of errors that are ours."""
        kind, error, trace = ei
        if kind is None or error is None:
            return ""
        frames = "".join(traceback.format_tb(trace))
        return f"{frames}{kind.__name__}: {error}" if isinstance(error, _TELLING) else f"{frames}{kind.__name__}"

    def said(self, record: logging.LogRecord) -> str:
        """The message, with whatever looks like an address struck out."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        return _PHONE.sub("[phone]", _ADDRESS.sub("[address]", message))

    def raised(self, record: logging.LogRecord) -> str:
        """How an exception came about, or nothing."""
        if not record.exc_info:
            return ""
        told = self.formatException(record.exc_info)
        return _PHONE.sub("[phone]", _ADDRESS.sub("[address]", told))


class TextLines(_Lines):
    """``2026-03-02T10:00:00.123Z WARNING care.web what happened (customer=c_… trace=…)``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; frames of an exception follow below it."""
        ids = " ".join(f"{name}={value}" for name, value in _ids(record).items())
        line = f"{_instant(record)} {record.levelname} {record.name} {self.said(record)}"
        raised = self.raised(record)
        return line + (f" ({ids})" if ids else "") + (f"\n{raised}" if raised else "")


class JsonLines(_Lines):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message``, ids, and ``error`` with its frames."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        line = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.said(record),
            **_ids(record),
        }
        raised = self.raised(record)
        if raised:
            line["error"] = raised
        return json.dumps(line, ensure_ascii=False)


def _with_ids(record: logging.LogRecord) -> bool:
    record.care_ids = {**(_about.get() or {}), **tracing.ids()}
    return True


def _ids(record: logging.LogRecord) -> Mapping[str, str]:
    ids: Mapping[str, str] = getattr(record, "care_ids", {})
    return ids


def _instant(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
