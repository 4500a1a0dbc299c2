import pytest

from care.domain.segments import foreign_letters, pieces, segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("à è é ì ò ù", "GSM-7", 11, 1),
        ("ạ" * 70, "UCS-2", 70, 1),
        ("ạ" * 71, "UCS-2", 71, 2),
        ("ạ" * 134, "UCS-2", 134, 2),
        ("ạ" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("ạ" * 66 + "😀" + "ạ" * 66, "UCS-2", 134, 3),
        ("đ", "UCS-2", 1, 1),
    ],
)
def test_a_text_takes_the_segments_the_standard_gives_it(text: str, encoding: str, units: int, parts: int) -> None:
    assert segments(text) == (encoding, units, parts)


def test_the_pieces_of_a_text_are_its_segments() -> None:
    assert pieces("") == ()
    assert pieces("a" * 160) == ("a" * 160,)
    assert [len(piece) for piece in pieces("a" * 161)] == [153, 8]
    torn = "ạ" * 66 + "😀" + "ạ" * 66
    assert pieces(torn) == ("ạ" * 66, "😀" + "ạ" * 65, "ạ")
    assert "".join(pieces(torn)) == torn


def test_the_letters_that_cost_a_text_its_short_alphabet_are_named_once() -> None:
    assert foreign_letters("Điện máy: call 1900 €") == ("Đ", "ệ", "á")
    assert foreign_letters("à plain text") == ()
