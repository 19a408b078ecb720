"""What `paymail doctor` looks at: one file a subject, each check alone, time-boxed and harmless."""

from paymail.checks.findings import Finding, Subject, Verdict
from paymail.checks.running import examine
from paymail.checks.table import CHECKS

__all__ = ["CHECKS", "Finding", "Subject", "Verdict", "examine"]
