"""What the commands do that are typed at a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from adapters.console.chat import Chat
from adapters.console.layout import BLANK, row
from adapters.console.overview import help_rows, map_rows, notes_rows, text_rows
from adapters.console.replies import OWN_QUESTION, Order, fitting
from adapters.console.transcript import info_rows
from adapters.view import View
from engine import Choice, Prompt, plain, question_in_short

COPIED = "This is in the clipboard now."
NOT_COPIED = "This terminal is not known to have a clipboard; copy the text above by hand."
SURE_TO_STOP = "Give this conversation up for good?"
BEGUN_ANEW = "Begun anew, as session"
SURE_TO_RESTART = "Stop this conversation and begin it anew? What was done stays done."
SURE_TO_HAND_OVER = "Hand this case over to the clinic's support? The conversation ends with that."
SURE = (Choice("yes", "Yes"), Choice("no", "No, go on"))
WHICH_STEP = "Which step do you mean? Type a part of it:"
WHICH_ANSWER = "Which answer do you want to change?"
NOTHING_ANSWERED = "Nothing has been answered yet."


def carried_out(chat: Chat, session: str, order: Order) -> View | None:
    """Do what a command says: the view it leads to, or None where the question stays. Raises what the chat
    raises."""
    return _ORDERS[order.command](chat, session, order.text)


def _back(chat: Chat, session: str, text: str) -> View | None:
    return chat.wait(lambda: chat.talk.back(session))


def _why(chat: Chat, session: str, text: str) -> View | None:
    return _reasons(chat, chat.wait(lambda: chat.talk.why(session, chat.rules)))


def _why_not(chat: Chat, session: str, text: str) -> View | None:
    steps = _steps(chat, session)
    found = _steps_meant(steps, text)
    # Words that fit no step here may be the id of one in another flow.
    step = found[0].id if len(found) == 1 else text if not found else chat.pick(WHICH_STEP, found)
    return _reasons(chat, chat.wait(lambda: chat.talk.why_not(session, step, chat.rules))) if step else None


def _steps_meant(steps: Sequence[Choice], text: str) -> Sequence[Choice]:
    """The steps of which these words are the id or a part; all of them without any words."""
    if not text:
        return steps
    return [each for each in steps if each.id == text] or fitting(
        Prompt(OWN_QUESTION, "", 0, "one", plain(""), tuple(steps)), text
    )


def _reasons(chat: Chat, told: View) -> View | None:
    """Let the person read the reasons that a view tells; the question stays."""
    if told.info is None:
        return told
    chat.read(info_rows(told.info))
    return None


def _steps(chat: Chat, session: str) -> list[Choice]:
    """The steps of the flow at hand that have a name, to pick one. In plain words some are called the same;
    then the name tells them apart."""
    lines = chat.talk.outline(session, chat.rules).lines
    named = [line for line in lines if not line.step.rpartition("/")[2].isdigit()] or lines
    if chat.rules:
        return [Choice(line.step, line.step, "", line.words) for line in named]
    often = Counter(line.words for line in named)
    names = {line.step: line.step.rpartition("/")[2].replace("-", " ") for line in named}
    return [
        Choice(line.step, line.words, "", names[line.step] if often[line.words] > 1 else "") for line in named
    ]


def _change(chat: Chat, session: str, text: str) -> View | None:
    given = chat.talk.answered(session)
    if not given:
        chat.show([row(NOTHING_ANSWERED, "info", "  ")])
        return None
    choices = [
        Choice(str(number), question_in_short(one.question), "", one.answer)
        for number, one in enumerate(given, 1)
    ]
    picked = chat.pick(WHICH_ANSWER, choices)
    if not picked:
        return None
    chosen = given[int(picked) - 1]
    return chat.wait(lambda: chat.talk.change(session, chosen.prompt, chosen.seq))


def _map(chat: Chat, session: str, text: str) -> View | None:
    rows, here = map_rows(chat.talk.outline(session, chat.rules), chat.screen.marks)
    chat.read(rows, here)
    return None


def _note(chat: Chat, session: str, text: str) -> View | None:
    noted = chat.talk.note(session, text)
    if noted.problem is not None:
        return noted
    chat.show([row("Noted.", "info", "  ")])
    return None


def _notes(chat: Chat, session: str, text: str) -> View | None:
    chat.read(notes_rows(chat.talk.notes(session)))
    return None


def _summary(chat: Chat, session: str, text: str) -> View | None:
    digest = chat.talk.digest(session)
    chat.show([*text_rows(digest), BLANK, row(COPIED if chat.copy(digest) else NOT_COPIED, "info", "  ")])
    return None


def _hand_over(chat: Chat, session: str, text: str) -> View | None:
    if chat.pick(SURE_TO_HAND_OVER, SURE) != "yes":
        return None
    return chat.wait(lambda: chat.talk.hand_over(session, text))


def _restart(chat: Chat, session: str, text: str) -> View | None:
    if chat.pick(SURE_TO_RESTART, SURE) != "yes":
        return None
    chat.talk.stop(session)
    begun = chat.wait(chat.again)
    chat.show([BLANK, row(f"{BEGUN_ANEW} {begun.session}.", "info", "  ")])
    return begun


def _stop(chat: Chat, session: str, text: str) -> View | None:
    if chat.pick(SURE_TO_STOP, SURE) != "yes":
        return None
    return chat.talk.stop(session)


def _help(chat: Chat, session: str, text: str) -> View | None:
    chat.read(help_rows(chat.screen.takes_keys))
    return None


_ORDERS: dict[str, Callable[[Chat, str, str], View | None]] = {
    "/back": _back,
    "/why": _why,
    "/why-not": _why_not,
    "/change": _change,
    "/map": _map,
    "/note": _note,
    "/notes": _notes,
    "/summary": _summary,
    "/handover": _hand_over,
    "/restart": _restart,
    "/stop": _stop,
    "/help": _help,
}
