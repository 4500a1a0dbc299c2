import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.metrics import adjusted_wald, ces, csat, mood, net_promoter, net_variance, nps, share, wilson


def _percent(interval: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(100 * bound, 1) for bound in interval)


def test_csat_is_the_share_of_fours_and_fives_not_the_mean() -> None:
    score = csat([5] * 42 + [4] * 32 + [3] * 10 + [2] * 9 + [1] * 14)
    assert (score.count, score.total) == (74, 107)
    assert score.value == pytest.approx(69.16, abs=0.005)
    assert (round(score.low or 0, 1), round(score.high or 0, 1)) == (59.9, 77.1)


def test_ces_is_the_share_of_five_and_more() -> None:
    assert ces([5, 6, 7, 5, 6, 7, 5, 6, 1, 4]).value == 80


def test_nps_counts_passives_in_the_total_only() -> None:
    score = nps([9, 10, 9, 7, 8, 6])
    assert (score.promoters, score.passives, score.detractors, score.total) == (3, 2, 1, 6)
    assert score.value == pytest.approx(100 / 3)


@pytest.mark.parametrize(("score", "value"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
def test_each_score_of_nps_promotes_detracts_or_neither(score: int, value: int) -> None:
    assert nps([score]).value == value


@pytest.mark.parametrize(
    ("survey", "unhappy", "neutral", "happy"),
    [("csat", 2, 3, 4), ("nps", 6, 7, 9), ("nps", 0, 8, 10), ("ces", 3, 4, 5)],
)
def test_an_answer_tells_a_mood(survey: str, unhappy: int, neutral: int, happy: int) -> None:
    assert [mood(survey, score) for score in (unhappy, neutral, happy)] == ["unhappy", "neutral", "happy"]


def test_the_variance_of_nps_is_as_published() -> None:
    assert net_variance(1 / 2, 1 / 6) == pytest.approx(5 / 9)


def test_the_interval_of_nps_is_as_published() -> None:
    assert _percent(adjusted_wald(36, 12, 67)) == (34.3, 16.3, 52.3)
    score = net_promoter(36, 12, 67)
    assert round(score.estimate or 0, 1) == 34.3
    assert score.value == pytest.approx(100 * 24 / 67)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"), [(3, 3, 43.9, 100.0), (0, 5, 0.0, 43.4), (74, 107, 59.9, 77.1)]
)
def test_wilsons_interval_is_as_published(count: int, total: int, low: float, high: float) -> None:
    assert _percent(wilson(count, total)) == (low, high)


def test_without_answers_there_is_no_score() -> None:
    assert (csat([]).value, csat([]).low, csat([]).high) == (None, None, None)
    assert (nps([]).value, nps([]).estimate, nps([]).low, nps([]).high) == (None, None, None, None)


@given(total=st.integers(1, 2_000), data=st.data())
def test_a_share_lies_inside_its_interval(total: int, data: st.DataObject) -> None:
    score = share(data.draw(st.integers(0, total)), total)
    assert score.value is not None
    assert score.low is not None
    assert score.high is not None
    assert 0 <= score.low <= score.value + 1e-9
    assert score.value - 1e-9 <= score.high <= 100


@given(scores=st.lists(st.integers(0, 10), min_size=1))
def test_nps_stays_between_its_ends(scores: list[int]) -> None:
    score = nps(scores)
    assert score.value is not None
    assert score.low is not None
    assert score.high is not None
    assert -100 <= score.low <= score.high <= 100
    assert -100 <= score.value <= 100
