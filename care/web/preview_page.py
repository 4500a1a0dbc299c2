"""A tried journey as a page: one file that needs no server, or a part of the console's."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from care.domain.segments import pieces
from care.web.filters import FILTERS
from care.web.lines import Day, Told, by_day, told_lines
from care.web.trial import Letter, Trial

_STATIC = Path(__file__).parent / "static"
STYLES = ("console.css", "preview.css")

FrameUrl = Callable[[Letter], str]


def preview_page(trial: Trial) -> str:
    """The whole page, with its styles and every e-mail inside."""
    page = environment().get_template("preview.html")
    return page.render(trial=trial, style=Markup(page_style()), body=preview_body(trial))


def page_style() -> str:
    """What a page needs to look right without a server."""
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in STYLES)


def preview_body(trial: Trial, frame_url: FrameUrl | None = None) -> Markup:
    """What the page shows below its title; its looks are in ``static/preview.css``.

    Args:
        frame_url: Where a page gets an e-mail's HTML from, when its policy keeps the styles of one that stands in the
            page itself from working; else each e-mail is in the page.
    """
    told = trial.told
    numbers = {letter.key: number for number, letter in enumerate(trial.letters, 1)}
    entries = (Told(number, entry, entry.message in numbers) for number, entry in enumerate(told.entries))
    days = by_day(told_lines(entries), told.zone, newest_first=False)
    return Markup(
        environment()
        .get_template("trial.html")
        .render(
            trial=trial,
            told=told,
            days=[(day, _day_number(day, trial)) for day in days],
            zone=told.zone.key,
            numbers=numbers,
            frame_url=frame_url,
        )
    )


def _day_number(day: Day, trial: Trial) -> int:
    began: date = trial.told.starts.astimezone(trial.told.zone).date()
    return (day.date - began).days


def environment() -> Environment:
    """What the pages of messages are written with."""
    pages = Environment(
        loader=PackageLoader("care.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(FILTERS)
    pages.globals["pieces"] = pieces
    return pages
