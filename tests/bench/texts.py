"""The conversation both sides of the measurement hold: its words, its answers and its facts.

Every text has two sentences and three values. A round is three questions (a choice, a yes or no, a text),
each with something said before it; the choice `stop` ends the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

Raw: TypeAlias = str | bool

FACTS: Final[Mapping[str, str]] = {
    "client": "Ana Souza",
    "clinic": "North Street Clinic",
    "address": "ana.souza@clinic.example",
    "note": "nothing so far",
}

TEXTS: Final[Mapping[str, str]] = {
    "news": "{{ client }} is waiting for an email from {{ clinic }}. What was noted last is: {{ note }}.",
    "place": "Please open the mailbox of {{ address }} together with {{ client }}. "
    "Where does the email of {{ clinic }} lie?",
    "ready": "An email from {{ clinic }} was looked for in {{ address }}. {{ client }} has the mailbox open.",
    "again": "Another email can be sent to {{ address }} at any time. "
    "Shall {{ clinic }} write to {{ client }} once more?",
    "record": "{{ clinic }} keeps a record of what {{ client }} tells. The address stays {{ address }}.",
    "remark": "Please write down in a few words what {{ client }} says. "
    "The remark before was “{{ note }}”, about {{ address }}.",
    "bye": "{{ clinic }} thanks {{ client }} for the patience. The last remark was “{{ note }}”.",
}

CHOICES: Final[Mapping[str, str]] = {
    "inbox": "In the inbox",
    "junk": "In the junk folder",
    "nowhere": "Nowhere to be found",
    "stop": "Let us stop here",
}

ROUNDS: Final = 7

ANSWERS: Final[tuple[Raw, ...]] = (
    *(
        answer
        for number in range(ROUNDS)
        for answer in (
            ("inbox", "junk", "Nowhere to be found")[number % 3],
            (True, "no", "Yes")[number % 3],
            f"She looked {number + 1} times, and found it at last",
        )
    ),
    "stop",
)
"""What is answered in one conversation, in order."""
