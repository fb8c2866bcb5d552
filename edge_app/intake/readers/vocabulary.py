"""What the names of columns, keys and header lines mean, in both languages.

The names are data (``rules/fields.yaml``). People decorate them: ``Value [mm]``, ``实测(mm)``, ``Actual 实测 2``,
``largest_mm``. A name is therefore taken apart until a part of it is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.numbers import parse_number
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.units import canonical
from edge_app.domain.verdict import Status

_BRACKET: Final = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
_CJK_RUN: Final = re.compile(r"[㐀-鿿豈-﫿]+")
_TOKEN: Final = re.compile(r"[A-Za-z]+(?:/[A-Za-z]+)?|[0-9]+|[㐀-鿿豈-﫿]+|[%‰°µμΩ℃]+[A-Za-z]*")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_RATIO: Final = re.compile(r"[_\s]([A-Za-zµ%]{1,4})[_\s]per[_\s]([A-Za-z]{1,4})$")
_ATTACHED: Final = re.compile(r"(?<=[㐀-鿿])([A-Za-zµμΩ°][A-Za-zµμΩ/·]*)\s*$")
"""``下限in``, ``读数mm``."""
_AFTER_WORD: Final = re.compile(r"[\s\d/.,;:()（），。；：、!！?？\-]*")
_LABELLED: Final = re.compile(r"\s*[^\s:：,;][^:：,;]{0,14}[:：]\s*(?=[^\W\d])")
"""``fixture 2: fail``."""
_UPPER_ONLY: Final = "upper_only"
"""Entry of the column vocabulary that names characteristics, not columns."""
_LONGEST_VERDICT: Final = 40
"""A verdict word stands alone or with a short appendix, ``NG (2)``; longer text is prose."""
_LONGEST_NAME: Final = 60
"""Longer text in a heading's place is no name."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column name or key, understood as far as it goes."""

    name: str
    """As written."""
    roles: tuple[str, ...] = ()
    """What it may mean, likeliest first; empty when nothing is known."""
    unit: str = ""
    stem: str = ""
    """What is left beside the known word and the unit: ``skew`` of ``skew_max_mm``."""


_LAST: list[tuple[FieldVocabulary, Vocabulary]] = []
"""The vocabulary of the process: it is loaded once, and indexing it for each report would cost more than reading."""


def vocabulary_of(fields: FieldVocabulary) -> Vocabulary:
    """The indexed ``fields``; the same object as last time for the same fields."""
    if not _LAST or _LAST[0][0] is not fields:
        _LAST[:] = [(fields, Vocabulary(fields))]
    return _LAST[0][1]


def normalise(name: str) -> str:
    """``name`` without case, spaces and punctuation."""
    plain = "".join(char for char in name.casefold() if char.isalnum())
    return plain or name.strip()


