"""Reads requests of a mapping file, with their pages, and the errors that answers can be."""

from __future__ import annotations

from adapters.clinic.rest.mapping import ErrorRule, Pages, Request, Shape
from adapters.clinic.rest.mapping_reader import MappingReader
from engine import Failure, Mapping, Node, Scalar, Sequence, did_you_mean

METHODS = ("get", "post", "put", "patch", "delete")
REQUEST = (*METHODS, "query", "headers", "body", "form", "if", "expect", "errors", "pages", "save", "reads")
ANSWERED = frozenset({"body", "status", "headers"})
"""What is known of the last answer."""

PAGES = ("rows", "next", "more", "most")
MOST_PAGES = 100
ERROR = ("status", "if", "error", "named", "message", "result", "retry_after")


class RequestReader(MappingReader):
    """Reads requests. What they save is added to `known`."""

    def __init__(self) -> None:
        super().__init__()
        self._saved: frozenset[str] = frozenset()

    def request(self, node: Node, keys: tuple[str, ...] = ()) -> Request | None:
        """One request; without `keys`, those it has were looked over already. What it saves is known to those
        after it."""
        top = self.mapping(node, "a request", keys) if keys else self.record(node, "a request")
        if top is None:
            return None
        methods = [method for method in METHODS if top.get(method) is not None]
        if len(methods) > 1:
            said = f"A request has one method; here are {' and '.join(methods)}."
            self.wrong(top.get(methods[1]) or node, said, None, "Write several requests under `calls`.")
            return None
        if not methods:
            self.missing(node, "get", f"Name the path under one of {', '.join(METHODS)}.")
            return None
        method = methods[0]
        save = self.text(top, "save") or "body"
        with self.knowing(("page", "seen") if top.get("pages") is not None else ()):
            path = self.template(top.get(method), f"`{method}`")
            query = self.members(top.get("query"), "`query`")
        headers = self.members(top.get("headers"), "`headers`")
        body = top.get("body")
        shape = self.shape(body, "`body`") if body is not None else None
        condition = self.expression(top, "if")
        with self.knowing({*ANSWERED, save}):
            expect, errors, pages = self.expression(top, "expect"), self.errors(top), self._pages(top)
        if save in self.known - {"body"} - self._saved:
            self.wrong(top.get("save") or node, f"`{save}` is known as something else.", "Save it elsewhere.")
        self._saved |= {save}
        self.known |= {save} | ANSWERED
        if path is None:
            return None
        first = path.parts[0]
        if not isinstance(first, str) or not first.startswith("/"):
            self.wrong(top.get(method) or node, "A path begins with `/`.", "It follows after `base`.")
        reads = self.truth(top, "reads") or method == "get"
        form = self.truth(top, "form")
        at = (top.get(method) or node).place
        place = f"{at.source.path.rpartition('/')[2]}:{at.line}"
        return Request(
            *(method.upper(), path, query, headers, shape, form, condition, expect, errors, pages),
            *(save, reads, place),
        )

    def _pages(self, top: Mapping) -> Pages | None:
        node = self.mapping(top.get("pages"), "`pages`", PAGES)
        if node is None:
            return None
        rows, following = self.expression(node, "rows"), self._shape_at(node, "next")
        with self.knowing(("seen", "page")):
            more = self.expression(node, "more")
        if node.get("rows") is None:
            self.missing(node, "rows", "Write `pages: {rows: body.items, next: body.next}`.")
        if node.get("next") is not None and node.get("more") is not None:
            said = "Either `next` or `more` tells how the list goes on."
            self.wrong(node, said, None, "Leave one of them out.")
        elif node.get("next") is None and node.get("more") is None:
            repair = "Say either what the `next` page is, or when there is `more`: `more: body.total > seen`."
            self.missing(node, "next", repair)
        if rows is None or (following is None and more is None):
            return None
        return Pages(rows, following, more, int(self.number(node, "most", 1, MOST_PAGES, 10)))

    # -- errors ----------------------------------------------------------------------------------------

    def errors(self, top: Mapping) -> tuple[ErrorRule, ...]:
        """The list of rules under `errors`."""
        node = top.get("errors")
        if node is not None and not isinstance(node, Sequence):
            self.wrong(node, "`errors` is a list.", "Each is `{status: 404, error: not_found}`.")
        rules = [self._error(each) for each in (node.items if isinstance(node, Sequence) else ())]
        return tuple(rule for rule in rules if rule is not None)

    def _error(self, node: Node) -> ErrorRule | None:
        top = self.mapping(node, "an error", ERROR)
        if top is None:
            return None
        statuses, condition = self._statuses(top), self.expression(top, "if")
        failure, named = self._failure(top), self.expression(top, "named")
        if not statuses and condition is None and top.get("if") is None:
            self.missing(node, "status", "Say when it is this error: by `status`, by `if`, or by both.")
        if top.get("error") is None and top.get("named") is None:
            words = ", ".join(each.value for each in Failure)
            self.missing(node, "error", f"Add `error:`, one of {words}.")
        return ErrorRule(
            statuses, condition, failure, named, self._shape_at(top, "message"),
            self._shape_at(top, "result"), self.expression(top, "retry_after"),
        )  # fmt: skip

    def _shape_at(self, top: Mapping, key: str) -> Shape | None:
        node = top.get(key)
        return None if node is None else self.shape(node, f"`{key}`")

    def _failure(self, top: Mapping) -> Failure | None:
        name = self.text(top, "error")
        if name is None:
            return None
        words = [each.value for each in Failure]
        node = top.get("error")
        if name not in words and node is not None:
            repair = did_you_mean(name, words)
            self.wrong(node, f"There is no error `{name}`.", f"Known are {', '.join(words)}.", repair)
            return None
        return Failure(name)

    def _statuses(self, top: Mapping) -> tuple[int, ...]:
        node = top.get("status")
        listed = node.items if isinstance(node, Sequence) else (node,) if node is not None else ()
        found: list[int] = []
        for each in listed:
            value = each.value if isinstance(each, Scalar) else None
            if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
                found.append(value)
            else:
                self.wrong(each, "A status is a number from 100 to 599, or a list of them.")
        return tuple(found)
