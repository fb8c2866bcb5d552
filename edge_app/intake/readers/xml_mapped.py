"""XML of test stands and inspection machines, read by the tables in ``xml_dialects``."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.verdict import Doubt, Span, Status
from edge_app.intake.readers.records import Node
from edge_app.intake.readers.xml_dialects import DIALECTS, Bounds, Comparators, Dialect, Row
from edge_app.intake.readers.xml_tree import Place, first, is_at, machine_number, select, text_at, walk

_SIDES: Final = {"GE": ("lower", False), "GT": ("lower", True), "LE": ("upper", False), "LT": ("upper", True)}
"""What a comparator bounds, and whether the bound itself does not conform."""
_EQUAL: Final = "EQ"
_MAX_PRODUCTS: Final = 1000


def dialect_of(root: Node, namespace: str) -> Dialect | None:
    """The table that fits a document, None when it is of no known dialect."""
    place = Place(root)
    for dialect in DIALECTS:
        known = any(namespace.startswith(start) if start else not namespace for start in dialect.namespaces)
        if root.label in dialect.roots and known and (not dialect.has or any(select(place, dialect.has))):
            return dialect
    return None


def read_mapped(root: Node, dialect: Dialect, *, text: str, encoding: str) -> Report:
    """The report of a document that ``dialect`` fits."""
    top = Place(root)
    products = (list(select(top, dialect.product)) if dialect.product else [])[:_MAX_PRODUCTS] or [top]
    measurements = tuple(m for product in products for m in _measurements(product, dialect, several=len(products) > 1))
    stated, evidence = _stated(products, dialect)
    return Report(
        text=text,
        format=dialect.format,
        encoding=encoding,
        language=detect_language(" ".join(measurement.characteristic for measurement in measurements)),
        fields=_fields(products, dialect),
        measurements=measurements,
        stated=stated,
        stated_evidence=evidence,
        notes=tuple(_notes(top, dialect, measurements)),
    )


def _fields(products: list[Place], dialect: Dialect) -> dict[str, str]:
    """What is common: the serial number only where the file is about one product."""
    found = {name: text_at(products[0], *paths) for name, paths in dialect.fields.items()}
    if len(products) > 1:
        found.pop("serial_no", None)
    return {name: value for name, value in found.items() if value}


def _stated(products: list[Place], dialect: Dialect) -> tuple[Status | None, Span | None]:
    """The worst verdict; none when one product has none and no other fails."""
    nodes = [first(product, *dialect.outcome) for product in products]
    known = [(dialect.outcomes[node.text], node) for node in nodes if node and node.text in dialect.outcomes]
    if not known:
        return None, None
    status, node = max(known, key=lambda pair: pair[0].rank)
    if status is Status.PASS and len(known) < len(products):
        return None, None
    return status, node.whole or node.span


def _measurements(product: Place, dialect: Dialect, *, several: bool) -> Iterator[Measurement]:
    serial = text_at(product, *dialect.fields.get("serial_no", ())) if several else ""
    for place in walk(product.node):
        for row in dialect.rows:
            if is_at(place, row.element) and not any(any(select(place, path)) for path in row.unless):
                measurement = _measurement(place, row, dialect, serial)
                if measurement.text or measurement.stated is not None:
                    yield measurement


def _measurement(place: Place, row: Row, dialect: Dialect, serial: str) -> Measurement:
    outcome = text_at(place, *row.outcome)
    stated = _row_status(dialect.outcomes.get(outcome))
    written = text_at(place, *row.value)
    value = machine_number(written)
    unit = text_at(place, *row.unit)
    limits = _limits(place, row, unit) if outcome not in row.unlimited and (value is not None or written) else None
    evidence = place.node.whole or place.node.span
    assert evidence is not None  # every element has a start tag
    return Measurement(
        characteristic=_name(place, row, dialect),
        value=value,
        limits=limits,
        evidence=evidence,
        unit=unit,
        text=written,
        stated=stated,
        problem=Doubt.MISSING_DATA if value is None and limits is not None and stated is None else None,
        part=text_at(place, *row.part) or serial,
    )


def _row_status(status: Status | None) -> Status | None:
    """A step that was not run or not finished leaves its value to be judged."""
    return None if status is Status.INDETERMINATE else status


def _name(place: Place, row: Row, dialect: Dialect) -> str:
    parts = [text_at(place, path) for path in row.name]
    return " / ".join(part for part in parts if part and part not in dialect.dull_names)


def _limits(place: Place, row: Row, unit: str) -> Limits | None:
    if isinstance(row.limits, Bounds):
        return _from_bounds(place, row.limits, unit)
    if isinstance(row.limits, Comparators):
        return _from_comparators(place, row.limits, unit)
    return None


def _from_bounds(place: Place, bounds: Bounds, unit: str) -> Limits | None:
    lower = machine_number(text_at(place, bounds.lower))
    upper = machine_number(text_at(place, bounds.upper))
    if bounds.zero_is_none:
        lower, upper = _without_zeros(lower, upper)
    mode = text_at(place, bounds.mode) if bounds.mode else ""
    if mode and mode not in bounds.modes:
        return None
    below, above = bounds.modes.get(mode, ("GE", "LE"))
    return _interval([(below, lower), (above, upper)], unit)


def _without_zeros(lower: Decimal | None, upper: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """A zero stands for "none" where both are zero or where it would leave no value that conforms."""
    if lower is None or upper is None or (lower <= upper and (lower or upper)):
        return lower, upper
    return lower or None, upper or None


def _from_comparators(place: Place, spec: Comparators, unit: str) -> Limits | None:
    if any(select(place, spec.any_of)):
        return None
    found = [limit for path in spec.limits for limit in select(place, path)]
    bounds = [(text_at(limit, spec.comparator), machine_number(text_at(limit, spec.bound))) for limit in found]
    if any(comparator not in _SIDES and comparator != _EQUAL for comparator, _ in bounds):
        return None
    low, high = (machine_number(text_at(place, path)) for path in spec.around)
    if low is not None and high is not None:
        bounds = [("GE", low), ("LE", high)]
    return _interval(bounds, unit)


def _interval(bounds: list[tuple[str, Decimal | None]], unit: str) -> Limits | None:
    """Limits from bounds with comparators; an empty comparator switches its bound off."""
    values: dict[str, Decimal] = {}
    opened = {"lower": False, "upper": False}
    for comparator, bound in bounds:
        if bound is None or not comparator:
            continue
        if comparator == _EQUAL:
            return Limits(bound, bound, bound, unit, f"= {bound}")
        side, is_open = _SIDES[comparator]
        values[side], opened[side] = bound, is_open
    if not values:
        return None
    return Limits(
        values.get("lower"), values.get("upper"), None, unit, "", lower_open=opened["lower"], upper_open=opened["upper"]
    )


def _notes(top: Place, dialect: Dialect, measurements: tuple[Measurement, ...]) -> Iterator[str]:
    if not measurements:
        yield "no results"
    for path, what in dialect.counted.items():
        count = sum(is_at(place, path) for place in walk(top.node))
        if count:
            yield f"{count} {what}"
