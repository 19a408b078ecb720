"""The reconciler: what the webhooks missed is settled, and the books are compared with Stripe.

One file each: `turns` (one process at a time), `accounts` (whose), `catching_up` (events), `rereading`
(open attempts), `examining` and `comparing` (the books beside Stripe), `keeping` and `telling` (what became
of a drift), `running` (all of it in order).
"""

from paymail.services.reconciliation.comparison import Comparison
from paymail.services.reconciliation.drift import Finding, Kind
from paymail.services.reconciliation.runs import CaughtUp, Progress, catch_up, compare, compare_and_keep

__all__ = ["CaughtUp", "Comparison", "Finding", "Kind", "Progress", "catch_up", "compare", "compare_and_keep"]
