"""The widget and the plain pages in a real browser: conversations by mouse and keyboard, what assistive
technology finds in every state, lost connections, several tabs, and texts that would like to be markup."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

from adapters.web.bounds import Bounds
from adapters.web.limiter import Limiter
from tests.adapters.web.served import EMBEDS, FLOWS, MANY, SECRET, UNBOUNDED, Served, identity, web
from tests.guards.tree import ROOT

pytestmark = pytest.mark.needs_chromium
expect.set_options(timeout=15_000)
HOSTILE = "<img src=x onerror=\"document.title='taken'\"> <script>document.title='taken'</script> {{ 7 * 7 }}"
WORDS = ROOT / "adapters" / "web" / "static" / "words"
HOST = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>A practice</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script type="module" src="/widget.js"></script></head>
<body style="margin:0"><main><h1>A practice</h1>
<unstuck-help flow="{flow}" mode="{mode}" embed="{embed}"></unstuck-help></main></body></html>"""
AXE = Axe()
STILL = """() => Promise.all(
  document.querySelector('unstuck-help').shadowRoot.getAnimations()
    .filter((each) => each.effect.getTiming().iterations === 1).map((each) => each.finished)
)"""
WHOLE = """(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(
  document.querySelector('unstuck-help').shadowRoot.querySelector('header')
)"""
PRINTED = """() => {
  const make = document.createElement;
  document.createElement = function (tag) {
    const made = make.call(document, tag);
    const seen = () => { window.printed = made.contentWindow.document.body.innerText; };
    if (tag === 'iframe') setTimeout(seen);
    return made;
  };
}"""
LOOKS: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark", "mode": "inline"},
    "280 pixels": {"width": 280, "height": 600},
    "right to left at 320 pixels": {"width": 320, "lang": "ar", "dir": "rtl", "mode": "page"},
    "twice as large": {"width": 640, "height": 400, "device_scale_factor": 2},
    "forced colours": {"forced_colors": "active", "mode": "page"},
    "French, without motion": {"lang": "fr", "reduced_motion": "reduce"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A server with the flow of every kind of question, and the key of a host."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNSTUCK_TEST_KEY", SECRET)
        with web(folder, EMBEDS, bounds=UNBOUNDED, flows=FLOWS) as opened:
            yield opened


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("web")) as opened:
        yield opened


@contextmanager
def shown(
    browser: Browser,
    at: str,
    flow: str = "my-setup-email",
    who: Callable[[], str] | None = None,
    width: int = 1000,
    height: int = 800,
    mode: str = "launcher",
    lang: str = "en",
    dir: str = "ltr",
    **how: Any,
) -> Iterator[Page]:
    """A host page with the widget, in a browser of its own. An error in it fails the test, and so does a
    request to any other host."""
    context = browser.new_context(viewport={"width": width, "height": height}, **how)
    try:
        with opened(context, at, flow, who, mode, lang, dir) as page:
            yield page
    finally:
        context.close()


@contextmanager
def opened(
    context: BrowserContext,
    at: str,
    flow: str,
    who: Callable[[], str] | None = None,
    mode: str = "launcher",
    lang: str = "en",
    dir: str = "ltr",
) -> Iterator[Page]:
    """The host page in a tab."""
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(at) else wrong.append(asked.url))
    html = HOST.format(lang=lang, dir=dir, flow=flow, mode=mode, embed="portal" if who else "")

    def answer(route: Route) -> None:
        rules = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'"
        route.fulfill(
            body=html, content_type="text/html", headers={"Content-Security-Policy": rules if not who else ""}
        )

    page.route("**/host", answer)
    if who is not None:
        page.expose_function("vouch", who)
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => {"
            " document.querySelector('unstuck-help').identity = () => vouch() })"
        )
    page.goto(f"{at}/host")
    yield page
    assert wrong == []


def choose(page: Page, label: str) -> None:
    """Click the choice with this label."""
    page.get_by_role("button", name=label, exact=True).click()


def field(page: Page) -> Locator:
    """Where something is typed."""
    return page.locator("unstuck-help [part=field]").first


def without_violations(page: Page) -> None:
    page.evaluate(STILL)
    # Put into the page once only: it is large.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(WHOLE), "the header is not cut off"


def focused(page: Page) -> str:
    """The class or name of what has the focus within the widget."""
    return str(
        page.evaluate(
            "(({ className, name }) => name || className || '')(document.querySelector('unstuck-help')"
            ".shadowRoot.activeElement ?? {})"
        )
    )


