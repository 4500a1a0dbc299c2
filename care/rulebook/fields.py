"""Reads the catalogue's fields: a type, and whatever narrows it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from care.domain.catalogue import Field, FieldType
from care.rulebook.amounts import number, share
from care.rulebook.catalogue_words import FIELD, SPACES, TYPES
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, fill
from care.rulebook.names import dotted_name
from care.rulebook.phrases import refuse_if_test
from care.rulebook.reader import Pair, Section
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import SURVEYS

_JOURNEY = "journey."
_ONLY_FOR = {"choices": ("choice",), "from": ("number", "percent"), "to": ("number", "percent"), "whole": ("number",)}


def is_mirror(pair: Pair) -> bool:
    """Whether a field only mirrors another one."""
    return isinstance(pair.value, Section) and any(inner.key.value == "as" for inner in pair.value.pairs)


def read_field(pair: Pair, findings: Findings) -> Field | None:
    """A field with a type of its own."""
    name = findings.take(pair.key, dotted_name, pair.key.value, SPACES)
    entries = fill(pair.value, FIELD, findings, pair.key)
    if name is None or entries is None:
        return None
    if "type" not in entries:
        findings.add("J003", pair.key, f"{quoted(name)} needs a type", f"type is one of: {', '.join(TYPES)}")
        return None
    kind = cast(FieldType, entries.choice("type", TYPES, ""))
    if not kind:
        return None
    if name.startswith(_JOURNEY):
        _refuse_personal(entries, kind, findings)
    for setting, kinds in _ONLY_FOR.items():
        if setting in entries and kind not in kinds:
            findings.add("J003", entries.key(setting), f"'{setting}' means nothing for a {kind} field", "remove it")
    return Field(
        name,
        kind,
        choices=_choices(entries, kind, findings),
        low=_bound(entries, "from", kind, findings),
        high=_bound(entries, "to", kind, findings),
        whole=yes_or_no(entries, "whole", findings),
        always=yes_or_no(entries, "always", findings),
        set_by=_set_by(entries, name, findings),
    )


def read_mirror(pair: Pair, fields: Mapping[str, Field], findings: Findings) -> Field | None:
    """A field of the event at hand that means the same as another field."""
    name = findings.take(pair.key, dotted_name, pair.key.value, SPACES)
    entries = fill(pair.value, FIELD, findings, pair.key)
    target = entries.text("as") if entries is not None else None
    if name is None or entries is None or target is None:
        return None
    for setting in entries.pairs:
        if setting != "as" and setting in FIELD.names:
            message = f"'{setting}' comes from {quoted(target.value)} already"
            findings.add("J003", entries.key(setting), message, "remove it, or remove 'as'")
    if not name.startswith("event."):
        findings.add("J003", entries.key("as"), "'as' is only for fields of the event at hand", "call it event.…")
    same = fields.get(target.value)
    if same is None:
        findings.add("J010", target, f"unknown field {quoted(target.value)}", did_you_mean(target.value, fields))
        return None
    return replace(same, name=name, same_as=same.name, always=False, set_by="")


def yes_or_no(entries: Entries, name: str, findings: Findings) -> bool:
    """A setting that is yes or no; no when it is not written."""
    text = entries.text(name)
    if text is not None and text.value not in ("yes", "no"):
        findings.add("J012", text, f"{quoted(text.value)} is neither yes nor no", f"write '{name}: yes'")
    return text is not None and text.value == "yes"


def _refuse_personal(entries: Entries, kind: str, findings: Findings) -> None:
    """A journey value travels with its journey, outside the store that can be erased: nothing personal may be in it."""
    if kind in ("text", "list"):
        message = f"a journey value cannot be a {kind}: it is kept where nothing about a person may stand"
        findings.add("J012", entries.key("type"), message, "make it a choice, number, percent, yes/no or date")
    if "always" in entries:
        message = "'always' means nothing for a journey value: it is not known until it is set"
        findings.add("J003", entries.key("always"), message, "remove it")


def _choices(entries: Entries, kind: str, findings: Findings) -> tuple[str, ...]:
    texts = entries.texts("choices") if kind == "choice" else ()
    if kind == "choice" and not texts and "choices" not in entries:
        findings.add("J003", entries.at, "a choice field needs 'choices'", "choices: [new, regular, vip]")
    for number_, text in enumerate(texts):
        findings.take(text, refuse_if_test, text.value)
        if any(text.value == other.value for other in texts[:number_]):
            findings.add("J002", text, f"{quoted(text.value)} is among the choices twice", "keep one of the two")
    return tuple(text.value for text in texts)


def _bound(entries: Entries, name: str, kind: str, findings: Findings) -> float | None:
    text = entries.text(name) if kind in ("number", "percent") else None
    if text is None:
        return None
    return findings.take(text, share if kind == "percent" else number, text.value)


def _set_by(entries: Entries, name: str, findings: Findings) -> str:
    text = entries.text("set_by")
    if text is None:
        return ""
    return findings.take(text, _survey_of, text.value, name) or ""


def _survey_of(text: str, name: str) -> str:
    surveys = [f"survey {survey}" for survey in SURVEYS]
    if text not in surveys:
        hint = did_you_mean(text, surveys)
        raise PhraseError("J011", f"{quoted(text)} sets no field", hint)
    wanted = f"{text.removeprefix('survey ')}.score"
    if name != wanted:
        raise PhraseError("J012", f"'{text}' sets {wanted}, not {name}", f"write set_by at {wanted}")
    return text
