"""Pages of which a part, between two markers, is made by a command."""


def remade(page: str, begin: str, end: str, inside: str) -> str:
    """The page with what stands between its markers made anew."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{inside}{end}{after}"