def practitioner() -> str:
    return identity(sub="dr-elaine-roy", role="practitioner")


def hold_every_kind(page: Page, look: Callable[[Page], None]) -> None:
    """Answer a question of every kind; `look` is asked in every state."""

    def typed(text: str, waits: str) -> None:
        expect(page.locator(waits).first).to_be_visible()
        look(page)
        field(page).fill(text)
        page.keyboard.press("Enter")

    def picked(value: str) -> None:
        page.locator(f"unstuck-help [part=choice][value={value}]").click()

    expect(page.get_by_text("How shall we go on?")).to_be_visible()
    look(page)
    picked("all")
    expect(page.locator("[type=email]")).to_be_focused()
    page.locator("unstuck-help [part=send]").click()
    expect(page.locator(".wrong")).to_be_visible()
    look(page)
    typed("no address", "[type=email]")
    expect(page.get_by_text("An email address has an @")).to_be_visible()
    expect(page.locator("[type=email]")).to_have_value("no address")
    typed("ines@mail.example", "[type=email][aria-invalid]")
    typed("+1 416 555 0142", "[type=tel][autocomplete=tel]")
    typed("1990-02-03", "[type=date]")
    typed("3", "[inputmode=decimal]")
    expect(page.get_by_text("in your own words")).to_be_visible()
    typed(HOSTILE, "[part=field]:not([inputmode])")
    expect(page.locator("[type=search]")).to_be_visible()
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    look(page)
    page.locator("[type=search]").fill("okaf")
    expect(page.locator("unstuck-help [part=choice]:visible")).to_have_count(1)
    page.locator("unstuck-help [part=choice]:visible").click()
    page.get_by_label("Ana Souza").check()
    look(page)
    page.locator("unstuck-help [part=send]").click()
    expect(page.get_by_text("Are you sure")).to_be_visible()
    look(page)
    picked("yes")
    secret = page.locator("[type=password][autocomplete=new-password]")
    secret.first.fill("four unrelated words here")
    secret.last.fill("something else")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_be_visible()
    look(page)
    secret.last.fill("four unrelated words here")
    page.keyboard.press("Enter")
    picked("set")
    expect(page.get_by_text("How did you verify who it is?")).to_be_visible()
    look(page)
    picked("in_person")
    show = page.locator("unstuck-help .question > .row > .send")
    expect(show).to_be_visible()
    look(page)
    show.click()
    expect(page.locator(".secret")).to_be_focused()
    look(page)
    page.locator("unstuck-help .question .send").last.click()
    expect(page.locator(".secret")).to_have_count(0)
    picked("yes")
    expect(page.get_by_text("That was every kind of question.")).to_be_visible()
    look(page)
    assert page.title() == "A practice"
    assert page.locator("unstuck-help img, unstuck-help script").count() == 0


def test_a_question_of_every_kind(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, "every-kind", practitioner) as page:
        without_violations(page)
        page.locator("[part=launcher]").click()
        # Every other state is looked at here, and in the soak all of them.
        turns = count()
        hold_every_kind(page, lambda page: None if next(turns) % 2 else without_violations(page))


@pytest.mark.soak
@pytest.mark.parametrize("look", LOOKS)
def test_a_question_of_every_kind_in_every_look(browser: Browser, tmp_path: Path, look: str) -> None:
    # A new password is not set more than a few times a day for one person.
    with (
        serving(tmp_path) as served,
        shown(browser, served.at, "every-kind", practitioner, **LOOKS[look]) as page,
    ):
        if LOOKS[look].get("mode", "launcher") == "launcher":
            page.locator("[part=launcher]").click()
        hold_every_kind(page, without_violations)


