"""What the judge says: a count for every question, and what is wrong, customer by customer."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wrong:
    """One broken promise.

    Attributes:
        what: The question it breaks, one of ``ZEROS``.
        customer: The shop's id, or empty.
        story: What was seen, in a sentence.
    """

    what: str
    customer: str
    story: str


# What has to be nought at the end, and what each means.
ZEROS = {
    "purchases lost": "acknowledged with 202, and then unknown, undecided, or in no journey",
    "messages lost": "said to be sent and not received, or due and neither sent nor explained",
    "messages doubled": "received more than once",
    "messages nobody ordered": "received, and in no audit, or said not to have left",
    "unknown without need": "called unknown although the wire, or the sender, could tell",
    "customers stuck": "in a journey with nothing due, or with something that never ends",
    "timelines with gaps": "an entry, a step or an outcome is missing, or something was told twice",
    "timelines out of order": "entries or steps in another order than they happened",
    "messages against consent": "left after the customer's no was acknowledged, or without a yes to advertising",
    "messages outside the window": "left in the customer's quiet hours",
    "answers lost": "a score that was acknowledged is not in the audit",
    "wrong answers of the API": "neither a receipt, nor a conflict where one is due, nor a plea to come again",
}


@dataclass
class Verdict:
    """The counts and the faults.

    Attributes:
        counts: What there was, by name; in the order of the report.
        unknown_because: Why nobody could know, by reason.
        excused: Why messages that were due did not leave, by reason.
    """

    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    unknown_because: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)

    def blame(self, what: str, customer: str, story: str) -> None:
        """Note that something is wrong."""
        assert what in ZEROS, what
        self.wrong.append(Wrong(what, customer, story))

    @property
    def zeros(self) -> dict[str, int]:
        """How often each promise was broken."""
        broken = Counter(each.what for each in self.wrong)
        return {what: broken[what] for what in ZEROS}
