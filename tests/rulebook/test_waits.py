"""Waits: lengths and moments."""

import pytest

from care.domain.catalogue import Catalogue, Company, Field, Window
from care.domain.moments import Duration, For, Until, UntilBusiness, UntilDay, UntilMoment, UntilWeekday
from care.rulebook.findings import PhraseError
from care.rulebook.names import Known
from care.rulebook.waits import WAITS, read_wait

FIELDS = {field.name: field for field in (Field("appointment.at", "date"), Field("order.total", "number"))}
OPEN = Company(business_hours=(Window(480, 1_050),) * 7)
KNOWN = Known(Catalogue(OPEN, {**FIELDS, "event.at": Field("event.at", "date")}, (), {}, {}, {}))
CLOSED = Known(Catalogue(Company(), FIELDS, (), {}, {}, {}))


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("3 days", For(Duration(259_200, False, "3 days"))),
        ("24 business hours", For(Duration(86_400, True, "24 business hours"))),
        ("until day 7", UntilDay(7)),
        ("until day 7 at 09:00", UntilDay(7, 540)),
        ("Until Day 0 20:00", UntilDay(0, 1_200)),
        ("until Monday 09:00", UntilWeekday(0, 540)),
        ("until sun at 18:30", UntilWeekday(6, 1_110)),
        ("until business hours", UntilBusiness()),
        ("until 1 day before appointment.at at 09:00", UntilMoment("appointment.at", -86_400, 540)),
        ("until 2 hours after appointment.at", UntilMoment("appointment.at", 7_200)),
        ("until appointment.at", UntilMoment("appointment.at", 0)),
    ],
)
def test_every_way_to_wait_can_be_said(text: str, until: Until) -> None:
    assert read_wait(text, KNOWN) == until


def test_every_example_in_the_reference_can_be_read() -> None:
    for form in WAITS:
        assert read_wait(form.example, KNOWN)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("1 month", "J013", "write 30 days"),
        ("until day 7 at 9am", "J012", "write 09:00"),
        ("day 7", "J012", "did you mean 'until day 7'?"),
        ("7 day at 09:00", "J012", "did you mean 'until day 7 at 09:00'?"),
        ("Monday 09:00", "J012", "did you mean 'until Monday 09:00'?"),
        ("business hours", "J012", "did you mean 'until business hours'?"),
        ("soon", "J012", "write a number and a unit: 30 minutes"),
        ("until day 9999", "J012", "write an earlier day"),
        ("until Monday", "J012", "write until Monday at 09:00"),
        ("until Mondy at 09:00", "J012", "did you mean 'Monday'?"),
        ("until the end", "J012", "write for example: until day 7 at 09:00"),
        ("until 1 day before appointment.att", "J010", "did you mean 'appointment.at'?"),
        ("until 1 day before order.total", "J012", "the date fields are: appointment.at"),
        ("until 1 month before appointment.at", "J013", "write 30 days"),
        ("until 1 day before event.at", "J010", "wait until a field of the order"),
    ],
)
def test_a_wait_that_cannot_be_said_so_is_refused(text: str, code: str, hint: str) -> None:
    with pytest.raises(PhraseError) as caught:
        read_wait(text, KNOWN)
    assert caught.value.code == code
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize("text", ["until business hours", "4 business hours"])
def test_business_hours_must_be_known(text: str) -> None:
    with pytest.raises(PhraseError, match="the catalogue has no business hours") as caught:
        read_wait(text, CLOSED)
    assert caught.value.code == "J010"


def test_while_the_company_cannot_be_read_business_hours_are_not_refused() -> None:
    unsure = Known(CLOSED.catalogue, unsure=frozenset({"company"}))
    assert read_wait("until business hours", unsure) == UntilBusiness()
