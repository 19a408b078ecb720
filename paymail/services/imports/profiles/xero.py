"""Xero: the CSV that its list of sales invoices exports, and its template for importing them."""

from decimal import Decimal

from paymail.services.imports.profiles.profile import (
    DRAFT,
    EXEMPT,
    GST_FREE,
    OUTSIDE,
    PAID,
    SENT,
    VOID,
    NamedTax,
    Profile,
)

XERO = Profile(
    name="xero",
    title="a Xero export of sales invoices",
    columns={
        "invoice_id": ("invoicenumber",),
        "customer_name": ("contactname",),
        "customer_email": ("emailaddress",),
        "currency": ("currency",),
        "issued_date": ("invoicedate",),
        "due_date": ("duedate",),
        "status": ("status",),
        "total": ("total",),
        "tax_amount": ("taxtotal",),
        "amount_paid": ("invoiceamountpaid",),
        "amount_due": ("invoiceamountdue",),
        "document_type": ("type",),
        "description": ("description", "inventoryitemcode"),
        "quantity": ("quantity",),
        "unit_price": ("unitamount",),
        "line_discount": ("discount",),
        "line_amount": ("lineamount",),
        "line_tax": ("taxamount",),
        "line_tax_name": ("taxtype",),
        "address_1": ("poaddressline1",),
        "address_2": ("poaddressline2",),
        "address_3": ("poaddressline3",),
        "address_4": ("poaddressline4",),
        "address_5": ("pocity",),
        "address_6": ("poregion",),
        "address_7": ("popostalcode",),
        "address_8": ("pocountry",),
        "metadata_1": ("reference",),
    },
    signs=(("contactname",), ("invoicenumber",), ("unitamount",), ("taxtype",)),
    statuses={
        "draft": DRAFT,
        "submitted": DRAFT,
        "awaiting approval": DRAFT,
        "authorised": SENT,
        "approved": SENT,
        "awaiting payment": SENT,
        "paid": PAID,
        "voided": VOID,
        "deleted": VOID,
    },
    taxes={
        "gst on income": NamedTax(Decimal(10)),
        "gst free income": GST_FREE,
        "gst free exports": GST_FREE,
        "input taxed": EXEMPT,
        "bas excluded": OUTSIDE,
        "zero rated income": GST_FREE,
        "exempt income": EXEMPT,
        "no vat": OUTSIDE,
        "no gst": OUTSIDE,
        "no tax": OUTSIDE,
        "tax exempt": EXEMPT,
    },
    documents=("sales invoice",),
    left_out=frozenset(
        "saaddressline1 saaddressline2 saaddressline3 saaddressline4 sacity saregion sapostalcode sacountry"
        " planneddate accountcode trackingname1 trackingoption1 trackingname2 trackingoption2 sent"
        " brandingtheme".split()
    ),
    kept_names={"metadata_1": "Reference"},
)
