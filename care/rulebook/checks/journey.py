"""The checks of one journey that need all of it to be read: what it asks, sends, promises and waits for."""

from care.domain.journey import Plan
from care.rulebook.checks.asking import check_asking
from care.rulebook.checks.bounds import check_bounds
from care.rulebook.checks.hopes import check_hopes
from care.rulebook.checks.places import Places
from care.rulebook.checks.timeliness import check_timeliness
from care.rulebook.checks.windows import check_windows
from care.rulebook.draft import Draft
from care.rulebook.reader import Node


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
