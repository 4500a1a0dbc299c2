"""The colours of a picture, by the part they play, on light and on dark paper."""

from care.drawing.shapes import Kind

FONTS = "Inter, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', system-ui, Arial, sans-serif"

_COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#fbfaf7", "#161614"),
    "card": ("#ffffff", "#1e1e1b"),
    "ink": ("#1d1c1a", "#edebe6"),
    "soft": ("#5f5b54", "#b5b0a6"),
    "edge": ("#d9d4c9", "#45433d"),
    "wire": ("#8c877d", "#8f8a80"),
    "teal": ("#0b5d5b", "#7cc7c1"),
    "teal-wash": ("#e0f0ee", "#1d3230"),
    "blue": ("#24508f", "#9dbdec"),
    "blue-wash": ("#e3ecf8", "#1c2a3f"),
    "amber": ("#7d5200", "#e6bd6b"),
    "amber-wash": ("#fbf0d9", "#352a14"),
    "red": ("#a3221f", "#f29b94"),
    "red-wash": ("#fbe9e7", "#3b1e1c"),
    "violet": ("#5b3f97", "#c3aff0"),
    "violet-wash": ("#eee8f8", "#2b2440"),
    "green": ("#22663a", "#8fcf9f"),
    "green-wash": ("#e2f1e6", "#1d3023"),
    "stone": ("#5f5b54", "#b5b0a6"),
    "stone-wash": ("#efece5", "#2b2a27"),
}
HUES: dict[Kind, str] = {
    "entry": "teal",
    "goal": "green",
    "leave": "red",
    "send": "teal",
    "survey": "blue",
    "offer": "amber",
    "ticket": "red",
    "wait": "stone",
    "wait_for": "stone",
    "branch": "violet",
    "split": "violet",
    "set": "stone",
    "webhook": "stone",
    "repeat": "violet",
    "exit": "violet",
    "table": "violet",
    "again": "stone",
    "words": "stone",
    "end": "stone",
}
MARKS: dict[str, str] = {"added": "green", "changed": "amber", "removed": "red"}


def painted(fill: str = "", stroke: str = "") -> str:
    """The attributes that colour a shape: plain ones for light paper, and classes that a style sheet can go by."""
    parts = [("fill", fill), ("stroke", stroke)]
    plain = [f'{what}="{_COLOURS[role][0] if role else "none"}"' for what, role in parts if role or what == "fill"]
    classes = " ".join(f"care-{what}-{role}" for what, role in parts if role)
    return " ".join([*plain, f'class="{classes}"'] if classes else plain)


def style_sheet() -> str:
    """The rules that turn a picture dark where the reader's screen is; a page that shows pictures needs them too."""
    rules = "".join(
        f".care-fill-{role}{{fill:{dark}}}.care-stroke-{role}{{stroke:{dark}}}" for role, (_, dark) in _COLOURS.items()
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def canvas_sheet() -> str:
    """The rules that colour a browser's window around a picture that stands alone."""
    light, dark = _COLOURS["paper"]
    return f":root{{background:{light}}}@media (prefers-color-scheme:dark){{:root{{background:{dark}}}}}"
