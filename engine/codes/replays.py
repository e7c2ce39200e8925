"""The codes of what is found in replays."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code

REPLAYS: Mapping[str, Code] = {
    "U401": Code(
        "Not the shape of a replay",
        "A replay is a mapping with `replay`, `flow`, `as`, `turns` and `end`, and each turn a mapping "
        "with one of `ask`, `did`, `by hand`, `back`, `change` and so on.",
        "Compare with the examples in the folder `replays` beside a flow.",
        ("replay: an adult\nflow: email-not-received\nas: agent\nturns:\n  - who # <- here\nend: solved\n"),
        file="example.replay.yaml",
    ),
    "U402": Code(
        "A key that a replay does not know",
        "A replay and its turns know a fixed list of keys.",
        "Correct the spelling.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns: []\n"
            "endd: solved # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U403": Code(
        "A word that a replay does not know",
        "Audiences, outcomes, actions, failures and faults are words out of closed lists.",
        "Take one of the words that are named.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {did: set_portal_setting} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U404": Code(
        "A question the flow does not have",
        "The replay answers a step that neither the flow nor any flow it visits has.",
        "Correct the id.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {ask: whoo, answer: Ana} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U405": Code(
        "An answer the question does not have",
        "The replay answers a question with something that looks like the id of a choice, and is none of its "
        "choices.",
        "Take one of the ids that are named; where the answer is to be refused, add `problem: not_a_choice`.",
        (
            "replay: an adult\n"
            "flow: email-not-received\n"
            "as: agent\n"
            "turns:\n"
            "  - {ask: switch-on, answer: bothe} # <- here\n"
            "end: solved\n"
        ),
        file="example.replay.yaml",
    ),
    "U406": Code(
        "A change the flow never makes",
        "The replay expects the call of an action that neither the flow nor any flow it visits calls.",
        "Correct the action, or take the turn out.",
        ("replay: an adult\nflow: bounced\nas: agent\nturns:\n  - did: reset_mfa # <- here\nend: solved\n"),
        file="example.replay.yaml",
    ),
}
