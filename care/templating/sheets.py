"""Sheets: a template as it is shown to its author, in every language and over every channel."""

from collections.abc import Iterator
from dataclasses import dataclass

from care.domain.rulebook import Rulebook
from care.rendering import Rendered, RenderError, TemplateInventory
from care.templating.samples import Made, Samples
from care.templating.uses import Use, uses_of


@dataclass(frozen=True)
class Sheet:
    """One message.

    Attributes:
        step: The journey and step that send it, or empty.
        file: Its text file below the templates folder.
        parts: Segments of an SMS; 0 for every other message.
        fault: Why it cannot be written, or empty.
    """

    name: str
    channel: str
    locale: str
    purpose: str
    step: str
    reminder: bool
    file: str
    subject: str = ""
    text: str = ""
    html: str = ""
    parts: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Asked:
    """Which messages are wanted; whatever is empty stands for all."""

    template: str
    locale: str = ""
    channel: str = ""
    step: str = ""


def sheets_of(
    rulebook: Rulebook, samples: Samples, inventory: TemplateInventory, asked: Asked, made: Made
) -> tuple[Sheet, ...]:
    """The messages that were asked for, each once, though several steps may send it alike."""
    found: dict[tuple[str, ...], Sheet] = {}
    for use, locale, whom in _each(rulebook, inventory, asked, made):
        sheet = _sheet(use, locale, whom, samples)
        same = (sheet.channel, sheet.locale, _without_links(sheet, use), str(sheet.reminder))
        found.setdefault(same, sheet)
    return tuple(found.values())


def picked(rulebook: Rulebook, asked: Asked) -> tuple[Use, ...]:
    """The uses of a template that were asked for."""
    return tuple(
        use
        for use in uses_of(rulebook)
        if use.template == asked.template
        and asked.channel in ("", use.channel)
        and asked.step in ("", f"{use.journey}/{use.step}", use.step)
    )


def _each(
    rulebook: Rulebook, inventory: TemplateInventory, asked: Asked, made: Made
) -> Iterator[tuple[Use, str, Made]]:
    for use in picked(rulebook, asked):
        for locale in inventory.locales(use.channel, use.template):
            if asked.locale in ("", locale):
                yield use, locale, made
                if use.reminds:
                    yield use, locale, Made(made.words, made.name, True, made.facts, made.types)


def _sheet(use: Use, locale: str, made: Made, samples: Samples) -> Sheet:
    rendered, fault = Rendered("", "", ""), ""
    try:
        rendered = samples.written(use, locale, made)
    except RenderError as error:
        fault = str(error)
    return Sheet(
        use.template,
        use.channel,
        locale,
        use.purpose,
        f"{use.journey}/{use.step}" if use.step else "",
        made.reminder,
        f"{use.channel}/{use.template}.{locale}.txt",
        rendered.subject,
        rendered.text,
        rendered.html,
        samples.parts(use, rendered.text) if use.channel == "sms" and not fault else 0,
        fault,
    )


def _without_links(sheet: Sheet, use: Use) -> str:
    """What a message says: links differ from step to step, offers and words do not."""
    return f"{sheet.subject}\n{use.offer}\n{use.survey}\n{sorted(use.values.items())}"
