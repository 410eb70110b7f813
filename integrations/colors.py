"""Colours as #rrggbb: what can be read on which (WCAG 2.2, relative luminance)."""

WHITE, INK = "#ffffff", "#10141a"
STANDS_OUT = 3.0  # WCAG 1.4.11, for what is not text


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(color: str) -> str:
    """White or near-black, whichever contrasts more."""
    return max((WHITE, INK), key=lambda text: contrast(text, color))


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
