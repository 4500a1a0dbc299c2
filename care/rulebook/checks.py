"""The checks of one journey that need all of it to be read: what it asks, sends, promises and waits for."""

from care.domain.journey import Plan
from care.rulebook.asking import check_asking
from care.rulebook.bounds import check_bounds
from care.rulebook.draft import Draft
from care.rulebook.hopes import check_hopes
from care.rulebook.places import Places
from care.rulebook.reader import Node
from care.rulebook.timeliness import check_timeliness
from care.rulebook.windows import check_windows


def check_journey(plan: Plan, draft: Draft, root: Node) -> None:
    """Note J040, J050, J053 and J055; while anything else is wrong the journey is not whole, and nothing is claimed."""
    if draft.findings.broken:
        return
    places = Places(root, draft.marks)
    check_asking(plan, draft, places)
    offered = check_bounds(plan, draft, places)
    check_timeliness(plan, draft, places, offered)
    check_hopes(plan, draft, places)
    check_windows(plan, draft, places)
