"""An issuer's colour as it can be read on: white text stands on it.

Source: WCAG 2.1, success criterion 1.4.3 (4.5:1) and its definitions of contrast and
luminance.
"""

import re
from typing import Final

DEFAULT: Final = "#2563eb"
"""Where an issuer has none."""
LEAST_CONTRAST = 4.5
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


def is_colour(text: str) -> bool:
    """Whether a text is a colour as it is kept: `#rrggbb` in lower case."""
    return _COLOUR.fullmatch(text) is not None


def legible(colour: str) -> str:
    """Return the colour, darkened as little as white text on it needs; the default where there is none."""
    if not is_colour(colour):
        return DEFAULT
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for percent in range(100, -1, -1):
        darker = [channel * percent // 100 for channel in channels]
        if _contrast_with_white(darker) >= LEAST_CONTRAST:
            return "#" + "".join(f"{channel:02x}" for channel in darker)
    raise AssertionError("white on black is 21:1")


def contrast_with_white(colour: str) -> float:
    """Return the contrast of white on a colour, between 1 and 21; of no colour, that of the default."""
    given = colour if is_colour(colour) else DEFAULT
    return _contrast_with_white([int(given[at : at + 2], 16) for at in (1, 3, 5)])


def _contrast_with_white(channels: list[int]) -> float:
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
