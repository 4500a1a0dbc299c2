"""A first version of a journey and of its test, made of names that the catalogue at hand has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from care.domain.catalogue import Template
from care.rulebook.writing.starter_files import Parts, Story, carried, journey_text, tests_text
from care.rulebook.writing.stock import ENDS, NoStartError, Stock

# The highest score of an unhappy customer, a score of one, and the best score there is.
_SCORES = {"csat": (2, 1, 5), "nps": (6, 3, 10), "ces": (3, 2, 7)}
_NINE, _TEN, _EVENING = 9 * 60, 10 * 60, 20 * 60


@dataclass(frozen=True)
class Wish:
    """What is wanted; an empty word is chosen from the catalogue.

    Attributes:
        like: One of ``KINDS``.
        template: The message to send or to ask with; for an offer, the offer.
    """

    journey: str
    like: str = "thank_you"
    event: str = ""
    template: str = ""
    title: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Started:
    """The text of a journey file, and of its test file."""

    journey: str
    tests: str


def started(wish: Wish, stock: Stock) -> Iterator[Started]:
    """A journey with its test, and then the same again a little plainer, where it can be.

    Raises:
        NoStartError: The catalogue lacks what it needs.
    """
    event = stock.event(wish.event)
    for parts in KINDS[wish.like](wish, stock, event):
        parts.title = wish.title or parts.title
        owner = wish.owner or stock.catalogue.company.email
        yield Started(journey_text(wish.journey, event, owner, parts), tests_text(wish.journey, parts))


def _thank_you(wish: Wish, stock: Stock, event: str) -> Iterator[Parts]:
    """Thanks at once, and a word a few days later."""
    first, words = _message(stock, wish.template, ("thank", "hello", "welcome"))
    second = stock.message("send", "", ("check", "how", "tip"))
    at, morning = stock.at(_TEN), stock.at(_NINE)
    for later in (second, None) if second is not None and second[0].name != first.name else (None,):
        parts = Parts("Cảm ơn khách mua hàng", steps=_send(first, words))
        thanked = Story("A customer is thanked", [f"- at: day 0 {at}", f"  send: {first.name}"])
        parts.stories.append(thanked)
        if later is not None:
            parts.steps += ["", f"- wait: until day 3 at {morning}", *_send(*later)]
            thanked.expect += [f"- at: day 3 {morning}", f"  send: {later[0].name}"]
            _end_early(parts, stock, event, later[0].name)
        yield parts


def _survey(wish: Wish, stock: Stock, event: str) -> Iterator[Parts]:
    """A question after a week; a person helps whoever is unhappy."""
    kind, template, words = _question(wish, stock)
    queue = next(iter(stock.catalogue.queues), "")
    if not queue:
        raise NoStartError("the catalogue has nobody to take tickets; add 'care_team: care@shop.example' to 'queues:'")
    bad, low, high = _SCORES[kind]
    morning, evening = stock.at(_NINE), stock.at(_EVENING)
    parts = Parts("Hỏi khách có hài lòng không", given=_calm(stock))
    parts.wide += ["", "define:", f"  unhappy: {{{kind}.score: at most {bad}}}"]
    parts.steps += [f"- wait: until day 7 at {morning}", f"- survey: {kind}", f"  ask: {template.name}"]
    parts.steps += [*carried(template, words), "  up_to: 7 days", "  remind: after 3 days", "- branch:"]
    parts.steps += ["    - when: {unhappy: yes}", "      then: make_it_right", "    - otherwise: continue"]
    parts.paths += ["make_it_right:", f"  - ticket: {queue}", f"    about: Khách chấm {{{{ {kind}.score }}}}/{high}"]
    parts.paths += ["    priority: high", "    sla: 24 hours", "    up_to: 7 days"]
    _call_back(parts, stock)
    asked = [f"- at: day 7 {morning}", f"  survey: {kind}"]
    answer = [f"- at: day 8 {evening}", f"  event: {kind}.answered"]
    helped = [f"- at: day 8 {evening}", f"  ticket: {queue}"]
    parts.stories.append(
        Story("A happy customer is left in peace", [*asked, "- never: ticket"], [*answer, f"  score: {high}"])
    )
    parts.stories.append(Story("An unhappy customer gets a person", helped, [*answer, f"  score: {low}"]))
    _end_early(parts, stock, event, "survey")
    yield parts


def _offer(wish: Wish, stock: Stock, event: str) -> Iterator[Parts]:
    """A tracked offer after a month, to those who agreed to hear of offers."""
    offer, template, words = stock.offer(wish.template)
    morning = stock.at(_NINE)
    parts = Parts("Mời khách quay lại", given=_calm(stock))
    goal = "order.placed" in stock.catalogue.events and event != "order.placed"
    parts.wide += ["goal:", "  event: order.placed", "  of: customer", "  within: 60 days"] if goal else []
    parts.steps += [f"- wait: until day 30 at {morning}", f"- offer: {offer.name}", *carried(template, words)]
    parts.steps += ["  valid_for: 14 days", *(f"  only_if: {{{name}: no}}" for name in _calm(stock))]
    parts.steps += (
        ["- wait: 14 days  # stay while the offer is open: a purchase in these days is the goal"] if goal else []
    )
    agreed = {f"consent.{channel}.marketing": "yes" for channel in template.channels[:1]}
    made = [f"- at: day 30 {morning}", f"  offer: {offer.name}"]
    parts.stories.append(Story("Whoever agreed hears of the offer", made, given=agreed))
    parts.stories.append(Story("Nobody is advertised to without consent", ["- never: offer"]))
    _end_early(parts, stock, event, "offer")
    yield parts


def _reminder(wish: Wish, stock: Stock, event: str) -> Iterator[Parts]:
    """One message, three months later."""
    template, words = _message(stock, wish.template, ("tip", "maintenance", "remind", "care"))
    morning = stock.at(_NINE)
    parts = Parts("Nhắc khách chăm lại món đồ")
    parts.steps += [f"- wait: until day 90 at {morning}", *_send(template, words)]
    sent = [f"- at: day 90 {morning}", f"  send: {template.name}"]
    parts.stories.append(Story("A customer is reminded after three months", sent))
    _end_early(parts, stock, event, template.name)
    yield parts


KINDS: Mapping[str, Callable[[Wish, Stock, str], Iterator[Parts]]] = {
    "thank_you": _thank_you,
    "survey": _survey,
    "offer": _offer,
    "reminder": _reminder,
}


def _message(stock: Stock, wanted: str, words: tuple[str, ...]) -> tuple[Template, Mapping[str, str]]:
    found = stock.message("send", wanted, words)
    if found is None:
        raise NoStartError(
            "the catalogue has no message that can be sent as it is; write templates/email/<name>.vi.txt, "
            "and '<name>: {channels: [email], purpose: care}' under 'templates:'"
        )
    return found


def _question(wish: Wish, stock: Stock) -> tuple[str, Template, Mapping[str, str]]:
    """A survey whose answer the catalogue knows, with a message that asks."""
    for kind in _SCORES:
        known = f"{kind}.answered" in stock.catalogue.events and stock.has(f"{kind}.score")
        found = stock.message("survey", wish.template, (kind,)) if known else None
        if found is not None:
            return kind, *found
    raise NoStartError(
        "the catalogue has no question to ask: it needs the event csat.answered, the field csat.score "
        "and a template that shows {{ survey.url }}"
    )


def _call_back(parts: Parts, stock: Stock) -> None:
    """A word after somebody has helped, where the catalogue has a message that is called so."""
    names = ("fix", "hear", "sorry")
    found = stock.message("send", "", names)
    if found is not None and any(name in found[0].name for name in names):
        parts.paths += ["  - wait: 1 day", *(f"  {line}" for line in _send(*found))]
        parts.paths += [f"    only_if: {{{name}: no}}" for name in _calm(stock)]


def _send(template: Template, words: Mapping[str, str]) -> list[str]:
    return [f"- send: {template.name}", *carried(template, words)]


def _calm(stock: Stock) -> dict[str, str]:
    """A customer without an open ticket, where the catalogue knows of tickets."""
    return {"ticket.open": "no"} if stock.has("ticket.open") else {}


def _end_early(parts: Parts, stock: Stock, event: str, never: str) -> None:
    """What ends the journey before its time, and the story of one who gives the order back."""
    parts.exit_when = [end for end in ENDS if end in stock.catalogue.events] if event.startswith("order.") else []
    if parts.exit_when:
        back, at = parts.exit_when[0], "day 1 11:00"
        expected = [f"- ends: {at}", f"- never: {never}"]
        parts.stories.append(
            Story("Whoever gives the order back hears no more", expected, [f"- at: {at}", f"  event: {back}"])
        )
