"""Reads settings by name, refusing what a form does not know and naming what it lacks."""

from collections.abc import Mapping
from dataclasses import replace

from care.rulebook.findings import Findings, Placed, quoted
from care.rulebook.reader import Listing, Node, Pair, Section, Text
from care.rulebook.spelling import did_you_mean, meant, nearest
from care.rulebook.vocabulary import SYNONYMS
from care.rulebook.words import Form

_EMPTY = "write a value after the colon; a '#' begins a comment"


class Entries:
    """The settings of one form as a file holds them; asking for one tells what is wrong with it.

    Attributes:
        at: Where problems of the whole form are shown.
    """

    def __init__(self, form: Form, at: Placed, pairs: Mapping[str, Pair], findings: Findings) -> None:
        self.form = form
        self.at = at
        self.pairs = pairs
        self._findings = findings

    def __contains__(self, name: str) -> bool:
        """Whether the setting is written, with whatever value."""
        return name in self.pairs

    def key(self, name: str) -> Placed:
        """Where the setting's name stands."""
        return self.pairs[name].key

    def node(self, name: str) -> Node | None:
        """The value, when there is one that could be read."""
        pair = self.pairs.get(name)
        if pair is None or (isinstance(pair.value, Text) and pair.value.unread):
            return None
        if isinstance(pair.value, Text) and not pair.value.value.strip():
            self._findings.add("J012", pair.key, f"{quoted(name)} has no value", _EMPTY)
            return None
        return pair.value

    def text(self, name: str) -> Text | None:
        """The value as one line of text."""
        node = self.node(name)
        return None if node is None else line_of(node, name, self._findings)

    def word(self, name: str, default: str = "") -> str:
        """The text itself, or the default where there is none."""
        text = self.text(name)
        return default if text is None else text.value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        text = self.text(name)
        if text is None or text.value in choices:
            return default if text is None else text.value
        message = f"{quoted(text.value)} is not one of the choices of '{name}' ({', '.join(choices)})"
        self._findings.add("J011", text, message, meant(text.value, choices))
        return default

    def texts(self, name: str) -> tuple[Text, ...]:
        """A list of words; a single word is a list of one."""
        node = self.node(name)
        if node is None:
            return ()
        if isinstance(node, Listing):
            return tuple(text for item in node.items if (text := line_of(item, name, self._findings)) is not None)
        text = line_of(node, name, self._findings)
        return () if text is None else (text,)

    def items(self, name: str) -> tuple[Node, ...]:
        """A list of anything."""
        node = self.node(name)
        if node is None:
            return ()
        if isinstance(node, Listing):
            return node.items
        self._findings.add("J012", node, f"'{name}' is a list", "begin each item on a line of its own with '- '")
        return ()

    def sections(self, name: str) -> tuple[Pair, ...]:
        """Things by name, each with a value of its own."""
        node = self.node(name)
        if node is None:
            return ()
        if isinstance(node, Section):
            return node.pairs
        self._findings.add("J012", node, f"'{name}' holds 'name: value' lines", example_of(self.form))
        return ()


def example_of(form: Form) -> str:
    """A form's example as a hint."""
    return "for example:  " + "  /  ".join(line.strip() for line in form.example.splitlines())


def line_of(node: Node, name: str, findings: Findings) -> Text | None:
    """A node as one line of text, with single spaces; ``None`` with the problem noted when it is something else."""
    if isinstance(node, Text):
        words = " ".join(node.value.split())
        if node.unread:
            return None
        if not words:
            findings.add("J012", node, f"an empty value in '{name}'", _EMPTY)
            return None
        return replace(node, value=words)
    kind = "a list" if isinstance(node, Listing) else "settings"
    findings.add("J012", node, f"'{name}' takes one value, not {kind}", "")
    return None


def fill(node: Node, form: Form, findings: Findings, at: Placed | None = None) -> Entries | None:
    """The settings of a form, with every name it does not know and every one it lacks noted.

    Args:
        at: Where problems of the whole form are shown, when that is not where it begins.
    """
    entries = loosely(node, form, findings, at)
    if entries is None:
        return None
    near = set()
    for name, pair in entries.pairs.items():
        if name not in form.names:
            near.add(nearest(name, form.names))
            findings.add(
                "J003", pair.key, f"{quoted(name)} is not a setting of {form.name}", _hint(name, form, entries)
            )
    for setting in form.settings:
        if setting.required and setting.name not in entries and setting.name not in near:
            why = ", otherwise a customer can be stuck here for ever" if setting.code == "J033" else ""
            message = f"{form.name} needs '{setting.name}'{why}"
            findings.add(setting.code, entries.at, message, f"'{setting.name}' is {setting.meaning}")
    return entries


def _hint(name: str, form: Form, entries: Entries) -> str:
    """What an unknown setting was meant to be: a near name, another word for the same thing, or one of a few."""
    other = SYNONYMS.get(nearest(name, SYNONYMS), "")
    setting = next((each for each in form.settings if each.name == other), None)
    if setting is not None and not nearest(name, form.names):
        return f"did you mean '{other}'? It is {setting.meaning}"
    return did_you_mean(name, [known for known in form.names if known not in entries])


def loosely(node: Node, form: Form, findings: Findings, at: Placed | None = None) -> Entries | None:
    """The settings of a form that may hold other names too."""
    if isinstance(node, Section):
        return Entries(form, at or node, {pair.key.value: pair for pair in node.pairs}, findings)
    if not (isinstance(node, Text) and node.unread):
        findings.add("J012", node, f"{form.name} is written as 'name: value' lines", example_of(form))
    return None
