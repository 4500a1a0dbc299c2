"""Faint words, told once for each pair of colours: a colour of ``brand.yaml`` is met in every message."""

from collections.abc import Iterable

from care.templating.reading import Faint
from care.templating.report import Gathered

_HINT = "make one of the two colours darker or lighter; most come from brand.yaml"


class Faintness:
    """The faint words of all messages, by the two colours and whether the device is dark."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str, str], dict[str, Faint]] = {}

    def meet(self, name: str, mode: str, found: Iterable[Faint]) -> None:
        """Remember what is faint in a file.

        Args:
            mode: ``light`` or ``dark``.
        """
        for faint in found:
            self._met.setdefault((mode, faint.ink, faint.ground), {}).setdefault(name, faint)

    def tell(self, gathered: Gathered) -> None:
        """Note each pair of colours where it was met first, and how many files have it besides."""
        for (mode, ink, ground), files in self._met.items():
            name, faint = next(iter(files.items()))
            message = f"{faint.words!r} has a contrast of {faint.ratio:.1f} where it is {mode} ({ink} on {ground})"
            more = len(files) - 1
            besides = f"; {more} more {'file has' if more == 1 else 'files have'} the same" if more else ""
            gathered.at(name, ink, "T06", message, f"{_HINT}{besides}")
