"""XML reports: decode, parse safely, and hand the tree to the reader that knows it."""

from __future__ import annotations

import codecs
import re
from typing import Final

from edge_app.domain.report import Report
from edge_app.errors import IncompleteReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.encoding import Decoded, decode
from edge_app.intake.readers.qif import read_qif
from edge_app.intake.readers.records import report_from_tree
from edge_app.intake.readers.xml_mapped import dialect_of, read_mapped
from edge_app.intake.readers.xml_safe import parse

_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,30})["']""")
_SINGLE_BYTE: Final = re.compile(
    r"(?i)iso-8859-(?:[1-9]|1[0134-6])|windows-125[0-8]|cp125[0-8]|koi8-[ru]|(?:us-)?ascii"
)
_MULTI_BYTE: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "euc_kr",
}
"""Declared names and the wider tables that writers really use."""
_BOMS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_xml(source: Source) -> Report:
    """The report of an XML file: QIF, a dialect with a table, or a tree of named values.

    Raises ReportError ``xml-dtd``, ``xml-syntax``, ``xml-depth``, ``xml-size`` and what the decoder raises;
    IncompleteReportError ``xml-incomplete`` when the file ends in the middle.
    """
    decoded = decode_xml(source)
    document = parse(decoded.text)
    root, text, encoding = document.root, decoded.text, decoded.encoding
    if root.label == "QIFDocument":
        return read_qif(root, namespace=document.namespace, text=text, encoding=encoding)
    dialect = dialect_of(root, document.namespace)
    if dialect is not None:
        return read_mapped(root, dialect, text=text, encoding=encoding)
    return report_from_tree(root, text=text, format="xml", encoding=encoding, fields=source.fields)


def decode_xml(source: Source) -> Decoded:
    """The text by its byte order mark, else by its declaration where that is right, else as any file."""
    content = source.content
    declared = None if content.startswith(_BOMS) else _DECLARED.match(content.lstrip())
    for codec in _codecs(declared.group(1).decode(), content) if declared else ():
        try:
            return Decoded(content.decode(codec), codec)
        except UnicodeDecodeError:
            continue
    _refuse_torn(content)
    return decode(content, source.code_pages)


def _refuse_torn(content: bytes) -> None:
    """A file that ends inside a character is torn, not wrongly encoded."""
    decoder = codecs.getincrementaldecoder("utf-16" if content.startswith(_BOMS[1:]) else "utf-8")()
    try:
        decoder.decode(content)
    except UnicodeDecodeError:
        return
    if decoder.getstate()[0]:
        raise IncompleteReportError("xml-incomplete", "the file ends inside a character", "wait for the rest")


def _codecs(name: str, content: bytes) -> tuple[str, ...]:
    """What to decode with, nothing when the declaration does not help.

    Every byte is valid in a single-byte page, so text that happens to be UTF-8 is UTF-8 whatever it declares.
    """
    name = name.lower()
    if name in _MULTI_BYTE:
        return (_MULTI_BYTE[name],)
    if _SINGLE_BYTE.fullmatch(name) and not _is_utf8(content):
        return ("cp1252", name) if name == "iso-8859-1" else (name,)
    return ()


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
