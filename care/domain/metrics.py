"""Satisfaction metrics, each with the interval that tells how far to trust it.

CSAT and CES are shares of all answers (top two of five, top three of seven), never means. NPS is in points. Intervals
are at 95 %: Wilson's for shares, the adjusted Wald interval for NPS (measuringu.com/nps-three-confidence-intervals).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from care.domain.catalogue import Field

SCALES: Mapping[str, range] = {"csat": range(1, 6), "nps": range(11), "ces": range(1, 8)}

Z95 = 1.959963984540054

CSAT_SATISFIED = 4
CES_EASY = 5
NPS_PROMOTER = 9
NPS_DETRACTOR = 6

Mood = Literal["happy", "neutral", "unhappy"]

# From which score on an answer is happy, and up to which it is unhappy.
_MOODS: Mapping[str, tuple[int, int]] = {
    "csat": (CSAT_SATISFIED, 2),
    "nps": (NPS_PROMOTER, NPS_DETRACTOR),
    "ces": (CES_EASY, 3),
}


def score_field(fields: Mapping[str, Field], survey: str) -> Field:
    """The field that an answer to a survey fills: the catalogue's, or one with the survey's whole scale."""
    name, scale = f"{survey}.score", SCALES[survey]
    return fields.get(name) or Field(name, "number", low=scale[0], high=scale[-1], whole=True)


def mood(survey: str, score: float) -> Mood:
    """What an answer says of its customer: promoters are happy and detractors unhappy; so with the other scales."""
    happy, unhappy = _MOODS[survey]
    return "happy" if score >= happy else "unhappy" if score <= unhappy else "neutral"


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``total``; ``value``, ``low`` and ``high`` are percentages, ``None`` without any answer."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class NetPromoter:
    """NPS in points from -100 to 100: promoters less detractors, of all who answered.

    Attributes:
        value: The plain score, ``None`` without any answer.
        estimate: Centre of the adjusted Wald interval from ``low`` to ``high``.
    """

    promoters: int
    passives: int
    detractors: int
    total: int
    value: float | None
    estimate: float | None
    low: float | None
    high: float | None


def csat(scores: Sequence[float]) -> Share:
    """Satisfied customers: answers of 4 and 5 on the scale from 1 to 5."""
    return share(sum(score >= CSAT_SATISFIED for score in scores), len(scores))


def ces(scores: Sequence[float]) -> Share:
    """Customers who found it easy: answers of 5, 6 and 7 on the scale from 1 to 7 (CES 2.0)."""
    return share(sum(score >= CES_EASY for score in scores), len(scores))


def share(count: int, total: int) -> Share:
    """A share with Wilson's interval."""
    if total == 0:
        return Share(count, total, None, None, None)
    low, high = wilson(count, total)
    return Share(count, total, 100 * count / total, 100 * low, 100 * high)


def wilson(count: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share, as shares from 0 to 1; ``total`` is at least 1."""
    part = count / total
    spread = z * z / total
    centre = part + spread / 2
    reach = z * sqrt(part * (1 - part) / total + spread / (4 * total))
    return max(0.0, (centre - reach) / (1 + spread)), min(1.0, (centre + reach) / (1 + spread))


def nps(scores: Sequence[float]) -> NetPromoter:
    """Net promoter score: 9 and 10 promote, 0 to 6 detract, 7 and 8 only count in the total."""
    promoters = sum(score >= NPS_PROMOTER for score in scores)
    detractors = sum(score <= NPS_DETRACTOR for score in scores)
    return net_promoter(promoters, detractors, len(scores))


def net_promoter(promoters: int, detractors: int, total: int) -> NetPromoter:
    """Net promoter score of counted answers, with the adjusted Wald interval."""
    passives = total - promoters - detractors
    if total == 0:
        return NetPromoter(promoters, passives, detractors, total, None, None, None, None)
    value = 100 * (promoters - detractors) / total
    estimate, low, high = adjusted_wald(promoters, detractors, total)
    return NetPromoter(promoters, passives, detractors, total, value, 100 * estimate, 100 * low, 100 * high)


def adjusted_wald(promoters: int, detractors: int, total: int, z: float = Z95) -> tuple[float, float, float]:
    """Estimate, low and high of promoters' less detractors' share, from -1 to 1 (Rocks 2016: three answers added)."""
    size = total + 3
    up, down = (promoters + 0.75) / size, (detractors + 0.75) / size
    estimate = up - down
    reach = z * sqrt(net_variance(up, down) / size)
    return estimate, max(-1.0, estimate - reach), min(1.0, estimate + reach)


def net_variance(promoters: float, detractors: float) -> float:
    """Variance of one answer worth 1, 0 or -1, from the shares of promoters and detractors."""
    return promoters + detractors - (promoters - detractors) ** 2
