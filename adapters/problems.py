"""Trouble that a person can do something about: one plain sentence, one piece of advice, an exit code.

Every adapter raises these, and the command line prints them; nothing else may reach a person.
"""

from __future__ import annotations


class PlainProblem(Exception):
    """What went wrong (`message`) and what to do (`advice`), each a whole sentence for a person.

    `exit_code` is what the command ends with: 2 for a wrong use, 4 for an unusable backend or store.
    """

    exit_code = 2

    def __init__(self, message: str, advice: str = "") -> None:
        self.message = message
        self.advice = advice
        super().__init__(f"{message} {advice}".strip())


class Unusable(PlainProblem):
    """A backend, store, mailbox or folder that cannot be used."""

    exit_code = 4


class NothingThere(PlainProblem):
    """What was named is not there, or not any more."""
