"""The terminal, as safe as the web pages are: what customers and shops wrote is shown and never obeyed."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# An escape sequence in somebody's name could rewrite the screen, the window's title or the clipboard.
_OBEYED = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}")
del _OBEYED[ord("\t")], _OBEYED[ord("\n")]


class Terminal(Console):
    """A console that shows control characters as one visible letter."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of something to show; only Rich itself moves the cursor."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=segment.text.translate(_OBEYED))
