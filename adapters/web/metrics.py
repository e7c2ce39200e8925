"""Counts for Prometheus: requests, how long they took, and how turns ended. Nothing about anybody."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """The counts of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "unstuck_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "unstuck_request_seconds", "How long requests took.", ["route"], registry=self._registry
        )
        self._began = Counter(
            "unstuck_conversations_begun", "Conversations by their flow.", ["flow"], registry=self._registry
        )
        self._under_way = Gauge("unstuck_requests_under_way", "Requests now.", registry=self._registry)
        self._streams = Gauge("unstuck_streams_open", "Streams of events now.", registry=self._registry)
        self._ended = Counter(
            "unstuck_conversations_ended",
            "Conversations by their outcome.",
            ["outcome"],
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the pattern of its address."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def began(self, flow: str) -> None:
        """A conversation has begun."""
        self._began.labels(flow).inc()

    def ended(self, outcome: str) -> None:
        """A conversation has ended."""
        self._ended.labels(outcome).inc()

    def now(self, under_way: int, streams: int) -> None:
        """So much is going on at this moment."""
        self._under_way.set(under_way)
        self._streams.set(streams)

    def page(self) -> bytes:
        """All of it in the text format."""
        return generate_latest(self._registry)
