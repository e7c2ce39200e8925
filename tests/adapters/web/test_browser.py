"""The widget and the plain pages in a real browser: a conversation, what assistive technology finds, a server
that is started again, and texts that would like to be markup."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.adapters.web.served import web

pytestmark = pytest.mark.needs_chromium
HOSTILE = "<img src=x onerror=\"document.title='taken'\"> <script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@contextmanager
def shown(browser: Browser, address: str, width: int = 1000, scheme: str = "light") -> Iterator[Page]:
    """A page of its own; whatever it says to its console as an error fails the test."""
    wrong: list[str] = []
    dark = "dark" if scheme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=dark)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert wrong == []


def choose(page: Page, label: str) -> None:
    """Click the choice with this label."""
    page.get_by_role("button", name=label, exact=True).click()


def without_violations(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (280, "dark")])
def test_a_conversation_in_the_widget(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    with (
        web(tmp_path, demo=True) as served,
        shown(browser, f"{served.at}/?flow=my-setup-email", width, scheme) as page,
    ):
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        without_violations(page)
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        choose(page, "No")
        choose(page, "Yes, ask them")
        page.locator("unstuck-help input").fill(HOSTILE)
        without_violations(page)
        page.keyboard.press("Enter")
        expect(page.get_by_text("The practice has your request")).to_be_visible()
        expect(page.get_by_text(HOSTILE)).to_be_visible()
        assert page.title() != "taken"
        assert page.locator("unstuck-help img, unstuck-help script").count() == 0
        without_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_by_the_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with web(tmp_path, demo=True) as served, shown(browser, f"{served.at}/?flow=my-password") as page:
        expect(page.get_by_text("Has an email with a link")).to_be_visible()
        page.get_by_role("button", name="I can log in again").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("A bookmark of the login page")).to_be_visible()


def test_another_window_and_a_reload_go_on_with_the_same_conversation(
    browser: Browser, tmp_path: Path
) -> None:
    with web(tmp_path, demo=True) as served, shown(browser, f"{served.at}/?flow=my-setup-email") as page:
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        choose(page, "Change: No")
        expect(page.get_by_text("Have you found it now?")).to_be_hidden()


def test_a_server_that_is_started_again_is_found_again(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with web(tmp_path, demo=True, port=port) as served:
        page_of = shown(browser, f"{served.at}/?flow=my-setup-email")
        page = page_of.__enter__()
        expect(page.get_by_text("Is the email there?")).to_be_visible()
    choose(page, "No")
    expect(page.get_by_text("The connection is gone")).to_be_visible()
    with web(tmp_path, demo=True, port=port):
        expect(page.get_by_text("Have you found it now?")).to_be_visible(timeout=20_000)
        page_of.__exit__(None, None, None)


def test_the_same_conversation_as_plain_pages(browser: Browser, tmp_path: Path) -> None:
    with web(tmp_path, demo=True) as served:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{served.at}/help")
        choose(page, "The email to set up my account has not come")
        choose(page, "No")
        choose(page, "Back")
        choose(page, "No")
        choose(page, "No")
        choose(page, "Yes, ask them")
        page.get_by_role("textbox").fill(HOSTILE)
        choose(page, "Send")
        expect(page.get_by_text("The practice has your request")).to_be_visible()
        assert page.locator("img, script").count() == 0
        assert "token" not in page.url
        context.close()
