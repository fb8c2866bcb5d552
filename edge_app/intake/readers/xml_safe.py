"""XML to a tree with exact places, by expat: no DTD, no entities of its own, no network, bounded.

A document type declaration is refused as soon as it begins, so nothing is ever expanded or fetched;
stylesheets, schema locations and inclusions are just text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from xml.parsers import expat

from edge_app.domain.verdict import Span
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers.records import Node

MAX_DEPTH: Final = 128
MAX_NODES: Final = 400_000
"""Elements and attributes of one file: about 250 MB as a tree."""
MAX_EVIDENCE: Final = 3000
"""Characters. A longer element is shown by its start tag."""
_MAX_EVIDENCE_HEIGHT: Final = 6
"""Levels below an element that is shown whole."""
_MAX_EVIDENCE_TOTAL: Final = 32_000_000
"""Characters that the evidence of nested elements may add up to."""

_START_TAG: Final = re.compile(r"""<[^\s/>"']+(?P<attributes>(?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE: Final = re.compile(r"""([^\s="'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENDS: Final = {"comment": "-->", "instruction": "?>", "end": ">"}
_TORN: Final = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    }
)
"""Errors that only the end of the file can cause."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. Names of elements and attributes are local: prefixes are dropped."""

    root: Node
    namespace: str
    """Of the root element, empty when it has none."""


@dataclass(slots=True)
class _Open:
    """An element whose end is still to come."""

    label: str
    start: int
    tag: Span
    children: list[Node]
    text: str = ""
    span: Span | None = None
    height: int = 0


def parse(text: str) -> Document:
    """The tree of a decoded file. Every span points into ``text``.

    Raises ReportError ``xml-dtd``, ``xml-syntax``, ``xml-depth``, ``xml-size``;
    IncompleteReportError ``xml-incomplete`` when the file ends in the middle.
    """
    try:
        builder = _Builder(text)
        builder.run()
    except expat.ExpatError as error:
        _refuse(error)
    except UnicodeEncodeError as error:
        raise ReportError("xml-syntax", f"not a character: {error.reason}", "export the report again") from error
    return builder.document()


def _refuse(error: expat.ExpatError) -> NoReturn:
    where = f"line {error.lineno}, column {error.offset}: {expat.ErrorString(error.code)}"
    if error.code in _TORN:
        raise IncompleteReportError(
            "xml-incomplete", f"the file ends in the middle: {where}", "wait for the rest"
        ) from error
    raise ReportError("xml-syntax", f"not well-formed XML: {where}", "export the report again") from error


class _Builder:
    """Collects expat's events. Texts between two events are one run, so their place is known exactly."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._data = text.encode()
        self._ascii = len(self._data) == len(text)
        self._at_byte = self._at_char = 0
        self._run_start = 0
        self._run: list[str] = []
        self._stack: list[_Open] = []
        self._nodes = 0
        self._evidence_left = _MAX_EVIDENCE_TOTAL
        self._root: Node | None = None
        self._namespace = ""

    def run(self) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._run.append
        parser.CommentHandler = lambda _: self._pause("comment")
        parser.ProcessingInstructionHandler = lambda _target, _data: self._pause("instruction")
        parser.StartCdataSectionHandler = lambda: self._pause(len("<![CDATA["))
        parser.EndCdataSectionHandler = lambda: self._pause(len("]]>"))
        self._parser = parser
        parser.Parse(self._data, True)

    def document(self) -> Document:
        if self._root is None:
            raise IncompleteReportError("xml-incomplete", "the file has no element", "wait for the rest")
        return Document(self._root, self._namespace)

    def _doctype(self, *_: Any) -> NoReturn:
        raise ReportError("xml-dtd", "the file declares a document type", "export the report without a DTD")

    def _start(self, name: str, attributes: list[str]) -> None:
        start = self._flush()
        if len(self._stack) >= MAX_DEPTH:
            raise ReportError("xml-depth", f"more than {MAX_DEPTH} levels", "split the report")
        tag = _START_TAG.match(self._text, start)
        assert tag is not None  # expat accepted it
        label = _local(name)
        self._stack.append(
            _Open(label, start, Span(tag.group(), start), self._attributes(attributes, tag.start("attributes")))
        )
        self._count(1 + len(self._stack[-1].children))
        if len(self._stack) == 1:
            self._namespace = _namespace(name, attributes)
        self._run_start = tag.end()

    def _attributes(self, resolved: list[str], offset: int) -> list[Node]:
        """Attributes as nodes; namespace declarations are no data."""
        nodes = []
        names, values = resolved[::2], resolved[1::2]
        for name, value in zip(names, values, strict=True):
            raw = _ATTRIBUTE.search(self._text, offset)
            assert raw is not None  # expat accepted it
            offset = raw.end()
            if name != "xmlns" and not name.startswith("xmlns:"):
                inner = raw.start(2) if raw.group(2) is not None else raw.start(3)
                written = raw.group(2) if raw.group(2) is not None else raw.group(3)
                nodes.append(Node(_local(name), value, Span(written, inner), (), Span(raw.group(), raw.start())))
        return nodes

    def _end(self, _name: str) -> None:
        at = self._flush()
        element = self._stack.pop()
        end = element.tag.end if element.tag.text.endswith("/>") else self._text.index(">", at) + 1
        whole = self._evidence(element, end)
        node = Node(element.label, element.text, element.span, tuple(element.children), whole)
        self._run_start = end
        if self._stack:
            parent = self._stack[-1]
            parent.children.append(node)
            parent.height = max(parent.height, element.height + 1)
        else:
            self._root = node

    def _evidence(self, element: _Open, end: int) -> Span:
        length = end - element.start
        fits = length <= min(MAX_EVIDENCE, self._evidence_left)
        if fits and element.height <= _MAX_EVIDENCE_HEIGHT:
            self._evidence_left -= length
            return Span(self._text[element.start : end], element.start)
        return element.tag

    def _pause(self, mark: str | int) -> None:
        """A comment, an instruction or a CDATA bracket: no text, but it ends a run."""
        at = self._flush()
        if isinstance(mark, int):
            self._run_start = at + mark
        else:
            self._run_start = self._text.index(_ENDS[mark], at) + len(_ENDS[mark])

    def _flush(self) -> int:
        """Give the run before this event to its element. Returns the event's place."""
        at = self._here()
        run = "".join(self._run).strip()
        self._run.clear()
        if run:
            self._say(run, self._stripped(self._run_start, at))
        return at

    def _say(self, run: str, span: Span) -> None:
        """The first run is the element's text; others, after children or comments, stand as children."""
        element = self._stack[-1]
        if element.span is None:
            element.text, element.span = run, span
        else:
            self._count(1)
            element.children.append(Node(element.label, run, span))

    def _stripped(self, start: int, end: int) -> Span:
        raw = self._text[start:end]
        return Span(raw.strip(), start + len(raw) - len(raw.lstrip()))

    def _here(self) -> int:
        """Character offset of the current event: expat counts bytes, and only forward."""
        byte = self._parser.CurrentByteIndex
        if self._ascii:
            return byte
        self._at_char += len(self._data[self._at_byte : byte].decode())
        self._at_byte = byte
        return self._at_char

    def _count(self, more: int) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES:
            raise ReportError("xml-size", f"more than {MAX_NODES} elements and attributes", "split the report")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _namespace(name: str, attributes: list[str]) -> str:
    prefix = name.rpartition(":")[0]
    declared = dict(zip(attributes[::2], attributes[1::2], strict=True))
    return declared.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