def test_by_the_keyboard_alone(browser: Browser, served: Served) -> None:
    with shown(browser, served.at) as page:
        expect(page.locator("[part=launcher]")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        assert focused(page) == "question"
        for question in ("Have you found it now?", "Shall I ask them?"):
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(page.get_by_text(question)).to_be_visible()
            assert focused(page) == "question"
        page.keyboard.press("Escape")
        expect(page.locator("[part=panel]")).to_be_hidden()
        assert focused(page) == "launcher"
        page.keyboard.press("Enter")
        assert focused(page) == "question"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(field(page)).to_be_focused()
        page.keyboard.type("Tom Becker, 416 555 0142")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You can close this now.")).to_be_visible()
        assert focused(page) == "question"


def test_what_is_new_is_heard_once(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, mode="inline") as page:
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        assert focused(page) == "", "a page that opens keeps its focus"
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        # The question is read because the focus goes to it; what is read without that is the status alone.
        assert focused(page) == "question"
        live = page.locator("unstuck-help [aria-live], unstuck-help [role=log], unstuck-help [role=alert]")
        assert live.count() == 0
        assert page.locator("unstuck-help [role=status]").inner_text() == ""
        assert page.get_by_role("group", name="Have you found it now?").count() == 1


def test_going_back_changing_an_answer_and_starting_over(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, mode="inline") as page:
        answers = page.locator("unstuck-help .mine")
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        choose(page, "No")
        expect(page.get_by_text("Shall I ask them?")).to_be_visible()
        choose(page, "Back")
        expect(answers).to_have_count(1)
        page.get_by_role("button", name="Change: No").first.click()
        expect(answers).to_have_count(0)
        choose(page, "Yes, it was there")
        expect(page.get_by_text("Did it work?")).to_be_visible()
        choose(page, "Start over")
        expect(answers).to_have_count(0)
        expect(page.get_by_text("Is the email there?")).to_be_visible()


def test_copying_and_printing_the_conversation(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, mode="inline", permissions=["clipboard-read", "clipboard-write"]) as page:
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        choose(page, "Copy")
        expect(page.get_by_text("Copied.")).to_be_visible()
        text = page.evaluate("navigator.clipboard.readText()")
        assert text.startswith(
            "The email to set up my account has not come\n\nPlease look in your junk or spam"
        )
        assert "\n> No\n" in text
        assert text.endswith("Have you found it now?")
        page.evaluate(PRINTED)
        choose(page, "Print")
        page.wait_for_function("window.printed?.includes('> No')")


def test_another_tab_and_a_reload_go_on_with_the_same_conversation(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    with (
        opened(context, served.at, "my-setup-email", mode="inline") as one,
        opened(context, served.at, "my-setup-email", mode="inline") as two,
    ):
        expect(one.get_by_text("Is the email there?")).to_be_visible()
        two.reload()
        choose(one, "No")
        expect(two.get_by_text("Have you found it now?")).to_be_visible()
        assert focused(two) == ""
        choose(two, "No")
        expect(one.get_by_text("Shall I ask them?")).to_be_visible()
        choose(one, "No, I call them myself")
        expect(two.get_by_text("they know what to do")).to_be_visible()
        choose(two, "Start a new one")
        expect(one.locator("unstuck-help .mine")).to_have_count(0)
        choose(two, "No")
        expect(one.get_by_text("Have you found it now?")).to_be_visible()
        choose(one, "No")
        expect(one.get_by_text("Shall I ask them?")).to_be_visible()
        one.reload()
        expect(one.locator("unstuck-help .mine")).to_have_count(2)
        choose(one, "Start over")
        expect(two.locator("unstuck-help .mine")).to_have_count(0)
    context.close()


def test_two_tabs_that_answer_at_once_do_not_fight(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    context.add_init_script(
        "delete window.BroadcastChannel; window.BroadcastChannel = class { postMessage() {} close() {} }"
    )
    with opened(context, served.at, "my-setup-email", mode="inline") as one:
        expect(one.get_by_text("Is the email there?")).to_be_visible()
        with opened(context, served.at, "my-setup-email", mode="inline") as two:
            expect(two.get_by_text("Is the email there?")).to_be_visible()
            choose(one, "No")
            expect(one.get_by_text("Have you found it now?")).to_be_visible()
            choose(two, "Yes, it was there")
            expect(two.get_by_text("This was answered in another window.")).to_be_visible()
            expect(two.get_by_text("Have you found it now?")).to_be_visible()
    context.close()


def test_without_storage_it_works_as_long_as_the_page_is_open(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    context.add_init_script(
        "for (const s of ['localStorage', 'sessionStorage']) Object.defineProperty(window, s, "
        "{ get() { throw new DOMException('no', 'SecurityError') } })"
    )
    with opened(context, served.at, "my-setup-email", mode="inline") as page:
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
    context.close()


def test_somebody_else_who_signs_in_does_not_get_the_conversation(browser: Browser, served: Served) -> None:
    who = ["ivy-walker"]
    with shown(browser, served.at, "two-questions", lambda: identity(sub=who[0]), mode="inline") as page:
        answers = page.locator("unstuck-help .mine")
        choose(page, "No")
        expect(answers).to_have_count(1)
        page.reload()
        expect(answers).to_have_count(1)
        who[0] = "tom-becker"
        page.reload()
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        expect(answers).to_have_count(0)


def test_nothing_of_somebody_who_signed_out_stays(browser: Browser, served: Served) -> None:
    gone: list[bool] = []
    held: list[Route] = []

    def vouch() -> str | None:
        return None if gone else practitioner()

    with shown(browser, served.at, "every-kind", vouch, mode="inline") as page:
        page.locator("unstuck-help [part=choice][value=all]").click()
        field(page).fill("ines@mail.example")
        page.keyboard.press("Enter")
        expect(page.locator("[type=tel]")).to_be_focused()
        field(page).fill("+1 416 555 0142")
        page.route("**/answers", lambda route: held.append(route))
        page.keyboard.press("Enter")
        expect(page.locator("unstuck-help .dots")).to_be_visible()
        # The answer is on its way while somebody signs out; what comes of it is dropped.
        gone.append(True)
        page.evaluate("document.querySelector('unstuck-help').forget()")
        with page.expect_response("**/answers") as reply:
            held[0].continue_()
        assert reply.value.ok
        page.wait_for_timeout(300)
        told = page.evaluate(
            "(({ shadowRoot }) => [...shadowRoot.querySelectorAll('[part=panel] *')]"
            ".map((each) => each.childElementCount ? '' : each.textContent + (each.value ?? '')).join(' '))"
            "(document.querySelector('unstuck-help'))"
        )
        assert "ines@mail.example" not in told
        assert "416" not in told
        assert page.locator("unstuck-help").get_by_role("group").count() == 0
        assert page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])") == "[{},{}]"
        assert not page.locator("unstuck-help .dots").is_visible()


def test_who_signs_out_while_a_beginning_is_on_its_way_leaves_nothing(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context()
    held: list[Route] = []
    context.route("**/v1/sessions", lambda route: held.append(route))
    with opened(context, served.at, "two-questions", identity, "inline") as page:
        page.wait_for_function("document.querySelector('unstuck-help').shadowRoot?.querySelector('.dots')")
        page.wait_for_timeout(200)
        page.evaluate("document.querySelector('unstuck-help').forget()")
        with page.expect_response("**/v1/sessions"):
            held[0].continue_()
        page.wait_for_timeout(300)
        assert page.locator("unstuck-help").get_by_text("Is the email there?").count() == 0
        assert page.evaluate("JSON.stringify({ ...sessionStorage })") == "{}"
    context.close()


def test_a_tab_with_another_flow_keeps_its_own_conversation(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    with (
        opened(context, served.at, "my-setup-email", mode="inline") as one,
        opened(context, served.at, "my-password", mode="inline") as two,
    ):
        expect(one.get_by_text("Is the email there?")).to_be_visible()
        asked = two.locator("unstuck-help .asked").inner_text()
        requests: list[str] = []
        two.on("request", lambda request: requests.append(request.url))
        choose(one, "No")
        expect(one.get_by_text("Have you found it now?")).to_be_visible()
        two.wait_for_timeout(300)
        assert two.locator("unstuck-help .asked").inner_text() == asked
        assert requests == []
    context.close()


def test_a_conversation_that_is_gone_says_so_and_begins_anew(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, width=280, height=560) as page:
        page.locator("[part=launcher]").click()
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        without_violations(page)
        with closing(sqlite3.connect(served.folder / "web.db")) as db:
            db.execute("DELETE FROM holders")
            db.commit()
        choose(page, "No")
        expect(page.get_by_text("This conversation is not there any more.")).to_be_visible()
        assert focused(page) == "question"
        without_violations(page)
        choose(page, "Start a new one")
        expect(page.get_by_text("Is the email there?")).to_be_visible()


def test_a_token_that_has_ended_is_renewed_without_a_word(browser: Browser, served: Served) -> None:
    asked: list[str] = []

    def vouch() -> str:
        asked.append(identity())
        return asked[-1]

    with shown(browser, served.at, "two-questions", vouch, mode="inline") as page:
        expect(page.get_by_text("Is the email there?")).to_be_visible()
        with closing(sqlite3.connect(served.folder / "web.db")) as db:
            db.execute("UPDATE holders SET used_at = used_at - 901 WHERE embed = 'portal'")
            db.commit()
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        assert len(asked) == 2


def test_a_beginning_whose_reply_is_lost_is_tried_with_a_new_token_of_the_host(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context()
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    context.route("**/v1/sessions", lose)
    with opened(context, served.at, "two-questions", identity, "inline") as page:
        expect(page.get_by_text("Is the email there?")).to_be_visible()
    assert lost == [201]
    context.close()


def test_an_answer_whose_reply_is_lost_is_given_once(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        assert route.fetch().status == 200
        return route.abort()

    context.route("**/back", lose)
    with opened(context, served.at, "my-setup-email", mode="inline") as page:
        choose(page, "No")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        choose(page, "No")
        expect(page.get_by_text("Shall I ask them?")).to_be_visible()
        choose(page, "Back")
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        expect(page.locator("unstuck-help .mine")).to_have_count(1)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    context.close()


def test_a_server_that_is_started_again_is_found_again(browser: Browser, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with web(tmp_path, port=port) as served:
        page_of = shown(browser, served.at, mode="inline")
        page = page_of.__enter__()
        expect(page.get_by_text("Is the email there?")).to_be_visible()
    choose(page, "No")
    expect(page.get_by_text("The connection is gone")).to_be_visible()
    expect(page.locator("unstuck-help .dots")).to_be_visible()
    without_violations(page)
    with web(tmp_path, port=port):
        expect(page.get_by_text("Have you found it now?")).to_be_visible(timeout=20_000)
        page_of.__exit__(None, None, None)


def test_whoever_waits_is_told_so_and_keeps_what_they_see(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    held: list[Route] = []
    context.route("**/answers", lambda route: held.append(route))
    with opened(context, served.at, "two-questions", mode="inline") as page:
        choose(page, "No")
        expect(page.locator("unstuck-help [role=status]")).to_contain_text("One moment…")
        expect(page.locator("unstuck-help .dots")).to_be_visible()
        without_violations(page)
        choose(page, "Yes, it was there")
        held[0].continue_()
        expect(page.get_by_text("Have you found it now?")).to_be_visible()
        expect(page.locator("unstuck-help .dots")).to_be_hidden()
        assert page.locator("unstuck-help [role=status]").inner_text() == ""
    assert len(held) == 1, "what is clicked while one waits is not taken"
    context.close()


def test_whoever_was_too_quick_goes_on_after_a_while(browser: Browser, tmp_path: Path) -> None:
    clock = [0.0]
    few = Bounds(Limiter(1, lambda: clock[0]), MANY, MANY)
    with web(tmp_path, bounds=few, flows=FLOWS) as served:
        served.start("two-questions")
        clock[0] = 59.5
        with shown(browser, served.at, "two-questions", mode="inline") as page:
            expect(page.get_by_text("Too much at once.")).to_be_visible()
            without_violations(page)
            clock[0] = 61.0
            expect(page.get_by_text("Is the email there?")).to_be_visible()


def test_it_speaks_the_language_of_the_page_as_far_as_it_knows_it(browser: Browser, served: Served) -> None:
    for language, label in (("fr", "Aide"), ("ar", "مساعدة"), ("xx", "Help")):
        with shown(browser, served.at, lang=language) as page:
            expect(page.locator("[part=launcher]")).to_have_text(label)
            assert page.locator("[part=panel]").get_attribute("lang") == (
                "en" if language == "xx" else language
            )
    names = [set(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(WORDS.glob("*.json"))]
    assert len(names) > 5
    assert all(each == names[0] for each in names)


def test_it_looks_as_the_page_says(browser: Browser, served: Served) -> None:
    with shown(browser, served.at, mode="inline", color_scheme="dark") as page:
        header = page.locator("[part=header]")
        colour = "element => getComputedStyle(element).backgroundColor"
        expect(header).to_be_visible()
        before = header.evaluate(colour)
        page.add_style_tag(
            content="unstuck-help { --unstuck-head: rgb(1, 2, 3) } unstuck-help::part(header) { border: 0 }"
        )
        assert header.evaluate(colour) == "rgb(1, 2, 3)" != before


def test_the_same_conversation_as_plain_pages(browser: Browser, served: Served) -> None:
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


def test_what_is_wrong_with_the_page_is_told_to_whoever_made_it(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    logged: list[str] = []
    context.on("console", lambda line: logged.append(line.text))
    with opened(context, served.at, "no-such-flow", mode="inline") as page:
        expect(page.locator(".wrong")).to_have_text("There is no such help here.")
        without_violations(page)
    assert [line for line in logged if "Check the flow's name" in line] != []
    context.close()
