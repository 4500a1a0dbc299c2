"""Costs: messages at the catalogue's prices, an SMS by the segments its template needs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from care.backtest.tally import Message
from care.domain.catalogue import Catalogue
from care.domain.prices import price_of

MOST_WRITTEN = 20
Form = tuple[str, str, str]


@dataclass(slots=True)
class Written:
    """How many segments the messages took that were really written, by template, channel and language."""

    messages: Counter[Form] = field(default_factory=Counter)
    parts: Counter[Form] = field(default_factory=Counter)

    def wants(self, form: Form) -> bool:
        """Whether one more message of this form should be written."""
        return self.messages[form] < MOST_WRITTEN

    def note(self, form: Form, parts: int) -> None:
        """Take in one message that was written."""
        self.messages[form] += 1
        self.parts[form] += parts

    def mean(self, form: Form) -> Decimal:
        """Segments of such a message; of any on its channel where none was written, and one where that is neither."""
        messages, parts = self.messages[form], self.parts[form]
        if not messages:
            same = [each for each in self.messages if each[1] == form[1]]
            messages, parts = sum(self.messages[each] for each in same), sum(self.parts[each] for each in same)
        return Decimal(parts) / messages if messages else Decimal(1)


def cost_of(sent: Mapping[Message, int], catalogue: Catalogue, written: Written) -> dict[str, dict[str, Decimal]]:
    """What messages cost, by channel and currency; a channel without a price is not there."""
    counts: Counter[Form] = Counter()
    for message, count in sent.items():
        counts[message.template, message.channel, message.language] += count
    costs: dict[str, dict[str, Decimal]] = {}
    for form, count in sorted(counts.items()):
        words = catalogue.prices.get(form[1])
        if words is None:
            continue
        price = price_of(words)
        each = price.amount * written.mean(form) if price.per_segment else price.amount
        sums = costs.setdefault(form[1], {})
        sums[price.currency] = sums.get(price.currency, Decimal(0)) + each * count
    return costs
