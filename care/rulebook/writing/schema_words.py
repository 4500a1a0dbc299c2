"""Pieces of JSON Schema: words, lists and forms, described by the words that ``care rules explain`` prints.

Rule files are read with every scalar as text, but an editor's YAML turns ``2`` into a number and ``yes`` into true or a
word, depending on its version: whatever it makes of a word is allowed where the word is.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from care.rulebook.words import Form

Schema = dict[str, Any]
Shapes = Mapping[str, Schema]

PHRASE: Schema = {"type": ["string", "number"]}
NAME: Schema = {
    "type": "string",
    "pattern": "^[a-z][a-z0-9_]*$",
    "patternErrorMessage": "a name has small letters, digits and _ only; for example make_it_right",
}
LENGTH: Schema = PHRASE | {"examples": ["2 days", "24 hours", "4 business hours"]}


def or_truth(schema: Schema) -> Schema:
    """True and false too; said in a roundabout way, so that an editor does not offer the two."""
    return {"anyOf": [schema, {"not": {"not": {"type": "boolean"}}}]}


TEXT: Schema = or_truth(PHRASE)
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "y"), True),
    **dict.fromkeys(("false", "no", "off", "n"), False),
    **dict.fromkeys(("null", "~"), None),
}
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")


def one_of(words: Iterable[str], meanings: Iterable[str] = ()) -> Schema:
    """One of these words, each with what it means if that is given; any name where there is none yet."""
    listed, explained = list(words), list(meanings)
    if not listed:
        return NAME
    made: Schema = {"enum": [*listed, *_also(listed)]}
    return made | ({"markdownEnumDescriptions": explained} if explained else {})


def one_or_more(item: Schema) -> Schema:
    """A thing, or a list of such things."""
    return {"anyOf": [item, list_of(item)]}


def list_of(item: Schema) -> Schema:
    """A list of such things."""
    return {"type": "array", "items": item}


def by_name(value: Schema, names: Schema | None = None) -> Schema:
    """Things by name; any name, unless they are narrowed."""
    return {"type": "object", "additionalProperties": value} | ({"propertyNames": names} if names else {})


def matching(pattern: str, wrong: str) -> Schema:
    """A text that is all of a pattern, as both Python and JavaScript read it; ``wrong`` is what an editor says else."""
    return {"type": "string", "pattern": rf"^\s*(?:{pattern})\s*$", "patternErrorMessage": wrong}


def ref(name: str) -> Schema:
    """A definition of the same file."""
    return {"$ref": f"#/definitions/{name}"}


def told(meaning: str, schema: Schema) -> Schema:
    """A schema with its meaning, as an editor shows it."""
    return {"description": _sentence(meaning), **schema}


def form_schema(form: Form, shapes: Shapes) -> Schema:
    """The settings of a form; a setting without a shape of its own takes anything.

    Args:
        shapes: What each setting takes, by its name.
    """
    return {
        "type": "object",
        "description": form.meaning.replace("``", "`"),
        "properties": {setting.name: told(setting.meaning, shapes.get(setting.name, {})) for setting in form.settings},
        "required": [setting.name for setting in form.settings if setting.required],
        "additionalProperties": False,
    }


def example(*texts: str) -> Schema:
    """A phrase, with some that an editor offers."""
    return PHRASE | {"examples": list(texts)}


def kinds_of(words: Iterable[str]) -> list[str]:
    """The types besides text that YAML may make of these words."""
    kinds = {bool: "boolean", int: "number", float: "number", type(None): "null"}
    return sorted({kinds[type(value)] for value in _also(words)})


def _also(words: Iterable[str]) -> list[Any]:
    """What YAML may make of these words besides text."""
    made = [_TRUTHS[word.lower()] for word in words if word.lower() in _TRUTHS]
    made += [float(word) if "." in word else int(word) for word in words if _NUMBER.fullmatch(word)]
    return [value for number, value in enumerate(made) if not any(_same(value, other) for other in made[:number])]


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _sentence(meaning: str) -> str:
    text = meaning.replace("``", "`")
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
