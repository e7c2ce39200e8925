"""A request of a client that may repeat it: the same one is answered with the reply it had, never done twice.

Knows how a reply is kept, not where, and nothing of who asks.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from adapters.problems import PlainProblem
from adapters.stores.port import StoredReply
from adapters.view import View

_REPLY = msgspec.json.Decoder(View)
_ENCODER = msgspec.json.Encoder()


class Request(NamedTuple):
    """`key` is what the client calls its request, and gives again with each repetition; `digest` stands for
    everything else that it sent. A body may hold a secret: let the digest be one from which nobody without a
    key can guess it. An answer that comes with a request should name its prompt and seq, so that it is stale,
    and not an answer to the next question, where a crash left no reply."""

    key: str
    digest: str

    def with_reply(self, view: View) -> StoredReply:
        """What is kept of the reply. A secret is in no view."""
        return StoredReply(self.key, self.digest, _ENCODER.encode(view))

    def reply(self, kept: StoredReply | None) -> View | None:
        """The reply that this request had, if it had one. Raises OtherRequest."""
        if kept is None:
            return None
        if kept.body_digest != self.digest:
            raise OtherRequest(self.key)
        return _REPLY.decode(kept.reply)


class OtherRequest(PlainProblem):
    """The key was used before, for something else."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"The request key {key!r} was used for another request of this conversation.",
            "Nothing was done. Use a new key for a new request.",
        )
