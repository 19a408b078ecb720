"""Every kind of email is complete; what one lacks is named with the place where it belongs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import get_type_hints

import pytest

from paymail.emails import EMAILS, SAMPLES, CustomerEmail, Email, StaffEmail
from paymail.i18n import LANGUAGES
from paymail.models import MessageKind
from paymail.render.email import JinjaEmailRenderer
from paymail.services.letters.kind import Kind
from paymail.services.letters.kinds import KINDS
from paymail.wiring import TEMPLATES
from tests.catalogs import TRANSLATED, catalog, entries, strings, texts_below

PARTS = {"subject.txt", "body.txt", "body.html"}
OTHER_FOLDERS = {"_base", "_parts", "_pdf"}
RENDERER = JinjaEmailRenderer(TEMPLATES)
each_kind = pytest.mark.parametrize("kind", MessageKind, ids=str)


def email_of(kind: MessageKind) -> type[Email]:
    """Return the dataclass of a kind."""
    if kind not in EMAILS:
        pytest.fail(f"emails/__init__.py: EMAILS has no dataclass for kind `{kind}`")
    return EMAILS[kind]


def entry_of(kind: MessageKind) -> Kind:
    """Return what the registry says of a kind."""
    if kind not in KINDS:
        pytest.fail(f"services/letters/kinds.py: KINDS has no entry for kind `{kind}`")
    return KINDS[kind]


def folders_of(kind: MessageKind) -> Iterator[str]:
    """Yield the template folders of a kind."""
    yield from (sample.template for sample in email_of(kind).samples())


@each_kind
def test_a_kind_has_a_dataclass_for_its_audience_and_a_sample(kind: MessageKind) -> None:
    email = email_of(kind)
    readers = [base.__name__ for base in (CustomerEmail, StaffEmail) if issubclass(email, base)]
    assert len(readers) == 1, f"emails: {email.__name__} must be a CustomerEmail or a StaffEmail"
    assert email.samples(), f"emails/{kind}.py has no sample for kind `{kind}`"
    for sample in email.samples():
        assert SAMPLES.get(sample.template) == sample, (
            f"emails/__init__.py: SAMPLES has another email for the templates `{sample.template}`"
        )


@each_kind
def test_a_kind_has_its_templates(kind: MessageKind) -> None:
    for folder in folders_of(kind):
        place = TEMPLATES / folder
        files = {file.name for file in place.iterdir()} if place.is_dir() else set()
        assert not PARTS - files, f"email_templates/{folder}/ lacks {sorted(PARTS - files)} of kind `{kind}`"
        assert not files - PARTS, f"email_templates/{folder}/ has files that no email is made of"


def test_no_template_folder_is_without_its_kind() -> None:
    folders = {folder.name for folder in TEMPLATES.iterdir()}
    assert folders - OTHER_FOLDERS - set(SAMPLES) == set(), "email_templates/ has folders that no kind uses"


@each_kind
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_samples_of_a_kind_render_in_every_language(kind: MessageKind, language: str) -> None:
    for sample in email_of(kind).samples():
        rendered = RENDERER.render(replace(sample, locale=language))
        for part in ("subject", "text", "html"):
            assert getattr(rendered, part).strip(), (
                f"email_templates/{sample.template}/: the {part} of kind `{kind}` is empty in `{language}`"
            )


@each_kind
@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_a_kind_is_translated(kind: MessageKind, language: str) -> None:
    have = entries(catalog(language))
    for folder in folders_of(kind):
        for context, forms in texts_below(TEMPLATES / folder):
            entry = have.get((context, forms[0]))
            words = strings(entry) if entry is not None else ("",)
            assert all(words), (
                f"locale/{language}: no words for {forms[0]!r} of email_templates/{folder}/;"
                " run python -m tests.catalogs and translate what it left empty"
            )


@each_kind
def test_the_registry_builds_the_email_of_a_kind(kind: MessageKind) -> None:
    built = get_type_hints(entry_of(kind).email)["return"]
    assert built is email_of(kind), f"services/letters: kind `{kind}` is built as {built.__name__}"


@each_kind
def test_the_registry_says_when_a_kind_may_go_out_and_whether_it_is_threaded(kind: MessageKind) -> None:
    entry = entry_of(kind)
    asked_elsewhere = kind is MessageKind.REMINDER
    assert callable(entry.send_rule) or asked_elsewhere, (
        f"services/letters/{kind}.py: kind `{kind}` has no send rule; only the reminders' own is elsewhere"
    )
    assert isinstance(entry.threaded, bool), (
        f"services/letters/{kind}.py: say whether kind `{kind}` is threaded with the invoice email"
    )
