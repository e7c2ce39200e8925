"""The ways in which an identity can be verified, as a person is asked about them."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.gates.book import Entry
from adapters.gates.history import BEFORE_CHANGE, IN_PERSON
from engine import Method

METHOD_WORDS: Mapping[str, Method] = {
    method.id: method
    for method in (
        Method(
            "callback_on_file",
            "I called back the number on record, and it was them",
            "Call {phone}. Never a number that the caller gives.",
        ),
        Method(IN_PERSON, "They are here in person, and I have seen their identity card"),
        Method("video_id", "I have seen them and their identity card on video"),
        Method("signed_in_session", "They asked for it from the portal, where they were signed in"),
    )
}


def before_change(change: Entry) -> dict[str, Method]:
    """The call-back that a changed record cannot lead astray."""
    when = f"{change.at[:10]} at {change.at[11:16]} UTC"
    method = Method(
        BEFORE_CHANGE,
        "I called back the number that was on record before that, and it was them",
        f"The address was changed on {when} by {change.actor}. On record now is {{phone}}: call it only if"
        " it was there before that.",
    )
    return {method.id: method}
