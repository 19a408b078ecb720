"""Reports about messages that come back: delivery status notifications and the relay's log."""

from paymail.services.bounces.apply import apply, listed, receive
from paymail.services.bounces.collect import Collected, collect
from paymail.services.bounces.parse import parse
from paymail.services.bounces.report import Finding, Kind, Report

__all__ = ["Collected", "Finding", "Kind", "Report", "apply", "collect", "listed", "parse", "receive"]
