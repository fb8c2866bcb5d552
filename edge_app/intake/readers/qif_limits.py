"""Tolerances of QIF as limits: what a definition and its nominal allow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from edge_app.domain.report import Limits
from edge_app.domain.verdict import Doubt
from edge_app.intake.readers.records import Node
from edge_app.intake.readers.xml_tree import Place, first, machine_number, text_at

_UNITS: Final = {
    "Angle": "AngularUnit",
    "AngleFrom": "AngularUnit",
    "AngleBetween": "AngularUnit",
    "AngularCoordinate": "AngularUnit",
    "UserDefinedAngular": "AngularUnit",
    "UserDefinedArea": "AreaUnit",
    "UserDefinedForce": "ForceUnit",
    "UserDefinedMass": "MassUnit",
    "UserDefinedPressure": "PressureUnit",
    "UserDefinedSpeed": "SpeedUnit",
    "UserDefinedTemperature": "TemperatureUnit",
    "UserDefinedTime": "TimeUnit",
    "UserDefinedUnit": "",
    "UserDefinedAttribute": "",
    "Thread": "",
}
"""Kinds of characteristics that are no lengths, and the unit each is measured in."""
_UNIT_ATTRIBUTES: Final = ("linearUnit", "angularUnit", "unitName")
_BONUS_CONDITIONS: Final = frozenset({"MAXIMUM", "LEAST"})


def unit_of(kind: str, value: Node | None, units: Mapping[str, str]) -> str:
    """The unit of a value: its own attribute, else the primary unit of the file for this kind."""
    own = text_at(Place(value), *_UNIT_ATTRIBUTES) if value else ""
    return own or units.get(_UNITS.get(kind, "LinearUnit"), "")


def limits_of(
    kind: str, result: Place, *, definition: Place | None, nominal: Place | None, units: Mapping[str, str]
) -> tuple[Limits | None, Doubt | None]:
    """Limits of a measured characteristic, None where the file gives none, and why they cannot be told."""
    if definition is None:
        return None, None
    if (tolerance := _child(definition, "Tolerance")) is not None:
        return _dimension(tolerance, nominal, unit_of(kind, first(tolerance, "MaxValue", "MinValue"), units)), None
    written = first(definition, "ToleranceValue", "RoughnessAverage")
    width = machine_number(written.text) if written else None
    if width is None:
        return None, None
    unit = unit_of(kind, written, units)
    if "Profile" in kind:
        return _profile(definition, width, unit), None
    return _zone(definition, result, width, unit)


def zone_middle(limits: Limits | None) -> Decimal:
    """The middle between two limits, 0 when one is missing."""
    if limits is None or limits.lower is None or limits.upper is None:
        return Decimal(0)
    return (limits.lower + limits.upper) / 2


def _dimension(tolerance: Place, nominal: Place | None, unit: str) -> Limits | None:
    """Two limits as such, or as deviations from the target."""
    low = machine_number(text_at(tolerance, "MinValue"))
    high = machine_number(text_at(tolerance, "MaxValue"))
    target = machine_number(text_at(nominal, "TargetValue")) if nominal else None
    if low is None and high is None:
        return None
    if text_at(tolerance, "DefinedAsLimit") in {"true", "1"}:
        return Limits(low, high, target, unit)
    if target is None:
        return None
    text = f"{target} {_signed(high)}/{_signed(low)}"
    return Limits(_sum(target, low), _sum(target, high), target, unit, text)


def _profile(definition: Place, width: Decimal, unit: str) -> Limits:
    """Deviations along the normal. The zone is centred unless its outer part or its centre is given."""
    outer = machine_number(text_at(definition, "OuterDisposition"))
    centre = machine_number(text_at(definition, "UnequallyDisposedZone"))
    if outer is None:
        outer = (centre or Decimal(0)) + width / 2
    return Limits(outer - width, outer, Decimal(0), unit, f"profile {width}")


def _zone(definition: Place, result: Place, width: Decimal, unit: str) -> tuple[Limits | None, Doubt | None]:
    """Form, orientation, location and runout: an upper limit, wider by the bonus that the part earned.

    A value over the tolerance with a material condition and no bonus told is not decidable from the file.
    """
    value = machine_number(text_at(result, "Value"))
    if text_at(definition, "MaterialCondition") in _BONUS_CONDITIONS:
        bonus = machine_number(text_at(result, "Bonus"))
        if bonus is None and value is not None and value > width:
            return None, Doubt.MISSING_DATA
        most = machine_number(text_at(definition, "MaximumToleranceValue"))
        earned = width + (bonus or Decimal(0))
        width = min(earned, most) if most is not None else earned
    return Limits(None, width, None, unit, f"≤ {width}"), None


def _child(place: Place, label: str) -> Place | None:
    return next((Place(node, place) for node in place.node.children if node.label == label), None)


def _sum(target: Decimal, deviation: Decimal | None) -> Decimal | None:
    return None if deviation is None else target + deviation


def _signed(deviation: Decimal | None) -> str:
    return "" if deviation is None else f"{deviation:+}"
