"""What the doctor says of one thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        area: Where it belongs, for example ``store``.
        what: The thing, in a word or two.
        found: What was found; it names no secret.
        do: What to do about it; empty when it is fine.
    """

    area: str
    what: str
    verdict: Verdict
    found: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the findings of one area."""

    name: str

    def ok(self, what: str, found: str) -> Finding:
        """It is fine."""
        return Finding(self.name, what, "ok", found)

    def warning(self, what: str, found: str, do: str) -> Finding:
        """It works, and should be looked at."""
        return Finding(self.name, what, "warning", found, do)

    def broken(self, what: str, found: str, do: str) -> Finding:
        """It does not work."""
        return Finding(self.name, what, "broken", found, do)


def worst(findings: Sequence[Finding]) -> Verdict:
    """The worst of the verdicts."""
    given = {each.verdict for each in findings}
    return "broken" if "broken" in given else "warning" if "warning" in given else "ok"
