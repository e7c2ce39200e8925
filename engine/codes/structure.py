"""The codes of what is found in the structure of a flow: its steps, and where they lead."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code
from engine.diagnostics import Severity

STRUCTURE: Mapping[str, Code] = {
    "U200": Code(
        "A flow file is a mapping",
        "Every flow file begins with `flow: NAME` and goes on with keys like `title` and `steps`.",
        "Write the keys of a flow at the left edge, each followed by a colon.",
        ("- say: Hello # <- here\n"),
    ),
    "U201": Code(
        "A key that is not known here",
        "Every flow, step and answer knows a fixed list of keys; this one is not among them.",
        "Correct the spelling, or move the key to where it belongs.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    than: over # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U202": Code(
        "Something that must be said is missing",
        "A key that this flow or step cannot do without is not there.",
        "Add the key.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - if: today > '2026-11-23' # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U203": Code(
        "The value has the wrong shape",
        "There is a list, a mapping or a text where something else is expected.",
        "Write the value in the shape that is named.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - set: portal # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U204": Code(
        "A step that does not say what it does",
        "A step has exactly one key that names its kind: say, ask, do, if, choose, set, visit, go, "
        "return, hand over or end.",
        "Add the key, or correct its spelling.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - sya: Hello # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U205": Code(
        "Two steps in one",
        "A step does one thing, and this one has two keys that each name a kind.",
        "Start the second with a dash of its own.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    go: over # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U206": Code(
        "An id that is taken",
        "Two steps of one flow have the same id, so that nobody could tell which one is meant. Inline "
        "steps count as well.",
        "Give one of them another id.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: over\n"
            "    say: Hello\n"
            "  - id: over # <- here\n"
            "    end: stopped\n"
        ),
    ),
    "U207": Code(
        "A step that does not exist",
        "A `then`, `go`, answer or case leads to an id that no step of this flow has.",
        "Correct the id, or write the step.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Hello\n"
            "    then: ovre # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U208": Code(
        "An id is missing",
        "Questions, calls that change something, and hand-overs are named by tests, translations and "
        "stored conversations, so each needs an id.",
        "Add `id: a-short-name`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - ask: Has it arrived? # <- here\n"
            "    kind: yes-no\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U209": Code(
        "A name that cannot be",
        "Ids of steps and answers use small letters, digits and dashes; facts use underscores instead of "
        "dashes.",
        "Rename it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: The Greeting # <- here\n"
            "    say: Hello\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U210": Code(
        "A step nobody reaches",
        "No answer, `then` or `go` leads to this step, and the step above it always leads elsewhere.",
        "Lead to it, or take it out.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - end: stopped\n"
            "  - say: Hello # <- here\n"
            "  - end: stopped\n"
        ),
    ),
    "U211": Code(
        "Sliding into another branch",
        "The step ends where a branch from further up begins, and slides into it. That is often an end "
        "that was forgotten.",
        "Write `then` with the id of that step if it is meant; otherwise end this branch.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: junk\n"
            "    ask: Is it in the junk folder?\n"
            "    answers: {found: {label: Found, then: rescue}, missing: Missing}\n"
            "  - say: Then let us look further. # <- here\n"
            "  - id: rescue\n"
            "    end: solved\n"
        ),
        severity=Severity.WARNING,
    ),
    "U212": Code(
        "The flow just stops",
        "After this step nothing follows, and nothing says how the conversation ends.",
        "Add `end`, `hand over` or `return`, or a `then`.",
        ("flow: example\naudience: [agent]\nsteps:\n  - say: Hello # <- here\n"),
    ),
    "U213": Code(
        "A circle without a person",
        "These steps lead back to themselves without asking anybody, so the conversation could run for ever.",
        "Put a question into the circle, or lead one way out of it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: look # <- here\n"
            "    do: get_clinic\n"
            "    save: clinic\n"
            "    then: look\n"
        ),
    ),
    "U214": Code(
        "A flow that does not exist",
        "The flow to visit is in none of the files that were read.",
        "Correct the name, or add the flow.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - visit: find-everybody # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U215": Code(
        "An exit that does not exist",
        "A visit routes an exit that the visited flow does not declare.",
        "Correct the name, or declare the exit there.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "steps:\n"
            "  - id: whole\n"
            "    ask: Again?\n"
            "    kind: yes-no\n"
            "    then: {no: [return: done]}\n"
            "  - visit: other\n"
            "    then: {dnoe: over} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U217": Code(
        "A word that is not known here",
        "Only certain words can stand here.",
        "Take one of those that are named.",
        ("flow: example\naudience: [agent]\nsteps:\n  - end: stoped # <- here\n"),
    ),
    "U218": Code(
        "A route for an answer that is not there",
        "The `then` names an answer that this question does not offer.",
        "Correct the name of the answer.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: junk\n"
            "    ask: Is it in the junk folder?\n"
            "    answers: {found: Found, missing: Missing}\n"
            "    then: {fuond: over} # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U219": Code(
        "Two flows with one name",
        "Flows are visited and started by name, so a name stands for one flow only.",
        "Rename one of them.",
        (
            "# Another file has a flow `other` already.\n"
            "flow: other # <- here\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - end: stopped\n"
        ),
    ),
    "U220": Code(
        "Too large",
        "The flow, a stretch of it, the pack or its files are larger than the limits allow.",
        "Split it, or raise the limit.",
        (
            "# As it looks to somebody who allows two steps a flow.\n"
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: One # <- here\n"
            "  - say: Two\n"
            "  - end: stopped\n"
        ),
    ),
    "U221": Code(
        "A visit that leads back",
        "A flow visits itself, directly or through others, and would never come to an end.",
        "Use `go` within a flow; let visits lead to other flows only.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "exits: [done]\n"
            "steps:\n"
            "  - visit: example # <- here\n"
            "  - return: done\n"
        ),
    ),
    "U222": Code(
        "An exit that is not declared",
        "A `return` uses an exit that the flow's `exits` do not list.",
        "Add it to `exits`, or correct the name.",
        ("flow: example\naudience: [agent]\nexits: [arrived]\nsteps:\n  - return: arived # <- here\n"),
    ),
    "U223": Code(
        "Fields that do not go together",
        "What a question needs depends on its kind: `choice` has answers, `one` and `several` a list `of` "
        "records, the others neither.",
        "Change the kind, or the fields.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: how-many # <- here\n"
            "    ask: How many?\n"
            "    kind: several\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
    ),
    "U224": Code(
        "Solved, and nobody can know",
        "A conversation ends as solved although nothing vouches for it: after the last change no person has"
        " chosen an answer, no `expect` held, and nothing was decided by what was read back. What was sent"
        " need not have arrived.",
        "Ask whether it works now, give the call an `expect`, or decide by what is read back. Where only"
        " advice was given, end with `stopped`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: topic\n"
            "    ask: What is it about?\n"
            "    kind: text\n"
            "    save: topic\n"
            "  - id: pass-on\n"
            "    do: request_help\n"
            "    with: {topic: topic}\n"
            "  - end: solved # <- here\n"
        ),
        severity=Severity.WARNING,
    ),
    "U225": Code(
        "Only one answer to choose from",
        "Whoever is asked can give this answer only. It decides nothing, and for somebody for whom it is not"
        " true there is no way on. Mostly the other answer is missing.",
        "Add what else can be: `not-yet: Not yet`, `cannot: I cannot do that`. What is only told is a `say`.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - id: saved\n"
            "    ask: Please save the address. Is it saved?\n"
            "    answers:\n"
            "      saved: Yes, it is saved # <- here\n"
            "  - end: stopped\n"
        ),
        severity=Severity.WARNING,
    ),
}
