"""Plain text: key lines, aligned columns, CMM listings, and notes that people wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.report import LotSample, Measurement, Remark, Report
from edge_app.domain.verdict import Span, Status
from edge_app.intake.readers.aligned import aligned_rows
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.encoding import decode
from edge_app.intake.readers.pcdmis import is_pcdmis, read_pcdmis
from edge_app.intake.readers.prose import read_prose
from edge_app.intake.readers.row_limits import Context, Row
from edge_app.intake.readers.rows import read_row
from edge_app.intake.readers.text_table import cells, table_rows
from edge_app.intake.readers.vocabulary import Vocabulary, vocabulary_of

_LINE: Final = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_KEY: Final = re.compile(
    r"^\s*+(?P<key>[^:：\s](?:[^:：]{0,40}?[^:：\s])??)"
    r"(?:\s*+(?:\.{3,}|(?<!\d)[:：]|[:：](?!\d))|\s=\s|\t|[ \u3000]{2,}+|\u3000)\s*+(?P<value>\S.*)$"
)
_COLON: Final = re.compile(r"(?<!\d)[:：]|[:：](?!\d)|\.{3}|=")
_CODE: Final = re.compile(
    r"\s*(?P<key>[\u4e00-\u9fff]{2,6}|[Ll]ot|[Bb]atch|S/?N|[Ss]erial)\s(?P<value>[A-Za-z]*[\w/.-]*\d[\w/.-]*)(?![^\s,，。;；)）])"
)
"""A word and a code with one space between: ``批号 PN240718A``, ``lot 0612``."""
_SENTENCE: Final = re.compile(
    r"[^。！？!?]*?(?:[。！？]+|[!?]+(?=\s|$)|(?<!\.)\.(?=\s+[A-Z\u4e00-\u9fff(\"'])|$)", re.DOTALL
)
_ABBREVIATION: Final = re.compile(
    r"\b(?:no|nr|approx|dia|ca|fig|ref|qty|max|min|e\.g|i\.e|vs|Mr|Mrs|Dr|St|pos|cav|incl|cal)\.$"
    r"|(?:^|\s)(?-i:[A-Z])\.$|^\s*\d+\.$",
    re.IGNORECASE,
)
_COMMA_DECIMAL: Final = re.compile(r"(?<![\d.,])\d+,\d{1,2}(?![\d.,])")
_POINT_DECIMAL: Final = re.compile(r"(?<![\d.,])\d*\.\d+(?![\d.,])")
_IDENTITY: Final = frozenset({
    "part_no", "part_name", "revision", "serial_no", "lot_no", "order_no", "report_no", "station", "operator", "time",
    "shift", "customer", "supplier", "program",
})  # fmt: skip
"""Header fields that say which product and who, not how it is."""
_WORDS: Final = re.compile(r"[A-Za-z\u4e00-\u9fff]{3,}")
_SAYS: Final = re.compile(r"\s*(?P<key>[^\s:：]{2,12})[ \u3000]+(?P<value>[^\s,，。;；(（]+)\s*(?:[,，。;；(（]|$)")
"""A result beside its key with one space between: ``总评 PASS，可入库``."""
_RULER: Final = re.compile(r"[-=_*|+.#~\s]*")
_LONGEST_KEY_LINE: Final = 400
_LONGEST_IDENTITY: Final = 40
_LONGEST_VERDICT: Final = 16
_WRAPPED: Final = 50
"""A line of at least this length may be continued by the next."""


@dataclass(slots=True)
class _Draft:
    """A report while it is being put together."""

    fields: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    lots: list[LotSample] = field(default_factory=list)
    stated: list[tuple[Status, Span]] = field(default_factory=list)


def read_text(source: Source) -> Report:
    """A text report. Raises ReportError where the bytes are no text."""
    decoded = decode(source.content, source.code_pages)
    if is_pcdmis(decoded.text):
        return read_pcdmis(decoded.text, decoded.encoding)
    vocabulary = vocabulary_of(source.fields)
    mark = decimal_mark(decoded.text)
    draft = _read(decoded.text, vocabulary, mark)
    status, evidence = _verdict(draft.stated)
    return Report(
        text=decoded.text,
        format="text",
        encoding=decoded.encoding,
        language=detect_language(decoded.text),
        fields=draft.fields,
        measurements=tuple(sorted(draft.measurements, key=lambda one: one.evidence.start)),
        lots=tuple(draft.lots),
        remarks=tuple(sorted(draft.remarks, key=lambda one: one.span.start)),
        stated=status,
        stated_evidence=evidence,
    )


def decimal_mark(text: str) -> str:
    """The mark that this text writes decimals with; empty where it shows none or both."""
    comma, point = _COMMA_DECIMAL.search(text), _POINT_DECIMAL.search(text)
    if bool(comma) == bool(point):
        return ""
    return "," if comma else "."


def _read(text: str, vocabulary: Vocabulary, mark: str) -> _Draft:
    draft = _Draft()
    lines = [Span(match.group(), match.start()) for match in _LINE.finditer(text)]
    taken: set[int] = set()
    for line, measurement in table_rows(lines, vocabulary, mark):
        taken.add(line.start)
        if measurement:
            draft.measurements.append(measurement)
            if _WORDS.search(line.text[line.text.find(measurement.text) + len(measurement.text.split(" ")[0]) :]):
                draft.remarks.append(Remark(_trimmed(line)))
    left = [line for line in lines if line.start not in taken]
    for line, rows in aligned_rows(left, Context(vocabulary, mark)):
        taken.add(line.start)
        _rows(line, rows, draft)
    free = [line for line in left if line.start not in taken and not _header(line, draft, vocabulary)]
    for block in _blocks(text, free):
        _prose(block, draft, vocabulary, mark)
    return draft


def _rows(line: Span, rows: tuple[Row, ...], draft: _Draft) -> None:
    """What the rows of one line say; words beside the numbers make it a remark as well."""
    readings = [read_row(row) for row in rows]
    for reading in readings:
        draft.measurements += reading.measurements
        draft.lots += reading.lots
    if any(_WORDS.search(cell.text) for reading in readings for cell in reading.texts):
        draft.remarks.append(Remark(_trimmed(line)))


def _header(line: Span, draft: _Draft, vocabulary: Vocabulary) -> bool:
    """Takes a line of ``key: value`` pairs; True when it says who and which and nothing of the product."""
    if len(line.text) > _LONGEST_KEY_LINE:
        return False
    pairs = [*_pairs(line, vocabulary)]
    if not pairs and (says := _SAYS.match(line.text)) and vocabulary.header(says["key"]) == "verdict":
        status = vocabulary.stated(says["value"])
        draft.stated += [(status, _trimmed(line))] if status else []
    for key, value in pairs:
        name = vocabulary.header(key)
        status = vocabulary.stated(value.text) if name == "verdict" and len(value.text) <= _LONGEST_VERDICT else None
        if status:
            draft.stated.append((status, _trimmed(line)))
        draft.fields.setdefault(name, value.text)
    whole = len(pairs) >= len([cell for cell in cells(line.text) if _COLON.search(cell.text)])
    covered = sum(len(key) + len(value.text) for key, value in pairs) * 2 >= len(re.sub(r"\s", "", line.text))
    return (
        bool(pairs)
        and whole
        and covered
        and all(vocabulary.header(key) in _IDENTITY and _is_identity(value.text) for key, value in pairs)
    )


def _pairs(line: Span, vocabulary: Vocabulary) -> Iterator[tuple[str, Span]]:
    """The known fields of a line: one, or several side by side."""
    parts = [Span(cell.text, line.start + cell.start) for cell in cells(line.text)]
    marked = sum(_COLON.search(part.text) is not None or _known(part, vocabulary) is not None for part in parts) > 1
    if not marked and (whole := _known(line, vocabulary)):
        yield _pair(whole, line)
        return
    for part in parts:
        match = _known(part, vocabulary) or _CODE.match(part.text)
        if match and (_known(part, vocabulary) or vocabulary.header(match["key"]) in _IDENTITY):
            yield _pair(match, part)


def _pair(match: re.Match[str], part: Span) -> tuple[str, Span]:
    return match["key"].strip(" .\u3000"), Span(match["value"].rstrip(), part.start + match.start("value"))


def _known(part: Span, vocabulary: Vocabulary) -> re.Match[str] | None:
    """A key that the vocabulary knows. Without a colon it must be a plain word: ``料号 CN-40P`` is key and value."""
    match = _KEY.match(part.text)
    if match is None or not vocabulary.header(match["key"].strip(" .\u3000")):
        return None
    plain = _COLON.search(part.text[: match.start("value")]) or not any(char.isdigit() for char in match["key"])
    return match if plain else None


def _is_identity(value: str) -> bool:
    name = re.search(r"[\u4e00-\u9fff]{5,}", value) is None or re.search(r"\d", value)
    return bool(name) and len(value) <= _LONGEST_IDENTITY and re.search(r"[。；;，!?]|,\s.*,\s|\.\s", value) is None


def _blocks(text: str, free: list[Span]) -> Iterator[Span]:
    """Runs of free lines with nothing but line ends between them, as one span each."""
    start = end = -1
    for line in free:
        if start >= 0 and text[end : line.start].strip():
            yield Span(text[start:end], start)
            start = -1
        if start < 0:
            start = line.start
        end = line.end
    if start >= 0:
        yield Span(text[start:end], start)


def _prose(block: Span, draft: _Draft, vocabulary: Vocabulary, mark: str) -> None:
    prose = read_prose(block, decimal_mark=mark)
    draft.measurements += [_with_stated(one, vocabulary) for one in prose.measurements]
    draft.lots += prose.lots
    for sentence in _sentences(block):
        if _RULER.fullmatch(sentence.text):
            continue
        match = _KEY.match(sentence.text[:_LONGEST_KEY_LINE])
        labelled = (
            match is not None
            and match["key"].strip()
            and re.search(r"[:：]|\.{3}", sentence.text[: match.start("value")])
        )
        label = match["key"].strip(" .\u3000-*") if match and labelled and len(match["key"]) <= _WRAPPED // 2 else ""
        draft.remarks.append(Remark(sentence, label))


def _with_stated(measurement: Measurement, vocabulary: Vocabulary) -> Measurement:
    """A row of columns that ends in ``OK`` or ``NG`` says so of its value."""
    columns = cells(measurement.evidence.text)
    stated = vocabulary.stated(columns[-1].text) if len(columns) >= 3 else None  # noqa: PLR2004 - name, value, result
    return replace(measurement, stated=stated) if stated else measurement


def _sentences(block: Span) -> Iterator[Span]:
    """Sentences of a block. A line is a sentence unless it is long and the next one goes on in lower case."""
    start, text = 0, block.text
    for match in re.finditer(r"\r\n|\n|\r|[\v\f\x85\u2028\u2029]|\Z", text):
        line = text[start : match.start()].split("\n")[-1]
        follows = _LINE.match(text, match.end())
        goes_on = follows is not None and re.match(r"[a-z][^:]*$", follows.group()) is not None
        if goes_on and len(line) >= _WRAPPED and re.search(r"[a-z,]\s*$", line[-_WRAPPED:]):
            continue
        yield from _split(text[start : match.start()], block.start + start)
        start = match.end()


def _split(text: str, start: int) -> Iterator[Span]:
    begin = 0
    for match in _SENTENCE.finditer(text):
        piece = text[begin : match.end()]
        if match.end() < len(text) and _ABBREVIATION.search(piece[-12:]):
            continue
        if piece.strip():
            yield _trimmed(Span(piece, start + begin))
        begin = match.end()


def _trimmed(span: Span) -> Span:
    lead = len(span.text) - len(span.text.lstrip())
    return Span(span.text.strip(), span.start + lead)


def _verdict(stated: list[tuple[Status, Span]]) -> tuple[Status | None, Span | None]:
    """What the report says of itself: the strictest of its verdict lines."""
    if not stated:
        return None, None
    return max(stated, key=lambda one: one[0].rank)
