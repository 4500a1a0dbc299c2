"""Words that a message is better without: those filters take for advertising, and those customers do not use."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from care.domain.errors import CareError

GLOSSARY = "glossary.yaml"

# What the public rule sets of mail filters count against a message, as far as shops write it.
SPAM: Mapping[str, tuple[str, ...]] = {
    "vi": (
        *(
            "miễn phí 100%",
            "100% miễn phí",
            "cơ hội duy nhất",
            "cơ hội cuối cùng",
            "trúng thưởng",
            "nhận ngay tiền mặt",
        ),
        *("kiếm tiền", "giá sốc", "siêu sốc", "khuyến mãi khủng", "sale sập sàn", "click ngay", "bấm ngay kẻo lỡ"),
        *("cam kết 100%", "không mất phí", "rẻ nhất thị trường", "vay nhanh", "duy nhất hôm nay", "quà khủng"),
    ),
    "en": (
        *("100% free", "act now", "buy now", "limited time only", "once in a lifetime", "risk free", "risk-free"),
        *("winner", "you have won", "congratulations", "cash bonus", "earn money", "extra income", "double your"),
        *(
            "no obligation",
            "guaranteed",
            "lowest price",
            "special promotion",
            "this is not spam",
            "urgent",
            "amazing deal",
        ),
        *("don't delete", "order now", "while supplies last", "no strings attached", "click below"),
    ),
}
CLICK_HERE: Mapping[str, tuple[str, ...]] = {
    "vi": (
        "tại đây",
        "ở đây",
        "vào đây",
        "bấm vào đây",
        "nhấn vào đây",
        "click vào đây",
        "bấm đây",
        "link",
        "xem thêm",
    ),
    "en": ("here", "click here", "this link", "link", "click", "tap here", "more", "read more"),
}


class GlossaryError(CareError):
    """The glossary cannot be read; the message says what is wrong with it."""


def glossary_of(templates_dir: Path) -> Mapping[str, Mapping[str, str]]:
    """Words to avoid and what to say instead, by language; nothing where there is no glossary.

    Raises:
        GlossaryError: When it is not written as ``language:`` with ``word: plain word`` lines below.
    """
    path = templates_dir / GLOSSARY
    if not path.is_file():
        return {}
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(4)
def _read(path: Path, changed: int) -> Mapping[str, Mapping[str, str]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return {
            str(language): {str(word).lower(): str(plain) for word, plain in words.items()}
            for language, words in content.items()
        }
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise GlossaryError(
            f"{path} cannot be read: {' '.join(str(error).split())}; write a language such as 'vi:', "
            "and below it lines 'word: plain word'"
        ) from error
