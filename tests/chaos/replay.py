"""At the end everything that was acknowledged is posted once more: whatever is new then had been lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.book import Posted
from tests.chaos.shopkeeping import Shopkeeper

_BATCH = 400


@dataclass(slots=True)
class Replayed:
    """What the API said of the acknowledged events.

    Attributes:
        lost: Events it had not heard of.
        statuses: Event id to the receipt's status.
        refused: Batches that were not accepted.
    """

    lost: list[str] = field(default_factory=list)
    statuses: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


async def replay(keeper: Shopkeeper) -> Replayed:
    """Post it all again, and read the receipts."""
    found = Replayed()
    for batch in _batches(keeper.book.acknowledged()):
        answer = await keeper.post_all([posted.event for posted in batch])
        if answer.status_code != 202:
            found.refused.append(f"{answer.status_code} {answer.text[:300]}")
            continue
        for receipt in answer.json()["receipts"]:
            found.statuses[receipt["id"]] = receipt["status"]
            if not receipt["duplicate"]:
                found.lost.append(receipt["id"])
    return found


def _batches(posted: Sequence[Posted]) -> Iterator[Sequence[Posted]]:
    for at in range(0, len(posted), _BATCH):
        yield posted[at : at + _BATCH]
