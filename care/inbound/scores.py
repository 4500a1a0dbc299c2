"""Answers to a survey as people type them: ``5``, ``năm``, ``5 sao``, ``4/5``, ``4 giao hàng chậm``.

What could mean anything else is no answer: a person reads it then. "2 ngày rồi chưa thấy hàng" complains of two days,
and whoever writes ``tạm`` says "so-so", not *tám*, eight.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from care.domain.metrics import SCALES
from care.inbound.words import unmarked

# "không" is missing on purpose: it is nought, and no.
_VIETNAMESE = {
    1: ("một",),
    2: ("hai",),
    3: ("ba",),
    4: ("bốn", "tư"),
    5: ("năm", "lăm"),
    6: ("sáu",),
    7: ("bảy", "bẩy"),
    8: ("tám",),
    9: ("chín",),
    10: ("mười",),
}
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {unmarked(word): score for score, words in _VIETNAMESE.items() for word in words}
_NUMBERS |= {word: score for score, words in _VIETNAMESE.items() for word in words}
_NUMBERS |= {word: score for score, word in enumerate(_ENGLISH)}

_STARS = frozenset("⭐★🌟✭✮")
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufe0e\ufe0f\u20e3]")
_LEADS = (
    *("mình cho", "tôi cho", "em cho", "anh cho", "chị cho", "cho", "mình chấm", "tôi chấm", "em chấm", "chấm"),
    *("đánh giá", "điểm", "i give it a", "i give it", "i give you a", "i give you", "i give a", "i give", "i rate it"),
    *(
        "i d give it a",
        "i'd give it a",
        "i'd give it",
        "rating",
        "score",
        "my score is",
        "my rating is",
        "dạ",
        "dạ cho",
    ),
)
_STAR_UNITS = ("sao", "stars", "star")
_POINT_UNITS = ("điểm", "points", "point")
_MARKS = r"[\s.,;:!?)\]~…–—-]"


def _any(words: Iterable[str]) -> str:
    spelt = {each for word in words for each in (word, unmarked(word))}
    return "|".join(re.escape(word) for word in sorted(spelt, key=len, reverse=True))


_STARTS = re.compile(
    rf"[\s(\[]*(?:(?:{_any(_LEADS)})[\s:]+)?"
    rf"(?P<number>\d{{1,2}}|{_any(_NUMBERS)})(?![\w%]|[.,]\d)"
    rf"(?:\s*/\s*(?P<of>\d{{1,2}})(?!\d))?"
    rf"(?:\s*(?:(?P<stars>{_any(_STAR_UNITS)}|⭐+|★+|🌟+)|(?P<points>{_any(_POINT_UNITS)}))(?!\w))?"
    rf"(?P<gap>{_MARKS}*)(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_GLUED = re.compile(rf"(\d{{1,2}})(?=(?:{_any(_STAR_UNITS)}|{_any(_POINT_UNITS)}|đ|d)(?!\w))", re.IGNORECASE)
_POINT_SIGN = re.compile(r"(\d{1,2}) (?:đ|d)(?!\w)", re.IGNORECASE)
# After a bare number these say that it counts something else than a score.
_MEASURES = (
    *("ngày", "giờ", "phút", "tiếng", "tháng", "năm", "tuần", "hôm", "lần", "cái", "chiếc", "đơn", "món", "thứ", "nữa"),
    *("hộp", "bộ", "máy", "người", "con", "cục", "bịch", "gói", "đôi", "tr", "triệu", "nghìn", "ngàn", "k", "trăm"),
    *("đồng", "vnd", "kg", "lít", "cm", "h", "g", "p", "m", "giây", "hoặc", "hay", "đến", "với", "và", "anh", "chị"),
    *("days", "day", "hours", "hour", "minutes", "minute", "weeks", "week", "months", "month", "years", "year"),
    *("times", "time", "items", "item", "pieces", "boxes", "box", "orders", "order", "people", "more"),
    *("trong", "of", "in", "or", "to", "and", "am", "pm"),
)
_COUNTED = re.compile(rf"(?:{_any(_MEASURES)})(?!\w)", re.IGNORECASE)
_POLITE = re.compile(rf"(?:{_any(('ạ', 'nha', 'nhé', 'nhá', 'thôi', 'please', 'thanks'))}){_MARKS}*", re.IGNORECASE)


class Answer(NamedTuple):
    """A score, and what was written beside it."""

    score: int
    comment: str


def answer(text: str, survey: str) -> Answer | None:
    """Read an answer to a survey.

    Args:
        survey: ``csat``, ``nps`` or ``ces``.

    Returns:
        ``None`` when the text is no clear score of that survey's scale.
    """
    scale = SCALES[survey]
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip()
    if seen and all(letter in _STARS for letter in seen):
        return Answer(len(seen), "") if survey == "csat" and len(seen) in scale else None
    found = _STARTS.fullmatch(_POINT_SIGN.sub(r"\1 điểm", _GLUED.sub(r"\1 ", seen)))
    if found is None or not _fits(found, survey):
        return None
    word = found["number"].casefold()
    score = int(word) if word.isdecimal() else _NUMBERS[word]
    comment = "" if _POLITE.fullmatch(found["rest"]) else found["rest"].strip()
    return Answer(score, comment) if score in scale and _is_comment(found, comment) else None


def _fits(found: re.Match[str], survey: str) -> bool:
    """Whether what stands beside the number speaks of this survey's scale."""
    top = SCALES[survey][-1]
    return (not found["stars"] or survey == "csat") and (not found["of"] or int(found["of"]) == top)


def _is_comment(found: re.Match[str], rest: str) -> bool:
    """Whether the words behind the number are beside it, rather than what it counts."""
    apart = any(not sign.isspace() for sign in found["gap"]) or "\n" in found["gap"]
    if not rest or found["of"] or found["stars"] or found["points"]:
        return apart or not rest[:1].isdigit()
    if rest[:1].isdigit() or not found["gap"]:
        return False
    return apart or (found["number"].isdecimal() and not _COUNTED.match(rest))
