"""What the shop's customers do, drawn from the seed: who buys when, answers what, leaves, returns, and in which zone.

Nothing here has happened yet; instants are seconds after the first purchase.
"""

from dataclasses import dataclass
from typing import Literal

from tests.chaos.chance import Chance

Where = Literal["day", "edge", "night"]
Category = Literal["kettle", "toaster", "cable"]
Leaving = Literal["", "shop", "one-click", "stop"]

# Of the customers of a second purchase; everybody has one.
_AGAIN = 0.15
_WHERE: tuple[tuple[Where, float], ...] = (("night", 0.06), ("edge", 0.12), ("day", 1.0))
# Most purchases are small ones: the machine is to be busy with faults, not with messages.
_CATEGORIES: tuple[tuple[Category, float], ...] = (("kettle", 0.15), ("toaster", 0.3), ("cable", 1.0))
_ARRIVES = 0.4
_MOODS = (("greylist", 0.03), ("drop-after-dot", 0.05), ("", 1.0))


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase.

    Attributes:
        at: When it is made.
        delivered: Seconds until the shop tells of its delivery, which may be before it tells of the purchase; none when
            it is never delivered.
        returned: Seconds until the goods come back; none when they are kept.
    """

    order: str
    at: float
    category: Category
    delivered: float | None
    returned: float | None


@dataclass(frozen=True, slots=True)
class Life:
    """One customer.

    Attributes:
        where: In a zone where it is day, where quiet hours begin within the run, or where it is night.
        mood: What the mail catcher does with the address (``care.peers.mailcatcher``).
        agrees: Whether they agreed to advertising by e-mail.
        score: What they answer; 0 for never.
        slow: Whether they answer the reminder only.
        replies: Whether they answer an SMS by SMS rather than on the page.
        leaves: How they stop messages, on which channel, and how many seconds after the first purchase.
    """

    number: int
    where: Where
    mood: str
    agrees: bool
    score: int
    slow: bool
    replies: bool
    leaves: Leaving
    leaves_channel: Literal["email", "sms"]
    leaves_after: float
    purchases: tuple[Purchase, ...]

    @property
    def id(self) -> str:
        """The shop's id of the customer."""
        return f"KH-{self.number}"

    @property
    def email(self) -> str:
        """The address, by which the catcher knows how to behave."""
        return f"{self.mood or 'buyer'}+{self.number}@customers.example"

    @property
    def phone(self) -> str:
        """A number in Singapore, where no policy pack holds."""
        return f"+6591{self.number:06}"


def lives(seed: str, purchases: int, span: float, *, brief: bool) -> list[Life]:
    """The customers of so many purchases.

    Args:
        span: Seconds over which the purchases are spread.
        brief: Whether nobody takes longer than some seconds for anything.
    """
    found: list[Life] = []
    left = purchases
    while left > 0:
        life = _life(Chance(seed), len(found) + 1, span, most=min(left, 2), brief=brief)
        found.append(life)
        left -= len(life.purchases)
    return found


def _life(chance: Chance, number: int, span: float, most: int, *, brief: bool) -> Life:
    def happens(share: float, *name: object) -> bool:
        return chance.happens(share, "life", number, *name)

    where = _drawn(_WHERE, chance.number("life", number, "where"))
    count = 2 if most > 1 and happens(_AGAIN, "again") else 1
    leaves: Leaving = (
        chance.one_of(("shop", "one-click", "stop"), "life", number, "how") if happens(0.15, "leaves") else ""
    )
    channel: Literal["email", "sms"] = "email" if happens(0.5, "channel") else "sms"
    return Life(
        number=number,
        where=where,
        mood="" if brief else _drawn(_MOODS, chance.number("life", number, "mood")),
        agrees=happens(0.7, "agrees"),
        score=int(chance.between(1, 6, "life", number, "score")) if brief or happens(0.75, "answers") else 0,
        slow=not brief and happens(0.2, "slow"),
        replies=happens(0.6, "replies"),
        leaves=leaves,
        leaves_channel={"one-click": "email", "stop": "sms"}.get(leaves, channel),  # type: ignore[arg-type]
        leaves_after=chance.between(1, 10 if brief else 150, "life", number, "leaves after"),
        purchases=tuple(_purchase(chance, number, count, at, span, brief=brief) for at in range(count)),
    )


def _purchase(chance: Chance, number: int, count: int, nth: int, span: float, *, brief: bool) -> Purchase:
    name = ("purchase", number, nth)
    # The first of two comes in the first half, so that the second may come while its journey runs.
    share = chance.number(*name, "at")
    first = chance.number("purchase", number, 0, "at") / 2 * span
    at = (share if count == 1 else share / 2) * span if nth == 0 else first + chance.between(5, span / 2, *name, "next")
    pace = 0.1 if brief else 1.0
    delivered = pace * chance.between(2, 60, *name, "delivered") if chance.happens(_ARRIVES, *name, "arrives") else None
    if delivered is not None and chance.happens(0.2, *name, "reordered"):
        delivered = -min(at, pace * chance.between(1, 20, *name, "early"))
    returned = pace * chance.between(5, 150, *name, "returned") if chance.happens(0.08, *name, "returns") else None
    category: Category = _drawn(_CATEGORIES, chance.number(*name, "category"))
    return Purchase(f"DH-{number}-{nth + 1}", at, category, delivered, returned)


def _drawn(shares: tuple[tuple[object, float], ...], number: float) -> object:  # type: ignore[misc]
    return next(word for word, below in shares if number < below)
