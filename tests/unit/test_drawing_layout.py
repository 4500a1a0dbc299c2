"""Where things stand in a picture: nothing lies on anything else, whatever the journey looks like."""

from itertools import combinations, pairwise

from hypothesis import HealthCheck, given, settings

from care.domain.journey import Plan
from care.drawing.layout import NARROW, WIDE, Layout, layout
from care.drawing.paper import Card, Tag, Wire
from care.drawing.picture import chart
from tests.drawn import everything, plans, reached

Spot = Card | Tag
Segment = tuple[tuple[float, float], tuple[float, float]]
any_plan = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spots(laid: Layout) -> list[Spot]:
    return [mark for mark in laid.marks if isinstance(mark, Card | Tag)]


def wires(laid: Layout) -> list[Wire]:
    return [mark for mark in laid.marks if isinstance(mark, Wire)]


def overlap(one: Spot, other: Spot) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not (beside or one.bottom <= other.y or other.bottom <= one.y)


def runs_through(wire: Wire, spot: Spot) -> bool:
    """Whether a wire crosses what it neither leaves nor names: a tag may only sit on the middle of its wire."""
    x, y = wire.points[0]
    if isinstance(spot, Card) and spot.x <= x <= spot.x + spot.width and spot.y <= y <= spot.bottom:
        return False
    return any(_crosses(segment, spot) for segment in pairwise(wire.points))


def _crosses(segment: Segment, spot: Spot) -> bool:
    (x1, y1), (x2, y2) = segment
    middle = (spot.x + spot.width / 2, spot.y + spot.height / 2)
    if isinstance(spot, Tag) and (abs(x1 - x2) < 0.1 > abs(x1 - middle[0]) or abs(y1 - y2) < 0.1 > abs(y1 - middle[1])):
        return False
    beside = max(x1, x2) <= spot.x + 1 or min(x1, x2) >= spot.x + spot.width - 1
    return not (beside or max(y1, y2) <= spot.y + 1 or min(y1, y2) >= spot.bottom - 1)


def cross(one: Wire, other: Wire) -> bool:
    """Whether two wires cross; one may join another, which ends or begins there."""
    return any(
        _cross(down, across) or _cross(across, down)
        for down in pairwise(one.points)
        for across in pairwise(other.points)
    )


def _cross(down: Segment, across: Segment) -> bool:
    (x, top), (_, bottom) = down[0], down[1]
    (left, y), (right, _) = across[0], across[1]
    if x != down[1][0] or y != across[1][1]:
        return False
    return min(left, right) + 0.1 < x < max(left, right) - 0.1 and min(top, bottom) + 0.1 < y < max(top, bottom) - 0.1


def check(plan: Plan, room: float) -> Layout:
    laid = layout(chart(plan), room)
    standing = spots(laid)
    assert not [(one, other) for one, other in combinations(standing, 2) if overlap(one, other)]
    assert not [(wire, spot) for wire in wires(laid) for spot in standing if runs_through(wire, spot)]
    assert not [pair for pair in combinations(wires(laid), 2) if cross(*pair)]
    assert all(spot.x >= 0 and spot.x + spot.width <= laid.width and spot.bottom <= laid.height for spot in standing)
    return laid


@any_plan
@given(plans())
def test_no_box_lies_on_another_and_no_way_crosses_one_on_a_desk(plan: Plan) -> None:
    check(plan, WIDE)


@any_plan
@given(plans())
def test_no_box_lies_on_another_and_no_way_crosses_one_on_a_phone(plan: Plan) -> None:
    check(plan, NARROW)


@any_plan
@given(plans())
def test_every_step_that_can_be_reached_stands_in_the_picture_once(plan: Plan) -> None:
    drawn = [spot.box.step for spot in spots(layout(chart(plan))) if isinstance(spot, Card) and spot.box.step]
    assert sorted(drawn) == sorted(reached(plan))


def test_a_journey_with_everything_fits_a_phone() -> None:
    assert check(everything(), NARROW).width <= 354


def test_the_main_way_runs_straight_down() -> None:
    laid = check(everything(), WIDE)
    main = [spot for spot in spots(laid) if isinstance(spot, Card) and spot.box.path == "steps"]
    assert len({round(spot.x + spot.width / 2, 3) for spot in main}) == 1
    assert [spot.y for spot in main] == sorted(spot.y for spot in main)
