"""The widget as a front end for replays: clicked and typed into in a real browser, and looked at there.

What a turn is, the server's reply says; that it can be read, the page must show. Needs playwright and a
Chromium.
"""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec

from adapters.problems import PlainProblem
from adapters.replay.port import REFUSED_HERE, StageFailed
from adapters.staged import PORT, TASK, Task
from adapters.view import View, view_from
from engine import Audience, Problem, Prompt, RichText, Value

try:
    from playwright.sync_api import Locator, Page, Response, sync_playwright
except ModuleNotFoundError as error:
    raise PlainProblem(
        f"Replays in the browser need {error.name}, which is not installed.",
        "Install it with `pip install 'unstuck[browser]'`, or use `--on engine`.",
    ) from None

PATIENCE = 30.0
"""How long a turn may take to come, and to be on the page, in seconds."""

HOLDERS: Mapping[Audience, str] = {
    Audience.VISITOR: "",
    Audience.CLIENT: "",
    Audience.PRACTITIONER: "replay",
}
"""Who can hold a conversation over the web; a practitioner under this name."""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic")
_ASKED = re.compile(r"/v1/sessions(?P<of>/[^/]+)?(/(?P<what>answers|back|change|stop|reveals)(/[^/]+)?)?")
_LOOKS_EVERY = 15.0


class _Turn(msgspec.Struct):
    """What a reply holds of the conversation: all of it, or the turn alone."""

    turn: msgspec.Raw = msgspec.Raw()
    transcript: tuple[_Given, ...] | None = None


class _Given(msgspec.Struct):
    prompt: str


class _Shown(msgspec.Struct):
    reveal: dict[str, msgspec.Raw] | None = None


