"""How two versions of one thing differ, setting by setting, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from care.domain.catalogue import Cap, Window
from care.domain.journey import Sending
from care.domain.steps import Assignment, Share, Step
from care.rulebook.amounts import number_words, share_words
from care.rulebook.clocktimes import cap_words, stretch_words
from care.rulebook.versions import behaviour

_SETTINGS = {"values": "with", "shares": "between", "assignments": "set"}
_UNSAID = frozenset({"id", "line", "text"})
_NOTHING = (None, "", (), 0)
_LONGEST = 40


def step_differences(before: Step, after: Step) -> Iterator[str]:
    """Which settings of a step differ, with both values where they are short words."""
    if before.verb != after.verb:
        yield f"{before.verb} became {after.verb}"
        return
    for each in fields(after):
        was, now = getattr(before, each.name), getattr(after, each.name)
        if each.name == "holdout":
            was, now = _share(was), _share(now)
        if each.name not in _UNSAID:
            yield from differences(_SETTINGS.get(each.name, each.name), was, now)


def differences(name: str, before: object, after: object) -> Iterator[str]:
    """What became of a setting; things that it holds by name are told one by one."""
    was, now = _named(before), _named(after)
    if was is None or now is None:
        if behaviour(before) != behaviour(after):
            yield _difference(name, before, after)
        return
    for key in (*was, *(key for key in now if key not in was)):
        if behaviour(was.get(key)) != behaviour(now.get(key)):
            yield _difference(f"{name} {key}", was.get(key), now.get(key))


def _difference(name: str, before: object, after: object) -> str:
    """Both values when they are short, else what is there now or not any more."""
    old, new = _said(before), _said(after)
    if old and new:
        return f"{name} {old} → {new}"
    if before in _NOTHING:
        return f"{name} added" + (f" ({new})" if new else "")
    return f"{name} removed" if after in _NOTHING else f"{name} changed"


def _said(value: object) -> str:
    """A value in a few words, or nothing when it takes more."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_words(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else ""
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return " then ".join(value)
    if isinstance(value, Window):
        return stretch_words(value)
    return cap_words(value) if isinstance(value, Cap) else str(getattr(value, "text", "") or "")


def _named(value: object) -> dict[str, object] | None:
    """What a setting holds by name, or ``None`` when it is one value."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sending):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, tuple) and value and all(isinstance(item, Share | Assignment) for item in value):
        return dict(_item(item) for item in value)
    return None


def _item(item: Share | Assignment) -> tuple[str, object]:
    if isinstance(item, Share):
        return item.then, _share(item.part)
    return (item.field, item.value) if item.how == "is" else (f"{item.field} {item.how} {item.value}", True)


def _share(part: float) -> str | None:
    return share_words(part) if part else None
