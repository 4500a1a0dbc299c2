"""`care rules preview`: a journey tried on one made-up customer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.settings import Settings
    from care.trying.previews import Preview
    from care.web.trial import Trial

_ENDING = ".yaml"
_WHO, _STORY, _SHOWN = "The customer", "The story", "What is shown"

Journey = Annotated[str, typer.Argument(help="A journey, or its file.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="TYPE", help="Who it is, such as vip; facts are found for it.", rich_help_panel=_WHO),
]
Zone = Annotated[
    str, typer.Option("--tz", metavar="ZONE", help="Time zone: Asia/Tokyo; else the company's.", rich_help_panel=_WHO)
]
Locale = Annotated[
    str, typer.Option(metavar="LANGUAGE", help="Language: vi, en; else the company's.", rich_help_panel=_WHO)
]
Name = Annotated[str, typer.Option(help="Name in the messages.", rich_help_panel=_WHO)]
Given = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="A fact: order.total=5,000,000.", rich_help_panel=_WHO),
]
Consent = Annotated[
    list[str] | None,
    typer.Option(metavar="CHANNEL=yes|no", help="Consent to marketing; else yes.", rich_help_panel=_WHO),
]
Reach = Annotated[str, typer.Option(metavar="CHANNELS", help="Known addresses: email,sms.", rich_help_panel=_WHO)]
Buys = Annotated[
    str,
    typer.Option(
        metavar="MOMENT", help="When it begins: 'Fri 22:40', 2026-11-27; else today 10:00.", rich_help_panel=_STORY
    ),
]
Score = Annotated[
    str, typer.Option(help="Answer to the survey asked first; else nobody answers.", rich_help_panel=_STORY)
]
Csat = Annotated[str, typer.Option(help="Answer to csat.", rich_help_panel=_STORY)]
Nps = Annotated[str, typer.Option(help="Answer to nps.", rich_help_panel=_STORY)]
Ces = Annotated[str, typer.Option(help="Answer to ces.", rich_help_panel=_STORY)]
Answers = Annotated[
    str,
    typer.Option(metavar="WHEN", help="When they answer: '3 hours'; else 'next day 10:00'.", rich_help_panel=_STORY),
]
Closes = Annotated[
    str,
    typer.Option(metavar="WHEN", help="A ticket: '4 hours' later, never; else '1 day'.", rich_help_panel=_STORY),
]
Happens = Annotated[
    list[str] | None,
    typer.Option(metavar="EVENT", help="A further event: 'day 7 20:00 order.returned'.", rich_help_panel=_STORY),
]
Side = Annotated[
    list[str] | None,
    typer.Option(metavar="SPLIT=PATH", help="The side of a split, or holdout.", rich_help_panel=_STORY),
]
Webhook = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="An endpoint's answer: crm.tier=gold.", rich_help_panel=_STORY),
]
Reasons = Annotated[bool, typer.Option("--why/--no-why", help="Each rule and guard-rail.", rich_help_panel=_SHOWN)]
Messages = Annotated[
    bool | None,
    typer.Option("--messages/--no-messages", help="Every message in full.", rich_help_panel=_SHOWN, show_default="yes"),
]
Open = Annotated[bool, typer.Option("--open", help="Show it in the browser.", rich_help_panel=_SHOWN)]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write that page to a file.", rich_help_panel=_SHOWN)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=_SHOWN)]


class NoPageError(CareError):
    """The page cannot be written or shown."""


def preview(  # noqa: PLR0913 - a command has one parameter for each option
    journey: Journey,
    types: Types = None,
    tz: Zone = "",
    locale: Locale = "",
    name: Name = "",
    given: Given = None,
    consent: Consent = None,
    reach: Reach = "",
    buys: Buys = "",
    score: Score = "",
    csat: Csat = "",
    nps: Nps = "",
    ces: Ces = "",
    answers: Answers = "",
    closes: Closes = "",
    happens: Happens = None,
    side: Side = None,
    webhook: Webhook = None,
    why: Reasons = True,
    messages: Messages = None,
    show: Open = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Try a journey on one made-up customer: what happens when, why, and every message as it will be sent."""
    from care.settings import load_settings
    from care.trying.previews import NAME, Preview, named_values

    facts = named_values(given or (), "--given")
    consents = named_values(consent or (), "--consent")
    facts |= {f"consent.{channel}.marketing": answer for channel, answer in consents.items()}
    settings = load_settings()
    asked = Preview(
        journey=Path(journey).name.removesuffix(_ENDING),
        types=tuple(types or ()),
        timezone=tz,
        locale=locale,
        name=name or NAME,
        buys=buys,
        score=score,
        scores={kind: given for kind, given in (("csat", csat), ("nps", nps), ("ces", ces)) if given},
        answers=answers,
        closes=closes,
        given=facts | ({"reach": reach} if reach else {}),
        happens=tuple(happens or ()),
        sides=named_values(side or (), "--side"),
        replies=named_values(webhook or (), "--webhook"),
    )
    trial = tried(settings, asked)
    page = _write_page(trial, out) if show or out is not None else None
    _tell(trial, page, why=why, messages=page is None if messages is None else messages, as_json=as_json)
    if show and page is not None:
        open_page(page)
    if not trial.sound:
        raise typer.Exit(1)


def tried(settings: "Settings", asked: "Preview") -> "Trial":
    """Play a preview with the rules folder as it is.

    Raises:
        BrokenRulesError: Something is wrong in the journey's file, or in what it rests on.
        PreviewError: What was asked for cannot be read.
    """
    from care import clock
    from care.cli.rule_files import one_journey
    from care.rendering import Renderer
    from care.web.trial import try_journey

    rulebook = one_journey(settings, asked.journey)
    return try_journey(
        rulebook, asked, clock.now(), Renderer(settings.templates_dir, settings.public_url), settings.public_url
    )


def _tell(trial: "Trial", page: Path | None, *, why: bool, messages: bool, as_json: bool) -> None:
    from care.cli.screen import print_json, screen

    if as_json:
        from care.web.trial import as_plain

        print_json(as_plain(trial) | ({"page": page} if page is not None else {}))
        return
    from care.cli.preview_screen import show_trial

    show_trial(trial, why=why, messages=messages)
    if page is not None:
        screen().print(f"The page: {page}", soft_wrap=True)


def _write_page(trial: "Trial", out: Path | None) -> Path:
    import tempfile

    from care.web.preview_page import preview_page

    path = out or Path(tempfile.mkdtemp(prefix="care-preview-")) / f"{trial.told.plan.journey}.html"
    try:
        path.write_text(preview_page(trial), encoding="utf-8")
    except OSError as error:
        raise NoPageError(
            f"the page cannot be written to {str(path)!r}: {error.strerror}; give another --out"
        ) from error
    return path.absolute()


def open_page(page: Path) -> None:
    """Show a page in the browser.

    Raises:
        NoPageError: When there is none.
    """
    import webbrowser

    if not webbrowser.open(page.as_uri()):
        raise NoPageError(f"no browser could be opened; open {str(page)!r} yourself, or set BROWSER to one")
