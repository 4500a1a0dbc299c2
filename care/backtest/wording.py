"""Differences in words, as a person would tell them."""

from care.backtest.comparing import Group, Kind


def sentence(kind: Kind, group: Group | None = None) -> str:
    """A kind of difference as a person says it."""
    place = f" ({kind.journey})" if kind.journey and kind.what != "journey" else ""
    match kind.what, kind.how:
        case "message", "gets" | "no longer gets":
            return f"{kind.how} {kind.name} by {kind.detail}{place}"
        case _, "gets in another way":
            noun = "" if kind.what == "message" else "leaves otherwise: " if kind.what == "end" else f"{kind.what} "
            return f"{noun}{kind.detail}{place}"
        case _, "gets at another time":
            verb = {"message": "gets", "ticket": "ticket for", "journey": "enters", "end": "leaves with"}[kind.what]
            return f"{verb} {kind.name} {_shift(group)}{place}"
        case "ticket", _:
            word = "a ticket for" if kind.how == "gets" else "no ticket for"
            return f"{word} {kind.name} any more{place}" if word.startswith("no") else f"{word} {kind.name}{place}"
        case "journey", _:
            return f"{'enters' if kind.how == 'gets' else 'no longer enters'} {kind.name}"
        case _:
            return f"{'leaves' if kind.how == 'gets' else 'no longer leaves'} {kind.journey}: {kind.name}"


def _shift(group: Group | None) -> str:
    if group is None:
        return "at another time"
    low, high = group.low, group.high
    if low == high:
        return f"{span(abs(low))} {'later' if low > 0 else 'earlier'}"
    if low > 0:
        return f"{span(low)} to {span(high)} later"
    if high < 0:
        return f"{span(-high)} to {span(-low)} earlier"
    return f"up to {span(-low)} earlier or {span(high)} later"


def span(seconds: float) -> str:
    """A length of time in the two units that say most: ``1 day 2 hours``, ``35 minutes``."""
    left, words = round(seconds), []
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) or "0 seconds"
