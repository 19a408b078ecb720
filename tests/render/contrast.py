"""Which colours a reader sees an email's texts in: as it is, in its own dark design, or darkened by force."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import lxml.html

Colour = tuple[float, float, float]
Rules = dict[str, dict[str, str]]
"""Declarations by class."""
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and the colours that it is shown in."""

    text: str
    ink: str
    ground: str

    @property
    def ratio(self) -> float:
        """The contrast of WCAG 2.2 (1.4.3)."""
        return ratio(rgb(self.ink), rgb(self.ground))


def rgb(colour: str) -> Colour:
    """Read `#rrggbb` or `#rgb`."""
    found = _HEX.fullmatch(colour)
    assert found, colour
    value = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
    return (int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16))


def ratio(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours by WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def pairs(page: lxml.html.HtmlElement, rules: Rules | None = None) -> Iterator[Pair]:
    """Yield the colours of every visible text; `rules` win over what is inlined, as `!important` does."""
    for element in page.xpath("//body//*[not(ancestor-or-self::*[@class='preheader'])]"):
        texts = [element.text, *(child.tail for child in element)]
        if said := " ".join(text.strip() for text in texts if text and text.strip()):
            yield Pair(said[:40], _of("color", element, rules), _of("background-color", element, rules))


def _of(name: str, element: lxml.html.HtmlElement, rules: Rules | None) -> str:
    for one in (element, *element.iterancestors()):
        ruled = [(rules or {}).get(found, {}).get(name) for found in one.get("class", "").split()]
        inline = re.search(rf"(?:^|;)\s*{name}:\s*([^;]+)", one.get("style", ""))
        found = [colour for colour in ruled if colour] or ([inline[1].strip()] if inline else [])
        if found:
            return found[-1]
    raise AssertionError(f"no {name} for {element.text!r}")


def dark_rules(html: str) -> Rules:
    """Return what the email says for readers in the dark."""
    start = html.index("@media (prefers-color-scheme: dark) {")
    return _rules(html[start : html.index("\n}", start)].partition("{")[2], r"")


def outlook_rules(html: str) -> Rules:
    """Return what it says for Outlook's app and web, which mark what they darken."""
    style = html[html.index("@media only screen") :].partition("</style>")[0]
    return _rules(style, r"\[data-ogs[cb]\] ")


def _rules(css: str, before: str) -> Rules:
    found: Rules = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for one in selectors.split(","):
            if named := re.fullmatch(rf"{before}\.([a-z-]+)", one.strip()):
                declared = re.findall(r"([a-z-]+):\s*([^;]+?)\s*!important", body)
                found.setdefault(named[1], {}).update(declared)
    return found


def forced(pair: Pair) -> float:
    """Return the contrast after Chromium's own darkening, which Android's mail apps use too.

    Dark inks and light grounds are turned round in CIELAB lightness, all others stay. Source: Chromium,
    platform/graphics/dark_mode_color_classifier.cc and dark_mode_color_filter.cc, with their thresholds.
    """
    ink, ground = rgb(pair.ink), rgb(pair.ground)
    ink = _inverted(ink) if _brightness(ink) < 150 else ink
    ground = _inverted(ground) if _brightness(ground) > 205 else ground
    return ratio(ink, ground)


def _brightness(colour: Colour) -> float:
    red, green, blue = colour
    return (red * 299 + green * 587 + blue * 114) / 1000


_WHITE = (0.9642, 1.0, 0.8251)
_TO_XYZ = ((0.4361, 0.3851, 0.1431), (0.2225, 0.7169, 0.0606), (0.0139, 0.0971, 0.7141))
_FROM_XYZ = ((3.1339, -1.6169, -0.4906), (-0.9788, 1.9161, 0.0335), (0.0719, -0.2290, 1.4052))


def _inverted(colour: Colour) -> Colour:
    xyz = _times(_TO_XYZ, tuple(_linear(channel / 255) for channel in colour))
    x, y, z = (_map(value / white, lambda t: t ** (1 / 3)) for value, white in zip(xyz, _WHITE, strict=True))
    lightness, a, b = min(110 - (116 * y - 16), 100), 500 * (x - y), 200 * (y - z)
    y = (lightness + 16) / 116
    back = [_back(value) * white for value, white in zip((y + a / 500, y, y - b / 200), _WHITE, strict=True)]
    red, green, blue = (255 * _gamma(min(max(value, 0), 1)) for value in _times(_FROM_XYZ, tuple(back)))
    return red, green, blue


def _map(value: float, root: Callable[[float], float]) -> float:
    return root(value) if value > 0.008856 else 7.787 * value + 16 / 116


def _back(value: float) -> float:
    return value**3 if value**3 > 0.008856 else (value - 16 / 116) / 7.787


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _times(rows: tuple[Colour, ...], vector: tuple[float, ...]) -> list[float]:
    return [sum(one * other for one, other in zip(row, vector, strict=True)) for row in rows]
