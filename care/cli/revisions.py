"""`care rules publish | history | diff | rollback`: from a draft to a revision, and back."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from care.cli.screen import local_text, print_json, print_table, screen
from care.domain.errors import CareError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from care.settings import Settings
    from care.store.plans import Draft
    from care.store.publishing import Proposal, Wishes

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[
    str,
    typer.Option(
        "--by", "--operator", envvar=["CARE_OPERATOR", "USER"], help="Your name, for the history.", show_default="$USER"
    ),
]
Note = Annotated[str, typer.Option(help="Why, for the history.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Running = Annotated[
    str, typer.Option("--running", help="Customers already inside: pin (keep their plan), migrate, or leave.")
]
Each = Annotated[list[str] | None, typer.Option("--for", help="The same for one journey: JOURNEY=migrate.")]
Map = Annotated[list[str] | None, typer.Option("--map", help="Where a step went: JOURNEY:old_step=new_step.")]
Strays = Annotated[bool, typer.Option("--strays-stay", help="Publish although some cannot move; they stay.")]
Token = Annotated[str, typer.Option("--confirm", help="The token of the plan that was shown.", show_default=False)]
OnlyPlan = Annotated[bool, typer.Option("--plan", help="Show the plan and its token, publish nothing.")]


class NotConfirmedError(CareError):
    """Nobody said yes, and nobody could be asked."""


def publish(  # noqa: PLR0913 - a command has one parameter for each option
    note: Note = "",
    by: By = "",
    running: Running = "pin",
    each: Each = None,
    steps: Map = None,
    confirm: Token = "",
    yes: Yes = False,
    plan: OnlyPlan = False,
    strays: Strays = False,
    as_json: AsJson = False,
) -> None:
    """Check the rules, show what changes and for whom, and make them the ones new customers enter by."""
    from care.cli.publishing import folder_draft, store, wishes_of
    from care.settings import load_settings

    settings = load_settings()
    wishes = wishes_of(running, each or (), steps or ())
    draft = folder_draft(settings, by or "unknown", note)
    with store(settings) as engine:
        ask = _Asking(confirm, yes=yes, plan=plan, strays=strays, as_json=as_json)
        _publish(settings, engine, draft, wishes, ask)


def rollback(  # noqa: PLR0913 - as above
    revision: Annotated[int, typer.Argument(help="The publication to go back to; 'care rules history' lists them.")],
    note: Note = "",
    by: By = "",
    running: Running = "pin",
    each: Each = None,
    steps: Map = None,
    confirm: Token = "",
    yes: Yes = False,
    plan: OnlyPlan = False,
    strays: Strays = False,
    as_json: AsJson = False,
) -> None:
    """Publish an earlier revision once more; the rules folder stays as it is."""
    from care.cli.opening import existing_store
    from care.cli.publishing import revision_draft, wishes_of
    from care.settings import load_settings
    from care.store.engine import reading

    settings = load_settings()
    engine = existing_store(settings)
    with reading(engine) as conn:
        draft = revision_draft(conn, revision, by or "unknown", note)
    ask = _Asking(confirm, yes=yes, plan=plan, strays=strays, as_json=as_json)
    _publish(settings, engine, draft, wishes_of(running, each or (), steps or ()), ask)


class _Asking:
    """How a publication is confirmed and told."""

    def __init__(self, token: str, *, yes: bool, plan: bool, strays: bool, as_json: bool) -> None:
        self.token, self.yes, self.plan, self.strays, self.as_json = token, yes, plan, strays, as_json


def _publish(settings: "Settings", engine: "Engine", draft: "Draft", wishes: "Wishes", ask: _Asking) -> None:
    from care.cli import publish_report
    from care.cli.batch_running import carry_on
    from care.cli.publishing import propose
    from care.cli.publishing import publish as publish_now

    proposal = propose(engine, draft, wishes)
    shown = publish_report.as_plain(proposal)
    if proposal.published is not None and proposal.changes_nothing:
        nothing = f"Nothing changed: revision {proposal.published.revision} holds these rules already."
        print_json(shown) if ask.as_json else screen().print(nothing)
        return
    if not ask.as_json:
        publish_report.show(proposal)
    if ask.plan:
        print_json(shown) if ask.as_json else screen().print(f"Confirm exactly this with: --confirm {proposal.token}")
        return
    if not (ask.yes or ask.token):
        _confirm(proposal, shown if ask.as_json else None)
    done = publish_now(engine, proposal, ask.token, strays=ask.strays)
    published = done.publication
    if ask.as_json:
        batches = [{"id": each.id, "kind": each.kind, "members": each.members} for each in done.batches]
        print_json({**shown, "revision": published.revision, "by": published.by, "batches": batches})
    else:
        text = f"Published as revision {published.revision} by {published.by}. New customers enter by it."
        screen().print(text)
    carry_on(settings, engine, done.batches)


def _confirm(proposal: "Proposal", shown: object | None) -> None:
    if shown is not None:
        print_json(shown)
    if shown is not None or not sys.stdin.isatty():
        raise NotConfirmedError(
            "nothing was published: nobody is here to be asked; look at the plan above, then publish exactly this "
            f"with --confirm {proposal.token}, or whatever is there with --yes"
        )
    typer.confirm("Publish?", abort=True)


def history(as_json: AsJson = False) -> None:
    """List every publication: when, by whom, why, and what became of customers inside."""
    from dataclasses import asdict

    from care.cli.opening import company_zone, existing_store
    from care.cli.publishing import history as publications
    from care.settings import load_settings
    from care.store.engine import reading

    with reading(existing_store(load_settings())) as conn:
        found = publications(conn)
        zone = company_zone(conn)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (
            str(each.revision),
            local_text(each.at, zone),
            each.by,
            each.note,
            ", ".join(f"{name} v{number}" for name, number in each.journeys.items()),
            ", ".join(f"{name}: {choice}" for name, choice in each.choices.items() if choice != "pin") or "pin",
        )
        for each in found
    ]
    print_table("Publications", ("revision", "at", "by", "note", "journeys", "customers inside"), rows)


def diff(
    old: Annotated[int | None, typer.Argument(help="A revision; else the published one.")] = None,
    new: Annotated[int | None, typer.Argument(help="A revision; else the rules folder.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Show the changed lines of the files, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two revisions, or between the published one and the rules folder."""
    from care.cli.comparing import compared, show_difference
    from care.settings import load_settings

    difference = compared(load_settings(), old, new)
    if as_json:
        print_json(difference.as_plain())
    else:
        show_difference(difference, text=text)
