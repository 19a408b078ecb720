"""A writer whose work is measured."""

from dataclasses import dataclass

from paymail import metrics
from paymail.ports.rendering import Letter, Writer, Written


@dataclass(frozen=True, slots=True)
class MeasuredWriter:
    """Implements `ports.Writer` by another one."""

    writer: Writer

    def write(self, letter: Letter) -> Written:
        """Write, and note how long it took."""
        with metrics.timed_render():
            return self.writer.write(letter)
