"""Reads rules: ``when`` and ``then``, or ``otherwise`` at the end; branches and customer types are made of them."""

from typing import NamedTuple

from care.domain.conditions import Condition
from care.rulebook.conditions import Conditions
from care.rulebook.findings import Findings
from care.rulebook.forms import Entries, example_of, fill
from care.rulebook.reader import Node, Text
from care.rulebook.vocabulary import RULE


class RuleDraft(NamedTuple):
    """A rule with its places; ``when`` is ``None`` for ``otherwise``, and for a condition that is broken."""

    at: Node
    when: Condition | None
    tests: Node | None
    then: Text

    @property
    def whole(self) -> bool:
        """Whether the rule can be used as it is."""
        return self.when is not None or self.tests is None


def read_rules(items: tuple[Node, ...], conditions: Conditions, findings: Findings) -> list[RuleDraft]:
    """The rules of a list; what cannot be made out is told and left out."""
    rules: list[RuleDraft] = []
    last: Entries | None = None
    for item in items:
        if last is not None:
            message = f"'otherwise' (line {last.at.line}) takes every case: this rule is never reached"
            findings.add("J003", item, message, "move 'otherwise' to the end")
        entries = fill(item, RULE, findings)
        if entries is None or not _is_whole(entries, findings):
            continue
        last = entries if "otherwise" in entries else last
        then = entries.text("otherwise" if "otherwise" in entries else "then")
        tests = entries.node("when")
        when = conditions.read(tests) if tests is not None else None
        if then is not None and (tests is not None or "when" not in entries):
            rules.append(RuleDraft(item, when, tests, then))
    return rules


def _is_whole(entries: Entries, findings: Findings) -> bool:
    """Whether a rule has both halves, or is an ``otherwise`` alone."""
    wanted = {"otherwise"} if "otherwise" in entries else {"when", "then"}
    lacking = sorted(wanted - set(entries.pairs))
    extra = sorted({"when", "then"} & set(entries.pairs)) if "otherwise" in entries else []
    if lacking and not set(entries.pairs) - set(RULE.names):
        findings.add("J003", entries.at, f"this rule has no '{lacking[0]}'", example_of(RULE))
    if extra:
        message = f"'{extra[0]}' cannot stand beside 'otherwise'"
        findings.add("J003", entries.key(extra[0]), message, "write 'otherwise: …' alone, as the last rule")
    return not lacking and not extra
