"""Turning typed values into emails and PDFs."""
