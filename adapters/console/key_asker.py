"""Answers read key by key on a real terminal, with prompt_toolkit: menus, an input line, function keys."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, History
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from adapters.console.layout import row
from adapters.console.once import NOT_THE_SAME, READY, SEEN, TWICE, secret_rows
from adapters.console.panel import Panel
from adapters.console.replies import LISTS, Answer, Order, Puzzle, Reply, understand
from adapters.console.screen import TerminalScreen
from adapters.console.toolbar import KEYS, Status, toolbar
from adapters.console.transcript import answer_rows, question_rows
from engine import Prompt

BELOW = 3
"""Lines that the question and its choices leave free: for the input, the toolbar, and one to breathe."""
PAGE = 8


class KeyAsker:
    """Reads replies on `screen`. The question stands above the input line until it is answered, whatever was
    shown in between; then it goes to the transcript.

    Of what is typed only commands are kept in `history`; a secret has a line of its own whose buffer is
    emptied.
    """

    def __init__(
        self, screen: TerminalScreen, source: Input | None = None, history: History | None = None
    ) -> None:
        self._screen = screen
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

    def _new_session(self, history: History | None = None) -> PromptSession[Reply | str]:
        return PromptSession(
            history=history or DummyHistory(),
            style=self._screen.style,
            color_depth=self._screen.color_depth,
            include_default_pygments_style=False,
            erase_when_done=True,
            input=self._source,
            output=self._screen.output,
        )

    def _remember(self, panel: Panel, reply: Reply) -> None:
        """Leave what was asked and said in the transcript, and commands in the history."""
        echo = reply.echo if isinstance(reply, Answer) else reply.typed if isinstance(reply, Puzzle) else ""
        if isinstance(reply, Answer) and not panel.told:
            self._screen.show(question_rows(panel.prompt, self._screen.marks))
        if echo:
            self._screen.show(answer_rows(echo, self._screen.marks))
        if isinstance(reply, Order) and self._history is not None:
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
                key_bindings=_panel_keys(panel),
                bottom_toolbar=self._toolbar(status, _how(panel.prompt)),
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
        typed = self._unseen(self._drawn(panel, str), "What you type is not shown", status)
        reply = understand(panel.prompt, typed) if isinstance(typed, str) else typed
        if not (panel.prompt.twice and isinstance(reply, Answer) and isinstance(reply.value, str)):
            return reply
        again = self._unseen(lambda: self._said(TWICE), TWICE, status)
        if not isinstance(again, str):
            return again
        return reply if again == typed else Puzzle(NOT_THE_SAME, "")

    def _unseen(self, message: Callable[[], FormattedText], how: str, status: Status) -> Reply | str:
        """A line that is not shown, from a session of its own; nothing of it is kept there."""
        session = self._new_session()
        toolbar = self._toolbar(status, how)
        typed = session.prompt(
            message, is_password=True, key_bindings=_function_keys(), bottom_toolbar=toolbar
        )
        session.default_buffer.reset()
        return typed

    def _toolbar(self, status: Status, how: str) -> Callable[[], FormattedText]:
        screen = self._screen

        def text() -> FormattedText:
            parts = toolbar(status, how, screen.marks, screen.width, ascii=screen.ascii)
            return FormattedText([(f"class:{style}" if style else "", words) for style, words in parts])

        return text


def _how(prompt: Prompt) -> str:
    """How the question is answered, for the toolbar."""
    if prompt.kind == "several":
        return "Space ticks, Enter takes"
    return "Number, words or arrows" if prompt.kind in LISTS else "Enter answers, / commands"


def _function_keys() -> KeyBindings:
    """The keys for commands, the same everywhere."""
    keys = KeyBindings()
    for key, command in KEYS.items():
        keys.add(key)(_leaving_with(Order(command)))
    return keys


def _leaving_with(reply: Reply) -> Callable[[KeyPressEvent], None]:
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(result=reply)

    return leave


def _moving(panel: Panel, by: int) -> Callable[[KeyPressEvent], None]:
    def move(event: KeyPressEvent) -> None:
        if panel.move(by, event.current_buffer.text):
            return
        if by > 0:
            event.current_buffer.history_forward()
        else:
            event.current_buffer.history_backward()

    return move


def _panel_keys(panel: Panel) -> KeyBindings:
    """Arrows, pages, Tab, Space, Enter, and what was typed before."""
    keys = _function_keys()
    for names, by in ((("down",), 1), (("up", "s-tab"), -1), (("pagedown",), PAGE), (("pageup",), -PAGE)):
        for name in names:
            keys.add(name)(_moving(panel, by))

    @keys.add("tab")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        completed = panel.completed(buffer.text)
        if completed != buffer.text:
            buffer.text = completed
            buffer.cursor_position = len(completed)
        else:
            panel.move(1, buffer.text)

    @keys.add("c-p")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.history_backward()

    @keys.add("c-n")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.history_forward()

    @keys.add("space")
    def _(event: KeyPressEvent) -> None:
        if panel.tick(event.current_buffer.text):
            event.current_buffer.reset()
        else:
            event.current_buffer.insert_text(" ")

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=panel.enter(event.current_buffer.text))

    return keys
