"""Counterparts: which wait of one plan became which wait of the next.

A wait without an ``id:`` is called by its words, so a wait that ends at another time would look like another step.
Where waits stand in the same place between the same steps, they are taken for the same wait.
"""

from difflib import SequenceMatcher

from care.domain.journey import Plan
from care.domain.steps import Step, Wait


def counterparts(old: Plan, new: Plan) -> dict[str, str]:
    """Old step id to new step id, for waits whose words changed in their place."""
    found: dict[str, str] = {}
    kept = {step.id for steps in new.paths.values() for step in steps}
    known = {step.id for steps in old.paths.values() for step in steps}
    for path in old.paths.keys() & new.paths.keys():
        before, after = old.paths[path], new.paths[path]
        matcher = SequenceMatcher(None, [step.id for step in before], [step.id for step in after], autojunk=False)
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag == "replace" and j - i == m - k:
                pairs = zip(before[i:j], after[k:m], strict=True)
                found.update((was.id, now.id) for was, now in pairs if _same(was, now, kept, known))
    return found


def _same(was: Step, now: Step, kept: set[str], known: set[str]) -> bool:
    """Whether both are waits, and neither stands anywhere in the other plan."""
    return isinstance(was, Wait) and isinstance(now, Wait) and was.id not in kept and now.id not in known
