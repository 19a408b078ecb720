"""Reports about messages that come back: delivery status notifications and the relay's log."""

from paymail.services.bounces.effects import apply, listed, receive
from paymail.services.bounces.parser import parse
from paymail.services.bounces.report import Finding, Kind, Report
from paymail.services.bounces.report_folder import Collected, collect

__all__ = ["Collected", "Finding", "Kind", "Report", "apply", "collect", "listed", "parse", "receive"]
