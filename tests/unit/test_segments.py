import pytest

from care.domain.segments import segments


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
