"""Bounds: the messages one journey sends together, held against the caps."""

from collections.abc import Mapping

from care.domain.catalogue import Cap
from care.domain.journey import MAIN, Plan
from care.rulebook.checks.crowding import Crowding, TooManyWaysError
from care.rulebook.checks.places import Places
from care.rulebook.checks.spans import WEEK
from care.rulebook.clocktimes import cap_words
from care.rulebook.draft import Draft

_NAMED = 8


def check_bounds(plan: Plan, draft: Draft, places: Places) -> Mapping[str, float]:
    """Note J040: more messages in a span of time than a cap lets through.

    Returns:
        For each offer the fewest seconds after entry at which it is made, by step id.
    """
    catalogue = draft.known.catalogue
    own = plan.sending.frequency_cap if plan.sending is not None else None
    caps = [(own, "this journey's own cap is"), (catalogue.company.frequency_cap, "the cap is")]
    offered: Mapping[str, float] = {}
    for cap, words in [(cap, words) for cap, words in caps if cap is not None] or [(Cap(0, WEEK), "")]:
        crowding = Crowding(plan, catalogue, cap.seconds)
        try:
            crowd = crowding.all()
        except TooManyWaysError:
            message = "how many messages can come together could not be worked out: there are too many ways through"
            draft.findings.add("J040", places.top(MAIN), message, "split this into several journeys", "warning")
            return {}
        offered = crowding.offered
        if words and crowd.last is not None and len(crowd.names) > cap.count:
            message = f"up to {_so_many(crowd.names, cap)} ({_ends(crowd.names)}); {words} {cap.count}"
            draft.findings.add("J040", places.step(crowd.last), message, _hint(crowd.names), "warning")
            break
    return offered


def _so_many(names: tuple[str, ...], cap: Cap) -> str:
    return cap_words(Cap(len(names), cap.seconds))


def _ends(names: tuple[str, ...]) -> str:
    return " → ".join(names if len(names) < 3 else (names[0], "…", names[-1]))


def _hint(names: tuple[str, ...]) -> str:
    what = f"they are {', '.join(names)}; " if len(names) <= _NAMED else ""
    return f"{what}the cap holds the last ones back and drops what then comes too late: wait longer between them"
