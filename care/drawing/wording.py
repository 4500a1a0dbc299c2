"""Conditions, times and lists as a marketer would say them."""

from collections.abc import Sequence

from care.domain.conditions import Condition, FieldTest, Group, Named
from care.domain.journey import EndRule, ReEntry, Sending

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
_RE_ENTRY = {
    "never": "a customer enters once only",
    "always": "a customer enters every time",
    "once per order": "once per order",
}


def said(condition: Condition) -> str:
    """A condition in words: ``csat.score is at most 2 and ticket.open is no``."""
    return _said(condition, inside=False)


def _said(condition: Condition, *, inside: bool) -> str:
    if isinstance(condition, FieldTest):
        return f"{condition.field} {_asked(condition)}"
    if isinstance(condition, Named):
        return condition.name if condition.wanted else f"not {condition.name}"
    return _joined(condition, inside=inside)


def _asked(condition: FieldTest) -> str:
    test = condition.test
    if test.op != "includes":
        return f"is {test.text}"
    return f"does not {test.text.removeprefix('not ').replace('includes', 'include', 1)}" if test.negated else test.text


def _joined(group: Group, *, inside: bool) -> str:
    if len(group.parts) == 1:
        only = _said(group.parts[0], inside=inside)
        return f"not ({only})" if group.join == "none" else only
    parts = [_said(part, inside=True) for part in group.parts]
    if group.join == "none":
        return f"none of ({', '.join(parts)})"
    words = (" and " if group.join == "all" else " or ").join(parts)
    return f"({words})" if inside else words


def listed(words: Sequence[str], last: str) -> str:
    """Words with commas between them: ``a, b or c``."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def span(seconds: int) -> str:
    """A length of time in the largest unit that fits: ``60 days``."""
    unit, word = next(((unit, word) for unit, word in _UNITS if seconds % unit == 0), (1, "second"))
    count = seconds // unit
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def share(part: float) -> str:
    """A share in percent, with the digits it needs: ``12.5%``."""
    return f"{round(part * 100, 4):g}%"


def end_rule(rule: EndRule) -> str:
    """What ends a journey early."""
    words = rule.event
    if rule.of == "customer":
        words += ", of any order"
    if rule.when is not None:
        words += f", when {said(rule.when)}"
    return words if rule.within is None else f"{words}, within {span(rule.within)}"


def re_entry(rule: ReEntry) -> str:
    """When a customer may enter again."""
    return f"again after {span(rule.seconds)} at the earliest" if rule.kind == "after" else _RE_ENTRY[rule.kind]


def sending(limits: Sending | None) -> tuple[str, ...]:
    """A journey's own limits on its messages."""
    if limits is None:
        return ()
    said = []
    if limits.quiet_hours is not None:
        said.append(f"sends nothing from {_clock(limits.quiet_hours.start)} to {_clock(limits.quiet_hours.end)}")
    if limits.frequency_cap is not None:
        cap = limits.frequency_cap
        said.append(f"at most {cap.count} message{'' if cap.count == 1 else 's'} in {span(cap.seconds)}")
    if limits.timezone:
        said.append(f"keeps the quiet hours of {limits.timezone} too")
    return tuple(said)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
