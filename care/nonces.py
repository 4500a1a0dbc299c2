"""The nonce of a page's own style sheets: the browser then takes no other, however it came into the page.

It is written into the template's text before anything of a customer is, so that what a value smuggles in has none.
"""

import re
import secrets
from typing import Final

from jinja2.ext import Extension

_PAGES: Final = "pages/"
_STYLE: Final = re.compile(r"<style(?=[\s>])(?![^>]*\snonce=)", re.IGNORECASE)
# Stands where the nonce of one answer will stand; nobody outside this process can know it.
_PLACE: Final = f' nonce="{secrets.token_hex(16)}"'


class StyleNonces(Extension):
    """Keeps a place for the nonce in every ``<style>`` of the pages' templates."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template with its places."""
        return _STYLE.sub(lambda found: found[0] + _PLACE, source) if (name or "").startswith(_PAGES) else source


def stamped(html: str, nonce: str) -> str:
    """A page with its nonce; without one when it is empty."""
    return html.replace(_PLACE, f' nonce="{nonce}"' if nonce else "")
