"""JSON and JSON lines, strictly, with the place of every value in the file.

The standard parser keeps the last of two equal keys, takes NaN and forgets offsets; evidence needs offsets
and a report must not say two things. Only strings are left to it.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Final, NoReturn

from edge_app.domain.report import Report
from edge_app.domain.verdict import Span
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.encoding import decode
from edge_app.intake.readers.records import Node, report_from_tree

_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_LITERAL: Final = re.compile(r"true|false|null")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_NAN: Final = re.compile(r"NaN|-?Infinity")
_CUT_WORD: Final = re.compile(r"t(?:r(?:u)?)?|f(?:a(?:l(?:s)?)?)?|n(?:u(?:l)?)?|-|-?\d+(?:\.\d*)?(?:[eE][-+]?)?|")
"""The start of a literal or number: the file may go on."""
_CUT_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{0,4})?\Z")
_WORD: Final = re.compile(r"[^\s,\[\]{}:\"]*")
_STRINGS: Final = JSONDecoder(strict=True)
_MAX_DEPTH: Final = 64
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 308
"""Of a double: what machines write."""
_HINT: Final = "check what writes the file"


def read_json(source: Source) -> Report:
    """The report that a JSON document, or one document a line, tells.

    Raises ReportError ``json-syntax``, ``json-duplicate-key``, ``json-nan``, ``json-number``, ``json-depth``,
    ``json-surrogate``; IncompleteReportError ``json-incomplete`` when the file ends in the middle.
    """
    decoded = decode(source.content, source.code_pages)
    root = parse(decoded.text)
    return report_from_tree(root, text=decoded.text, format="json", encoding=decoded.encoding, fields=source.fields)


def parse(text: str) -> Node:
    """The tree of a document; several documents become the items of one list."""
    scan = _Scan(text)
    documents = []
    at = scan.skip(0)
    while at < len(text):
        node, at = scan.value(at, "", at, depth=1)
        documents.append(node)
        at = scan.skip(at)
    if not documents:
        raise ReportError("empty", "the file holds no JSON value", _HINT)
    if len(documents) == 1:
        return documents[0]
    return Node("", "", Span(text, 0), tuple(documents))


class _Scan:
    """One pass over the text. Methods take a position and return what stands there and the position after."""

    def __init__(self, text: str) -> None:
        self._text = text

    def skip(self, at: int) -> int:
        """Position after white space."""
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def value(self, at: int, label: str, whole_from: int, *, depth: int) -> tuple[Node, int]:
        """The value at ``at``; its evidence begins at ``whole_from``, where its key stands."""
        if depth > _MAX_DEPTH:
            raise ReportError("json-depth", f"nested deeper than {_MAX_DEPTH}", _HINT)
        char = self._text[at : at + 1]
        if char == "{":
            children, end = self._object(at, depth)
        elif char == "[":
            children, end = self._array(at, depth)
        else:
            return self._scalar(at, label, whole_from)
        return Node(label, "", self._span(at, end), children, self._span(whole_from, end)), end

    def _object(self, at: int, depth: int) -> tuple[tuple[Node, ...], int]:
        members: list[Node] = []
        seen: set[str] = set()
        at = self.skip(at + 1)
        if self._text[at : at + 1] == "}":
            return (), at + 1
        while True:
            key, after = self._string(at)
            if key in seen:
                raise ReportError("json-duplicate-key", f"key {key[:40]!r} stands twice in one object", _HINT)
            seen.add(key)
            value_at = self.skip(self._expect(self.skip(after), ":"))
            node, end = self.value(value_at, key, at, depth=depth + 1)
            members.append(node)
            at = self.skip(end)
            if self._text[at : at + 1] == "}":
                return tuple(members), at + 1
            at = self.skip(self._expect(at, ","))

    def _array(self, at: int, depth: int) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        at = self.skip(at + 1)
        if self._text[at : at + 1] == "]":
            return (), at + 1
        while True:
            node, end = self.value(at, "", at, depth=depth + 1)
            items.append(node)
            at = self.skip(end)
            if self._text[at : at + 1] == "]":
                return tuple(items), at + 1
            at = self.skip(self._expect(at, ","))

    def _scalar(self, at: int, label: str, whole_from: int) -> tuple[Node, int]:
        if self._text[at : at + 1] == '"':
            value, end = self._string(at)
            return Node(label, value, self._span(at + 1, end - 1), (), self._span(whole_from, end)), end
        end = self._bare(at)
        written = self._text[at:end]
        value = "" if written == "null" else written
        return Node(label, value, self._span(at, end), (), self._span(whole_from, end)), end

    def _bare(self, at: int) -> int:
        """End of the number or literal at ``at``."""
        word = _WORD.match(self._text, at)
        end = word.end() if word else at
        if _NAN.fullmatch(self._text, at, end):
            raise ReportError("json-nan", f"{self._text[at:end]} is not a JSON number", _HINT)
        if _NUMBER.fullmatch(self._text, at, end):
            self._check_size(self._text[at:end])
        elif not _LITERAL.fullmatch(self._text, at, end):
            self._fail(end if end == len(self._text) and _CUT_WORD.fullmatch(self._text, at, end) else at)
        return end

    def _check_size(self, number: str) -> None:
        digits, _, exponent = number.lower().partition("e")
        if len(digits) > _MAX_DIGITS or (exponent and (len(exponent) > 5 or abs(int(exponent)) > _MAX_EXPONENT)):  # noqa: PLR2004 - the sign and four digits
            raise ReportError("json-number", f"number {number[:20]}… is beyond any measurement", _HINT)

    def _string(self, at: int) -> tuple[str, int]:
        if self._text[at : at + 1] != '"':
            self._fail(at)
        try:
            value, end = _STRINGS.raw_decode(self._text, at)
        except JSONDecodeError as error:
            unfinished = error.msg.startswith("Unterminated") or _CUT_ESCAPE.search(self._text, at)
            self._fail(len(self._text) if unfinished else error.pos)
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise ReportError("json-surrogate", "a string holds half of a character", _HINT)
        return value, end

    def _expect(self, at: int, char: str) -> int:
        if self._text[at : at + 1] != char:
            self._fail(at)
        return at + 1

    def _fail(self, at: int) -> NoReturn:
        if at >= len(self._text):
            raise IncompleteReportError("json-incomplete", "the document ends in the middle", _HINT)
        line = self._text.count("\n", 0, at) + 1
        raise ReportError("json-syntax", f"line {line}: {self._text[at : at + 20]!r} is not expected here", _HINT)

    def _span(self, start: int, end: int) -> Span:
        return Span(self._text[start:end], start)
