"""Tests: short English phrases about one field, such as ``at most 2`` or ``not one of new, regular``."""

import re
from dataclasses import dataclass

from care.domain.catalogue import Field
from care.domain.conditions import Argument, Op, Test
from care.rulebook.amounts import number, number_words, share, share_words
from care.rulebook.clocktimes import calendar_day
from care.rulebook.durations import fixed
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.spelling import meant, nearest
from care.rulebook.vocabulary import GROUPS

_NUMBERS = ("number", "percent")
_WORDS = ("choice", "text", *_NUMBERS)
_EVERY = ("choice", "number", "percent", "date", "list", "yes/no", "text")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One kind of test.

    Attributes:
        words: As it is written, with the places for values.
        pattern: What it looks like; every group is a value.
        types: The types of field it may be asked of.
    """

    op: Op
    words: str
    pattern: re.Pattern[str]
    types: tuple[str, ...]
    meaning: str
    example: str


def _phrase(op: Op, words: str, types: tuple[str, ...], meaning: str, example: str) -> Phrase:
    pattern = re.sub(r"<[a-z]+>", "(.+)", words.replace(" ", r"\s+"))
    return Phrase(op, words, re.compile(pattern, re.IGNORECASE), types, meaning, example)


PHRASES: tuple[Phrase, ...] = (
    _phrase(
        "between", "between <low> and <high>", _NUMBERS, "From the one to the other, both included.", "between 7 and 8"
    ),
    _phrase("more ago", "more than <time> ago", ("date",), "Longer ago than this.", "more than 30 days ago"),
    _phrase("at least", "at least <number>", _NUMBERS, "This or more.", "at least 4"),
    _phrase("at most", "at most <number>", _NUMBERS, "This or less.", "at most 2"),
    _phrase("more than", "more than <number>", _NUMBERS, "More, not equal.", "more than 10 million"),
    _phrase("less than", "less than <number>", _NUMBERS, "Less, not equal.", "less than 20%"),
    _phrase(
        "in the last", "in the last <time>", ("date",), "Not longer ago, and not in the future.", "in the last 30 days"
    ),
    _phrase("in the next", "in the next <time>", ("date",), "From now on, and not later.", "in the next 7 days"),
    _phrase("before", "before <date>", ("date",), "Earlier than that day.", "before 2026-11-22"),
    _phrase("after", "after <date>", ("date",), "Later than that day.", "after 2026-11-22"),
    _phrase(
        "includes", "includes any of <names>", ("list",), "The list holds at least one of them.", "includes any of a, b"
    ),
    _phrase("includes", "includes <name>", ("list",), "The list holds it.", "includes newsletter"),
    _phrase(
        "one of",
        "one of <names>",
        _WORDS,
        "It is one of these; a list [new, regular] says the same.",
        "one of new, regular",
    ),
    _phrase("missing", "missing", _EVERY, "There is no value.", "missing"),
    _phrase("known", "known", _EVERY, "There is a value.", "known"),
)
_LONGEST = 1_000
_NOT = re.compile(r"not\s+(.+)", re.IGNORECASE)
_BRACKETS = re.compile(r"\[(.*)\]")
_SYMBOL = re.compile(r"(>=|=>|<=|=<|==|=|!=|<>|>|<|≥|≤|≠|!)\s*(.*)")
_RANGE = re.compile(r"(\S+)\s*(?:-|–|\.\.\.?|to)\s*(\S+)")
_SYMBOLS = {
    **dict.fromkeys((">=", "=>", "≥"), "at least "),
    **dict.fromkeys(("<=", "=<", "≤"), "at most "),
    ">": "more than ",
    "<": "less than ",
    "=": "",
    "==": "",
    **dict.fromkeys(("!=", "<>", "≠", "!"), "not "),
}
_YES_NO = {"yes": True, "no": False}
_HEADS = tuple(phrase.words.partition(" <")[0] for phrase in PHRASES)


def read_test(text: str, field: Field) -> Test:
    """The test a phrase asks of a field.

    Raises:
        PhraseError: J011, J012 or J013, when the phrase does not fit the field.
    """
    text = " ".join(text.split())
    if not text:
        raise PhraseError("J012", f"no test for {field.name}", "write a value or a test; a '#' begins a comment")
    if len(text) > _LONGEST:
        raise PhraseError("J012", f"{quoted(text)} is too long for a test", "use a list: [a, b, c]")
    if field.type == "choice" and text in field.choices:
        return Test("is", (text,), text)
    negated = _NOT.fullmatch(text)
    if negated is not None:
        inner = read_test(negated[1], field)
        if inner.negated:
            raise PhraseError("J012", f"{quoted(text)} says 'not' twice", "say it without 'not'")
        return Test(inner.op, inner.args, f"not {inner.text}", negated=True)
    if bracketed := _BRACKETS.fullmatch(text):
        return one_of(bracketed[1].split(","), field)
    symbol = _SYMBOL.fullmatch(text)
    if symbol is not None:
        hint = f"write the comparison in words: {quoted(_SYMBOLS[symbol[1]] + symbol[2])}"
        raise PhraseError("J012", f"{quoted(text)} compares in symbols", hint)
    for phrase in PHRASES:
        match = phrase.pattern.fullmatch(text)
        if match is not None:
            return _asked(phrase, match.groups(), text, field)
    return _plain(text, field)


def one_of(values: list[str], field: Field) -> Test:
    """The test of a list: any one of these values.

    Raises:
        PhraseError: As ``read_test``.
    """
    if field.type not in _WORDS:
        hint = "write 'includes any of a, b'" if field.type == "list" else "test it with one phrase"
        raise PhraseError("J012", f"{_kind(field)} cannot be compared with a list of values", hint)
    if not all(value.strip() for value in values):
        raise PhraseError("J012", f"an empty value in a list for {field.name}", "write a word between the commas")
    read = [read_value(value.strip(), field) for value in values]
    words = [_words(value, field) for value in read]
    return (
        Test("one of", tuple(read), f"one of {', '.join(words)}") if len(read) > 1 else Test("is", (read[0],), words[0])
    )


def read_value(text: str, field: Field) -> Argument:
    """One plain value of a field.

    Raises:
        PhraseError: J011 when it is not among the choices, J012 when it has the wrong type or is out of range.
    """
    if field.type == "choice":
        if text in field.choices:
            return text
        message = f"{quoted(text)} is not one of the choices of {field.name} ({', '.join(field.choices)})"
        raise PhraseError("J011", message, meant(text, field.choices))
    if field.type == "yes/no":
        if text not in _YES_NO:
            raise PhraseError("J012", f"{quoted(text)} is neither yes nor no", f"{field.name} is yes or no")
        return _YES_NO[text]
    if field.type in _NUMBERS:
        return _in_range(text, number(text) if field.type == "number" else share(text), field)
    return text


def _in_range(text: str, value: float, field: Field) -> int | float:
    low = "" if field.low is None or value >= field.low else f"at least {_words(field.low, field)}"
    high = "" if field.high is None or value <= field.high else f"at most {_words(field.high, field)}"
    if low or high:
        raise PhraseError("J012", f"{quoted(text)} is out of range: {field.name} is {low or high}", "")
    if field.whole and not isinstance(value, int):
        raise PhraseError("J012", f"{quoted(text)} is not whole: {field.name} is always a whole number", "")
    return value


def _words(value: Argument, field: Field) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    whole = int(value) if float(value).is_integer() else value
    return share_words(value) if field.type == "percent" else number_words(whole)


def _asked(phrase: Phrase, values: tuple[str, ...], text: str, field: Field) -> Test:
    if field.type not in phrase.types:
        raise PhraseError("J012", f"{_kind(field)} cannot be tested with '{phrase.words}'", _offered(field))
    if phrase.op in ("missing", "known"):
        return Test(phrase.op, (), phrase.op)
    if phrase.op == "one of":
        return one_of(values[0].split(","), field)
    if phrase.op == "includes":
        names = tuple(name.strip() for name in values[0].split(","))
        return Test("includes", names, f"{'includes any of' if len(names) > 1 else 'includes'} {', '.join(names)}")
    if field.type == "date":
        return _asked_of_date(phrase, values[0])
    read = [read_value(value.strip(), field) for value in values]
    if phrase.op == "between" and read[0] > read[1]:  # type: ignore[operator]
        hint = f"write between {values[1]} and {values[0]}"
        raise PhraseError("J012", f"{quoted(text)} can never hold: {values[0]} is more than {values[1]}", hint)
    words = " and ".join(_words(value, field) for value in read)
    return Test(phrase.op, tuple(read), f"{phrase.op} {words}")


def _asked_of_date(phrase: Phrase, value: str) -> Test:
    if phrase.op in ("before", "after"):
        day = calendar_day(value.strip()).isoformat()
        return Test(phrase.op, (day,), f"{phrase.op} {day}")
    duration = fixed(value.strip())
    words = f"more than {duration.text} ago" if phrase.op == "more ago" else f"{phrase.op} {duration.text}"
    return Test(phrase.op, (duration.seconds,), words)


def _plain(text: str, field: Field) -> Test:
    if text.lower() in GROUPS:
        hint = "leave the line out; 'any' accepts every value only in a table's cell" if text.lower() == "any" else ""
        raise PhraseError("J012", f"{quoted(text)} is not a test of {field.name}", hint or "test the field in words")
    if field.type in ("date", "list"):
        raise PhraseError(
            "J012", f"{quoted(text)} is not a test of {field.name}, {_article(field)}", _near(text, field)
        )
    try:
        value = read_value(text, field)
    except PhraseError as error:
        near = _near(text, field)
        if near and error.message.endswith("is not a number"):
            raise PhraseError(error.code, f"{quoted(text)} is not a test of {field.name}", near) from error
        raise
    return Test("is", (value,), _words(value, field))


def _near(text: str, field: Field) -> str:
    """What a phrase that was not understood probably wanted to say."""
    pair = _RANGE.fullmatch(text)
    if pair is not None and field.type in _NUMBERS:
        return f"write 'between {pair[1]} and {pair[2]}'"
    if text.endswith("+") and field.type in _NUMBERS:
        return f"write 'at least {text[:-1].strip()}'"
    words = text.split()
    for count in (3, 2, 1):
        near = nearest(" ".join(words[:count]), _HEADS) if len(words) > count else ""
        if near:
            return f"did you mean '{near} {' '.join(words[count:])}'?"
    return _offered(field) if field.type in ("date", "list") or len(words) > 1 else ""


def _offered(field: Field) -> str:
    tests = [phrase.example for phrase in PHRASES if field.type in phrase.types]
    return f"write for example: {' · '.join(tests[:4])}"


def _kind(field: Field) -> str:
    return f"{field.name} is {_article(field)}: it"


def _article(field: Field) -> str:
    return f"a {field.type} field"


def refuse_if_test(word: str) -> None:
    """Refuse a choice that would read as a test.

    Raises:
        PhraseError: J012 when the word begins like one.
    """
    phrase_like = any(phrase.pattern.fullmatch(word) for phrase in PHRASES)
    if phrase_like or _NOT.fullmatch(word) or _SYMBOL.fullmatch(word) or word.lower() in GROUPS or "," in word:
        hint = "choose a word of letters, digits and _"
        raise PhraseError("J012", f"the choice {quoted(word)} would read as a test", hint)
