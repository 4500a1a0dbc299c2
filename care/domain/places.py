"""Places: what tells where a customer lives, and so whose law holds for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from care.domain.conditions import Value

_COUNTRY, _REGION = "customer.country", "customer.region"
_ORDER_COUNTRY = "order.country"
# What only tells which law holds; rules may test it like any other field.
PLACES = frozenset({_COUNTRY, _REGION, _ORDER_COUNTRY})
_TOLD_ZONE, _TOLD_LOCALE = "customer.timezone", "customer.locale"


@dataclass(frozen=True, slots=True)
class Phone:
    """What a phone number tells of its owner, without the number.

    Attributes:
        country: Code of two letters (ISO 3166).
        area: The three digits behind +1; empty elsewhere.
        zones: The IANA zones it may ring in; empty when that says too little.
    """

    country: str = ""
    area: str = ""
    zones: tuple[str, ...] = ()


NOWHERE = Phone()


class Where(NamedTuple):
    """Everything that tells where a customer lives.

    Attributes:
        phone: The country of their phone number, by its code of two letters.
        area: The number's area code.
        zone: The IANA time zone that was told.
        locale: The language tag that was told.
        countries: Countries of addresses, as they were told.
        region: The state or province of an address, as it was told.
    """

    phone: str = ""
    area: str = ""
    zone: str = ""
    locale: str = ""
    countries: tuple[str, ...] = ()
    region: str = ""

    @property
    def is_known(self) -> bool:
        """Whether anything names a place; a language alone does not."""
        return bool(self.phone or self.zone or self.countries)


def where_of(
    phone: Phone, zone: str, locale: str, fields: Mapping[str, Value], orders: tuple[Mapping[str, Value], ...] = ()
) -> Where:
    """What is told of the place of a customer.

    Args:
        zone: The zone their clock is taken to be in; one that only their phone number tells says nothing more.
        fields: The customer's fields by full name.
        orders: The fields of their orders by full name.
    """
    told = str(fields.get(_TOLD_ZONE) or "") or ("" if zone in phone.zones else zone)
    locale = locale or str(fields.get(_TOLD_LOCALE) or "")
    countries = tuple(dict.fromkeys(_countries(fields, orders)))
    return Where(phone.country, phone.area, told, locale, countries, str(fields.get(_REGION) or ""))


def _countries(fields: Mapping[str, Value], orders: tuple[Mapping[str, Value], ...]) -> Iterator[str]:
    for name, known in ((_COUNTRY, fields), *((_ORDER_COUNTRY, order) for order in orders)):
        country = known.get(name)
        if country:
            yield str(country)
