"""Colours as #rrggbb: what can be read on which (WCAG 2.2, relative luminance)."""

WHITE, INK, BLACK = "#ffffff", "#10141a", "#000000"
DARK_PAGE = "#0f131a"
STANDS_OUT = 3.0  # WCAG 1.4.11, for what is not text
READABLE = 4.5  # WCAG 1.4.3


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(color: str) -> str:
    """White, near-black or black: on any colour white or black has at least 4.58 : 1."""
    return next(text for text in (WHITE, INK, BLACK) if contrast(text, color) >= READABLE)


def pressed(color: str) -> str:
    """A little away from the text on it, which can be read the better."""
    return _mixed(color, BLACK if readable_on(color) == WHITE else WHITE, 0.18)


def edge(color: str, page: str) -> str:
    """The colour itself where it stands out from the page, else as little changed as does it."""
    away = BLACK if page == WHITE else WHITE
    steps = (_mixed(color, away, share / 20) for share in range(21))
    return next(each for each in steps if contrast(each, page) >= STANDS_OUT)


def _mixed(color: str, other: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _luminance(color: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(color))
    ]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]
