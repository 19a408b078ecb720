"""Thin Celery tasks, one service call each, and the sweep thread of every worker."""

from paymail.tasks.registry import register

__all__ = ["register"]
