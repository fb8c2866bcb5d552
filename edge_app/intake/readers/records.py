"""Named values in a tree (JSON, XML) to a report.

Readers of tree formats make ``Node`` and hand the root to ``report_from_tree``; which names mean what is
data (``rules/fields.yaml``), shared with the table reader. An object is taken for a row of a table: its
members are the cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final

from edge_app.domain.numbers import parse_number
from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.verdict import Doubt, Span, Status
from edge_app.intake.readers.gather import Gathering
from edge_app.intake.readers.record_cells import record_rows, scalar
from edge_app.intake.readers.repeats import by_different_means
from edge_app.intake.readers.row_limits import LIMIT_ROLES, Cell, Context, Row, bounded, row_limits
from edge_app.intake.readers.rows import Reading, read_row
from edge_app.intake.readers.tables import decimal_mark
from edge_app.intake.readers.vocabulary import Vocabulary, normalise, vocabulary_of

_MEASURED: Final = LIMIT_ROLES | {"value", "unit", "characteristic", "sample_size", "accept", "reject", "found"}
"""Members of a report that are used up by the one measurement it holds itself."""
_BOUNDS: Final = LIMIT_ROLES | {"minimum", "maximum"}
_LONGEST_NAME: Final = 40
"""A longer text is no name of a record."""
_LONGEST_EVIDENCE: Final = 200
"""Members that lie further apart are not shown together."""


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
    context = Context(words, gathering.decimal_mark, units_given=True)
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
            self._leaf(node, context)
        elif all(not child.label for child in node.children) and not node.text.strip():
            self._list(node, context, top=top)
        else:
            self._record(node, context, top=top)

    def _list(self, node: Node, context: Context, *, top: bool) -> None:
        listed = context.listed or sum(bool(child.children) for child in node.children) > 1
        inner = replace(context, title=node.label or context.title, listed=listed)
        keys = [[member.label for member in child.children] for child in node.children]
        with self._gathering.compared() if by_different_means(keys) else nullcontext():
            for child in node.children:
                self.visit(child, inner, top=top and len(node.children) == 1)

    def _record(self, node: Node, context: Context, *, top: bool) -> None:
        if not top:
            unit = self._words.column(node.label).unit if node.label else ""
            context = replace(context, title=node.label or context.title, unit=unit or context.unit)
        context = self._stated_for_all(node, context)
        used: set[int] = set()
        name = ""
        for cells in record_rows(
            node, self._words, limits_given=context.limits is not None, inherited=context.inherited
        ):
            row = Row(cells, _evidence(node, cells, top=top), context)
            reading = read_row(row)
            wide = top or _nested(node)
            name = name or ("" if wide else row.name)
            if not wide and _counted(row, self._words):
                self._gathering.remark(row.evidence, prose=False)
                used |= {cell.span.start for cell in cells if cell.span}
            elif _accepted(reading, top=wide, listed=context.listed):
                found = [each for each in reading.measurements if not wide or each.problem is not Doubt.UNREADABLE]
                self._gathering.measured(found, reading.lots)
                used |= self._texts(row, reading, wide=wide)
                context = replace(context, inherited=False)
            elif not bounded(context.limits) and (limits := _own_limits(row)):
                context = self._limits_for_others(node, row, limits, context)
                used |= {cell.span.start for cell in cells if cell.span and cell.role in _BOUNDS}
        self._members(node, context, used, name)

    def _limits_for_others(self, node: Node, row: Row, limits: Limits, context: Context) -> Context:
        """Limits of a record without a value: of the records inside it, or of values of its name elsewhere."""
        if _nested(node):
            return replace(context, limits=limits, title=row.name or context.title, inherited=True)
        if row.name or row.context.title:
            self._gathering.limited(row.name or row.context.title, limits)
        return context

    def _texts(self, row: Row, reading: Reading, *, wide: bool) -> set[int]:
        """Remarks beside a measurement; returns where the values stand that need no more telling."""
        used = (
            _MEASURED | ({"stated"} if row.context.listed else set())
            if wide
            else {cell.role for cell in row.cells} - {"", "remark"}
        )
        told = {cell.span.start for cell in row.cells if cell.span and cell.role in used}
        for cell in reading.texts:
            name = "" if wide else row.name
            self._gathering.remark(cell.span, name or cell.heading.name, subject=name)
            if cell.span:
                told.add(cell.span.start)
        return told

    def _members(self, node: Node, context: Context, used: set[int], name: str) -> None:
        """What the row did not use. ``name`` labels the texts of its record; it is told itself where it labels none."""
        own = Node(node.label, node.text, node.span) if node.text.strip() else None
        members = [*((own,) if own else ()), *node.children]
        naming = [member for member in members if name and member.text.strip() == name]
        named = ""
        if naming and len(name) <= _LONGEST_NAME and not self._words.header(f"{context.title} {naming[0].label}"):
            named = name
        with self._by_several_means(members):
            labelled = self._each_member(node, members, context, used, naming if named else [])
        for member in naming if named and not labelled else ():
            if not _told(member, used):
                self._leaf(member, context)

    def _each_member(
        self, node: Node, members: list[Node], context: Context, used: set[int], naming: list[Node]
    ) -> bool:
        """Members one by one; whether the name of the record labels one of them."""
        labels = Counter(child.label for child in node.children if child.children)
        name = naming[0].text.strip() if naming else ""
        labelled = False
        for member in members:
            if _told(member, used) or member in naming or (member.children and self._states_limits(member)):
                continue
            if member.children:
                inner = self._limited_by_sibling(node, member, context)
                self.visit(member, replace(inner, listed=context.listed or labels[member.label] > 1))
            else:
                labelled |= self._leaf(member, context, name)
        return labelled

    def _by_several_means(self, members: list[Node]) -> AbstractContextManager[None]:
        """``"first": {"with": "air plug", "mm": 32.047}, "second": {"with": "bore mic", "mm": 32.058}``."""
        keys = [[child.label for child in member.children] for member in members if member.children]
        return self._gathering.compared() if by_different_means(keys) else nullcontext()

    def _limited_by_sibling(self, node: Node, member: Node, context: Context) -> Context:
        """``"扭力要求": "1.2～1.6 N·m"`` beside ``"扭力": {"底座1": 1.41}``: limits of all that the object holds."""
        for child in node.children:
            heading = self._words.column(child.label)
            plain = not child.children or scalar(child)
            values = plain and not heading.stem and "value" in self._words.column(member.label).roles
            values = values and all(scalar(each) or not each.children for each in member.children)
            named = values or (bool(heading.stem) and normalise(heading.stem) == normalise(member.label))
            if named and LIMIT_ROLES.intersection(heading.roles) and not member.text.strip():
                limits = self._specified(child, context)
                if limits is not None:
                    title = context.title if values and context.title else member.label
                    return replace(context, limits=limits, title=title, inherited=True)
        return context

    def _states_limits(self, node: Node) -> bool:
        """``"limits": {"cavity_mm": 1.2, "count_max": 6}``: limits by the name of what they limit."""
        if "specification" not in self._words.column(node.label).roles or not node.children:
            return False
        found = []
        for child in node.children:
            heading = self._words.column(child.label)
            low = {"minimum", "lower"}.intersection(heading.roles)
            number = parse_number(child.text).value if not child.children else None
            limits = self._nested_limits(child) if child.children else self._specified(child, Context(self._words))
            if number is not None:
                limits = Limits(lower=number if low else None, upper=None if low else number, unit=heading.unit)
            if limits is None or not child.label:
                return False
            found.append((heading.stem or heading.name, limits))
        for name, one in found:
            self._gathering.limited(name, one)
        return bool(found)

    def _nested_limits(self, node: Node) -> Limits | None:
        """``<thickness min="60" max="80"/>`` inside ``<limits>``."""
        if scalar(node):
            return self._specified(node, Context(self._words))
        for cells in record_rows(node, self._words, limits_given=False):
            if not any(cell.role == "value" for cell in cells):
                return _own_limits(Row(cells, node.span or Span("", 0), Context(self._words)))
        return None

    def _loose(self, node: Node, label: str, name: str, context: Context) -> bool:
        """A number under a name of its own; whether it is a value of the limits around it."""
        number = parse_number(node.text, decimal_mark=context.decimal_mark)
        if not self._words.is_number(node.text) or number.value is None or node.span is None:
            return False
        heading = self._words.column(label)
        unit = number.unit or heading.unit or context.unit
        one = Measurement(label, number.value, None, node.whole or node.span, unit, node.text.strip(), part=name)
        bound = _BOUNDS.intersection(heading.roles)
        if (
            context.inherited
            and context.limits
            and not bound
            and (label[-1:].isdigit() or not self._words.header(label))
        ):
            self._gathering.measured(
                [replace(one, characteristic=context.title, limits=context.limits, part=context.part)]
            )
            return True
        self._gathering.loose([one])
        return False

    def _leaf(self, node: Node, context: Context, name: str = "") -> bool:
        """A member without a number and limits of its own; whether ``name``, what its record is about, labels it."""
        if node.span is None or not node.text.strip():
            return False
        label = node.label or context.title
        key = f"{context.title} {label}" if context.title and self._words.header(f"{context.title} {label}") else label
        if self._flag(node, label):
            return False
        if self._loose(node, label, name, context):
            return False
        if self._with_limits_inside(node, label, context):
            return self._gathering.remark(node.span, name or label, prose=False)
        if name and not self._words.header(key):
            lone = not any(char.isalpha() for char in node.text)
            self._gathering.remark(node.whole if lone else node.span, name, subject=name, prose=not lone)
            return True
        self._gathering.field(key, node.span, node.whole, node.text, identity=not context.listed)
        return False

    def _flag(self, node: Node, label: str) -> bool:
        """``"passed": true``."""
        value = {"true": Status.PASS, "false": Status.FAIL}.get(node.text)
        said = self._words.stated(label)
        if value is None or said is None or node.span is None:
            return False
        self._gathering.verdict(Status.PASS if value is said else Status.FAIL, node.whole or node.span)
        return True

    def _with_limits_inside(self, node: Node, label: str, context: Context) -> bool:
        """``"轴颈": "14.988~14.994（14.984~14.995）"``: a member that is a whole row."""
        if not {"(", "（"} & set(node.text) or self._words.header(label) in {"time", "part_no", "lot_no"}:
            return False
        heading = self._words.column(label)
        cell = Cell(replace(heading, stem=""), "value", node.text, node.span)
        title = context.title if {"value", "remark"}.intersection(heading.roles) else label
        row = Row((cell,), node.whole or node.span or Span("", 0), replace(context, limits=None, title=title))
        reading = read_row(row)
        found = [each for each in reading.measurements if each.value is not None and bounded(each.limits)]
        self._gathering.measured(found)
        return bool(found)

    def _specified(self, node: Node, context: Context) -> Limits | None:
        text = node.text or ", ".join(child.text for child in node.children)
        cell = Cell(self._words.column(node.label), "specification", text, node.span)
        limits = row_limits(Row((cell,), node.span or Span("", 0), replace(context, limits=None)), None)
        return limits if bounded(limits) else None

    def _stated_for_all(self, node: Node, context: Context) -> Context:
        """Limits, unit and serial number that a record states for the records inside it."""
        limits: Limits | None = context.limits
        unit, part = context.unit, context.part
        for child in node.children:
            if "specification" in self._words.column(child.label).roles and (scalar(child) or not child.children):
                limits = self._specified(child, context) or limits
            meaning = "" if child.children or not child.text.strip() else self._words.header(child.label)
            if meaning == "unit" and self._words.is_unit(child.text):
                unit = child.text.strip()
            elif meaning == "serial_no":
                part = child.text.strip()
        return replace(context, limits=limits, unit=unit, part=part if _nested(node) else context.part)


def _own_limits(row: Row) -> Limits | None:
    """What a record states itself, not what holds for it from around."""
    limits = row_limits(replace(row, context=replace(row.context, limits=None)), None)
    return limits if bounded(limits) else None


def _counted(row: Row, words: Vocabulary) -> bool:
    """``{"defect": "burr", "count": 2}``: a name and a number that mean nothing apart."""
    counts = [cell for cell in row.cells if cell.role in {"count", "found"} and words.is_number(cell.text)]
    others = [
        cell for cell in row.cells if cell not in counts and cell.role not in {"characteristic", "defect", "index"}
    ]
    return bool(counts and row.name) and not any(cell.text.strip() for cell in others)


def _told(member: Node, used: set[int]) -> bool:
    """Whether all of a member went into a measurement."""
    parts = [member.span] if scalar(member) else [child.span for child in member.children] or [member.span]
    nested = any(child.children for child in member.children)
    return not nested and all(span is not None and span.start in used for span in parts)


def _accepted(reading: Reading, *, top: bool, listed: bool) -> bool:
    """Whether a record is a row. One that only states a result is a row only inside a report."""
    if reading.lots:
        return True
    told = any(each.value is not None or each.problem is Doubt.MISSING_DATA for each in reading.measurements)
    stated = listed and any(each.stated for each in reading.measurements)
    return told or stated or (bool(reading.measurements) and not top)


def _nested(node: Node) -> bool:
    """Whether a record holds records or lists of records."""
    return any(child.children and not scalar(child) for child in node.children)


def _evidence(node: Node, cells: Iterable[Cell], *, top: bool) -> Span:
    """The record as it stands, or only the members that matter where it holds much more."""
    whole = node.whole or node.span
    if whole is not None and not top and not _nested(node):
        return whole
    cells = [cell for cell in cells if cell.role]
    spans = [_member_span(node, cell) for cell in cells]
    found = [span for span in spans if span is not None]
    if not found or whole is None:
        return whole or Span("", 0)
    start, end = min(span.start for span in found), max(span.end for span in found)
    if end - start > _LONGEST_EVIDENCE:
        return next((span for cell, span in zip(cells, spans, strict=True) if cell.role == "value" and span), whole)
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
