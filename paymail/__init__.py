"""paymail: the email invoicing pipeline."""
