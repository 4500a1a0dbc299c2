"""What may be asked of a field, as JSON Schema: its values, and the phrases of the rule language."""

import re
from collections.abc import Iterable
from typing import Any

from care.domain.catalogue import Catalogue, Field
from care.rulebook.amounts import number_words, share_words
from care.rulebook.phrases import PHRASES, Phrase
from care.rulebook.vocabulary import GROUPS
from care.rulebook.writing.schema_words import TEXT, Schema, kinds_of, list_of, one_of, one_or_more, or_truth, ref

_AMOUNT = r"-?\d[\d.,]*\s*(?:[A-Za-z]+|%)?"
_PLAIN = {"number": _AMOUNT, "percent": _AMOUNT, "yes/no": "yes|no", "text": ".+"}
_DEFINED = f"^(?!(?:{'|'.join(GROUPS)})$)[a-z][a-z0-9_]*$"
_YES_NO = ("yes", "no")
# What YAML may make of a value besides text, and whether a list says "one of these".
_KINDS = {"text": ["boolean", "number"], "number": ["number"], "yes/no": ["boolean"]}
_LISTED = ("choice", "text", "number", "percent")


def asked_of(field: Field) -> Schema:
    """What a condition may ask of a field: a value or a phrase, or a list of values."""
    kinds = _KINDS.get(field.type) or kinds_of(field.choices)
    words: Schema = {
        "type": ["string", *(kind for kind in kinds if kind != "boolean")],
        "pattern": _phrases(field),
        "patternErrorMessage": f"this is not a test of {field.name}; write for example: {' · '.join(_examples(field))}",
        **_bounds(field),
    }
    said = (or_truth(words) if "boolean" in kinds else words) | {"defaultSnippets": [*_offered(field)]}
    listed = {"anyOf": [said, list_of(value_of(field))]} if field.type in _LISTED else said
    return {"description": described(field), **listed}


def value_of(field: Field) -> Schema:
    """A plain value of a field, as a rule test gives it or a list holds it."""
    if field.type == "choice":
        return one_of(field.choices)
    if field.type == "yes/no":
        return one_of(_YES_NO)
    return one_or_more(TEXT) if field.type == "list" else TEXT | _bounds(field)


def condition(fields: Iterable[Field], name: str) -> Schema:
    """Tests of these fields, of definitions of the journey, and of groups.

    Args:
        name: The definition this becomes, which its groups refer to.
    """
    known = {field.name: ref(f"test.{field.name}") for field in fields}
    groups = {join: {"description": told, "anyOf": [list_of(ref(name)), ref(name)]} for join, told in GROUPS.items()}
    defined = one_of((*_YES_NO, "not yes", "not no"))
    return {
        "type": "object",
        "description": "Tests that must all hold.",
        "properties": known | groups,
        "patternProperties": {_DEFINED: {"description": "A condition that stands under 'define'.", **defined}},
        "additionalProperties": False,
        "minProperties": 1,
    }


def condition_fields(catalogue: Catalogue) -> dict[str, list[Field]]:
    """The fields a condition may test, by the name of that kind of condition."""
    known = known_fields(catalogue)
    return {
        "condition": known,
        "condition_at_event": list(catalogue.fields.values()),
        "condition_of_customer": [field for field in known if not field.set_by],
    }


def known_fields(catalogue: Catalogue) -> list[Field]:
    """What is known without an event at hand."""
    return [field for field in catalogue.fields.values() if not field.name.startswith("event.")]


def described(field: Field) -> str:
    """What a field is, and how it may be tested."""
    same = f" It is {field.same_as} of the event at hand." if field.same_as else ""
    known = " It is known for every customer." if field.always else ""
    given = f" The step '{field.set_by}' gives it." if field.set_by else ""
    return f"{field.name}: {_kind(field)}.{same}{known}{given} Tests: {', '.join(_examples(field))}."


def _examples(field: Field) -> list[str]:
    """Values and phrases that may stand as a test of this field."""
    values = [*field.choices, *(_YES_NO if field.type == "yes/no" else ())]
    return [*values, *(_spoken(phrase, field) for phrase in PHRASES if field.type in phrase.types)]


def _spoken(phrase: Phrase, field: Field) -> str:
    """A phrase with values that this field may have."""
    low, high = field.low or 0, field.high if field.high is not None else 1 if field.type == "percent" else 10
    words = {
        "low": _bound(low, field),
        "high": _bound(high, field),
        "number": _bound(high if field.whole else (low + high) / 2, field),
        "time": "30 days",
        "date": "2026-11-22",
        "name": "newsletter",
        "names": ", ".join(field.choices[:2]) or f"{_bound(low, field)}, {_bound(high, field)}",
    }
    return re.sub(r"<([a-z]+)>", lambda place: words[place[1]], phrase.words)


def _kind(field: Field) -> str:
    if field.type == "choice":
        return f"one of {', '.join(field.choices)}"
    low = f" from {_bound(field.low, field)}" if field.low is not None else ""
    high = f" to {_bound(field.high, field)}" if field.high is not None else ""
    return f"{'whole ' if field.whole else ''}{field.type}{low}{high}"


def _bound(value: float, field: Field) -> str:
    if field.type == "percent":
        return share_words(value)
    return number_words(int(value) if float(value).is_integer() else value)


def _bounds(field: Field) -> Schema:
    """What a number must be; phrases are not numbers to an editor."""
    if field.type != "number":
        return {}
    bounds = {"minimum": field.low, "maximum": field.high, "multipleOf": 1 if field.whole else None}
    return {name: value for name, value in bounds.items() if value is not None}


def _offered(field: Field) -> Iterable[dict[str, Any]]:
    """What an editor offers: the values, and every phrase that fits with an example."""
    for value in field.choices or (_YES_NO if field.type == "yes/no" else ()):
        yield {"label": value, "body": value}
    for phrase in PHRASES:
        if field.type in phrase.types:
            yield {"label": phrase.words, "description": phrase.meaning, "body": _spoken(phrase, field)}


def _phrases(field: Field) -> str:
    """What a test looks like in words, with ``not`` before it or without."""
    fitting = [_pattern(phrase, field) for phrase in PHRASES if field.type in phrase.types]
    plain = "|".join(map(re.escape, field.choices)) if field.type == "choice" else _PLAIN.get(field.type)
    patterns = [*fitting, *([plain] if plain else []), *([r"\[.*\]"] if field.type in _LISTED else [])]
    return rf"^\s*(?:{_any_case('not')}\s+)*(?:{'|'.join(patterns)})\s*$"


def _pattern(phrase: Phrase, field: Field) -> str:
    """What a phrase looks like, in capitals or not, as both Python and JavaScript read it."""
    word = "|".join(map(re.escape, field.choices))
    value = rf"(?:{word})(?:\s*,\s*(?:{word}))*" if field.type == "choice" else ".+"
    words = [value if word.startswith("<") else _any_case(word) for word in phrase.words.split()]
    return r"\s+".join(words)


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)
