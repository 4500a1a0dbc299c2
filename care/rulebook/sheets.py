"""Reads tables written in a spreadsheet: CSV files beside the journeys, every cell with its place."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from care.rulebook.findings import START, Findings, Place, quoted
from care.rulebook.reader import Listing, Text, decode, is_visible
from care.rulebook.spelling import did_you_mean

ENDING = ".csv"
_SEPARATORS = ",;\t"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


class Sheets:
    """The CSV files of a folder.

    Attributes:
        sources: The text of every file that was asked for and could be read, by its path below the rules folder.
        asked: The name of every file that a table asked for.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sources: dict[str, str] = {}
        self.asked: set[str] = set()

    def rows(self, name: Text, findings: Findings) -> tuple[tuple[Listing, ...], Findings] | None:
        """The lines of a file that are not empty, and where their problems are told; ``None`` when there are none.

        Args:
            name: The file's name as a table says it.
            findings: Those of the journey: what is wrong in the file is wrong in the journey.
        """
        self.asked.add(name.value)
        content = self._content(name, findings)
        if content is None:
            return None
        there = findings.beside(f"{self._folder.name}/{name.value}")
        text = decode(content, there)
        if text is None:
            return None
        self.sources[there.file] = text
        if not is_visible(text, there):
            return None
        before = len(there.problems)
        lines = tuple(lines_of_cells(text, there))
        if not lines and len(there.problems) == before:
            there.add("J001", START, "the file is empty", "its first line names the columns, the others are rows")
        return (lines, there) if lines else None

    def _content(self, name: Text, findings: Findings) -> bytes | None:
        path = self._folder / name.value
        if path.name != name.value or not name.value.endswith(ENDING):
            hint = f"write the name alone, with {ENDING} at its end: prices{ENDING}"
            findings.add("J012", name, f"{quoted(name.value)} is not a file beside this journey", hint)
            return None
        try:
            if path.resolve().parent != self._folder.resolve():
                hint = "put the file itself there, not a link to it"
                findings.add("J012", name, f"{quoted(name.value)} leads out of the folder", hint)
                return None
            return path.read_bytes()
        except FileNotFoundError:
            files = (each.name for each in self._folder.glob(f"*{ENDING}"))
            hint = did_you_mean(name.value, files) or "save the table there as CSV"
            findings.add("J010", name, f"there is no file {quoted(name.value)} in {self._folder.name}/", hint)
        except (OSError, ValueError) as error:
            message = f"{quoted(name.value)} cannot be read: {getattr(error, 'strerror', None) or error}"
            findings.add("J001", name, message)
        return None


def lines_of_cells(text: str, findings: Findings) -> Iterator[Listing]:
    """Every line of a CSV text that holds anything; cells may be in quotes and run over several lines."""
    raw = [line for line in _LINE.findall(text) if line]
    separator = _separator(raw[0]) if raw else ","
    reader = csv.reader(raw, delimiter=separator, strict=True, skipinitialspace=True)
    begun = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            _refuse(error, raw[: reader.line_num], (separator, begun), findings)
            return
        if cells is None:
            return
        places = starts(raw[begun : reader.line_num], separator, begun + 1)
        items = tuple(
            Text(cell.strip(), *place, file=findings.file) for cell, place in zip(cells, places, strict=False)
        )
        begun = reader.line_num
        if any(item.value for item in items):
            yield Listing(items, items[0].line, items[0].column)


def starts(lines: list[str], separator: str, first: int) -> Iterator[Place]:
    """Where each cell of one record begins, by the rules the csv module reads by.

    Args:
        first: The number of the first line.
    """
    fresh, quotes = True, 0
    for number, line in enumerate(lines, first):
        for column, letter in enumerate(line, 1):
            if fresh and letter == " ":
                continue
            if fresh:
                yield Place(number, column)
                fresh, quotes = False, int(letter == '"')
                if letter != separator:
                    continue
            if letter == '"' and quotes:
                quotes += 1
            elif letter == separator and quotes % 2 == 0:
                fresh = True
    if fresh:
        yield Place(first + len(lines) - 1, len(lines[-1].rstrip("\r\n")) + 1)


def _separator(header: str) -> str:
    """What stands between the columns: names of columns hold none of these, so the most frequent one."""
    return max(_SEPARATORS, key=header.count)


def _refuse(error: csv.Error, lines: list[str], record: tuple[str, int], findings: Findings) -> None:
    """Tell what the csv module gave up on.

    Args:
        record: The separator, and how many lines stand above the record.
    """
    separator, begun = record
    places = list(starts(lines[begun:], separator, begun + 1))
    if "end of data" in str(error):
        hint = "close it, or remove it"
        findings.add("J001", places[-1], "a quotation mark is opened and never closed", hint)
    elif "expected after" in str(error):
        at = next((place for place in places if _overflows(lines[place.line - 1][place.column - 1 :], separator)), None)
        hint = "put the whole cell in quotes"
        findings.add("J001", at or places[0], "there is more text after the closing quotation mark", hint)
    else:
        findings.add("J001", places[0], f"this line cannot be read: {error}", "save the table as CSV once more")


def _overflows(rest: str, separator: str) -> bool:
    """Whether a cell in quotes goes on behind them."""
    cell = _QUOTED.match(rest)
    return cell is not None and rest[cell.end() : cell.end() + 1] not in (separator, "\r", "\n", "")
