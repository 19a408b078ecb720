"""Icons, amounts and bars of the staff pages, as markup without style attributes."""

from markupsafe import Markup

from paymail.money import Money, exponent

_ICONS = {
    "home": "M3 9.2 10 3.5l7 5.7V16a1 1 0 0 1-1 1h-3.6v-4.6H7.6V17H4a1 1 0 0 1-1-1z",
    "doc": "M5.5 2.8h6l3.2 3.3v10.1a1 1 0 0 1-1 1H5.5a1 1 0 0 1-1-1V3.8a1 1 0 0 1 1-1zM11.2 3v3.4h3.3M7.2 10h5.4M7.2 13.2h3.6",  # noqa: E501
    "people": "M7.6 9.4a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.6 16.4c.3-2.8 2.4-4.4 5-4.4s4.700 1.600 5 4.400M13 4.300a2.600 2.600 0 0 1 0 4.900M14.800 12.400c1.500.6 2.500 2 2.700 4",  # noqa: E501
    "mail": "M3 5.5h14v9.600H3zM3.300 6l6.700 5.200L16.700 6",
    "money": "M3 5.400h14v9.200H3zM10 12.100a2.100 2.100 0 1 0 0-4.200 2.100 2.100 0 0 0 0 4.200zM5.600 7.900v4.200M14.400 7.900v4.200",  # noqa: E501
    "gear": "M10 12.600a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200zM10 2.800v2M10 15.200v2M2.800 10h2M15.200 10h2M4.900 4.900l1.400 1.400M13.700 13.700l1.400 1.400M4.900 15.100l1.400-1.400M13.700 6.300l1.400-1.400",  # noqa: E501
    "search": "M9 14.200A5.200 5.200 0 1 0 9 3.800a5.200 5.200 0 0 0 0 10.400zM12.900 12.900l3.900 3.900",
    "check": "M4 10.600l4 4 8-9",
    "x": "M5 5l10 10M15 5L5 15",
    "plus": "M10 4.200v11.600M4.200 10h11.600",
    "alert": "M10 3.400 17.400 16.400H2.600zM10 8.300v3.600M10 14.100v.2",
    "info": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.200v4.300M10 6.600v.1",
    "help": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8.100c.2-1.200 1-1.800 2.100-1.800 1.200 0 2 .7 2 1.700 0 1.600-2 1.600-2 3.200M10 13.700v.1",  # noqa: E501
    "clock": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6.200V10l2.600 1.700",
    "right": "M7.500 4.500 13 10l-5.500 5.500",
    "down": "M5 7.500l5 5 5-5",
    "get": "M10 3.500v9.300M5.700 8.900l4.300 4.200 4.300-4.200M3.800 16.500h12.400",
    "put": "M10 13V3.700M5.700 7.800 10 3.600l4.300 4.200M3.800 16.500h12.400",
    "send": "M17 3.200 9 11.200M17 3.200l-4.800 13.600L9 11.200 3.200 8z",
    "bell": "M5 13.600V9a5 5 0 0 1 10 0v4.600l1.300 1.600H3.700zM8.300 17.200h3.400",
    "out": "M8 3.500H4v13h4M12.500 6.500 16 10l-3.500 3.500M16 10H7.500",
    "undo": "M7.500 4.300 3.800 8l3.700 3.700M4.200 8h7.600a4.200 4.200 0 0 1 0 8.400H8.500",
    "ban": "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.200 5.200l9.600 9.600",
    "cut": "M4 10h12",
    "pause": "M7 4.500v11M13 4.500v11",
    "eye": "M2.500 10s2.700-4.800 7.500-4.800 7.500 4.800 7.500 4.800-2.700 4.800-7.500 4.800S2.500 10 2.500 10zM10 12.100a2.100 2.100 0 1 0 0-4.200 2.100 2.100 0 0 0 0 4.200z",  # noqa: E501
    "pen": "M12.800 3.900l3.300 3.300-8.600 8.600-4 .7.700-4z",
    "plan": "M4 4.800h12v11.400H4zM4 8.300h12M7.300 3v3M12.700 3v3",
    "link": "M8.300 11.700a3 3 0 0 0 4.300.1l2.700-2.700a3 3 0 0 0-4.300-4.300L10 5.700M11.700 8.300a3 3 0 0 0-4.300-.1l-2.700 2.700a3 3 0 0 0 4.300 4.300l1-.9",  # noqa: E501
}


def icon(name: str, kind: str = "") -> Markup:
    """Return an icon that says nothing to a screen reader; `kind` is a further class."""
    return Markup(
        '<svg class="{}" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>'
    ).format(f"i {kind}".strip(), _ICONS[name])


def amount(money: Money, home: str = "") -> Markup:
    """Return an amount: the home currency with `$` if it has one, others with their code."""
    digits = f"{abs(money.decimal):,.{exponent(money.currency)}f}"
    sign = "\N{MINUS SIGN}" if money.minor < 0 else ""
    if money.currency == home and home in DOLLARS:
        return Markup("{}${}").format(sign, digits)
    return Markup('{}<span class="cur">{}</span>\N{NARROW NO-BREAK SPACE}{}').format(
        sign, money.currency, digits
    )


DOLLARS = frozenset({"AUD", "NZD", "USD", "CAD", "SGD", "HKD"})


def bar(percent: float, kind: str, says: str) -> Markup:
    """Return a bar of so many per cent of its track; `kind` is the class that colours it."""
    return Markup(
        '<svg class="bar" role="img" aria-label="{}" width="100%" height="14" preserveAspectRatio="none">'
        '<rect class="track" width="100%" height="14" rx="3"/>'
        '<rect class="{}" width="{}%" height="14" rx="3"/></svg>'
    ).format(says, kind, f"{percent:.1f}")
