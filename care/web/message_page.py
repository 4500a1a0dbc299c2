"""Messages as a page: one file that needs no server."""

from collections.abc import Sequence

from markupsafe import Markup

from care.templating.sheets import Sheet
from care.web.preview_page import environment, page_style


def message_page(name: str, whom: str, sheets: Sequence[Sheet], *, dark: bool = False) -> str:
    """The whole page, with its styles and every e-mail inside.

    Args:
        name: The template's.
        whom: For whom it was written, in words.
        dark: Whether the e-mails are shown in the dark at first.
    """
    page = environment().get_template("messages.html")
    style = Markup(page_style())
    return page.render(name=name, whom=whom, sheets=sheets, style=style, scheme="dark" if dark else "device")
