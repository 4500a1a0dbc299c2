"""Which packs hold for a customer, by what is known of where they live, and what they ask together."""

import pytest
from phonenumbers import parse
from phonenumbers.geocoder import description_for_number

from care.domain.catalogue import Company
from care.domain.customers import Facts
from care.domain.law import Law
from care.domain.places import NOWHERE, Phone, Where
from care.numbering import phone_of
from care.rulebook.policies import shipped

LAW = Law(shipped(), Company(timezone="Asia/Ho_Chi_Minh", locale="vi"))


def packs(where: Where, medium: str = "email") -> list[str]:
    applied = LAW.demands(where, medium, "marketing").applied
    return [of.policy.name for of in applied if not of.policy.everywhere]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (Where(phone="VN"), ["vietnam"]),
        (Where(phone="JP"), []),
        (Where(phone="JP", locale="vi"), ["vietnam"]),
        (Where(phone="US", area="212", zone="Asia/Saigon"), ["united_states", "vietnam"]),
        (Where(countries=("Việt Nam", "CA")), ["canada", "vietnam"]),
        (Where(zone="America/Indiana/Knox"), ["united_states"]),
        (Where(locale="en-US"), ["united_states", "vietnam"]),
        (Where(locale="EN_us", phone="SG"), ["united_states"]),
        (Where(locale="en"), ["vietnam"]),
        (Where(), ["vietnam"]),
    ],
)
def test_every_pack_holds_that_anything_tells_of_and_the_companys_own_where_nothing_does(
    where: Where, names: list[str]
) -> None:
    assert packs(where) == names


def test_what_told_of_a_pack_is_kept() -> None:
    where = Where(phone="VN", zone="Asia/Saigon", locale="vi", countries=("Việt Nam",))
    [vietnam] = [of for of in LAW.demands(where, "sms", "marketing").applied if of.policy.name == "vietnam"]
    assert vietnam.told == ("phone number of VN", "country Việt Nam", "time zone Asia/Saigon", "language vi")


@pytest.mark.parametrize(
    ("where", "part", "hours"),
    [
        (Where(phone="US", area="305"), "Florida (area code 305)", 2),
        (Where(phone="US", area="305", region="tx"), "Texas (told)", 2),
        (Where(phone="US", area="212"), "New York (area code 212)", 1),
        (Where(phone="US", area="800"), "part not known: the strictest of all", 5),
        (Where(phone="CA", area="305", zone="America/New_York"), "part not known: the strictest of all", 5),
    ],
)
def test_a_part_of_a_country_is_told_by_the_address_then_by_the_area_code(where: Where, part: str, hours: int) -> None:
    demands = LAW.demands(where, "sms", "marketing")
    assert [of.part for of in demands.applied if of.policy.name == "united_states"] == [part]
    assert len(demands.hours) == hours


def test_every_delay_names_its_law() -> None:
    demands = LAW.demands(Where(phone="VN"), "sms", "marketing")
    assert [each.words for each in demands.hours] == [
        "Vietnam: no advertising SMS between 22:00 and 07:00 (Decree 91/2020)"
    ]
    assert [each.words for each in demands.quotas] == [
        "Vietnam: at most 3 advertising SMS in 24 hours to one address (Decree 91/2020)"
    ]
    texas = LAW.demands(Where(phone="US", area="214"), "sms", "marketing")
    assert texas.hours[1].words == (
        "Texas: no advertising SMS outside Mon to Sat 09:00 to 21:00, Sun 12:00 to 21:00 (state law)"
    )
    florida = LAW.demands(Where(phone="US", area="305"), "sms", "marketing")
    assert florida.quotas[0].words.endswith("(state law, believed)")


# One number of each area code, where Google's geocoder, read through another table, knows its town and state.
STATES = {part.code: part for pack in shipped() for part in pack.parts}


@pytest.mark.parametrize("code", ["FL", "OK", "MD", "MS", "NJ", "CT", "TX", "RI"])
def test_the_area_codes_of_a_listed_state_ring_there(code: str) -> None:
    state = STATES[code]
    assert state.area_codes
    for area in state.area_codes:
        said = {description_for_number(parse(f"+1{area}{rest}"), "en") for rest in ("2345678", "5551234", "9876543")}
        assert any(each.endswith((f", {code}", state.name)) for each in said if each), (area, said)


def test_no_area_code_is_in_two_states() -> None:
    areas = [area for state in STATES.values() for area in state.area_codes]
    assert len(set(areas)) == len(areas) > 300
    assert len(STATES) == 51


@pytest.mark.parametrize(
    ("number", "phone"),
    [
        ("+84912345678", Phone("VN", "", ("Asia/Ho_Chi_Minh",))),
        ("+13055551234", Phone("US", "305", ("America/New_York",))),
        ("+14165551234", Phone("CA", "416", ("America/Toronto",))),
        ("+12085551234", Phone("US", "208", ("America/Boise", "America/Los_Angeles"))),
        ("+18005551234", Phone("US", "800", ())),
        ("", NOWHERE),
        ("0912 345 678", NOWHERE),
        ("+999", NOWHERE),
    ],
)
def test_a_phone_number_tells_its_country_its_area_and_its_clock(number: str, phone: Phone) -> None:
    assert phone_of(number) == phone


def test_a_zone_that_only_the_phone_number_tells_is_no_second_sign() -> None:
    phone = Phone("VN", "", ("Asia/Ho_Chi_Minh",))
    assert Facts("c_1", zone="Asia/Ho_Chi_Minh", phone=phone).where == Where(phone="VN")
    told = {"customer.timezone": "Asia/Ho_Chi_Minh", "customer.country": "Japan", "customer.locale": "vi"}
    facts = Facts("c_1", told, "Asia/Ho_Chi_Minh", phone=phone, order={"order.country": "VN"})
    assert facts.where == Where("VN", "", "Asia/Ho_Chi_Minh", "vi", ("Japan", "VN"))
