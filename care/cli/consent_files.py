"""Files of the law: lists of numbers that want no advertising, and tables of consents from another system."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from care.domain.consents import METHODS, STATED
from care.domain.errors import CareError
from care.domain.values import MisfitError, moment
from care.store.addresses import CHANNEL_KINDS

if TYPE_CHECKING:
    from care.store.incoming import IncomingEvent

SOURCE = "import"
COLUMNS = ("customer", "channel", "purpose", "given", "at", "wording", "place", "method", "frequency", "evidence")
_NEEDED = ("customer", "channel", "purpose", "at")
_NUMBER_COLUMNS = ("phone", "number", "msisdn", "so_dien_thoai", "số điện thoại")
_GIVEN = {"yes": True, "no": False, "": True}
_DELIMITERS = ",;\t"
_REPORT_EVERY = 10_000


class ListFileError(CareError):
    """The file cannot be read as a list; the message names the place."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used, counted from 1, and why."""

    line: int
    problem: str


@dataclass(slots=True)
class Read:
    """What a file holds."""

    numbers: dict[str, None] = field(default_factory=dict)
    statements: "list[IncomingEvent]" = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def read_numbers(path: Path, country: str, done: Callable[[int], None]) -> Read:
    """Every phone number of a file, in E.164: one a line, or a column of a CSV table.

    Args:
        country: Where numbers without a country code are at home, by its code of two letters.
        done: Told how many more lines are read.

    Raises:
        ListFileError: The file cannot be read, or there is no such country.
    """
    from phonenumbers import SUPPORTED_REGIONS, NumberParseException, is_possible_number, parse

    if country not in SUPPORTED_REGIONS:
        raise ListFileError(f"{country!r} is not a country; give its code of two letters, for example --country VN")
    found = Read()
    for line, text in _cells(path):
        if line % _REPORT_EVERY == 0:
            done(_REPORT_EVERY)
        try:
            number = parse(text, country)
        except NumberParseException:
            found.bad.append(BadLine(line, f"{text[:40]!r} is not a phone number"))
            continue
        if not is_possible_number(number) or number.extension:
            found.bad.append(BadLine(line, f"{text[:40]!r} has too few or too many digits for a phone number"))
        else:
            zeros = "0" * (number.number_of_leading_zeros or 1) if number.italian_leading_zero else ""
            found.numbers[f"+{number.country_code}{zeros}{number.national_number}"] = None
    return found


def read_consents(path: Path) -> Read:
    """Every statement of a CSV table whose first line names its columns, as events of the source ``import``.

    Raises:
        ListFileError: The file cannot be read, or lacks a column.
    """
    found = Read()
    with _opened(path) as lines:
        rows = csv.DictReader(lines, dialect=_dialect(path))
        columns = [name.strip() for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        for name in _NEEDED:
            if name not in columns:
                raise ListFileError(f"{path}: there is no column {name!r}; the first line names {', '.join(COLUMNS)}")
        for name in columns:
            if name not in COLUMNS:
                raise ListFileError(f"{path}: {name!r} is not a column; there are {', '.join(COLUMNS)}")
        for row in rows:
            try:
                found.statements.append(_statement({name: (row.get(name) or "").strip() for name in COLUMNS}))
            except MisfitError as misfit:
                found.bad.append(BadLine(rows.line_num, f"{misfit}; {misfit.hint}" if misfit.hint else str(misfit)))
    return found


def country_of(timezone: str) -> str:
    """The country a time zone belongs to, by its code of two letters; Vietnam where the zone names none."""
    return _countries().get(timezone, "VN")


@cache
def _countries() -> dict[str, str]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def _statement(row: dict[str, str]) -> "IncomingEvent":
    from care.store.incoming import IncomingEvent

    if not row["customer"]:
        raise MisfitError("the customer is missing", "give the shop's own id")
    _check(row["channel"], tuple(CHANNEL_KINDS), "a channel")
    _check(row["purpose"], ("marketing", "care"), "a purpose")
    _check(row["method"] or SOURCE, METHODS, "a method")
    if row["given"] not in _GIVEN:
        raise MisfitError(f"{row['given'][:40]!r} in 'given' is neither yes nor no")
    told: dict[str, Any] = {name: row[name] for name in ("channel", "purpose", *STATED) if row[name]}
    data = {"method": SOURCE, **told}
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]
    given = _GIVEN[row["given"]]
    return IncomingEvent(
        id=f"consent-{digest}",
        source=SOURCE,
        type="consent.given" if given else "consent.withdrawn",
        time=moment(row["at"]),
        customer={"id": row["customer"]},
        data=data,
    )


def _check(word: str, known: tuple[str, ...], what: str) -> None:
    if word not in known:
        raise MisfitError(f"{word[:40]!r} is not {what}", f"one of {', '.join(known)}")


def _cells(path: Path) -> Iterator[tuple[int, str]]:
    """The cells that hold numbers, each with its line."""
    with _opened(path) as lines:
        rows = csv.reader(lines, dialect=_dialect(path))
        column = 0
        for number, row in enumerate(rows, 1):
            if number == 1 and not any(letter.isdigit() for cell in row for letter in cell):
                names = [cell.strip().casefold() for cell in row]
                column = next((at for at, name in enumerate(names) if name in _NUMBER_COLUMNS), 0)
                continue
            text = row[column].strip() if len(row) > column else ""
            if text and not text.startswith("#"):
                yield rows.line_num, text


def _dialect(path: Path) -> type[csv.Dialect]:
    """Commas, semicolons or tabs between the cells: whichever the first line has most of."""
    with _opened(path) as lines:
        first = next(lines, "")

    class Found(csv.excel):
        delimiter = max(_DELIMITERS, key=first.count)

    return Found


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except OSError as error:
        raise ListFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListFileError(f"{path} is not a text file in UTF-8: {error}; save it as CSV in UTF-8") from error
