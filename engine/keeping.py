"""After an earlier answer was changed: the answers that came after it are used again where they still hold.

An answer holds where its question, its choices and what they were made from are as they were. It is never
used to make a call that changes something, or to end a conversation: the question is put again then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine import calls
from engine.actions import Effect
from engine.answers import NotAccepted
from engine.describe import with_stop
from engine.effects import Prompt
from engine.expression_tree import Tree, children, path
from engine.rich import plain
from engine.run import Run, walk
from engine.state import AtCall, AtEnd, AtPrompt, Mark, State
from engine.steps.base import Asking
from engine.values import Value

_WHOSE = ("id", "subject")
"""The members of a record that say whom or what it is about."""

_ONCE_MORE = plain("Your earlier answer would now change something or end this, so please give it once more.")


class Given(msgspec.Struct, frozen=True):
    """An answer that was given: the id and number of its question, what was asked and answered. Of a secret
    it says only that there was one."""

    prompt: str
    seq: int
    question: str
    answer: str


def given_answers(state: State) -> tuple[Given, ...]:
    """The answers that can be changed, in the order in which they were given."""
    return tuple(Given(mark.path, mark.seq, mark.question, mark.told) for mark in state.trail)


def go_on(run: Run, to: str | None) -> None:
    """Go on at the step `to` until the conversation waits for a person or a call, or has ended."""
    walk(run, to)
    while run.kept or run.following:
        following = _by_kept_answer(run)
        if following is None:
            return
        walk(run, following)


def _by_kept_answer(run: Run) -> str | None:
    """The path that a kept answer leads to, if the conversation waits for one that holds."""
    match run.waiting:
        case AtPrompt(prompt=prompt, asking=""):
            return _answered(run, prompt)
        case AtPrompt(asking="repeat") if run.following:
            return _not_repeated(run, run.waiting)
        case AtCall(call=call, phase="gate") if run.following and call.effect is not Effect.READ:
            return None if call.undoes else _asked_again(run)
        case AtEnd() if run.following:
            return _asked_again(run)
        case _:
            return None


def _answered(run: Run, prompt: Prompt) -> str | None:
    step = run.tree.steps[run.here]
    mark = next((mark for mark in run.kept if mark.path == prompt.id), None)
    if mark is None or not isinstance(step, Asking) or run.turns >= run.flow.limits.turns_a_session:
        return None
    run.kept = _without(run.kept, mark, {each.path for each in run.trail})
    frames = run.stack()
    if prompt.kind == "secret" or not _asks_the_same(run, step, prompt, mark):
        return None
    taken = step.answered(run, prompt, mark.value)
    # Only what a person answers now approves what it leads to.
    run.approved = None
    if isinstance(taken, NotAccepted):
        return None
    run.effects.pop()
    run.say(plain(f"Kept: {_last_line(mark.question)} – {taken.told}"))
    run.remember(
        msgspec.structs.replace(mark, frames=frames, calls=len(run.calls), at=run.at, seq=prompt.seq)
    )
    run.took("answer", taken.way, taken.to)
    run.following = True
    return taken.to


def _without(kept: tuple[Mark, ...], mark: Mark, passed: set[str]) -> tuple[Mark, ...]:
    """The answers that are left once this one is used, where the way has led past these questions already."""
    number = kept.index(mark)
    before, after = kept[:number], kept[number + 1 :]
    if mark.path in passed:
        # Another round begins: what was left out of the round before is no answer in this one.
        return after
    # The answer of a later round holds in this one, and is still that round's own.
    return kept if any(each.path in passed for each in before) else (*before, *after)


def _not_repeated(run: Run, waiting: AtPrompt) -> str | None:
    """What was done on the way that is gone again is not done a second time, and not asked about."""
    call = waiting.call
    before = run.earlier(call) if call is not None else None
    if call is None or before is None or before.error is not None:
        return None
    if before.path != run.full(call.step) or before.key not in run.behind:
        return None
    run.effects.pop()
    run.say(plain(f"This stays as it was done at {before.at[11:16]} UTC: {with_stop(before.text)}"))
    return calls.decided(run, waiting, "skip", "")


def _asked_again(run: Run) -> str:
    """Put the question again whose kept answer leads to what only a person can decide now."""
    run.effects.pop()
    run.say(_ONCE_MORE)
    mark = run.trail[-1]
    run.trail, run.kept, run.following = run.trail[:-1], (), False
    run.rewind(mark)
    return run.here


def _asks_the_same(run: Run, step: Asking, prompt: Prompt, mark: Mark) -> bool:
    """Whether the question is the one that was answered, made from the same facts."""
    then = Run(run.flow, msgspec.structs.replace(run.old, frames=mark.frames), run.at)
    step.enter(then)
    if not isinstance(then.waiting, AtPrompt):
        return False
    if msgspec.structs.replace(then.waiting.prompt, seq=prompt.seq) != prompt:
        return False
    return all(_read(each.tree, then.env) == _read(each.tree, run.env) for each in step.reads())


def _read(tree: Tree, facts: Mapping[str, Value]) -> list[Value]:
    """What an expression reads of these facts: the members it names, and whose they are."""
    found: list[Value] = []
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        names = path(each)
        if names is not None:
            found += _along(names.split("."), facts)
        else:
            waiting.extend(children(each))
    return found


def _along(names: list[str], facts: Mapping[str, Value]) -> Iterator[Value]:
    """The value under these names, and on the way there whose records it was found in."""
    value = facts.get(names[0])
    for name in names[1:]:
        yield _whose(value)
        value = value.get(name) if isinstance(value, dict) else None
    yield _whose(value) if isinstance(value, dict | list) else value


def _whose(value: Value) -> Value:
    """Which record this is, or which ones; what says nothing of that is taken as it is."""
    if isinstance(value, list):
        return [_whose(each) for each in value]
    if isinstance(value, dict):
        return {name: value[name] for name in _WHOSE if name in value} or value
    return value


def _last_line(question: str) -> str:
    """The line of a text in which it asks: the lines above explain."""
    return question.strip().rpartition("\n")[2].strip()
