"""Bytes to text. A file says its encoding by a mark, by being valid UTF-8, or not at all."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from edge_app.errors import IncompleteReportError, ReportError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 before UTF-16: the little-endian marks begin alike."""
_BINARY: Final = (
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"%PDF-", "a PDF document"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a SQLite database"),
)
_CHINESE: Final = frozenset({"gb18030", "gbk", "gb2312", "big5", "cp936", "hz"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MAX_CONTROL_SHARE: Final = 0.02
"""Some control characters are legitimate (AQDEF separates with them); more is not text."""
_USUAL: Final = re.compile(r"[\t\r\n -~\u00a0-\u00ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
"""What Latin and Chinese reports are made of."""
_MOSTLY: Final = 0.9
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_HINT: Final = "set `code_pages` of the source, or have the file written as UTF-8"
_SAMPLE: Final = 65536
_COMMON_HANZI_LEAD: Final = range(0xB0, 0xD8)
"""First byte of GB 2312 level 1, the 3,755 characters that make up nearly all running text."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text exactly as in the file, its byte order mark removed, line ends as they are."""

    text: str
    encoding: str
    """Name of the Python codec that reads it."""


def decode(content: bytes, code_pages: tuple[str, ...] = ("gb18030", "cp1252")) -> Decoded:
    """The text of a file. ``code_pages`` are what this plant writes without a mark, likeliest first.

    Raises ReportError ``empty``, ``type-mismatch`` (a known binary format) and ``encoding``.
    """
    refuse_binary(content)
    decoded = _marked(content) or _wide(content) or _utf8(content) or _by_code_page(content, code_pages)
    decoded = decoded or _guess(content)
    if not decoded.text.strip("\ufeff \t\r\n\f\v\x00\u3000\u00a0"):
        raise ReportError("empty", "the file holds no text", "check what writes it; an empty file is never judged")
    if "\x00" in decoded.text or _control_share(decoded.text) > _MAX_CONTROL_SHARE:
        raise ReportError("encoding", "the file holds control characters: not text", "check what writes the file")
    return decoded


def refuse_binary(content: bytes) -> None:
    """Raises ReportError ``type-mismatch`` for content whose first bytes name a format that is not text."""
    for start, what in _BINARY:
        if content.startswith(start) and (start != b"MZ" or b"\x00" in content[:64]):
            raise ReportError("type-mismatch", f"the content is {what}", "export the report as CSV, JSON, XML or text")


def _marked(content: bytes) -> Decoded | None:
    for mark, codec in _MARKS:
        if content.startswith(mark):
            try:
                return Decoded(content.decode(codec), codec)
            except UnicodeDecodeError as error:
                raise ReportError("encoding", f"marked as {codec}, but is not", _HINT) from error
    return None


def _wide(content: bytes) -> Decoded | None:
    """UTF-16 without a mark: every other byte of Latin text and line ends is zero."""
    head = content[:_SAMPLE]
    if len(content) % 2 or b"\x00" not in head:
        return None
    for codec, high in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        low = head[0::2] if codec == "utf-16-le" else head[1::2]
        if high.count(0) > len(high) // 10 and not low.count(0):
            try:
                text = content.decode(codec)
            except UnicodeDecodeError:
                continue
            if len(_USUAL.findall(text)) > len(text) * _MOSTLY:
                return Decoded(text, codec)
    return None


def _utf8(content: bytes) -> Decoded | None:
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not content[: error.start].isascii():
            raise IncompleteReportError("encoding-incomplete", "the file ends inside a character", _HINT) from error
        return None


def _by_code_page(content: bytes, code_pages: tuple[str, ...]) -> Decoded | None:
    """The first page of the plant that decodes strictly and plausibly."""
    for page in code_pages:
        try:
            text = content.decode(page)
        except (UnicodeDecodeError, LookupError):
            continue
        if codecs.lookup(page).name not in _CHINESE or _chinese_plausible(content):
            return Decoded(text, codecs.lookup(page).name)
    return None


def _chinese_plausible(content: bytes) -> bool:
    """Whether the bytes above ASCII are common Hanzi and not western letters and signs.

    ``µ ° ± Ø ß é`` stand alone between ASCII characters; Chinese comes in pairs, mostly of level 1.
    A pair of a lone western letter and an ASCII letter is valid GBK too: such pairs speak against it.
    """
    runs = [run.group() for run in _HIGH_RUN.finditer(content[:_SAMPLE])]
    odd = sum(len(run) % 2 for run in runs)
    pairs = [(run[at], run[at + 1]) for run in runs for at in range(0, len(run) - 1, 2)]
    common = sum(lead in _COMMON_HANZI_LEAD or lead in (0xA1, 0xA3) for lead, _ in pairs)
    return common > odd * 2 and common * 2 >= len(pairs)


def _guess(content: bytes) -> Decoded:
    best = from_bytes(content[:_SAMPLE]).best()
    if best is None:
        raise ReportError("encoding", "the encoding of the file is not known", _HINT)
    try:
        return Decoded(content.decode(best.encoding), best.encoding)
    except UnicodeDecodeError as error:
        raise ReportError("encoding", f"taken for {best.encoding}, but is not", _HINT) from error


def _control_share(text: str) -> float:
    head = text[:_SAMPLE]
    return len(_CONTROL.findall(head)) / max(len(head), 1)
