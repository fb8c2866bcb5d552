"""QIF 2.x and 3.0 (ISO 23952): measured values joined with the plan they were measured by.

A measurement names its item, the item its nominal, the nominal its definition; the value stands in the
first, the name in the second, the target in the third and the tolerance in the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from edge_app.domain.language import detect_language
from edge_app.domain.report import Measurement, Remark, Report
from edge_app.domain.verdict import Doubt, Span, Status
from edge_app.intake.readers.qif_limits import limits_of, unit_of, zone_middle
from edge_app.intake.readers.records import Node
from edge_app.intake.readers.xml_tree import Place, first, machine_number, select, text_at, walk

NAMESPACES: Final = ("http://qifstandards.org/xsd/qif3", "http://qifstandards.org/xsd/qif2")

STATUSES: Final = {
    "PASS": Status.PASS,
    "FAIL": Status.FAIL,
    "REWORK": Status.FAIL,
    "SYSERROR": Status.INDETERMINATE,
    "INDETERMINATE": Status.INDETERMINATE,
}
"""Of characteristics and of inspections. BASIC, UNDEFINED, NOT_ANALYZED and the like say nothing."""

_FIELDS: Final = {
    "part_no": ("Part/PartNumber", "Part/ModelNumber", "Part/Name", "Part/label"),
    "lot_no": ("LotNumber",),
    "station": ("MeasurementDevice/Name",),
    "operator": ("InspectionOperator/Name", "ReportPreparer/Name"),
    "time": ("InspectionDateTime", "InspectionEndTime", "ReportPreparationDate"),
    "supplier": ("SupplierCode",),
}
"""Header fields by where they end, wherever they stand in the document."""
_RESULT: Final = re.compile(r"(?P<kind>\w+)Characteristic(?:Measurement|Actual)")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PROFILES: Final = ("LineProfile", "PointProfile", "SurfaceProfile")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What results refer to."""

    by_id: dict[str, Place]
    units: dict[str, str]
    """Unit names by element name: ``LinearUnit``: ``mm``."""


@dataclass(frozen=True, slots=True)
class _Result:
    """One measured characteristic and its key: two results with one key may be the two ends of a profile."""

    measurement: Measurement
    key: tuple[str, ...]
    profile: bool


def read_qif(root: Node, *, namespace: str, text: str, encoding: str) -> Report:
    """The report of a QIF document. A plan without results has no measurements and a note that says so."""
    places = list(walk(root))
    plan = _Plan(_by_id(places), _units(places))
    sets = [place for place in places if place.node.label == "MeasurementResults" and not _is_inside_another(place)]
    serials = _serials(places)
    several = len(sets) > 1 or len(serials) > 1
    measurements = tuple(m for results in sets for m in _measurements(results, plan, serials if several else None))
    stated, evidence = _stated(sets)
    remarks = tuple(_remarks(places))
    return Report(
        text=text,
        format="qif",
        encoding=encoding,
        language=detect_language(" ".join(remark.span.text for remark in remarks)),
        fields=_fields(places),
        measurements=measurements,
        remarks=remarks,
        stated=stated,
        stated_evidence=evidence,
        notes=tuple(_notes(namespace, measurements, has_results=bool(sets))),
    )


def _by_id(places: list[Place]) -> dict[str, Place]:
    by_id: dict[str, Place] = {}
    for place in places:
        if place.node.label == "id" and place.parent is not None:
            by_id.setdefault(place.node.text, place.parent)
    return by_id


def _units(places: list[Place]) -> dict[str, str]:
    primary = next((place for place in places if place.node.label == "PrimaryUnits"), None)
    if primary is None:
        return {}
    return {unit.label: text_at(Place(unit), "UnitName") for unit in primary.node.children}


def _is_inside_another(results: Place) -> bool:
    outer = results.parent
    while outer is not None and outer.node.label != results.node.label:
        outer = outer.parent
    return outer is not None


def _measurements(results: Place, plan: _Plan, serials: dict[str, str] | None) -> Iterator[Measurement]:
    """What one inspection measured. ``serials`` by component id, None where there is one part only."""
    default = text_at(results, "ActualComponentIds/Id")
    last: _Result | None = None
    for place in walk(results.node):
        match = _RESULT.fullmatch(place.node.label)
        if match is None:
            continue
        component = text_at(place, "ActualComponentId") or default
        part = serials.get(component, component) if serials is not None else ""
        result = _result(place, match["kind"], plan, part)
        if last is not None and _two_ends(last, result):
            last = _further_out(last, result)
            continue
        if last is not None:
            yield last.measurement
        last = result
    if last is not None:
        yield last.measurement


