"""QuickBooks Online: the columns of its invoice import, which exporting apps write too.

QuickBooks itself puts neither addresses nor what was paid into them: those columns are added.
"""

from paymail.services.imports.profiles.profile import (
    EXEMPT,
    GST_FREE,
    OUTSIDE,
    PAID,
    PARTIAL,
    SENT,
    UNPAID,
    VOID,
    Profile,
)

QUICKBOOKS = Profile(
    name="quickbooks",
    title="a QuickBooks Online file of invoices",
    columns={
        "invoice_id": ("invoiceno", "invoice_no", "invoice_number"),
        "customer_name": ("customer",),
        "customer_email": ("email", "customer_email", "billemail", "bill_email", "main_email"),
        "currency": ("currency", "currency_code"),
        "issued_date": ("invoicedate", "invoice_date"),
        "due_date": ("duedate", "due_date"),
        "status": ("status",),
        "total": ("total", "invoice_total", "total_amount"),
        "amount_paid": ("amount_paid", "amountpaid", "paid"),
        "amount_due": ("balance", "open_balance", "balance_due"),
        "terms": ("terms",),
        "description": ("itemdescription", "item_description", "item_product_service", "item"),
        "quantity": ("itemquantity", "item_quantity"),
        "unit_price": ("itemrate", "item_rate"),
        "line_amount": ("itemamount", "item_amount"),
        "line_tax": ("itemtaxamount", "item_tax_amount"),
        "line_tax_name": ("itemtaxcode", "item_tax_code"),
        "line_tax_rate": ("taxrate", "tax_rate"),
        "line_taxable": ("taxable",),
        "customer_address": ("billing_address", "bill_to"),
        "metadata_1": ("memo",),
    },
    signs=(
        ("invoiceno", "invoice_no", "invoice_number"),
        ("customer",),
        ("itemamount", "item_amount"),
        ("itemrate", "item_rate", "itemdescription", "item_description"),
    ),
    statuses={
        "paid": PAID,
        "closed": PAID,
        "deposited": PAID,
        "open": SENT,
        "unpaid": UNPAID,
        "sent": SENT,
        "viewed": SENT,
        "overdue": SENT,
        "partial": PARTIAL,
        "partially paid": PARTIAL,
        "voided": VOID,
    },
    taxes={
        "gst free": GST_FREE,
        "fre": GST_FREE,
        "non": OUTSIDE,
        "out of scope": OUTSIDE,
        "no vat": OUTSIDE,
        "exempt": EXEMPT,
    },
    constants={"status": "sent"},
    left_out=frozenset(
        "location shipvia shipdate shipping_address ship_via ship_date tracking_no service_date"
        " servicedate shippingcharge class".split()
    ),
    kept_names={"metadata_1": "Memo"},
)
