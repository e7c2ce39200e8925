"""Which keys do what at a question and in a long text, in the words of prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from adapters.console.panel import Panel
from adapters.console.reading import Reading
from adapters.console.replies import OWN_QUESTION, Order, Puzzle, Reply
from adapters.console.toolbar import keys_at
from engine import Prompt

PAGE = 8
"""So many choices are passed over by Page Up and Page Down."""


def command_keys(prompt: Prompt) -> KeyBindings:
    """The keys for commands, the same at every kind of question."""
    keys = KeyBindings()
    for key, command in keys_at(prompt).items():
        keys.add(key)(_leaving_with(Order(command)))
    if prompt.id == OWN_QUESTION:
        keys.add("escape")(_leaving_with(Order("/back")))
    return keys


def panel_keys(panel: Panel) -> KeyBindings:
    """Arrows, pages, Tab, Space, Enter, Escape, and what was typed before."""
    keys = command_keys(panel.prompt)
    for names, by in ((("down",), 1), (("up", "s-tab"), -1), (("pagedown",), PAGE), (("pageup",), -PAGE)):
        _bound(keys, names, _moving(panel, by))
    _bound(keys, ("c-p",), lambda event: event.current_buffer.history_backward())
    _bound(keys, ("c-n",), lambda event: event.current_buffer.history_forward())
    _bound(keys, ("enter",), _entering(panel))
    _bound(keys, ("tab",), _completing(panel))
    _bound(keys, ("space",), _ticking(panel))
    if panel.prompt.id != OWN_QUESTION:
        _bound(keys, ("escape",), _clearing(panel))
    return keys


def reading_keys(reading: Reading, room: Callable[[], int]) -> KeyBindings:
    """The keys in a long text of which `room()` lines are in view: leafing, searching, leaving."""
    keys = KeyBindings()
    _bound(keys, ("down",), lambda event: reading.move(1))
    _bound(keys, ("up",), lambda event: reading.move(-1))
    _bound(keys, ("pagedown",), lambda event: reading.move(room() - 1))
    _bound(keys, ("pageup",), lambda event: reading.move(1 - room()))
    _bound(keys, ("home",), lambda event: reading.to_start())
    _bound(keys, ("end",), lambda event: reading.to_end())
    _bound(keys, ("escape", "c-c", "c-d"), lambda event: event.app.exit(result=""))

    def search(event: KeyPressEvent) -> None:
        if not event.current_buffer.text.strip():
            event.app.exit(result="")
        elif not reading.find(event.current_buffer.text):
            event.app.output.bell()

    def space(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.insert_text(" ")
        else:
            reading.move(room() - 1)

    _bound(keys, ("enter",), search)
    _bound(keys, ("space",), space)
    return keys


def _bound(keys: KeyBindings, names: Iterable[str], act: Callable[[KeyPressEvent], None]) -> None:
    for name in names:
        keys.add(name)(act)


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


def _entering(panel: Panel) -> Callable[[KeyPressEvent], None]:
    """Reply with what Enter says. An Enter that says nothing is answered at the question, not in the
    transcript, which it would fill."""

    def enter(event: KeyPressEvent) -> None:
        reply = panel.enter(event.current_buffer.text)
        if isinstance(reply, Puzzle) and not reply.typed:
            panel.remark = reply.why
        else:
            event.app.exit(result=reply)

    return enter


def _completing(panel: Panel) -> Callable[[KeyPressEvent], None]:
    """Write a command out, or go on to the next choice."""

    def complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        completed = panel.completed(buffer.text)
        if completed == buffer.text:
            panel.move(1, buffer.text)
            return
        buffer.text = completed
        buffer.cursor_position = len(completed)

    return complete


def _ticking(panel: Panel) -> Callable[[KeyPressEvent], None]:
    """Tick what is pointed at, where several can be taken; otherwise a space is a space."""

    def tick(event: KeyPressEvent) -> None:
        if panel.tick(event.current_buffer.text):
            event.current_buffer.reset()
        else:
            event.current_buffer.insert_text(" ")

    return tick


def _clearing(panel: Panel) -> Callable[[KeyPressEvent], None]:
    """Take back what was typed and pointed at."""

    def clear(event: KeyPressEvent) -> None:
        event.current_buffer.reset()
        panel.typing()

    return clear
