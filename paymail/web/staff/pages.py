"""The templates of the staff pages, with what they use by name."""

from paymail.money import Money
from paymail.services.core.documents import receipt_number
from paymail.services.letters.credit_notes import credit_note_number
from paymail.web.staff.help_links import help_of
from paymail.web.staff.local_time import in_zone, local, local_clock, local_short, short_day
from paymail.web.staff.marks import amount, bar, icon
from paymail.web.staff.message_words import badge_of, batch_badge, kind_word, state_badge
from paymail.web.staff.offered_forms import OfferedForms, may, offered, opens
from paymail.web.templating import templates

PAGES = templates(
    as_money=Money,
    local=local,
    local_clock=local_clock,
    local_short=local_short,
    short_day=short_day,
    icon=icon,
    bar=bar,
    amount=amount,
    badge_of=badge_of,
    batch_badge=batch_badge,
    kind_word=kind_word,
    state_badge=state_badge,
    receipt_number=receipt_number,
    credit_note_number=credit_note_number,
    may=may,
    help_of=help_of,
    offered=offered,
    opens=opens,
    filters={"in_zone": in_zone},
)
PAGES.env.add_extension(OfferedForms)