class Vocabulary:
    """The names of one ``fields.yaml``, ready for look-up."""

    def __init__(self, fields: FieldVocabulary) -> None:
        """Index the names once; look-ups are remembered."""
        self._columns = _inverted({role: names for role, names in fields.column.items() if role != _UPPER_ONLY})
        self._headers = _inverted(fields.header)
        self._units = {unit.casefold() for names in fields.units.values() for unit in names} | {
            name.casefold() for name in fields.units
        }
        self._counting = {"", *(unit.casefold() for unit in fields.units.get("pieces", ()))}
        self._blank = {text.casefold() for text in fields.no_value}
        self._stated = {normalise(word): Status.PASS for word in fields.stated_pass} | {
            normalise(word): Status.FAIL for word in fields.stated_fail
        }
        self._upper_only = tuple(normalise(word) for word in fields.column.get(_UPPER_ONLY, ()))
        self._columns_known: dict[str, Heading] = {}
        self._units_known: dict[str, bool] = {}

    def column(self, name: str) -> Heading:
        """What ``name`` means as a column or as a key of a record."""
        if name not in self._columns_known:
            self._columns_known[name] = self._understand(name)
        return self._columns_known[name]

    def header(self, name: str) -> str:
        """Canonical name of a header field, empty when ``name`` is not known."""
        if len(name) > _LONGEST_NAME:
            return ""
        for part in (name, _BRACKET.sub(" ", name), *_languages(name)):
            if roles := self._headers.get(normalise(part)):
                return roles[0]
        return ""

    def blank(self, text: str) -> bool:
        """Whether a cell says that there is no value."""
        return not text.strip() or text.strip().casefold() in self._blank

    def stated(self, text: str) -> Status | None:
        """The result that a cell states, alone (``NG``) or with an appendix (``不合格（2.5mm）``, ``OK 5/5``)."""
        if len(text) > _LONGEST_VERDICT:
            return None
        whole = self._stated.get(normalise(text))
        if whole is not None:
            return whole
        labelled = _LABELLED.match(text)
        return self._stated_first((text[labelled.end() :] if labelled else text).strip())

    def is_unit(self, text: str) -> bool:
        """Whether ``text`` is a unit and nothing else."""
        if text not in self._units_known:
            plain = text.strip().casefold()
            known = plain not in self._columns and canonical(plain and text) is not None
            self._units_known[text] = plain in self._units or known
        return self._units_known[text]

    def counts(self, unit: str) -> bool:
        """Whether numbers with this unit count things; a number without unit may."""
        return unit.strip().casefold() in self._counting

    def is_number(self, text: str) -> bool:
        """Whether a cell holds one number, with a unit at most: ``5.02``, ``11s``, but not ``5V rail``."""
        if text.lstrip()[:1].isalpha():
            return False
        number = parse_number(text)
        return number.value is not None and (not number.unit or self.is_unit(number.unit))

    def number(self, text: str, decimal_mark: str = "") -> Decimal | None:
        """The one number of a cell, None where it holds anything else."""
        if text.lstrip()[:1].isalpha():
            return None
        number = parse_number(text, decimal_mark=decimal_mark)
        return number.value if not number.unit or self.is_unit(number.unit) else None

    def unit_in(self, text: str) -> str:
        """The first unit that ``text`` names as a word: ``mm`` in ``mm caliper``."""
        return next((token for token in _TOKEN.findall(text) if token.casefold() in self._units), "")

    def upper_only(self, name: str) -> bool:
        """Whether a lone tolerance of this characteristic is its upper limit: flatness, Ra."""
        plain = normalise(name)
        words = {token.casefold() for token in _TOKEN.findall(name)}
        return any((word in words) if word.isascii() else (word in plain) for word in self._upper_only)

    def _stated_first(self, text: str) -> Status | None:
        word = re.match(r"[^\s\d/.,;:()（），。；：、!！?？]+", text)
        if word is None:
            return None
        status = self._stated.get(normalise(word.group()))
        rest = text[word.end() :]
        bare = _AFTER_WORD.fullmatch(_BRACKET.sub("", rest)) is not None
        return status if status is Status.FAIL or bare else None

    def _understand(self, name: str) -> Heading:
        if len(name) > _LONGEST_NAME:
            return Heading(name)
        unit, plain = self._unit_of(name)
        for part in (name, plain, *_languages(plain), *_BRACKET.findall(name)):
            if roles := self._known(normalise(part)):
                return Heading(name, _signed(name, roles), unit)
        return self._compound(name, plain, unit)

    def _known(self, name: str) -> tuple[str, ...]:
        """Roles of a name, also of one of several: ``Actual 2``."""
        plain = name.rstrip("0123456789")
        return self._columns.get(name) or (self._columns.get(plain, ()) if len(plain) > 1 else ())

    def _compound(self, name: str, plain: str, unit: str) -> Heading:
        """A known word at the end or the start of a longer name: ``甲班结果``, ``skew_max``."""
        tokens = _TOKEN.findall(_CAMEL.sub(" ", plain))
        for first, last in _edges(len(tokens)):
            word = normalise("".join(tokens[first:last]))
            known = self._columns.get(word)
            if known and len(word) > 1:
                return Heading(name, known, unit, " ".join(tokens[:first] + tokens[last:]))
        for run in _CJK_RUN.findall(plain):
            for cut in range(1, len(run) - 1):
                if known := self._columns.get(run[cut:]):
                    return Heading(name, known, unit, run[:cut])
        return Heading(name, (), unit, plain.strip())

    def _ends_name(self, tail: re.Match[str]) -> bool:
        """Whether the last word of a name is its unit: ``weight_g`` but not ``dim A``."""
        letter = len(tail[1]) == 1 and tail[1].isalpha()
        return self.is_unit(tail[1]) and not (letter and (tail[0][0] != "_" or canonical(tail[1]) is None))

    def _unit_of(self, name: str) -> tuple[str, str]:
        """Unit and name without it: ``Value [mm]``, ``min_in``, ``实测%``."""
        for match in _BRACKET.finditer(name):
            if self.is_unit(match.group(1)):
                return match.group(1).strip(), name[: match.start()] + name[match.end() :]
        head, mark, tail = name.rpartition("%")
        if mark and head and not tail.strip():
            return "%", head
        if ratio := _RATIO.search(name):
            return f"{ratio[1]}/{ratio[2]}", name[: ratio.start()]
        attached = _ATTACHED.search(name)
        if attached and self.is_unit(attached[1]) and canonical(attached[1]) is not None:
            return attached[1], name[: attached.start(1)]
        match_tail = re.search(r"[_\s,/]+([^_\s,]+)\s*$", name)
        if match_tail and self._ends_name(match_tail):
            return match_tail[1], name[: match_tail.start()]
        return "", name


def _signed(name: str, roles: tuple[str, ...]) -> tuple[str, ...]:
    """``+Tol`` and ``Tol-`` are one side of a tolerance, ``Tol +/-`` is both."""
    signs = {sign for sign in "+-" if sign in name.replace("－", "-").replace("＋", "+")}
    if roles[0] != "tolerance" or len(signs) != 1:
        return roles
    return ("upper_tolerance",) if signs == {"+"} else ("lower_tolerance",)


def _inverted(names: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for role, written in names.items():
        for name in (role, *written):
            plain = normalise(name)
            if role not in found.get(plain, ()):
                found[plain] = (*found.get(plain, ()), role)
    return found


def _languages(name: str) -> Iterator[str]:
    """The Latin and the Chinese half of a bilingual name."""
    chinese = "".join(_CJK_RUN.findall(name))
    latin = _CJK_RUN.sub(" ", name).strip()
    if chinese and latin:
        yield latin
        yield chinese


def _edges(count: int) -> Iterable[tuple[int, int]]:
    """Slices at the end, then at the start of ``count`` tokens, longest first."""
    yield from ((first, count) for first in range(1, count))
    yield from ((0, last) for last in range(count - 1, 0, -1))
