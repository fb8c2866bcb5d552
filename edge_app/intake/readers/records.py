"""Named values in a tree (JSON, XML) to a report.

Readers of tree formats make ``Node`` and hand the root to ``report_from_tree``; which names mean what is
data (``rules/fields.yaml``), shared with the table reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_app.domain.language import detect_language
from edge_app.domain.report import Report

if TYPE_CHECKING:
    from edge_app.domain.rulepack import FieldVocabulary
    from edge_app.domain.verdict import Span


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
    del root, fields
    return Report(text=text, format=format, encoding=encoding, language=detect_language(text))
