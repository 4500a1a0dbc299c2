"""Writing some messages of a replay for real, to see how many SMS segments their templates take."""

from care.backtest.costs import Written
from care.domain.customers import Facts
from care.domain.decisions import Decision
from care.domain.orders import SendMessage
from care.domain.prices import price_of
from care.domain.rulebook import Rulebook
from care.domain.weights import weigh
from care.letters import Reader, known, offer_code, written
from care.links import Links
from care.rendering import Renderer, RenderError
from care.settings import Settings
from care.trying.previews import NAME

_NO_SECRET = "not used: these links are never opened"


class SampleWriter:
    """Writes the first messages of each template on channels that are paid by the segment."""

    def __init__(self, settings: Settings) -> None:
        self.written = Written()
        self._renderer = Renderer(settings.templates_dir, settings.public_url)
        self._links = Links(_NO_SECRET, settings.public_url)

    def __call__(self, order: SendMessage, decision: Decision, facts: Facts, rulebook: Rulebook) -> None:
        """Write a message, if it is one that is wanted."""
        price = rulebook.catalogue.prices.get(order.channel)
        if price is None or not price_of(price).per_segment:
            return
        locale = str(facts.fields.get("customer.locale") or rulebook.catalogue.company.locale)
        form = (order.offer or order.template, order.channel, locale.partition("-")[0])
        if not self.written.wants(form):
            return
        run = next(run for run in decision.state.enrolments if run.id == order.enrolment)
        of = known(rulebook, facts, run, Reader(NAME, locale), order.at)
        offer = rulebook.catalogue.offers.get(order.offer)
        code = offer_code(order, offer.code) if offer is not None else ""
        try:
            text = written(order, of, code, self._renderer, self._links).text
        except RenderError:
            # A value this customer lacks; others have it.
            return
        weight = weigh(rulebook.catalogue, order.channel, order.purpose, text)
        self.written.note(form, weight.segments.parts if weight.segments is not None else 1)
