"""Answers read key by key on a real terminal, with prompt_toolkit: menus, an input line, function keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, History
from prompt_toolkit.input import Input

from adapters.console.bindings import command_keys, panel_keys, reading_keys
from adapters.console.layout import Row, columns, row
from adapters.console.once import NOT_THE_SAME, READY, SEEN, TWICE, secret_rows
from adapters.console.panel import Panel
from adapters.console.reading import Reading
from adapters.console.reflow import follow
from adapters.console.replies import LISTS, OWN_QUESTION, START, Answer, Order, Puzzle, Reply, understand
from adapters.console.screen import TerminalScreen
from adapters.console.toolbar import Status, hints_at, toolbar
from adapters.console.transcript import answer_rows, question_rows
from adapters.console.typed import VisibleInput
from engine import Prompt

BELOW = 3
"""Lines that the question and its choices leave free: for the input, the toolbar, and one to breathe."""
ESCAPE = 0.1
"""After so many seconds without another key, Escape is Escape and not the beginning of a key."""
LEAFING = ("Page Up and Page Down leaf", "type to search", "Esc back")


class KeyAsker:
    """Reads replies on `screen`. The question stands above the input line until it is answered, whatever was
    shown in between; then it goes to the transcript.

    Of what is typed only commands are kept in `history`; a secret has a line of its own whose buffer is
    emptied. `reflows` says that the terminal breaks long lines anew when its window becomes narrower.
    """

    def __init__(
        self,
        screen: TerminalScreen,
        source: Input | None = None,
        history: History | None = None,
        *,
        reflows: bool = False,
    ) -> None:
        self._screen = screen
        self._reflows = reflows
        self._source = source
        self._history = history
        self._session = self._new_session(history)

    def ask(self, prompt: Prompt, fresh: bool, status: Status) -> Reply:
        """See `Asker.ask`."""
        panel = Panel(prompt)
        if not panel.fits(self._screen.lay, self._screen.marks, self._room()):
            if fresh:
                self._screen.show(question_rows(prompt, self._screen.marks))
            panel.told = True
        reply = self._secret(panel, status) if prompt.kind == "secret" else self._seen(panel, status)
        self._remember(panel, reply)
        return reply

    def ready(self) -> None:
        """See `Asker.ready`."""
        self._new_session().prompt(self._said(READY))

    def show_once(self, label: str, value: str) -> None:
        """See `Asker.show_once`. It is drawn as part of an input line, which is erased when it is done."""
        rows = [*secret_rows(label, value, self._screen.marks), row(SEEN, "info", "  ")]
        shown = FormattedText(self._screen.formatted(self._screen.lay(rows)))
        self._new_session().prompt(FormattedText([*shown, *self._sign()]), is_password=True)

    def read(self, rows: Sequence[Row], at: int = 0) -> None:
        """See `Asker.read`. What leaves room for the question goes to the transcript; a longer text is leafed
        through, and leaves nothing behind."""
        laid = self._screen.lay(rows)
        if len(laid) <= self._room() // 2:
            self._screen.show(rows)
            return
        reading = Reading(laid, len(self._screen.lay(rows[:at])))

        def window() -> FormattedText:
            reading.laid(self._screen.lay(rows))
            return FormattedText([*self._screen.formatted(reading.window(self._room())), *self._sign()])

        self._new_session().prompt(
            window,
            key_bindings=reading_keys(reading, self._room),
            bottom_toolbar=self._leafing(reading),
        )

    def _leafing(self, reading: Reading) -> Callable[[], FormattedText]:
        """What the toolbar tells while a long text is read."""
        screen = self._screen

        def text() -> FormattedText:
            between = f" {screen.marks.dot} "
            leafing = LEAFING[1:] if reading.fits(self._room()) else LEAFING
            told = [reading.place(self._room()), *leafing]
            while len(told) > 1 and columns(between.join(told)) >= screen.width:
                del told[1]
            return FormattedText([("", f" {between.join(told)}")])

        return text

    def _new_session(self, history: History | None = None) -> PromptSession[Reply | str]:
        session: PromptSession[Reply | str] = PromptSession(
            history=history or DummyHistory(),
            style=self._screen.style,
            color_depth=self._screen.color_depth,
            include_default_pygments_style=False,
            erase_when_done=True,
            input_processors=[VisibleInput()],
            input=self._source,
            output=self._screen.output,
        )
        session.app.ttimeoutlen = session.app.timeoutlen = ESCAPE
        if self._reflows:
            follow(session.app)
        return session

    def _remember(self, panel: Panel, reply: Reply) -> None:
        """Leave what was asked and said in the transcript, and commands in the history."""
        echo = reply.echo if isinstance(reply, Answer) else reply.typed if isinstance(reply, Puzzle) else ""
        taken = isinstance(reply, Answer) or (panel.prompt.id == START and echo != "")
        if taken and not panel.told:
            self._screen.show(question_rows(panel.prompt, self._screen.marks))
        if echo:
            self._screen.show(answer_rows(echo, self._screen.marks))
        if isinstance(reply, Order) and self._history is not None and panel.prompt.id != OWN_QUESTION:
            self._history.append_string(reply.command)

    def _room(self) -> int:
        return max(self._screen.height - BELOW, 1)

    def _sign(self) -> FormattedText:
        return FormattedText([("class:mine", f"  {self._screen.marks.prompt} ")])

    def _said(self, text: str) -> FormattedText:
        rows = self._screen.lay([row(text, "info", "  ")])
        return FormattedText([*self._screen.formatted(rows), *self._sign()])

    def _seen(self, panel: Panel, status: Status) -> Reply:
        """A reply to a question, typed in sight."""
        buffer = self._session.default_buffer

        def changed(_: object) -> None:
            panel.typing()

        buffer.on_text_changed += changed
        try:
            reply = self._session.prompt(
                self._drawn(panel, lambda: buffer.text),
                key_bindings=panel_keys(panel),
                bottom_toolbar=self._toolbar(panel.prompt, status, _how(panel.prompt)),
            )
        finally:
            buffer.on_text_changed -= changed
            buffer.reset()
        return panel.enter(reply) if isinstance(reply, str) else reply

    def _drawn(self, panel: Panel, typed: Callable[[], str]) -> Callable[[], FormattedText]:
        """The question as it looks now, with the sign after which one types."""

        def message() -> FormattedText:
            lines = panel.lines(typed(), self._screen.lay, self._screen.marks, self._room())
            return FormattedText([*self._screen.formatted(lines), *self._sign()])

        return message

    def _secret(self, panel: Panel, status: Status) -> Reply:
        unseen = partial(self._unseen, panel.prompt, status)
        typed = unseen(self._drawn(panel, str), "What you type is not shown")
        reply = understand(panel.prompt, typed) if isinstance(typed, str) else typed
        if not (panel.prompt.twice and isinstance(reply, Answer) and isinstance(reply.value, str)):
            return reply
        again = unseen(lambda: self._said(TWICE), TWICE)
        if not isinstance(again, str):
            return again
        return reply if again == typed else Puzzle(NOT_THE_SAME, "")

    def _unseen(
        self, prompt: Prompt, status: Status, message: Callable[[], FormattedText], how: str
    ) -> Reply | str:
        """A line that is not shown, from a session of its own; nothing of it is kept there."""
        session = self._new_session()
        typed = session.prompt(
            message,
            is_password=True,
            key_bindings=command_keys(prompt),
            bottom_toolbar=self._toolbar(prompt, status, how),
        )
        session.default_buffer.reset()
        return typed

    def _toolbar(self, prompt: Prompt, status: Status, how: str) -> Callable[[], FormattedText]:
        screen, hints = self._screen, hints_at(prompt)

        def text() -> FormattedText:
            unusual = prompt.kind in ("several", "secret")
            parts = toolbar(
                status, how, hints, screen.marks, screen.width, ascii=screen.ascii, unusual=unusual
            )
            return FormattedText([(f"class:{style}" if style else "", words) for style, words in parts])

        return text


def _how(prompt: Prompt) -> str:
    """How the question is answered, for the toolbar."""
    if prompt.kind == "several":
        return "Space ticks, Enter takes"
    return "Number, words or arrows" if prompt.kind in LISTS else "Enter answers, / commands"