def _result(place: Place, kind: str, plan: _Plan, part: str) -> _Result:
    item_id = first(place, "CharacteristicItemId")
    item, nominal, definition = _join(item_id, plan)
    written = text_at(place, "Value")
    value = machine_number(written)
    stated = STATUSES.get(text_at(place, "Status/CharacteristicStatusEnum"))
    limits, doubt = limits_of(kind, place, definition=definition, nominal=nominal, units=plan.units)
    if value is None and stated is None:
        doubt = Doubt.MISSING_DATA
    measurement = Measurement(
        characteristic=_name(kind, item, item_id),
        value=value,
        limits=limits,
        evidence=_evidence(place.node),
        unit=unit_of(kind, first(place, "Value"), plan.units) if value is not None else "",
        text=written,
        stated=stated,
        problem=doubt if stated is None else None,
        part=part,
    )
    features = tuple(found.node.text for found in select(place, "FeatureMeasurementIds/Id"))
    profile = kind.startswith(_PROFILES) and bool(features)
    return _Result(measurement, (part, item_id.text if item_id else "", *features), profile)


def _join(item_id: Node | None, plan: _Plan) -> tuple[Place | None, Place | None, Place | None]:
    """Item, nominal and definition, as far as they stand in this file."""
    item = _referred(item_id, plan)
    nominal = _referred(first(item, "CharacteristicNominalId") if item else None, plan)
    definition = _referred(first(nominal, "CharacteristicDefinitionId") if nominal else None, plan)
    return item, nominal, definition


def _referred(reference: Node | None, plan: _Plan) -> Place | None:
    """What an id stands for. ``xId`` marks an id of another file: its text is that file's number."""
    if reference is None or any(child.label == "xId" for child in reference.children):
        return None
    return plan.by_id.get(reference.text)


def _name(kind: str, item: Place | None, item_id: Node | None) -> str:
    """Kind and name, ``Point Profile W1RH``: names are often just balloon numbers."""
    spoken = _CAMEL.sub(" ", kind)
    if item is not None:
        name = text_at(item, "Name", "CharacteristicDesignator/Designator", "KeyCharacteristic/Designator")
        name = name.strip("-") if name == "-NONE-" else name
        return f"{spoken} {name}".strip()
    elsewhere = text_at(Place(item_id), "xId") or item_id.text if item_id else ""
    return f"{spoken} {elsewhere}".strip()


def _two_ends(one: _Result, two: _Result) -> bool:
    """A profile is written as its two extreme deviations, with one status for both."""
    same = one.key == two.key and one.measurement.stated is two.measurement.stated
    return same and one.profile and two.profile


def _further_out(one: _Result, two: _Result) -> _Result:
    middle = zone_middle(one.measurement.limits)
    return max(one, two, key=lambda result: abs((result.measurement.value or Decimal(0)) - middle))


def _serials(places: list[Place]) -> dict[str, str]:
    """Serial numbers by component id; the id where a component has none."""
    return {
        text_at(place, "id"): text_at(place, "SerialNumber", "id")
        for place in places
        if place.node.label == "ActualComponent"
    }


def _stated(sets: list[Place]) -> tuple[Status | None, Span | None]:
    """The worst inspection status of the parts; nothing when one of several is silent and none fails."""
    found = [
        (STATUSES.get(text_at(place, "InspectionStatusEnum")), _evidence(place.node))
        for results in sets
        for place in select(results, "InspectionStatus")
    ]
    known = [(status, span) for status, span in found if status is not None]
    if not known:
        return None, None
    status, span = max(known, key=lambda pair: pair[0].rank)
    if status is Status.PASS and len(known) < len(found):
        return None, None
    return status, span


def _fields(places: list[Place]) -> dict[str, str]:
    fields = {}
    for name, paths in _FIELDS.items():
        found = [text for path in paths for text in _ending(places, path)]
        if found:
            fields[name] = found[0]
    serials = [text_at(place, "SerialNumber") for place in places if place.node.label == "ActualComponent"]
    if len(serials) == 1 and serials[0]:
        fields["serial_no"] = serials[0]
    return fields


def _ending(places: list[Place], path: str) -> Iterator[str]:
    head, _, tail = path.partition("/")
    for place in places:
        if place.node.label == head:
            text = text_at(place, tail) if tail else place.node.text
            if text:
                yield text


def _remarks(places: list[Place]) -> Iterator[Remark]:
    """What people noted during the inspection. Comments on the plan are specification, not result."""
    for place in places:
        if place.node.label == "NotedEvent":
            note = first(place, "Description", "EventDescription", "Note")
            if note is not None and note.span is not None:
                yield Remark(note.span, place.node.label)


def _notes(namespace: str, measurements: tuple[Measurement, ...], *, has_results: bool) -> Iterator[str]:
    if namespace not in NAMESPACES:
        yield f"unknown QIF namespace {namespace[:80]!r}"
    if not measurements:
        yield "results without measured characteristics" if has_results else "no results: a plan, rules or resources"
    elif all(measurement.limits is None for measurement in measurements):
        yield "the plan of these results is in another file"


def _evidence(node: Node) -> Span:
    span = node.whole or node.span
    assert span is not None  # every element has a start tag
    return span
