"""Files of events: JSON lines, and CSV tables whose columns are dotted names."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from care.domain.catalogue import Field
from care.domain.errors import CareError

REQUIRED = ("id", "source", "type", "time", "customer.id")
OWNERS = ("customer", "order", "data")
# Numbers in these columns are names, and stay as they are written.
_TEXTS = frozenset(
    {f"customer.{name}" for name in ("id", "name", "email", "phone")}
    | {
        f"data.{name}"
        for name in (
            *("address", "about", "code", "comment", "note", "reason", "survey", "ticket", "topic"),
            *("wording", "place", "method", "frequency", "evidence"),
        )
    }
    | {"order.id"}
)
_LISTS = frozenset({"customer.tags"})
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_TRUTH = {"true": True, "false": False}
_YES_NO = _TRUTH | {"yes": True, "no": False}


class EventFileError(CareError):
    """The file cannot be read as events; the message names the place."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event of a file.

    Attributes:
        line: The line it starts on, counted from 1.
        event: The event as it will be sent, or ``None`` when the line holds none.
        problem: Why it holds none.
    """

    line: int
    event: dict[str, Any] | None
    problem: str = ""


def read_events(path: Path, fields: Mapping[str, Field]) -> Iterator[Row]:
    """Every event of a ``.jsonl`` or ``.csv`` file, oldest line first.

    Args:
        path: The file.
        fields: The catalogue's fields, which tell the type of a CSV cell; a name that is not among them is typed by
            its look.

    Raises:
        EventFileError: The file cannot be opened, is not UTF-8, or its CSV header or quoting is wrong.
    """
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            yield from _json_lines(path)
        case ".csv":
            yield from _csv_rows(path, fields)
        case ".json":
            raise EventFileError(f"{str(path)!r} holds JSON; send it with: care events send {path}")
        case _:
            raise EventFileError(f"{str(path)!r} has no ending that is known; name it .jsonl or .csv")


def event_of_json(text: str) -> Any:
    """JSON text as a value; a key written twice is refused instead of losing one.

    Raises:
        ValueError: It is not JSON, and where.
    """
    value = json.loads(text, object_pairs_hook=_unique)
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("a text has half of a surrogate pair; write whole characters") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} is written twice in one object")
    return found


def _json_lines(path: Path) -> Iterator[Row]:
    with _opened(path) as lines:
        for number, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            try:
                event = event_of_json(text)
            except json.JSONDecodeError as error:
                yield Row(number, None, f"this is not JSON: {error.msg} at column {error.colno}")
            except (ValueError, RecursionError) as error:
                yield Row(number, None, f"this is not JSON that can be sent: {error}")
            else:
                wrong = "" if isinstance(event, dict) else "this is no JSON object; write one event a line"
                yield Row(number, None if wrong else event, wrong)


def _csv_rows(path: Path, fields: Mapping[str, Field]) -> Iterator[Row]:
    with _opened(path) as lines:
        header = next(lines, "")
        lines.seek(0)
        reader = csv.reader(lines, delimiter=_delimiter(header), strict=True)
        try:
            columns = [cell.strip() for cell in next(reader, [])]
            _check_columns(path, columns)
            begins = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield _csv_row(begins, columns, cells, fields)
                begins = reader.line_num + 1
        except csv.Error as error:
            raise EventFileError(f"{path}:{reader.line_num}: {error}; check the quotes in this line") from None


def _csv_row(line: int, columns: Sequence[str], cells: Sequence[str], fields: Mapping[str, Field]) -> Row:
    if len(cells) > len(columns):
        return Row(line, None, f"{len(cells)} cells under {len(columns)} columns; quote cells that hold the delimiter")
    event: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=False):
        if not (text := cell.strip()):
            continue
        owner, dot, name = column.partition(".")
        if dot:
            event.setdefault(owner, {})[name] = _typed(column, text, fields)
        else:
            event[column] = text
    missing = [name for name in REQUIRED if not _has(event, name)]
    if missing:
        return Row(line, None, f"{', '.join(missing)} is empty; every event needs it")
    return Row(line, event)


def _has(event: Mapping[str, Any], name: str) -> bool:
    owner, dot, inner = name.partition(".")
    return inner in event.get(owner, {}) if dot else name in event


def _typed(column: str, text: str, fields: Mapping[str, Field]) -> Any:
    """The cell as JSON; what does not fit its type is sent as text, and the server says what is wrong with it."""
    match _type_of(column, fields):
        case "list":
            return [word.strip() for word in text.split(";") if word.strip()]
        case "number" | "percent":
            return _number(text)
        case "yes/no":
            return _YES_NO.get(text.lower(), text)
        case "":
            return _TRUTH.get(text.lower(), _number(text))
        case _:
            return text


def _type_of(column: str, fields: Mapping[str, Field]) -> str:
    owner, _, name = column.partition(".")
    field = fields.get(f"event.{name}" if owner == "data" else column)
    if field is not None:
        mirrored = fields.get(field.same_as)
        return (mirrored or field).type
    return "text" if column in _TEXTS else "list" if column in _LISTS else ""


def _number(text: str) -> int | float | str:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if any(sign in text for sign in ".eE") else int(text)


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    for column in columns:
        owner, dot, name = column.partition(".")
        known = owner in OWNERS and bool(name) if dot else column in REQUIRED
        if not known or columns.count(column) > 1:
            twice = "stands there twice" if known else "is not a column that is known"
            raise EventFileError(f"{path}:1: {column!r} {twice}; {_column_hint(column)}")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise EventFileError(f"{path}:1: the column {missing[0]!r} is missing; name it in the first line")


def _column_hint(column: str) -> str:
    owner, _, name = column.partition(".")
    close = get_close_matches(owner, (*OWNERS, *REQUIRED), n=1)
    if close and close[0] != column:
        return f"did you mean {f'{close[0]}.{name}' if name else close[0]!r}?"
    return "columns are id, source, type, time and names like customer.email, order.total, data.score"


def _delimiter(header: str) -> str:
    """Spreadsheets write semicolons where the comma is the decimal sign."""
    return max(",;\t", key=header.count)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise EventFileError(f"{str(path)!r} is not UTF-8; save it as 'CSV UTF-8'") from None
    except OSError as error:
        raise EventFileError(f"{str(path)!r} cannot be read: {error.strerror or error}") from None
