"""Reads webhook steps: where to post, what to say, and what to keep of the answer."""

import re
from collections.abc import Mapping

from care.domain.moments import Duration
from care.domain.steps import Webhook
from care.rulebook.assignments import journey_field
from care.rulebook.draft import Draft
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.forms import Entries, line_of
from care.rulebook.inventory import check_text
from care.rulebook.messages import Head, duration
from care.rulebook.names import simple_name
from care.rulebook.reader import Text

_NO_LENGTH = Duration(0)
_PLACE = re.compile(r"[^\s.{}\[\]$]+(\.[^\s.{}\[\]$]+)*")


def read_webhook(head: Head, entries: Entries, draft: Draft) -> Webhook:
    """A ``webhook`` step."""
    draft.known.check("endpoints", "endpoint", head.name.value, head.name, draft.findings)
    return Webhook(
        head.id,
        head.line,
        head.name.value,
        duration(entries, "up_to", draft) or _NO_LENGTH,
        _posted(entries, draft),
        _saved(entries, draft),
        head.only_if,
    )


def place(text: str) -> str:
    """Where a value stands in a JSON answer: names with dots between, such as ``customer.tier``.

    Raises:
        PhraseError: J012 when it is no such place.
    """
    if not _PLACE.fullmatch(text):
        better = re.sub(r"\[(\w+)\]", r".\1", text.removeprefix("$")).strip(".")
        hint = f"write {better}" if _PLACE.fullmatch(better) else "names with dots between, for example customer.tier"
        raise PhraseError("J012", f"{quoted(text)} is not a place in an answer", hint)
    return text


def _posted(entries: Entries, draft: Draft) -> Mapping[str, str]:
    values = {}
    for pair in entries.sections("with"):
        draft.findings.take(pair.key, simple_name, pair.key.value)
        if isinstance(pair.value, Text) and not pair.value.unread:
            text = " ".join(pair.value.value.split())
            check_text(text, draft.known, pair.value, draft.findings)
            values[pair.key.value] = text
        elif not isinstance(pair.value, Text):
            draft.findings.add("J012", pair.value, f"{quoted(pair.key.value)} takes one text", "")
    return values


def _saved(entries: Entries, draft: Draft) -> Mapping[str, str]:
    values = {}
    for pair in entries.sections("save"):
        journey_field(pair.key.value, pair.key, draft)
        text = line_of(pair.value, pair.key.value, draft.findings)
        where = draft.findings.take(text, place, text.value) if text is not None else None
        if where is not None:
            values[pair.key.value] = where
    return values
