"""Holding a whole journey from the command line: the control, and the batch that reaches everybody inside."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from care import clock as wall
from care.cli.batch_running import carry_on
from care.cli.commanding import OperatorError
from care.cli.opening import existing_store
from care.domain.errors import CareError
from care.domain.happenings import EXITED, WOKEN
from care.settings import Settings, load_settings
from care.store import batches, controls, plans
from care.store.batches import Batch
from care.store.controls import Control, Kind
from care.store.engine import reading, writing
from care.store.whereabouts import Whereabouts, whereabouts


class JourneyError(CareError):
    """The journey is not there, or the command cannot be carried out on it."""


@dataclass(frozen=True)
class Shop:
    """A journey of a store, the operator who speaks, and everybody inside."""

    settings: Settings
    engine: Engine
    journey: str
    operator: str
    people: list[Whereabouts]


def ready(journey: str, operator: str) -> Shop:
    """Look a journey up.

    Raises:
        OperatorError: The operator's name is empty.
        JourneyError: There is no such journey, neither published nor with anybody inside.
    """
    name = " ".join(operator.split())
    if not name:
        raise OperatorError("say who you are with --by NAME; the audit keeps it")
    settings = load_settings()
    engine = existing_store(settings)
    with reading(engine) as conn:
        people = inside(conn, journey)
    return Shop(settings, engine, journey, name, people)


def inside(conn: Connection, journey: str) -> list[Whereabouts]:
    """Everybody inside a journey.

    Raises:
        JourneyError: There is no such journey, neither published nor with anybody inside.
    """
    people, published = whereabouts(conn, [journey]), plans.latest(conn)
    names = sorted(published.journeys) if published is not None else []
    if journey not in names and not people:
        raise JourneyError(f"there is no journey {journey!r}; published are: {', '.join(names) or 'none'}")
    return people


def hold(shop: Shop, kind: Kind, note: str, *, clock: str = "") -> None:
    """Pause the journey, or close its entry.

    Raises:
        ControlError: It is so already.
    """
    control = Control(0, shop.journey, kind, clock, wall.now(), shop.operator, note, None, "")
    with writing(shop.engine) as conn:
        controls.begin(conn, control)


def let_go(shop: Shop, kind: Kind) -> None:
    """End a pause, and wake everybody inside; or open the entry again.

    Raises:
        ControlError: It is not so.
    """
    now = wall.now()
    with writing(shop.engine) as conn:
        controls.end(conn, shop.journey, kind, shop.operator, now)
        people = whereabouts(conn, [shop.journey]) if kind == "pause" else []
        batch = Batch(
            batches.new_id("wake", shop.journey, now), "wake", shop.journey, "", now, shop.operator, "resumed", 0, 0
        )
        made = [batches.create(conn, batch, WOKEN, {"journey": shop.journey}, people)] if people else []
    _carry_on(shop, made)


def empty(shop: Shop, reason: str) -> Batch:
    """End the journey for everybody inside."""
    now = wall.now()
    batch = Batch(batches.new_id("exit", shop.journey, now), "exit", shop.journey, "", now, shop.operator, reason, 0, 0)
    with writing(shop.engine) as conn:
        people = whereabouts(conn, [shop.journey])
        made = batches.create(conn, batch, EXITED, {"journey": shop.journey, "note": reason}, people)
    _carry_on(shop, [made])
    return made


def _carry_on(shop: Shop, made: Sequence[Batch]) -> None:
    carry_on(shop.settings, shop.engine, made)
