"""Named values in a tree (JSON, XML) to a report.

Readers of tree formats make ``Node`` and hand the root to ``report_from_tree``; which names mean what is
data (``rules/fields.yaml``), shared with the table reader. An object is taken for a row of a table: its
members are the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from edge_app.domain.report import Limits, Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.tolerance import parse_limits
from edge_app.domain.verdict import Span, Status
from edge_app.intake.readers.gather import Gathering
from edge_app.intake.readers.record_cells import record_rows, scalar
from edge_app.intake.readers.row_limits import Cell, Context, Row, bounded
from edge_app.intake.readers.rows import Reading, read_row
from edge_app.intake.readers.tables import decimal_mark
from edge_app.intake.readers.vocabulary import Vocabulary, vocabulary_of


@dataclass(frozen=True, slots=True)
class Node:
    """One named value: a JSON member or list item, an XML element or attribute.

    XML attributes are children that stand before the child elements.
    """

    label: str
    """Key, tag or attribute name; empty for a list item."""
    text: str
    """The value with escapes and entities resolved; an element's own text. Empty for an object or list."""
    span: Span | None
    """The value as it stands in the file: a string without its quotes, an element's text, a whole object."""
    children: tuple[Node, ...] = ()
    whole: Span | None = None
    """Key and value, start tag to end tag: what is shown as evidence. ``span`` when not given."""


def report_from_tree(root: Node, *, text: str, format: str, encoding: str, fields: FieldVocabulary) -> Report:  # noqa: A002 - the name of the Report field
    """The report that a tree of named values tells. Every span of ``root`` must point into ``text``."""
    words = vocabulary_of(fields)
    gathering = Gathering(text, words, decimal_mark(node.text for node in _leaves(root)))
    context = Context(words, gathering.decimal_mark)
    _Tree(words, gathering).visit(root, context, top=True)
    return gathering.report(format, encoding)


class _Tree:
    """One walk through a tree, records before their members."""

    def __init__(self, words: Vocabulary, gathering: Gathering) -> None:
        self._words = words
        self._gathering = gathering

    def visit(self, node: Node, context: Context, *, top: bool = False) -> None:
        """A leaf, a list or a record."""
        if not node.children:
            self._leaf(node, node.label or context.title, context)
        elif all(not child.label for child in node.children) and not node.text.strip():
            self._list(node, context, top=top)
        else:
            self._record(node, context, top=top)

    def _list(self, node: Node, context: Context, *, top: bool) -> None:
        inner = replace(context, title=node.label or context.title)
        for child in node.children:
            self.visit(child, inner, top=top and len(node.children) == 1)

    def _record(self, node: Node, context: Context, *, top: bool) -> None:
        if not top:
            context = replace(context, title=node.label or context.title)
        context = self._stated_for_all(node, context)
        used: set[int] = set()
        name = ""
        for cells in record_rows(node, self._words, limits_given=context.limits is not None):
            row = Row(cells, _evidence(node, cells, top=top), context)
            reading = read_row(row)
            name = name or (row.name if not top else "")
            if _accepted(reading, top=top or _nested(node)):
                self._gathering.measured(reading.measurements, reading.lots)
                used |= self._texts(row, reading)
        self._members(node, context, used, name)

    def _texts(self, row: Row, reading: Reading) -> set[int]:
        """Remarks beside a measurement; returns where the values stand that need no more telling."""
        told = {cell.span.start for cell in row.cells if cell.span and cell.role and cell.role != "remark"}
        for cell in reading.texts:
            self._gathering.remark(cell.span, row.name or cell.heading.name)
            if cell.span:
                told.add(cell.span.start)
        return told

    def _members(self, node: Node, context: Context, used: set[int], name: str) -> None:
        own = Node(node.label, node.text, node.span) if node.text.strip() else None
        for member in (*((own,) if own else ()), *node.children):
            if member.span is not None and member.span.start in used and not any(c.children for c in member.children):
                continue
            if member.children:
                self.visit(member, context)
            else:
                alone = bool(name) and member.text.strip() == name
                self._leaf(member, member.label if alone or not name else name, context, key=member.label)

    def _leaf(self, node: Node, label: str, context: Context, key: str = "") -> None:
        if node.span is None or not node.text.strip():
            return
        key = key or label
        flag = {"true": Status.PASS, "false": Status.FAIL}.get(node.text)
        said = self._words.stated(key)
        if flag and said:
            status = flag if said is Status.PASS else (Status.FAIL if flag is Status.PASS else Status.PASS)
            self._gathering.verdict(status, node.whole or node.span)
            return
        if self._with_limits_inside(node, key, context):
            self._gathering.remark(node.span, label, prose=False)
        elif self._words.header(key) or not label:
            self._gathering.field(key, node.span, node.whole, node.text)
        else:
            self._gathering.field(label, node.span, node.whole, node.text)

    def _with_limits_inside(self, node: Node, label: str, context: Context) -> bool:
        """``"轴颈": "14.988~14.994（14.984~14.995）"``: a member that is a whole row."""
        if not {"(", "（"} & set(node.text) or self._words.header(label) in {"time", "part_no", "lot_no"}:
            return False
        heading = self._words.column(label)
        cell = Cell(replace(heading, stem=""), "value", node.text, node.span)
        title = label if not heading.roles else context.title
        row = Row((cell,), node.whole or node.span or Span("", 0), replace(context, limits=None, title=title))
        reading = read_row(row)
        found = [each for each in reading.measurements if each.value is not None and bounded(each.limits)]
        self._gathering.measured(found)
        return bool(found)

    def _stated_for_all(self, node: Node, context: Context) -> Context:
        """Limits, unit and serial number that a record states for the records inside it."""
        limits: Limits | None = context.limits
        unit, part = context.unit, context.part
        for child in node.children:
            if child.children or not child.text.strip():
                continue
            meaning = self._words.header(child.label)
            if meaning == "specification":
                found = parse_limits(child.text, decimal_mark=context.decimal_mark)
                limits = found if bounded(found) else limits
            elif meaning == "unit" and self._words.is_unit(child.text):
                unit = child.text.strip()
            elif meaning == "serial_no":
                part = child.text.strip()
        return replace(context, limits=limits, unit=unit, part=part if _nested(node) else context.part)


def _accepted(reading: Reading, *, top: bool) -> bool:
    """Whether a record is a row. One that only states a result is a row only inside a report."""
    if reading.lots:
        return True
    told = any(each.value is not None or bounded(each.limits) for each in reading.measurements)
    return told or (bool(reading.measurements) and not top)


def _nested(node: Node) -> bool:
    """Whether a record holds records or lists of records."""
    return any(child.children and not scalar(child) for child in node.children)


def _evidence(node: Node, cells: Iterable[Cell], *, top: bool) -> Span:
    """The record as it stands, or only the members that matter where it holds much more."""
    whole = node.whole or node.span
    if whole is not None and not top and not _nested(node):
        return whole
    spans = [_member_span(node, cell) for cell in cells if cell.role]
    found = [span for span in spans if span is not None]
    if not found or whole is None:
        return whole or Span("", 0)
    start, end = min(span.start for span in found), max(span.end for span in found)
    return Span(whole.text[start - whole.start : end - whole.start], start)


def _member_span(node: Node, cell: Cell) -> Span | None:
    for child in node.children:
        if child.span is cell.span:
            return child.whole or child.span
    return cell.span


def _leaves(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))
