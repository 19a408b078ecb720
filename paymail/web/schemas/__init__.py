"""Invoices, plans and money as JSON, in major units: what the APIs answer and commands print."""
