"""For whom a message is written: a made-up customer, one of a type, or one of the store's."""

from dataclasses import dataclass

from care import clock
from care.domain.catalogue import Catalogue
from care.domain.conditions import Value
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook
from care.rulebook.spelling import did_you_mean
from care.settings import Settings
from care.templating.samples import Made
from care.trying.previews import NAME


class NobodyError(CareError):
    """The words name no customer type and no customer."""


@dataclass(frozen=True)
class Reader:
    """Who reads a message.

    Attributes:
        words: As a person calls them.
        locale: Their language; empty for the company's.
    """

    words: str
    made: Made
    locale: str = ""


def reader_of(settings: Settings, rulebook: Rulebook, who: str) -> Reader:
    """Whom some words mean: nobody in particular, a customer type, or a customer of the store.

    Raises:
        NobodyError: When they mean neither, or more than one customer.
    """
    if not who:
        return Reader(f"{NAME}, who is made up", Made())
    for name in rulebook.worked_out:
        if who in rulebook.catalogue.fields[name].choices:
            return Reader(f"{NAME}, who is made up, as {who}", Made(types={name: who}))
    return _customer(settings, rulebook, who)


def _customer(settings: Settings, rulebook: Rulebook, who: str) -> Reader:
    from care.cli.opening import NoStoreError, existing_store
    from care.store import customers, facts, purchases
    from care.store.engine import reading

    types = [choice for name in rulebook.worked_out for choice in rulebook.catalogue.fields[name].choices]
    hint = did_you_mean(who, types) or f"customer types are: {', '.join(types) or 'none'}"
    try:
        engine = existing_store(settings)
    except NoStoreError as error:
        raise NobodyError(f"{who!r} is no customer type ({hint}), and {error}") from error
    with reading(engine) as conn:
        found = customers.find(conn, who)
        if len(found) != 1:
            many = f"{len(found)} customers" if found else "no customer"
            raise NobodyError(f"{who!r} names {many} of the store, and no customer type; {hint}")
        person = found[0]
        known = facts.load(conn, person.key, None, rulebook, clock.now())
        bought = purchases.listing(conn, person.key)
        order = purchases.order_fields(conn, person.key, bought[0].order_id) if bought else {}
    values: dict[str, Value] = {**known.fields, **order}
    return Reader(_called(person.name, person.id), Made(name=person.name, facts=values), person.locale)


def _called(name: str, shop_id: str) -> str:
    return f"{name} ({shop_id})" if name else shop_id


def language(reader: Reader, asked: str, catalogue: Catalogue) -> str:
    """The language a message is written in: the one that was asked for, else the reader's, else the company's."""
    return asked or reader.locale or catalogue.company.locale
