"""Contrast of colours as WCAG 2.2 counts it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

AA = 4.5
AA_LARGE = 3.0


def contrast(one: str, other: str) -> float:
    """The contrast of two colours written ``#rrggbb``: 1 when they are the same, 21 for black on white."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