class BrowserFront:
    """The widget on the demo page of a server in a process of its own, in a Chromium without a window."""

    def __init__(self, folder: Path) -> None:
        """Raises PlainProblem without a browser, StageFailed where the web is not for whoever holds it."""
        self._folder = folder
        task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
        if task.audience not in HOLDERS or task.session:
            raise StageFailed("over the web only visitors, clients and practitioners talk, each for themself")
        self._heard: deque[Response] = deque()
        self._given: list[str] = []
        self._view = View("", 0)
        self._at = f"http://127.0.0.1:{_free_port(folder)}"
        program = _browser()
        self._process = self._served()
        with ExitStack() as undone:
            undone.callback(self._kill)
            playwright = undone.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
            undone.callback(browser.close)
            self._page: Page = browser.new_page(viewport={"width": 1000, "height": 900})
            self._page.set_default_timeout(PATIENCE * 1000)
            self._page.on("response", lambda reply: self._heard.append(reply))
            self._page.goto(f"{self._at}/?{urlencode(self._whom(task))}")
            self._ends = undone.pop_all()

    def first(self) -> View:
        """See `Front.first`."""
        return self._came("start")

    def answer(self, prompt: Prompt, value: Value) -> View:
        """See `Front.answer`. What the page offers no way to say is refused here."""
        if not self._say(prompt, value):
            return self._refused("The page has no such choice.")
        view = self._came("answers")
        if view.problem is None:
            self._given.append(prompt.id)
        return view

    def back(self) -> View:
        """See `Front.back`."""
        self._button("Back").click()
        self._given = self._given[:-1]
        return self._came("back")

    def change(self, prompt: str) -> View:
        """See `Front.change`: the latest answer to the question of that name."""
        numbers = [number for number, id in enumerate(self._given) if f"/{id}".endswith(f"/{prompt}")]
        if not numbers:
            raise StageFailed(f"no answer to `{prompt}` is offered to be changed")
        self._page.get_by_role("button", name=re.compile("^Change: ")).nth(numbers[-1]).click()
        return self._came("change")

    def hand_over(self, text: str) -> View:
        """See `Front.hand_over`; the widget has no way to do it."""
        raise StageFailed("the widget hands nothing over by itself")

    def stop(self) -> View:
        """See `Front.stop`: starting over gives the conversation up, and begins another one."""
        self._button("Start over").click()
        return self._came("stop")

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Front.reveal`. What is shown is not kept here."""
        self._button("Show it once").click()
        reply = self._next("reveals")
        told = msgspec.json.decode(reply, type=_Shown).reveal or {}
        shown = told.get("value", msgspec.Raw(b"null")) != b"null"
        turn = msgspec.json.decode(reply, type=dict[str, msgspec.Raw])
        turn.pop("reveal", None)
        if "next" in told:
            turn["reveal"] = told["next"]
        if shown:
            self._button("I have it").click()
        self._view = view_from(msgspec.json.encode(turn))
        self._look_for(self._view)
        return shown, self._view

    def why(self, step: str) -> str:
        """See `Front.why`: nobody who is not of the clinic is told."""
        return ""

    def again(self) -> View:
        """The server is killed and started again at the same address, and the page loaded anew."""
        self._kill()
        self._process = self._served()
        self._heard.clear()
        self._page.reload()
        return self._came("show")

    def end(self) -> None:
        """See `Front.end`."""
        self._ends.close()

    # -- the server ---------------------------------------------------------------------------------

    def _served(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "adapters.staged", str(self._folder)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        port = int(self._at.rpartition(":")[2])
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return process
            time.sleep(0.03)
        process.kill()
        process.wait()
        raise StageFailed("the server did not start")

    def _kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _whom(self, task: Task) -> dict[str, str]:
        who = task.me if task.audience is Audience.CLIENT else HOLDERS[task.audience]
        role = task.audience.value if who else Audience.VISITOR.value
        return {"as": role, "who": who, "flow": task.flow}

    # -- what a person does -------------------------------------------------------------------------

    def _say(self, prompt: Prompt, value: Value) -> bool:
        """Answer on the page; False where it offers no such answer."""
        if value is None:
            self._button("Skip").click()
            return True
        names = [choice.id for choice in prompt.choices] or (["yes", "no"] if prompt.kind == "yes-no" else [])
        labels = [choice.label for choice in prompt.choices]
        if not names:
            self._type(prompt, str(value))
            return True
        wanted = value if isinstance(value, list) else [value]
        numbers = [_place(names, labels, _word(each)) for each in wanted]
        if None in numbers:
            return False
        for number in numbers:
            self._pick(prompt, number or 0)
        if prompt.kind == "several":
            self._part("send").click()
        return True

    def _pick(self, prompt: Prompt, number: int) -> None:
        if prompt.kind == "several":
            self._page.locator("unstuck-help").get_by_role("checkbox").nth(number).check()
        else:
            self._part("choice").nth(number).click()

    def _type(self, prompt: Prompt, text: str) -> None:
        fields = self._part("field")
        for number in range(2 if prompt.twice else 1):
            fields.nth(number).fill(text)
        self._part("send").click()

    def _button(self, name: str) -> Locator:
        return self._page.locator("unstuck-help").get_by_role("button", name=name, exact=True)

    def _part(self, name: str) -> Locator:
        return self._page.locator(f"unstuck-help [part~={name}]")

    # -- what comes ---------------------------------------------------------------------------------

    def _came(self, what: str) -> View:
        """The turn in the reply to what was asked, which must be on the page."""
        reply = self._next(what)
        if not reply:
            return self._refused(self._alert())
        told = msgspec.json.decode(reply, type=_Turn)
        if told.transcript is not None:
            self._given = [each.prompt for each in told.transcript]
        self._view = view_from(bytes(told.turn) or reply)
        self._look_for(self._view)
        return self._view

    def _next(self, what: str) -> bytes:
        """The reply to what was asked; empty where the widget itself refused what was typed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._page.wait_for_timeout(_LOOKS_EVERY)
            while self._heard:
                reply = self._heard.popleft()
                if _asked(reply) == what:
                    return reply.body()
            if self._alert() and not self._is_busy():
                return b""
        raise StageFailed(f"no turn came; the page shows\n{self._text()}")

    def _look_for(self, view: View) -> None:
        """Wait until the page shows what was said and done, and the question with its choices or the end."""
        wanted = [part for text in view.say for part in _parts(text)]
        wanted += [did.text for did in view.did]
        if view.prompt is not None and view.reveal is None:
            wanted += [*_parts(view.prompt.text), *(choice.label for choice in view.prompt.choices)]
        if view.end is not None:
            wanted += _parts(view.end.text)
        until = time.monotonic() + PATIENCE
        while self._is_busy() or (missing := [words for words in wanted if not self._shows(words)]):
            if time.monotonic() > until:
                raise StageFailed(f"the page does not show “{(missing or ['…'])[0]}”; it is\n{self._text()}")
            self._page.wait_for_timeout(_LOOKS_EVERY)

    def _shows(self, words: str) -> bool:
        return _bare(words) in _bare(self._text())

    def _text(self) -> str:
        return self._part("panel").inner_text()

    def _alert(self) -> str:
        alerts = self._page.locator("unstuck-help").get_by_role("alert").all_inner_texts()
        return " ".join(alerts).strip()

    def _is_busy(self) -> bool:
        return self._part("panel").get_attribute("aria-busy") == "true"

    def _refused(self, why: str) -> View:
        view = self._view
        return View(view.session, view.seq, prompt=view.prompt, problem=Problem(REFUSED_HERE, why))


def _free_port(folder: Path) -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / PORT).write_text(str(port), encoding="ascii")
    return port


def _browser() -> str:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise PlainProblem(
            "There is no Chromium on this machine.", "Install one (Debian: `apt-get install chromium`)."
        )
    return found


def _asked(reply: Response) -> str:
    """What was asked that this reply answers with a turn: start, show, or the step that was taken; empty for
    other replies."""
    found = _ASKED.fullmatch(urlsplit(reply.url).path)
    good = reply.status < 400 or reply.status == 409
    if found is None or reply.request.method == "OPTIONS" or not good:
        return ""
    return found["what"] or ("show" if found["of"] else "start")


def _place(names: list[str], labels: list[str], wanted: str) -> int | None:
    """The number of the choice that is meant by its id, or by its very label."""
    for told in (names, labels):
        for number, each in enumerate(told):
            if each.casefold() == wanted.strip().casefold():
                return number
    return None


def _word(value: Value) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _parts(text: RichText) -> list[str]:
    """What of a text stands on the page in one piece: its blocks."""
    return ["".join(span.text for span in block.spans) for block in text.rich] or [text.text]


def _bare(text: str) -> str:
    """Letters and digits alone: lines are broken anywhere, and marks stand beside them."""
    return "".join(char for char in text if char.isalnum())
