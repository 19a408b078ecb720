"""What `paymail doctor` looks at: one file a subject, each check alone, time-boxed and harmless."""

from paymail.checks.findings import Check, Finding, Subject, Verdict
from paymail.checks.registry import CHECKS
from paymail.checks.runner import examine

__all__ = ["CHECKS", "Check", "Finding", "Subject", "Verdict", "examine"]
