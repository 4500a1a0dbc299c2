"""Packing of payloads: what customers went to sleep with is read for good, and it is small."""

import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.temporal import packing
from care.temporal.packing import pack, unpack

STATE = (
    b'{"customer":"c_932a0ee9b98cba87abf3","last":"2026-11-22T21:36:47.939775Z","enrolments":[{"id":"e_155ab31dd5f812c7",'
    b'"journey":"parked","plan":"fb85f13a","entered_at":"2026-11-22T21:36:47.939775Z","event_id":"i_5a2a60e917d5fa2ecd15"'
    b',"order_id":"DH-1","at":["wait:30 days"],"doing":"wait","since":"2026-11-22T21:36:47.939775Z","until":null,'
    b'"remind_at":null,"wish":null,"answers":{},"ticket":"","values":{},"visits":{},"passes":{},"moving":null}]}'
)


@given(st.binary(max_size=2_000))
def test_what_was_packed_comes_back(plain: bytes) -> None:
    packed, how = pack(plain)
    assert (unpack(packed, how) if how else packed) == plain
    assert len(packed) <= len(plain)


def test_a_state_packs_to_two_thirds_of_what_it_does_without_known_words() -> None:
    packed, how = pack(STATE)
    assert unpack(packed, how) == STATE
    assert len(packed) < len(zlib.compress(STATE)) * 2 / 3


def test_the_words_never_change_for_customers_sleep_who_were_packed_with_them() -> None:
    found = {name: sha256(words).hexdigest()[:16] for name, words in packing._WORDS.items()}
    assert found == {"words-1": "ccce0aae88e5e8ab"}


def test_what_earlier_versions_packed_is_read() -> None:
    assert unpack(zlib.compress(STATE), "zlib") == STATE


@pytest.mark.parametrize("how", ["zlib", "words-1"])
def test_what_is_damaged_is_told(how: str) -> None:
    packed = zlib.compress(STATE) if how == "zlib" else pack(STATE)[0]
    for damaged in (packed[:-1], b"\x00" * 20, b""):
        with pytest.raises(ValueError, match=r"\w"):
            unpack(damaged, how)


def test_a_way_of_packing_that_is_not_known_is_told() -> None:
    with pytest.raises(ValueError, match="'words-9', which this version does not know"):
        unpack(b"", "words-9")
