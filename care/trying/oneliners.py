"""One-liners: facts and events of a story on one line each, such as ``day 7 20:00 order.returned``."""

import shlex
from collections.abc import Mapping

from care.rulebook.findings import START, PhraseError, quoted
from care.rulebook.reader import Listing, Pair, Text
from care.rulebook.ruletests import Happening, moment_of
from care.rulebook.testdata import Story, read_payload

_WHEN = 3
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "consent.given": ("channel", "purpose"),
    "consent.withdrawn": ("channel", "purpose"),
    "message.bounced": ("channel",),
}


def pair_of(name: str, value: str, story: Story) -> Pair:
    """A fact as a rule test would write it; commas part the values of a list."""
    field = story.known.field(name)
    if name != "reach" and (field is None or field.type != "list"):
        return Pair(_text(name), _text(value))
    words = tuple(_text(word.strip()) for word in value.split(",") if word.strip())
    return Pair(_text(name), Listing(words, *START))


def happening_of(text: str, story: Story) -> Happening | None:
    """An event: ``day 7 20:00 order.placed order=other category=accessory``; ``None`` when a fault was noted."""
    words, findings = _words(text), story.findings
    if len(words) <= _WHEN:
        findings.add("J012", START, f"{quoted(text)} does not say when and what", "day 7 20:00 order.returned")
        return None
    at, event = findings.take(START, moment_of, " ".join(words[:_WHEN])), words[_WHEN]
    story.known.check("events", "event", event, START, findings)
    said = dict(word.partition("=")[::2] for word in words[_WHEN + 1 :])
    for name in _NEEDED.get(event, ()):
        if name not in said:
            findings.add("J003", START, f"{event} needs '{name}'", f"add it: {' '.join(_NEEDED[event])}")
    order = findings.take(START, _whose, said.pop("order", "own"))
    data, facts = read_payload(event, tuple(pair_of(*pair, story) for pair in said.items()), story)
    starts = story.starts
    if at is None or order is None:
        return None
    if at < (0, starts.hour * 60 + starts.minute):
        message = f"{quoted(text)} is before the customer enters ({starts:%H:%M} on day 0)"
        findings.add("J012", START, message, "write a later time")
    return Happening(at, event, 0, data, facts, "own" if order == "own" else "other")


def _whose(text: str) -> str:
    if text not in ("own", "other"):
        raise PhraseError("J011", f"order {quoted(text)} is neither own nor other", "order=other is another order")
    return text


def _text(value: str) -> Text:
    return Text(value, *START)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark without its end
        return text.split()
