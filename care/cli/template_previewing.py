"""Previewing one template: a page for people, plain values for programs."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from care.cli.previewing import NoPageError, open_page
from care.cli.rule_files import loaded
from care.cli.screen import print_json, screen
from care.cli.template_checking import known_template, samples_of, sound
from care.cli.template_people import reader_of
from care.rendering import TemplateInventory
from care.settings import Settings
from care.templating.sheets import Asked, Sheet, sheets_of


@dataclass(frozen=True)
class Wish:
    """What to see; whatever is empty stands for all."""

    template: str
    customer: str = ""
    locale: str = ""
    channel: str = ""
    step: str = ""
    dark: bool = False


class Shown(NamedTuple):
    """The page that was written, and what is on it."""

    page: Path
    whom: str
    sheets: tuple[Sheet, ...]


def preview_page(settings: Settings, wish: Wish, out: Path | None) -> Shown:
    """Write the page of a template into a folder, or into a temporary one.

    Raises:
        BrokenRulesError: There is no such template, or the rule files cannot be read.
        NobodyError: ``--as`` names nobody.
        NoPageError: Nothing fits what was asked for, or the page cannot be written.
    """
    from care.web.message_page import message_page

    rulebook = sound(loaded(settings.rules_dir, settings.templates_dir), settings, ("J014", "J054"))
    known_template(rulebook, wish.template)
    reader = reader_of(settings, rulebook, wish.customer)
    asked = Asked(wish.template, wish.locale, wish.channel, wish.step)
    inventory = TemplateInventory(settings.templates_dir)
    sheets = sheets_of(rulebook, samples_of(settings, rulebook), inventory, asked, reader.made)
    if not sheets:
        raise NoPageError(f"{wish.template} is not written so; 'care templates list' shows its languages and channels")
    page = (out or Path(tempfile.mkdtemp(prefix="care-preview-"))) / f"{wish.template}.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(message_page(wish.template, reader.words, sheets, dark=wish.dark), encoding="utf-8")
    except OSError as error:
        raise NoPageError(
            f"the page cannot be written to {str(page)!r}: {error.strerror}; give another --out"
        ) from error
    return Shown(page.absolute(), reader.words, sheets)


def tell(shown: Shown, *, show: bool, as_json: bool) -> None:
    """Say where the page is, and open it when that is wanted."""
    if as_json:
        sheets = [asdict(sheet) for sheet in shown.sheets]
        print_json({"page": shown.page, "written_for": shown.whom, "messages": sheets})
    else:
        for sheet in shown.sheets:
            words = sheet.fault or sheet.subject or " ".join(sheet.text.split())
            more = f" · {sheet.parts} segment{'' if sheet.parts == 1 else 's'}" if sheet.parts else ""
            line = f"{sheet.channel} {sheet.locale}{more}: {words}"
            screen().print(line, style="red" if sheet.fault else None, soft_wrap=True)
        screen().print(f"The page: {shown.page}", soft_wrap=True)
    if show:
        open_page(shown.page)
