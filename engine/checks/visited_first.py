"""The order in which flows are looked at so that those a flow visits come before it.

Without it, as many calls would stand inside each other as visits do, and nobody has counted those yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.flow import Tree


def visited_first(trees: Mapping[str, Tree]) -> Iterator[str]:
    """The name of every flow once, after those that it visits; in a circle of visits, after some of them."""
    seen: set[str] = set()
    for first in trees:
        if first in seen:
            continue
        seen.add(first)
        waiting = [(first, iter(sorted(trees[first].visits)))]
        while waiting:
            name, visits = waiting[-1]
            following = next((each for each in visits if each in trees and each not in seen), None)
            if following is None:
                waiting.pop()
                yield name
            else:
                seen.add(following)
                waiting.append((following, iter(sorted(trees[following].visits))))
