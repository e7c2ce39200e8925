"""What the mails say, and that nothing anybody typed becomes a header or markup."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from adapters.clinic.mail_texts import (
    Envelope,
    address_left_email,
    address_taken_email,
    password_set_email,
    postal,
    reset_email,
    second_factor_email,
    setup_email,
    ticket_email,
)
from adapters.clinic.records import Clinic

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
EXPIRES = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)


def clinic(name: str = "Maple Leaf") -> Clinic:
    return Clinic(
        "maple-leaf",
        name,
        "https://mapleleaf.example/",
        "support@mapleleaf.example",
        "no-reply@mapleleaf.example",
        "America/Toronto",
        48,
        5,
        18,
        "automatic",
    )


def envelope(name: str = "Maple Leaf") -> Envelope:
    return Envelope(clinic(name), "ana@post.example", "token-1@mapleleaf.example", AT)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


class Tags(HTMLParser):
    """Collects the tags and addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]


def test_the_setup_email_says_everything_it_must() -> None:
    message = setup_email(envelope(), "Ana", "the-token", EXPIRES)
    assert message.get_content_type() == "multipart/alternative"
    assert message["Message-ID"] == "<token-1@mapleleaf.example>"
    assert message["Date"] == "Mon, 23 Nov 2026 14:30:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Maple Leaf <no-reply@mapleleaf.example>"
    assert message["To"] == "ana@post.example"
    flat = " ".join(part(message, "plain").split())
    for wanted in (
        "https://mapleleaf.example/setup/the-token",
        "25 November 2026 at 09:30 (America/Toronto time)",
        "log in with ana@post.example",
        "You did not expect this email?",
        "support@mapleleaf.example",
    ):
        assert wanted in flat
    page = Tags(part(message, "html"))
    assert page.links == ["https://mapleleaf.example/setup/the-token", "https://mapleleaf.example/"]


def test_the_reset_email_has_its_own_link() -> None:
    message = reset_email(envelope(), "Ana", "the-token", EXPIRES)
    assert "https://mapleleaf.example/reset/the-token" in part(message, "plain")


def test_who_is_told_of_a_change_is_told_what_to_do_about_it() -> None:
    mails = (
        address_left_email(envelope(), "Ana", "a***a@work.example"),
        address_taken_email(envelope(), "Ana"),
        password_set_email(envelope(), "Ana", EXPIRES),
        second_factor_email(envelope(), "Ana"),
    )
    for message in mails:
        flat = " ".join(part(message, "plain").split())
        assert "Hello Ana," in flat
        assert "23 November 2026 at 09:30 (America/Toronto time)" in flat
        assert "tell support@mapleleaf.example at once" in flat
        assert Tags(part(message, "html")).links == []
    assert len({str(message["Subject"]) for message in mails}) == 4
    assert "to a***a@work.example" in " ".join(part(mails[0], "plain").split())
    assert "until 25 November 2026" in " ".join(part(mails[2], "plain").split())


def test_the_same_mail_is_the_same_bytes() -> None:
    one, two = (setup_email(envelope(), "Ana", "t", EXPIRES).as_bytes() for _ in range(2))
    assert one == two


@given(name=st.text(), first=st.text(), topic=st.text(), line=st.text())
def test_no_text_becomes_a_header_or_markup(name: str, first: str, topic: str, line: str) -> None:
    usual = Tags(part(setup_email(envelope(), "Ana", "t", EXPIRES), "html")).tags
    message = setup_email(envelope(name), first, "t", EXPIRES)
    again = message_from_bytes(message.as_bytes(), policy=default)
    assert again.keys() == message.keys()
    assert Tags(part(message, "html")).tags == usual
    ticket = ticket_email(envelope(name), "T-0001", topic, (line,), (line,), first)
    again = message_from_bytes(ticket.as_bytes(), policy=default)
    assert again.keys() == message.keys()
    assert set(Tags(part(ticket, "html")).tags) <= {"html", "head", "meta", "title", "body", "p", "ul", "li"}


def test_an_international_address_is_carried_in_its_ascii_form() -> None:
    assert postal("ana@bücher.example") == "ana@xn--bcher-kva.example"
    assert postal("not an address") == "not an address"
