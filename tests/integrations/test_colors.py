"""Whatever colour a brand chooses: its text can be read, and what it marks can be seen."""

import itertools

from integrations import colors

STEPS = (*range(0, 256, 15), 0x1F, 0x4F)
EVERY_COLOR = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in itertools.product(STEPS, repeat=3)]


def test_the_text_on_any_colour_and_on_its_pressed_one_reaches_4_5_to_1() -> None:
    hard_to_read = [
        color
        for color in [*EVERY_COLOR, "#f00f4f"]
        for background in (color, colors.pressed(color))
        if colors.contrast(colors.readable_on(color), background) < colors.READABLE
    ]

    assert hard_to_read == []


def test_the_edge_of_any_colour_stands_out_from_a_light_and_a_dark_page() -> None:
    for page in (colors.WHITE, colors.DARK_PAGE):
        unseen = [c for c in EVERY_COLOR if colors.contrast(colors.edge(c, page), page) < 3]

        assert unseen == []


def test_a_colour_that_stands_out_stays_as_it_is() -> None:
    assert colors.edge("#0b5cad", colors.WHITE) == "#0b5cad"
    assert colors.readable_on("#0b5cad") == colors.WHITE
