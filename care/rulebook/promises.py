"""Reads promises.yaml: what must hold of every customer's life, in the words of rules and rule tests."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from care.domain.conditions import Condition
from care.rulebook.clocktimes import cap
from care.rulebook.company import taken
from care.rulebook.conditions import Conditions
from care.rulebook.durations import fixed
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, example_of, fill, line_of
from care.rulebook.names import Known
from care.rulebook.reader import Node, Section
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import STEPS, SURVEYS
from care.rulebook.words import Form, Setting

Kind = Literal["always", "never", "at_most", "ends"]
_KINDS: tuple[Kind, ...] = ("always", "never", "at_most", "ends")
_VERBS = ("send", "survey", "offer", "ticket", "webhook")
_SECTIONS = {"send": "templates", "offer": "offers", "ticket": "queues", "webhook": "endpoints"}

PROMISE_FILE = Form(
    "a promises file",
    "What must hold whatever happens: promises.yaml beside the catalogue; 'care rules prove' tries to break it.",
    (Setting("promises", "the promises, each in a sentence", required=True),),
    "promises:\n  - promise: Nobody who is unhappy gets an offer\n    when: {csat.last: at most 2}\n    never: offer",
)
PROMISE = Form(
    "a promise",
    "One thing that must hold of every customer, or of those for whom the tests hold.",
    (
        Setting("promise", "what is promised, in a sentence", required=True),
        Setting("journey", "only in this journey; else in all of them"),
        Setting("when", "for 'always' and 'never': only for customers for whom these tests hold, at that moment"),
        Setting("always", "what must happen once 'when' holds: {ticket: care_team}, or a verb alone"),
        Setting("within", "for 'always': how soon, for example 2 days; else before the journey ends"),
        Setting("never", "a verb, or the name of a template, offer, queue or survey, that must not occur"),
        Setting("at_most", "a limit: 3 messages in 7 days"),
        Setting("ends", "the longest a customer may be in the journey: within 120 days"),
    ),
    "- promise: Unhappy customers get a person\n  journey: washing_machine_care\n  when: {csat.score: at most 2}\n"
    "  always: {ticket: care_team}\n  within: 1 day",
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise.

    Attributes:
        journey: Only in this one; empty for all.
        verb: For ``always`` and ``never``: of the step; empty when only a name is meant.
        name: Of the template, offer, queue, survey or step; empty for any.
        count: For ``at_most``, with ``seconds`` the time it counts in; ``seconds`` for ``always`` and ``ends``, too.
        line: In promises.yaml; 0 for those that every rulebook must keep.
    """

    text: str
    kind: Kind
    line: int = 0
    journey: str = ""
    when: Condition | None = None
    verb: str = ""
    name: str = ""
    count: int = 0
    seconds: int = 0


def read_promises(root: Node, journeys: Collection[str], known: Known, findings: Findings) -> tuple[Promise, ...]:
    """The promises of a file; what is wrong is told and left out."""
    entries = fill(root, PROMISE_FILE, findings)
    items = entries.items("promises") if entries is not None else ()
    reading = _Reading(journeys, known, findings)
    return tuple(promise for item in items if (promise := reading.promise(item)) is not None)


class _Reading:
    """Reads one promise after the other."""

    def __init__(self, journeys: Collection[str], known: Known, findings: Findings) -> None:
        self._journeys = journeys
        self._known = known
        self._findings = findings
        self._conditions = Conditions(known, findings)

    def promise(self, item: Node) -> Promise | None:
        entries = fill(item, PROMISE, self._findings)
        text = entries.text("promise") if entries is not None else None
        if entries is None or text is None:
            return None
        kinds = [kind for kind in _KINDS if kind in entries]
        if len(kinds) != 1:
            self._findings.add("J003", entries.at, f"a promise says one of: {', '.join(_KINDS)}", example_of(PROMISE))
            return None
        if "within" in entries and kinds[0] != "always":
            self._findings.add("J003", entries.key("within"), "'within' belongs to 'always'", "remove it")
        if "when" in entries and kinds[0] in ("at_most", "ends"):
            message = f"'when' belongs to 'always' and 'never', not to '{kinds[0]}'"
            self._findings.add("J003", entries.key("when"), message, "remove it")
        before = len(self._findings.problems)
        when = entries.node("when")
        condition = self._conditions.read(when) if when is not None else None
        verb, name, count, seconds = self._asked(kinds[0], entries)
        if len(self._findings.problems) > before:
            return None
        journey = self._journey(entries)
        return Promise(text.value, kinds[0], text.line, journey, condition, verb, name, count, seconds)

    def _journey(self, entries: Entries) -> str:
        journey = entries.text("journey")
        if journey is not None and journey.value not in self._journeys:
            hint = did_you_mean(journey.value, self._journeys)
            self._findings.add("J010", journey, f"there is no journey {quoted(journey.value)}", hint)
        return journey.value if journey is not None else ""

    def _asked(self, kind: Kind, entries: Entries) -> tuple[str, str, int, int]:
        """Verb, name, count and seconds."""
        match kind:
            case "always":
                within = taken(entries, "within", fixed, self._findings)
                verb, name = self._always(entries)
                return verb, name, 0, within.seconds if within is not None else 0
            case "never":
                text = entries.text("never")
                verb, name = self._step(text.value) if text is not None else ("", "")
                if text is not None and not verb and not name:
                    hint = did_you_mean(text.value, {*STEPS, *self._names()})
                    self._findings.add("J010", text, f"unknown name {quoted(text.value)}", hint)
                return verb, name, 0, 0
            case "at_most":
                limit = taken(entries, "at_most", cap, self._findings)
                return "", "", limit.count if limit else 0, limit.seconds if limit else 0
            case "ends":
                return "", "", 0, taken(entries, "ends", _within, self._findings) or 0

    def _always(self, entries: Entries) -> tuple[str, str]:
        node = entries.node("always")
        if isinstance(node, Section) and len(node.pairs) == 1 and node.pairs[0].key.value in _VERBS:
            verb, text = node.pairs[0].key.value, line_of(node.pairs[0].value, "always", self._findings)
            if text is not None and verb in _SECTIONS:
                self._known.check(_SECTIONS[verb], _SECTIONS[verb][:-1], text.value, text, self._findings)
            return verb, text.value if text is not None else ""
        text = entries.text("always") if node is not None and not isinstance(node, Section) else None
        if text is not None and text.value in _VERBS:
            return text.value, ""
        if node is not None:
            message = f"'always' names one step: {', '.join(_VERBS)}"
            self._findings.add("J012", node, message, "write for example 'always: {ticket: care_team}'")
        return "", ""

    def _step(self, word: str) -> tuple[str, str]:
        return (word, "") if word in STEPS else ("", word) if word in self._names() else ("", "")

    def _names(self) -> set[str]:
        return {*SURVEYS, *(name for section in _SECTIONS.values() for name in self._known.names(section))}


def _within(text: str) -> int:
    """The seconds in ``within 120 days``.

    Raises:
        PhraseError: J012 or J013 when it is no such time.
    """
    word, _, span = text.partition(" ")
    if word != "within":
        raise PhraseError("J012", f"{quoted(text)} does not say within what time", "write for example: within 120 days")
    return fixed(span).seconds
