"""Sides: a made-up customer for whom every split falls as it was asked."""

from collections.abc import Iterator, Mapping

from care.domain.journey import Plan
from care.domain.splitting import side_of
from care.domain.steps import Split, Webhook
from care.rulebook.findings import PhraseError, quoted
from care.rulebook.spelling import did_you_mean

HOLDOUT = "holdout"

_MOST_KEYS = 20_000


def customer_on(sides: Mapping[str, str], plan: Plan) -> str:
    """The key of a customer who is on these sides of the plan's splits; ``holdout`` is a side, too.

    Raises:
        PhraseError: When there is no such split or side, or no such customer was found.
    """
    splits = {split.name: split for split in splits_of(plan)}
    for name, side in sides.items():
        split = splits.get(name)
        if split is None:
            hint = did_you_mean(name, splits) or f"{plan.journey} has no split"
            raise PhraseError("J010", f"there is no split {quoted(name)}", hint)
        known = [*(share.then for share in split.shares), *([HOLDOUT] if split.holdout else [])]
        if side not in known:
            raise PhraseError("J011", f"{quoted(side)} is no side of {name}", did_you_mean(side, known))
    for key in _keys():
        if all(_side(splits[name], key) == side for name, side in sides.items()):
            return key
    raise PhraseError("J012", "no customer was found who is on all these sides", "ask for fewer at once")


def splits_of(plan: Plan) -> Iterator[Split]:
    """The splits of a plan."""
    return (step for steps in plan.paths.values() for step in steps if isinstance(step, Split))


def saves_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """What webhooks keep of answers: ``crm.customer.tier`` (endpoint and place) and the journey field it fills."""
    webhooks = (step for steps in plan.paths.values() for step in steps if isinstance(step, Webhook))
    return ((f"{step.endpoint}.{place}", field) for step in webhooks for field, place in step.save.items())


def _keys() -> Iterator[str]:
    """Keys of the shape and length the store gives, so that links are as long as they will be."""
    return (f"c_{number:020x}" for number in range(1, _MOST_KEYS))


def _side(split: Split, customer: str) -> str:
    share = side_of(split, customer)
    return HOLDOUT if share is None else share.then
