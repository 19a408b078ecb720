"""What a sandbox of this process answers and tells, written down as it leaves."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from starlette.responses import Response

from paymail.sandbox.answers import Answer
from paymail.sandbox.calls import Call
from paymail.sandbox.view import for_publishable_key
from tests.contract.sandbox.sdk_spec import Json, Spec


@dataclass
class Recording:
    """Answers and events, in the order in which they came about."""

    answers: list[Json] = field(default_factory=list)
    public: list[Json] = field(default_factory=list)
    """Those that a browser was given, with a publishable key."""
    events: list[Json] = field(default_factory=list)

    def held(self, spec: Spec | None = None) -> Spec:
        """Hold all of it against the SDK's annotations."""
        spec = spec or Spec()
        for answer in self.answers:
            spec.answer(answer)
        for answer in self.public:
            spec.answer(answer, public=True)
        for event in self.events:
            spec.event(event)
        return spec

    def counts(self, spec: Spec) -> str:
        """Return how much was held against the annotations, in a line."""
        return (
            f"{len(self.answers) + len(self.public)} answers ({len(self.public)} of them to browsers) and "
            f"{len(self.events)} events: {spec.counts['fields']} fields, {spec.counts['enums']} of them "
            f"enums, in which {len(spec.enum_values)} different values occurred"
        )


@contextmanager
def recorded() -> Iterator[Recording]:
    """Write down what every sandbox of this process says inside the block."""
    recording = Recording()
    respond, emit = Answer.response, Call.emit
    shown: list[Json] = []

    def for_browser(body: Json) -> Json:
        shown.append(for_publishable_key(body))
        return shown[-1]

    def response(self: Answer, *given: Any) -> Response:
        # A gateway's error page has no document of Stripe's.
        if self.body:
            public = any(self.body is body for body in shown)
            (recording.public if public else recording.answers).append(copy.deepcopy(self.body))
        return respond(self, *given)

    def emitted(self: Call, kind: str, subject: Json) -> None:
        emit(self, kind, subject)
        recording.events.append(self.store.get("event", self.emitted[-1]) or {})

    with (
        mock.patch.object(Answer, "response", response),
        mock.patch.object(Call, "emit", emitted),
        mock.patch("paymail.sandbox.gate.for_publishable_key", for_browser),
    ):
        yield recording
