"""The demo page in a real browser: an email arrives beside the widget, and everybody can use the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright

from tests.adapters.web.served import web

pytestmark = pytest.mark.needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (320, "dark")])
def test_an_email_arrives_beside_the_widget_without_a_reload(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    dark = "dark" if scheme == "dark" else "light"
    with web(tmp_path, demo=True) as served:
        # A letter that is still fading in has no contrast to speak of.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=dark, reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(f"{served.at}/?as=visitor")
        page.get_by_role("link", name="Client").click()
        page.get_by_label("Signed in as").select_option("sophie-martin")
        expect(page.get_by_role("heading", name="Hello, Sophie Martin")).to_be_visible()
        page.get_by_role("link", name="The email to set up my account has not come").click()
        expect(page.get_by_text("No email has been sent yet.")).to_be_visible()
        page.get_by_role("button", name="No", exact=True).click()
        page.get_by_role("button", name="Send it", exact=True).click()
        expect(page.locator("#mail").get_by_text("Set up your account at Maple Leaf Therapy")).to_be_visible()
        expect(page.locator("#mail").get_by_text("Hello Sophie,")).to_be_visible()
        expect(page.get_by_role("status").get_by_text("An email arrived")).to_be_attached()
        expect(page.locator("unstuck-help").get_by_text("sophie.martin@")).to_have_count(0)
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()


def test_each_person_has_a_conversation_of_their_own(browser: Browser, tmp_path: Path) -> None:
    with web(tmp_path, demo=True) as served:
        page = browser.new_page()
        page.goto(f"{served.at}/?as=client&who=daniel-okafor&flow=my-password")
        expect(page.get_by_text("d***r@post.example")).to_be_visible()
        for who, found in (("dr-elaine-roy", "I could not find"), ("sam-okoro", "Eva Novak is an adult")):
            page.goto(f"{served.at}/?as=practitioner&who={who}&flow=email-not-received")
            expect(page.get_by_text("Who is the client?")).to_be_visible()
            page.locator("unstuck-help input").fill("Eva Novak")
            page.keyboard.press("Enter")
            expect(page.get_by_text(found)).to_be_visible()
        page.close()
