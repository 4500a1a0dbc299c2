"""`care journeys`: who is where, and holding a whole journey: pause, stop entry, let everybody leave."""

from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.customers import AsJson, Note, Operator
from care.cli.screen import local_text, print_json, print_table, screen

if TYPE_CHECKING:
    from care.store.whereabouts import Whereabouts

app = typer.Typer(no_args_is_help=True, help="See who is where in a journey; pause, close or empty one.")

Journey = Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's name.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_NAMED = 10


@app.command("list")
def show(as_json: AsJson = False) -> None:
    """List the published journeys: revision, customers inside, and what holds."""
    from dataclasses import asdict

    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store.engine import reading
    from care.store.overview import overview

    with reading(existing_store(load_settings())) as conn:
        found = overview(conn)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [(each.journey, each.title, f"v{each.revision}", f"{each.inside:,}", each.state) for each in found]
    print_table("Journeys", ("journey", "title", "revision", "inside", "state"), rows)


@app.command()
def who(journey: Journey, as_json: AsJson = False) -> None:
    """List everybody inside a journey, by step."""
    from care.cli.journey_control import inside
    from care.cli.opening import company_zone, existing_store
    from care.settings import load_settings
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        people, zone = inside(conn, journey), company_zone(conn)
    if as_json:
        print_json([_as_plain(each) for each in people])
        return
    people.sort(key=lambda each: (each.enrolment.step, each.shop_id))
    rows = [
        (each.enrolment.step, each.enrolment.doing, local_text(each.enrolment.until, zone), each.shop_id, each.name)
        for each in people
    ]
    print_table(f"Inside {journey}", ("step", "doing", "until", "customer", "name"), rows)


@app.command()
def pause(
    journey: Journey,
    operator: Operator,
    note: Note = "",
    clock: Annotated[str, typer.Option(help="What waits do meanwhile: freeze (stand still) or run.")] = "freeze",
    yes: Yes = False,
) -> None:
    """Stop entry and sending; nobody is thrown out. Waits stand still, or run on and send nothing."""
    from care.cli.journey_control import JourneyError, hold, ready

    if clock not in ("freeze", "run"):
        raise JourneyError(f"--clock {clock!r} is not a clock policy; write freeze or run")
    shop = ready(journey, operator)
    word = "their waits stand still" if clock == "freeze" else "their waits run on and nothing is sent"
    _tell(shop.people, f"{journey} will be paused; {word}", yes)
    hold(shop, "pause", note, clock=clock)
    screen().print(f"journey {journey} paused by {operator}; go on with: care journeys resume {journey}")


@app.command()
def resume(journey: Journey, operator: Operator) -> None:
    """Let a paused journey go on: everybody gets the time back that a frozen pause took."""
    from care.cli.journey_control import let_go, ready

    shop = ready(journey, operator)
    let_go(shop, "pause")
    screen().print(f"journey {journey} resumed by {operator}; customers who go on: {len(shop.people):,}")


@app.command()
def stop_entry(journey: Journey, operator: Operator, note: Note = "") -> None:
    """Let nobody in any more; who is inside goes on."""
    from care.cli.journey_control import hold, ready

    shop = ready(journey, operator)
    hold(shop, "entry", note)
    screen().print(f"nobody enters {journey} any more; {len(shop.people):,} inside go on")


@app.command()
def open_entry(journey: Journey, operator: Operator) -> None:
    """Let customers in again."""
    from care.cli.journey_control import let_go, ready

    let_go(ready(journey, operator), "entry")
    screen().print(f"customers enter {journey} again")


@app.command()
def exit_all(
    journey: Journey,
    operator: Operator,
    reason: Annotated[str, typer.Option(help="Why, as the audit of every customer will say it.")],
    yes: Yes = False,
) -> None:
    """End the journey for everybody inside, with a reason."""
    from care.cli.journey_control import empty, ready

    shop = ready(journey, operator)
    _tell(shop.people, f"{journey} will end for everybody inside", yes)
    batch = empty(shop, reason)
    screen().print(f"batch {batch.id}: {batch.members:,} customers leave {journey}")


@app.command()
def batches(as_json: AsJson = False) -> None:
    """List the batches that moved customers or let them leave, and how far each has come."""
    from dataclasses import asdict

    from care.cli.opening import company_zone, existing_store
    from care.settings import load_settings
    from care.store import batches as store
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = [(each, store.progress(conn, each.id)) for each in store.listing(conn)]
        zone = company_zone(conn)
    if as_json:
        print_json([{**asdict(each), "decided": progress.decided} for each, progress in found])
        return
    rows = [
        (
            each.id,
            each.kind,
            each.journey,
            local_text(each.at, zone),
            each.by,
            f"{progress.decided:,} of {progress.members:,}",
        )
        for each, progress in found
    ]
    print_table("Batches", ("batch", "kind", "journey", "at", "by", "carried out"), rows)


@app.command("continue")
def carry_on(batch: Annotated[str, typer.Argument(help="The batch; 'care journeys batches' lists them.")]) -> None:
    """Carry out what is left of a batch now; a running shop does it by itself, too."""
    from care.cli.batch_running import carry_on as carry_on_now
    from care.cli.journey_control import JourneyError
    from care.cli.opening import existing_store
    from care.settings import load_settings
    from care.store import batches as store
    from care.store.engine import reading

    settings = load_settings()
    engine = existing_store(settings)
    with reading(engine) as conn:
        found = [each for each in store.listing(conn) if each.id == batch]
        left = store.undecided(conn, batch)
    if not found:
        raise JourneyError(f"there is no batch {batch!r}; 'care journeys batches' lists them")
    if not left:
        screen().print(f"batch {batch}: everything is carried out")
    carry_on_now(settings, engine, found)


def _as_plain(each: "Whereabouts") -> dict[str, object]:
    stands = each.enrolment
    return {
        "customer": each.customer,
        "shop_id": each.shop_id,
        "name": each.name,
        "enrolment": stands.id,
        "plan": stands.plan,
        "entered_at": stands.entered_at,
        "step": stands.step,
        "doing": stands.doing,
        "until": stands.until,
    }


def _tell(people: "list[Whereabouts]", text: str, yes: bool) -> None:
    """Say who is affected, and ask."""
    import sys

    from care.cli.journey_control import JourneyError

    out = screen()
    out.print(f"{text}. Inside: {len(people):,}")
    for each in people[:_NAMED]:
        out.print(f"    {each.name or each.shop_id} ({each.shop_id}), at {each.enrolment.step}")
    if len(people) > _NAMED:
        out.print(f"    and {len(people) - _NAMED:,} more: care journeys who")
    if yes:
        return
    if not sys.stdin.isatty():
        raise JourneyError("nothing is done yet: nobody is here to be asked; give the command again with --yes")
    typer.confirm("Go on?", abort=True)
