"""Near names: what a mistyped word was probably meant to be."""

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE = 0.7
_FEW = 12


def nearest(word: str, names: Iterable[str]) -> str:
    """The known name closest to a word, or an empty string when none is close."""
    known = sorted(set(names))
    bare = [name for name in known if plain(name.rpartition(".")[2]) == plain(word)]
    if len(bare) == 1:
        return bare[0]
    best, closeness = "", _CLOSE
    for name in known:
        ratio = _likeness(plain(word), plain(name))
        if ratio > closeness:
            best, closeness = name, ratio
    return best


def plain(word: str) -> str:
    """A word without case, marks and the difference between spaces, hyphens and underscores."""
    base = unicodedata.normalize("NFD", word.casefold().replace("đ", "d"))
    letters = [letter for letter in base if not unicodedata.combining(letter)]
    return "".join(letters).replace("-", "_").replace(" ", "_")


def meant(word: str, names: Iterable[str]) -> str:
    """A hint with the nearest name, or nothing."""
    near = nearest(word, names)
    return f"did you mean '{near}'?" if near else ""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A hint: the nearest name, else the choices when they are few, else nothing."""
    known = sorted(set(names))
    few = 0 < len(known) <= _FEW
    return meant(word, known) or (f"there are: {', '.join(known)}" if few else "")


def _likeness(word: str, name: str) -> float:
    """From 0 to 1; of two names with a dot, the part behind it counts twice."""
    space, dot, bare = word.rpartition(".")
    known_space, known_dot, known_bare = name.rpartition(".")
    if dot and known_dot:
        return (_ratio(space, known_space) + 2 * _ratio(bare, known_bare)) / 3
    matcher = SequenceMatcher(None, word, name)
    # Most names are far away, and that is seen much sooner than how far.
    return 0.0 if min(matcher.real_quick_ratio(), matcher.quick_ratio()) <= _CLOSE else matcher.ratio()


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
