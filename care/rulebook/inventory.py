"""What the template files hold: which values a message needs, and which it has."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from care.domain.catalogue import Catalogue
from care.domain.errors import CareError
from care.rulebook.findings import Findings, PhraseError, Placed, quoted
from care.rulebook.names import Known
from care.rulebook.spelling import did_you_mean

# What is known besides the catalogue's fields, what every message has, and what a step adds by its verb.
_COMPANY = ("name", "locale", "timezone", "address", "phone", "website", "email")
ALWAYS = frozenset({"customer.name", "customer.timezone", "order.id", *(f"company.{name}" for name in _COMPANY)})
_MESSAGE = frozenset({"unsubscribe_url", "preferences_url", "confirm_url", "reminder"})
BY_VERB = {
    "survey": frozenset({"survey.url", "survey.links", "survey.kind"}),
    "offer": frozenset({"offer.name", "offer.code"}),
}
OFFER_ENDS = frozenset({"offer.expires", "offer.expires_at"})


class Wording(NamedTuple):
    """How one template file is worded.

    Attributes:
        begins: Every fixed text it may begin with; an e-mail's text file begins with its subject.
        ends: The dotted name of every value it may end with; empty where it ends otherwise.
        shows: The dotted names of all values it may show.
        text: Its fixed text.
    """

    file: str
    begins: frozenset[str]
    ends: frozenset[str]
    shows: frozenset[str]
    text: str


class Inventory(Protocol):
    """The template files, as the renderer knows them; both may raise ``CareError`` for a file that is broken."""

    def locales(self, channel: str, template: str) -> tuple[str, ...]:
        """The languages a template is written in for a channel."""
        ...

    def variables(self, channel: str, template: str) -> set[str] | None:
        """The dotted names it needs, such as ``order.total``; ``None`` when there is no such file."""
        ...

    def wordings(self, channel: str, template: str) -> Iterable[Wording]:
        """How each of its files is worded."""
        ...


def check_files(known: Known, written: dict[tuple[str, str], Placed], inventory: Inventory, findings: Findings) -> None:
    """Tell every channel of a template that the catalogue promises and no file keeps."""
    locale = known.catalogue.company.locale
    for (template, channel), at in written.items():
        if template not in known.catalogue.templates:
            continue
        try:
            locales = inventory.locales(channel, template)
        except CareError as error:
            findings.add("J014", at, str(error))
            continue
        if locale not in locales and locale.partition("-")[0] not in locales:
            there = f"; it is written in: {', '.join(locales)}" if locales else ""
            hint = f"write the file, or take {channel} out of the template's channels{there}"
            findings.add("J014", at, f"no file templates/{channel}/{template}.{locale}.txt", hint)


def check_values(
    inventory: Inventory, known: Known, message: tuple[str, str], values: Iterable[str], at: Placed, findings: Findings
) -> None:
    """Tell every value that a message needs and does not get.

    Args:
        message: Channel and template.
        values: The names the step adds to what every message has.
    """
    channel, template = message
    try:
        needed = inventory.variables(channel, template) or set()
    except CareError as error:
        findings.add("J014", at, f"template {quoted(template)} cannot be read: {error}")
        return
    available = {*field_names(known.catalogue), *ALWAYS, *_MESSAGE, *values}
    for name in sorted(needed):
        if not is_available(name, available) and not _may_exist(name, known):
            hint = did_you_mean(name, available)
            if "." not in name:
                hint = hint or f"give it in the step: 'with: {{{name}: …}}'"
            text = f"template {quoted(template)} ({channel}) needs {quoted(name)}, which is not available here"
            findings.add("J014", at, text, hint)


def check_text(text: str, known: Known, at: Placed, findings: Findings) -> None:
    """Check a short template written in a rule file, such as a ticket's ``about``."""
    needed = findings.take(at, names_in, text) if "{" in text else None
    available = {*field_names(known.catalogue), *ALWAYS}
    for name in sorted(needed or ()):
        if not is_available(name, available) and not _may_exist(name, known):
            hint = did_you_mean(name, available) or "the catalogue lists the fields under 'fields:'"
            findings.add("J010", at, f"unknown field {quoted(name)} in this text", hint)


def names_in(text: str) -> set[str]:
    """The dotted names a template text uses.

    Raises:
        PhraseError: J012 when it is not a template.
    """
    from jinja2 import Environment, TemplateError, meta, nodes  # only files with such texts pay for the import

    try:
        tree = Environment(autoescape=True).parse(text)
        roots = meta.find_undeclared_variables(tree)
    except (TemplateError, ValueError, RecursionError) as error:
        hint = "a value stands in double braces: {{ csat.score }}"
        raise PhraseError("J012", f"this text is not a template: {str(error).rstrip('.')}", hint) from error
    names: set[str] = set()

    def collect(node: nodes.Node, tail: str) -> None:
        if isinstance(node, nodes.Getattr):
            collect(node.node, f".{node.attr}{tail}")
        elif isinstance(node, nodes.Name):
            names.update({f"{node.name}{tail}"} if node.name in roots else ())
        else:
            for child in node.iter_child_nodes():
                collect(child, "")

    collect(tree, "")
    return names


def field_names(catalogue: Catalogue) -> set[str]:
    """The fields a message can show: an event is not at hand any more when it is sent."""
    return {name for name in catalogue.fields if not name.startswith("event.")}


def is_available(name: str, available: Iterable[str]) -> bool:
    """Whether a name, what it is part of or what is part of it is there."""
    return any(name == each or name.startswith(f"{each}.") or each.startswith(f"{name}.") for each in available)


def _may_exist(name: str, known: Known) -> bool:
    return "." in name and not name.startswith("event.") and known.has("fields", name)
