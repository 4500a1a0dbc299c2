import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.orders import reference
from care.verp import LONGEST_LOCAL_PART, bounce_address, read, stamp

SECRET = "a secret of the shop's own"
keys = st.text(max_size=60)


@given(keys)
def test_a_bounce_address_gives_its_message_back_whatever_case_it_comes_back_in(key: str) -> None:
    address = bounce_address("bounce@bounces.shop.example", reference(key), SECRET)
    assert address.endswith("@bounces.shop.example")
    assert read(address, SECRET) == read(address.upper(), SECRET) == reference(key)


@given(keys, st.integers(0, 48), st.sampled_from("0a2z-"))
def test_a_changed_stamp_is_not_ours(key: str, place: int, letter: str) -> None:
    token = stamp(reference(key), SECRET)
    changed = token[:place] + letter + token[place + 1 :]
    assert read(f"bounce+{changed}@bounces.shop.example", SECRET) == (reference(key) if changed == token else "")


def test_another_secret_reads_nothing() -> None:
    assert read(bounce_address("b@shop.example", reference("k"), SECRET), "another secret of a shop") == ""


@pytest.mark.parametrize("address", ["", "bounce@shop.example", "bounce+@shop.example", "bounce+abc-def@shop.example"])
def test_an_address_without_a_stamp_reads_nothing(address: str) -> None:
    assert read(address, SECRET) == ""


def test_a_stamp_fits_into_the_longest_mailbox_name_that_is_allowed() -> None:
    address = bounce_address("b" * LONGEST_LOCAL_PART + "@shop.example", reference("k"), SECRET)
    assert len(address.partition("@")[0]) == 64
