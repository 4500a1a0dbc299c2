"""A small sign for each kind of box: strokes on a square of 16."""

from care.drawing.shapes import Kind

_CLOCK = "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0 -11M8 5v3.2l2 1.6"
_FORK = "M8 2.5v3M8 5.5l-4 4v4M8 5.5l4 4v4"
ICONS: dict[Kind, str] = {
    "entry": "M2.5 8h8M7.5 5l3 3l-3 3M13.5 3v10",
    "goal": "M4 14V2.5h8l-2 3l2 3H4",
    "leave": "M9.5 3H3.5v10h6M6.5 8h7M11 5.5L13.5 8L11 10.5",
    "send": "M2 4h12v8.5H2zM2 4.5l6 4.5l6 -4.5",
    "survey": "M2.5 3h11v7.5h-6l-3 3v-3h-2zM5.5 6h5M5.5 8h3",
    "offer": "M2.5 2.5h5.5l6 6l-5.5 5.5l-6 -6zM5.5 5.5h0.1",
    "ticket": "M8 2.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0 -5M3 13.5c0.5 -3 2.5 -4 5 -4s4.5 1 5 4",
    "wait": _CLOCK,
    "wait_for": "M3 2.5h10M3 13.5h10M4.5 2.5c0 3 2 4 3.5 5.5c-1.5 1.5 -3.5 2.5 -3.5 5.5M11.5 2.5c0 3 -2 4 -3.5 5.5"
    "c1.5 1.5 3.5 2.5 3.5 5.5",
    "branch": _FORK,
    "split": "M2.5 11.5h11M2.5 11.5l3 2M13.5 4.5h-11M13.5 4.5l-3 -2M4 8h8",
    "set": "M3 13l1 -3l7 -7l2 2l-7 7zM9.5 4.5l2 2",
    "webhook": "M5.5 10.5l5 -5M6.5 4.5l1.5 -1.5a2.8 2.8 0 0 1 4.5 4.5l-1.5 1.5"
    "M9.5 11.5l-1.5 1.5a2.8 2.8 0 0 1 -4.5 -4.5l1.5 -1.5",
    "repeat": "M3 8a5 5 0 0 1 8.7 -3.4L13 6M13 2.5V6H9.5M13 8a5 5 0 0 1 -8.7 3.4L3 10M3 13.5V10h3.5",
    "exit": _FORK,
    "table": "M2.5 3h11v10h-11zM2.5 6.5h11M6.5 6.5v6.5",
    "again": "M8 12.5V4M4.5 7L8 3.5L11.5 7",
    "words": "M3.5 2.5h7.5a1.5 1.5 0 0 1 1.5 1.5v9.5h-7.5a1.5 1.5 0 0 1 -1.5 -1.5zM6 5.5h4M6 8h4",
    "end": "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0 -11M6 6h4v4H6z",
}
