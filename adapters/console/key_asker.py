"""Answers read key by key on a real terminal, with prompt_toolkit: menus, an input line, function keys."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from adapters.console.layout import row
from adapters.console.menu import Menu
from adapters.console.once import NOT_THE_SAME, READY, SEEN, TWICE, secret_rows
from adapters.console.replies import LISTS, Answer, Order, Puzzle, Reply, understand
from adapters.console.screen import TerminalScreen
from adapters.console.transcript import answer_rows
from engine import Prompt

KEYS = {"f1": "/help", "f2": "/why", "f3": "/back"}
AROUND_MENU = 6
"""Lines kept free for the question above a menu and the input below it."""


class KeyAsker:
    """Reads replies on `screen`. Nothing typed is kept in a history; a secret has a line of its own whose
    buffer is emptied."""

    def __init__(self, screen: TerminalScreen, source: Input | None = None) -> None:
        self._screen = screen
        self._source = source
        self._session = self._new_session()

    def ask(self, prompt: Prompt) -> Reply:
        """See `Asker.ask`."""
        if prompt.kind == "secret":
            reply = self._secret(prompt)
        elif prompt.kind in LISTS:
            reply = self._menu(Menu(prompt))
        else:
            reply = self._line(prompt)
        echo = reply.echo if isinstance(reply, Answer) else reply.typed if isinstance(reply, Puzzle) else ""
        if echo:
            self._screen.show(answer_rows(echo, self._screen.marks))
        return reply

    def _new_session(self) -> PromptSession[Reply | str]:
        return PromptSession(
            history=DummyHistory(),
            style=self._screen.style,
            color_depth=self._screen.color_depth,
            include_default_pygments_style=False,
            erase_when_done=True,
            input=self._source,
            output=self._screen.output,
        )

    def _sign(self) -> FormattedText:
        return FormattedText([("class:mine", f"  {self._screen.marks.prompt} ")])

    def _line(self, prompt: Prompt) -> Reply:
        typed = self._session.prompt(
            self._sign(), key_bindings=_function_keys(), bottom_toolbar=self._toolbar("Enter answers")
        )
        return understand(prompt, typed) if isinstance(typed, str) else typed

    def ready(self) -> None:
        """See `Asker.ready`."""
        self._new_session().prompt(self._said(READY))

    def show_once(self, label: str, value: str) -> None:
        """See `Asker.show_once`. It is drawn as part of an input line, which is erased when it is done."""
        rows = [*secret_rows(label, value, self._screen.marks), row(SEEN, "info", "  ")]
        shown = FormattedText(self._screen.formatted(self._screen.lay(rows)))
        self._new_session().prompt(FormattedText([*shown, *self._sign()]), is_password=True)

    def _said(self, text: str) -> FormattedText:
        rows = self._screen.lay([row(text, "info", "  ")])
        return FormattedText([*self._screen.formatted(rows), *self._sign()])

    def _secret(self, prompt: Prompt) -> Reply:
        typed = self._unseen("What you type is not shown")
        reply = understand(prompt, typed) if isinstance(typed, str) else typed
        if not (prompt.twice and isinstance(reply, Answer) and isinstance(reply.value, str)):
            return reply
        again = self._unseen(TWICE)
        if not isinstance(again, str):
            return again
        return reply if again == typed else Puzzle(NOT_THE_SAME, "")

    def _unseen(self, how: str) -> Reply | str:
        """A line that is not shown, from a session of its own; nothing of it is kept there."""
        session = self._new_session()
        message = self._said(how) if how == TWICE else self._sign()
        typed = session.prompt(
            message, is_password=True, key_bindings=_function_keys(), bottom_toolbar=self._toolbar(how)
        )
        session.default_buffer.reset()
        return typed

    def _menu(self, menu: Menu) -> Reply:
        keys = _menu_keys(menu)
        buffer = self._session.default_buffer

        def message() -> FormattedText:
            room = self._screen.height - AROUND_MENU
            rows = menu.rows(buffer.text, self._screen.marks, room)
            return FormattedText([*self._screen.formatted(self._screen.lay(rows)), *self._sign()])

        def changed(_: object) -> None:
            menu.typing()

        buffer.on_text_changed += changed
        try:
            how = "Space ticks, Enter takes" if menu.prompt.kind == "several" else "Enter takes"
            reply = self._session.prompt(
                message, key_bindings=keys, bottom_toolbar=self._toolbar(f"Number, words or arrows; {how}")
            )
        finally:
            buffer.on_text_changed -= changed
        return menu.enter(reply) if isinstance(reply, str) else reply

    def _toolbar(self, how: str) -> Callable[[], str]:
        dot = self._screen.marks.dot
        keys = f" {dot} ".join(f"{key.upper()} {order[1:]}" for key, order in KEYS.items())

        def text() -> str:
            whole = f"  {how}  {dot}  {keys}"
            return whole if len(whole) <= self._screen.width else f"  {keys}"

        return text


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


def _menu_keys(menu: Menu) -> KeyBindings:
    """Arrows, Space, Enter on a menu."""
    keys = _function_keys()

    @keys.add("down")
    @keys.add("tab")
    def _(event: KeyPressEvent) -> None:
        menu.move(1, event.current_buffer.text)

    @keys.add("up")
    @keys.add("s-tab")
    def _(event: KeyPressEvent) -> None:
        menu.move(-1, event.current_buffer.text)

    @keys.add("space")
    def _(event: KeyPressEvent) -> None:
        if menu.tick(event.current_buffer.text):
            event.current_buffer.reset()
        else:
            event.current_buffer.insert_text(" ")

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=menu.enter(event.current_buffer.text))

    return keys
