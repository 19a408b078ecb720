"""Reports about messages that come back: delivery status notifications and the relay's log."""

from paymail.services.bouncing.collecting import Collected, collect
from paymail.services.bouncing.parsing import parse
from paymail.services.bouncing.receiving import apply, listed, receive
from paymail.services.bouncing.report import Finding, Kind, Report

__all__ = ["Collected", "Finding", "Kind", "Report", "apply", "collect", "listed", "parse", "receive"]
