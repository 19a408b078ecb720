"""The tables. Importing this package registers every one of them on `Base.metadata`."""

from paymail.models.audit import AuditEntry
from paymail.models.bank_change import BANK_CHANGE_MOVES, BankChange, BankChangeState
from paymail.models.base import Base
from paymail.models.bulk_send import BULK_MOVES, BulkSend, BulkState
from paymail.models.contact import (
    RECIPIENT_MOVES,
    Contact,
    ContactOrigin,
    ContactRole,
    MessageRecipient,
    RecipientState,
)
from paymail.models.customer_change import CustomerChange
from paymail.models.events import GATEWAY_EVENT_MOVES, GatewayEvent, GatewayEventState, TimelineEvent
from paymail.models.host_sync import HostRefusal, HostSync, SyncedInvoice
from paymail.models.import_file import IMPORT_FILE_MOVES, ImportFile, ImportFilePart, ImportFileState
from paymail.models.import_profile import ImportProfile
from paymail.models.imports import Import, ImportChange, ImportFault
from paymail.models.invoice import Invoice
from paymail.models.invoice_line import InvoiceLine
from paymail.models.invoice_status import PAYMENT_MOVES, STATUS_MOVES, InvoiceStatus, PaymentStatus
from paymail.models.issued_document import IssuedDocument
from paymail.models.issuer_change import IssuerChange
from paymail.models.issuer_logo import IssuerLogo
from paymail.models.message import (
    DIGESTS,
    MESSAGE_MOVES,
    OPEN_STATES,
    TO_NAMED,
    UNWRITTEN,
    Blob,
    DeliveryAttempt,
    Message,
    MessageKind,
    MessageState,
    in_state,
)
from paymail.models.moves import IllegalMove, check_move
from paymail.models.objection import Objection, ObjectionReason
from paymail.models.parties import Customer, Issuer, name_key
from paymail.models.payment import (
    ATTEMPT_MOVES,
    LIVE_ATTEMPTS,
    AttemptStatus,
    Channel,
    Payment,
    PaymentAttempt,
)
from paymail.models.plan import PLAN_MOVES, Instalment, PaymentPlan, PlanState
from paymail.models.reconciliation import Drift, ReconciledAccount, ReconcilerTurn
from paymail.models.reminder_hold import HoldEnd, HoldOrigin, HoldReason, ReminderHold
from paymail.models.replaced_token import ReplacedToken
from paymail.models.request import IdempotentRequest
from paymail.models.restore import Restore
from paymail.models.reversals import (
    DISPUTE_MOVES,
    IN_FORCE,
    REFUND_MOVES,
    RESERVING,
    UNAPPROVED,
    Dispute,
    DisputeState,
    Refund,
    RefundStatus,
)
from paymail.models.saved_method import (
    SAVED_METHOD_MOVES,
    GatewayCustomer,
    SavedMethod,
    SavedMethodState,
)
from paymail.models.staff import (
    ApiKey,
    RecoveryCode,
    Role,
    SavedView,
    StaffLink,
    StaffRole,
    StaffSession,
    StaffUser,
)
from paymail.models.suppression import Bounce, Suppression
from paymail.models.wording import Wording
from paymail.models.worker import Gate, Heartbeat

__all__ = [
    "ATTEMPT_MOVES",
    "BANK_CHANGE_MOVES",
    "BULK_MOVES",
    "DIGESTS",
    "DISPUTE_MOVES",
    "GATEWAY_EVENT_MOVES",
    "IMPORT_FILE_MOVES",
    "IN_FORCE",
    "LIVE_ATTEMPTS",
    "MESSAGE_MOVES",
    "OPEN_STATES",
    "PAYMENT_MOVES",
    "PLAN_MOVES",
    "RECIPIENT_MOVES",
    "REFUND_MOVES",
    "RESERVING",
    "SAVED_METHOD_MOVES",
    "STATUS_MOVES",
    "TO_NAMED",
    "UNAPPROVED",
    "UNWRITTEN",
    "ApiKey",
    "AttemptStatus",
    "AuditEntry",
    "BankChange",
    "BankChangeState",
    "Base",
    "Blob",
    "Bounce",
    "BulkSend",
    "BulkState",
    "Channel",
    "Contact",
    "ContactOrigin",
    "ContactRole",
    "Customer",
    "CustomerChange",
    "DeliveryAttempt",
    "Dispute",
    "DisputeState",
    "Drift",
    "Gate",
    "GatewayCustomer",
    "GatewayEvent",
    "GatewayEventState",
    "Heartbeat",
    "HoldEnd",
    "HoldOrigin",
    "HoldReason",
    "HostRefusal",
    "HostSync",
    "IdempotentRequest",
    "IllegalMove",
    "Import",
    "ImportChange",
    "ImportFault",
    "ImportFile",
    "ImportFilePart",
    "ImportFileState",
    "ImportProfile",
    "Instalment",
    "Invoice",
    "InvoiceLine",
    "InvoiceStatus",
    "IssuedDocument",
    "Issuer",
    "IssuerChange",
    "IssuerLogo",
    "Message",
    "MessageKind",
    "MessageRecipient",
    "MessageState",
    "Objection",
    "ObjectionReason",
    "Payment",
    "PaymentAttempt",
    "PaymentPlan",
    "PaymentStatus",
    "PlanState",
    "RecipientState",
    "ReconciledAccount",
    "ReconcilerTurn",
    "RecoveryCode",
    "Refund",
    "RefundStatus",
    "ReminderHold",
    "ReplacedToken",
    "Restore",
    "Role",
    "SavedMethod",
    "SavedMethodState",
    "SavedView",
    "StaffLink",
    "StaffRole",
    "StaffSession",
    "StaffUser",
    "Suppression",
    "SyncedInvoice",
    "TimelineEvent",
    "Wording",
    "check_move",
    "in_state",
    "name_key",
]
