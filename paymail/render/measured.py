"""A writer whose work is measured."""

from dataclasses import dataclass

from paymail import metrics
from paymail.emails.own_words import OwnWords
from paymail.ports.rendering import Letter, Writer, Written


@dataclass(frozen=True, slots=True)
class MeasuredWriter:
    """Implements `ports.Writer` by another one."""

    writer: Writer

    def faults(self, words: OwnWords, template: str, language: str) -> dict[str, str]:
        """Return why words cannot be those of a template folder in a language, by part; empty if they can."""
        return self.writer.faults(words, template, language)

    def write(self, letter: Letter) -> Written:
        """Write, and note how long it took."""
        with metrics.timed_render():
            return self.writer.write(letter)
