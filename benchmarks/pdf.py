"""What the PDF of an invoice costs: `python -m benchmarks.pdf [ROUNDS]`.

Sides take turns in one process, each round with a new invoice: its number, amounts and descriptions are of
this round alone. CPU time, medians; ratios are those of the paired rounds. `naive` is what the first example
of WeasyPrint's documentation does, `tuned` adds what its own does (fonts and style sheet are read once).
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from paymail.documents import InvoiceDocument, Line
from paymail.money import Money
from paymail.render import typeface
from paymail.render.pdf import WeasyPdfRenderer
from paymail.tax import TaxTotal
from paymail.wiring import TEMPLATES
from tests.factories import GST
from tests.render.test_pdf import INVOICE

LINES = {3: 1.0, 20: 0.5, 200: 0.15}
"""How many lines, and what share of the rounds they get."""
WORDS = (
    "annual audit backup cable cloud desk disk door file fire glass guard hosting hour install lease licence"
    " line locks mail month mount office paint panel phone plan power print rack remote repair rescue room"
    " safe server service site small support switch table test tower update user visit water week window"
).split()

Side = Callable[[InvoiceDocument], object]


def invoice(lines: int, number: int) -> InvoiceDocument:
    """Return an invoice whose every text of its own is new."""
    draw = random.Random(number * 1000 + lines)  # noqa: S311 (no secret)
    made = []
    for at in range(1, lines + 1):
        amount = draw.randrange(1, 10**6)
        text = " ".join(draw.choices(WORDS, k=draw.randrange(2, 12)))
        made.append(
            Line(at, f"{text} {number}", Decimal(1), Decimal(amount) / 100, Money(amount, "AUD"), GST)
        )
    net = sum(line.amount.minor for line in made)
    tax = net // 10
    return replace(
        INVOICE,
        number=str(number),
        lines=tuple(made),
        subtotal=Money(net, "AUD"),
        taxes=(TaxTotal(GST.category, GST.rate, Money(net, "AUD"), Money(tax, "AUD")),),
        tax=Money(tax, "AUD"),
        total=Money(net + tax, "AUD"),
        balance=Money(net + tax, "AUD"),
        payment_url=f"https://billing.example/pay/{number:064d}",
    )


def sides() -> dict[str, Side]:
    """Return what is compared, by name."""
    ours = WeasyPdfRenderer(TEMPLATES)
    fonts = FontConfiguration()
    faces = weasyprint.CSS(string=typeface.style(), font_config=fonts)
    sheets: dict[str, weasyprint.CSS] = {}

    def naive(document: InvoiceDocument) -> object:
        html, style = ours.page(document)
        html = html.replace("</head>", f"<style>{typeface.style()}{style}</style></head>")
        return weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3a", pdf_identifier=b"1")

    def tuned(document: InvoiceDocument) -> object:
        html, style = ours.page(document)
        if style not in sheets:
            sheets[style] = weasyprint.CSS(string=style, font_config=fonts)
        return weasyprint.HTML(string=html).write_pdf(
            stylesheets=[faces, sheets[style]], font_config=fonts, pdf_variant="pdf/a-3a", pdf_identifier=b"1"
        )

    return {"naive": naive, "tuned": tuned, "paymail": ours.render}


def cpu(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that work took, beginning without anybody's garbage."""
    gc.collect(0)
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def main() -> None:
    """Print medians, and the ratio to the first side."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    compared = sides()
    for lines, share in LINES.items():
        taken: dict[str, list[float]] = {name: [] for name in compared}
        for number in range(1, 2 + max(3, round(rounds * share))):
            document = invoice(lines, number)
            for name, side in compared.items():
                spent = cpu(lambda side=side, document=document: side(document))  # type: ignore[misc]
                if number > 1:  # the first round warms up
                    taken[name].append(spent)
        first = next(iter(taken.values()))
        said = ", ".join(
            f"{name} {statistics.median(spent):.1f} ms"
            f" (x{statistics.median(one / other for one, other in zip(first, spent, strict=True)):.2f})"
            for name, spent in taken.items()
        )
        print(f"{lines} lines, {len(first)} rounds: {said}")


if __name__ == "__main__":
    main()
