"""What a catalogue has to begin a journey with: an event, messages that fit a step, channels, hours to write at."""

from collections.abc import Iterable, Mapping

from care.domain.catalogue import Catalogue, Offer, Template
from care.domain.errors import CareError
from care.rulebook.findings import START, Findings
from care.rulebook.inventory import BY_VERB, OFFER_ENDS, Inventory, check_values
from care.rulebook.names import Known
from care.rulebook.spelling import did_you_mean

ENDS = ("order.returned", "order.refunded", "order.cancelled")
_BEGINS = ("order.delivered", "order.placed", "order.paid", "service_visit.completed")
_NEVER_BEGINS = ("ticket.", "consent.", "message.", "offer.", "customer.", *ENDS)
_PURPOSES = ("care", "transactional", "marketing")
_SAMPLE_WORDS = {"discount": "10%"}


class NoStartError(CareError):
    """The catalogue lacks what such a journey needs; the message says what to add."""


class Stock:
    """The names of a catalogue that fit a new journey.

    Args:
        inventory: The template files: they say what a message needs.
    """

    def __init__(self, catalogue: Catalogue, inventory: Inventory) -> None:
        self.catalogue = catalogue
        self._inventory = inventory

    def event(self, wanted: str) -> str:
        """The event that lets customers in: the one wanted, else a delivery or the nearest thing there is.

        Raises:
            NoStartError: There is no such event.
        """
        events = self.catalogue.events
        if wanted:
            return self._known(wanted, events, "event")
        likely = [event for event in (*_BEGINS, *events) if event in events and not event.startswith(_NEVER_BEGINS)]
        found = next((event for event in likely if not event.endswith(".answered")), "")
        if not found:
            raise NoStartError(
                "the catalogue has no event that could begin a journey; add order.delivered to 'events:'"
            )
        return found

    def message(self, verb: str, wanted: str, words: Iterable[str]) -> tuple[Template, Mapping[str, str]] | None:
        """A template that a step of this verb can send, with the words the step must add; best one named so.

        Args:
            wanted: The template to take, if it is known already.

        Raises:
            NoStartError: There is no such template, or it needs more than the step has.
        """
        templates = self.catalogue.templates
        if wanted:
            template = templates[self._known(wanted, templates, "template")]
            needed = self._words_for(template, verb)
            if needed is None:
                raise NoStartError(f"template {wanted!r} needs values that such a journey does not have; name another")
            return template, needed
        kind = [each for each in templates.values() if each.purpose != "marketing" or verb == "offer"]
        carriers = {offer.template for offer in self.catalogue.offers.values()}
        for template in sorted(kind, key=lambda each: _rank(each, words)):
            needed = self._words_for(template, verb) if template.name not in carriers else None
            if needed is not None:
                return template, needed
        return None

    def offer(self, wanted: str) -> tuple[Offer, Template, Mapping[str, str]]:
        """An offer whose message can be sent, with the words the step must add.

        Raises:
            NoStartError: There is none.
        """
        offers = self.catalogue.offers
        names = [self._known(wanted, offers, "offer")] if wanted else list(offers)
        for name in names:
            template = self.catalogue.templates[offers[name].template]
            needed = self._words_for(template, "offer")
            if needed is not None:
                return offers[name], template, needed
        raise NoStartError(
            "the catalogue has no offer whose message can be sent as it is; write one under 'offers:', "
            "with a marketing template that needs no more than the fields of the catalogue"
        )

    def at(self, minute: int) -> str:
        """A time of day at which something may be sent: this one, or when quiet hours end."""
        quiet = self.catalogue.company.quiet_hours
        if quiet is not None and (minute - quiet.start) % 1440 < (quiet.end - quiet.start) % 1440:
            minute = quiet.end
        return f"{minute // 60:02}:{minute % 60:02}"

    def has(self, field: str) -> bool:
        """Whether the catalogue has a field."""
        return field in self.catalogue.fields

    def _words_for(self, template: Template, verb: str) -> Mapping[str, str] | None:
        """The words a step must add to what is known, or ``None`` when the message needs more than such words."""
        for words in ({}, _SAMPLE_WORDS):
            findings = Findings("")
            given = {*words, *BY_VERB.get(verb, ()), *(OFFER_ENDS if verb == "offer" else ())}
            for channel in template.channels:
                message = (channel, template.name)
                check_values(self._inventory, Known(self.catalogue), message, given, START, findings)
            if not findings.problems and self._asks(template) == (verb == "survey"):
                return words
        return None

    def _asks(self, template: Template) -> bool:
        """Whether a message holds the link of a survey."""
        used = [self._inventory.variables(channel, template.name) or set() for channel in template.channels]
        return any(name.startswith("survey.") for names in used for name in names)

    @staticmethod
    def _known(name: str, names: Iterable[str], what: str) -> str:
        if name not in set(names):
            hint = did_you_mean(name, names) or f"add it to the catalogue under '{what}s:'"
            raise NoStartError(f"unknown {what} {name!r}; {hint}")
        return name


def _rank(template: Template, words: Iterable[str]) -> tuple[bool, int, int]:
    """Templates named by the earliest word first, then care before the rest."""
    places = [place for place, word in enumerate(words) if word in template.name]
    return not places, min(places, default=0), _PURPOSES.index(template.purpose)
