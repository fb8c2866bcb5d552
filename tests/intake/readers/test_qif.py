"""QIF results joined with their plan."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.xml import read_xml

FIELDS = FieldVocabulary(header={}, column={}, stated_pass=(), stated_fail=(), no_value=(), units={})
HEAD = """<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" versionQIF="3.0.0">
  <FileUnits><PrimaryUnits>
    <LinearUnit><UnitName>mm</UnitName></LinearUnit><AngularUnit><UnitName>degree</UnitName></AngularUnit>
  </PrimaryUnits></FileUnits>
  <Product><PartSet><Part id="1"><ModelNumber>BRK-7</ModelNumber></Part></PartSet></Product>
"""


def characteristic(kind: str, definition: str, nominal: str = "") -> str:
    """A plan of one characteristic: definition 10, nominal 11, item 12."""
    kind = f"{kind}Characteristic"
    return f"""<Characteristics>
      <{kind}Definition id="10">{definition}</{kind}Definition>
      <{kind}Nominal id="11">
        <CharacteristicDefinitionId>10</CharacteristicDefinitionId>{nominal}
      </{kind}Nominal>
      <{kind}Item id="12"><Name>B4</Name>
        <CharacteristicNominalId>11</CharacteristicNominalId>
      </{kind}Item>
    </Characteristics>"""


def measured(kind: str, value: str, status: str = "PASS", extra: str = "", item: str = "12") -> str:
    return f"""<{kind}CharacteristicMeasurement>
      <Status><CharacteristicStatusEnum>{status}</CharacteristicStatusEnum></Status>
      <CharacteristicItemId>{item}</CharacteristicItemId>{extra}{value}</{kind}CharacteristicMeasurement>"""


def results(*measurements: str, status: str = "PASS", component: str = "") -> str:
    ids = f"<ActualComponentIds><Id>{component}</Id></ActualComponentIds>" if component else ""
    return f"""<MeasurementResults><MeasuredCharacteristics><CharacteristicMeasurements>{"".join(measurements)}
      </CharacteristicMeasurements></MeasuredCharacteristics>
      <InspectionStatus><InspectionStatusEnum>{status}</InspectionStatusEnum></InspectionStatus>{ids}</MeasurementResults>"""


def read(*parts: str) -> Report:
    text = HEAD + "".join(parts) + "</QIFDocument>"
    report = read_xml(Source(text.encode(), "part.qif", FIELDS))
    for measurement in report.measurements:
        assert report.text[measurement.evidence.start : measurement.evidence.end] == measurement.evidence.text
    return report


def one(kind: str, definition: str, value: str, nominal: str = "", status: str = "PASS") -> Measurement:
    report = read(characteristic(kind, definition, nominal), results(measured(kind, value, status)))
    (measurement,) = report.measurements
    return measurement


def value(text: str) -> str:
    return f"<Value>{text}</Value>"


def bounds(limits: Limits | None) -> tuple[Decimal | None, Decimal | None]:
    assert limits is not None
    return limits.lower, limits.upper


def tolerance(low: str, high: str, as_limit: str) -> str:
    limits = f"<MaxValue>{high}</MaxValue><MinValue>{low}</MinValue>"
    return f"<Tolerance>{limits}<DefinedAsLimit>{as_limit}</DefinedAsLimit></Tolerance>"


def test_deviations_are_added_to_the_target() -> None:
    found = one("Diameter", tolerance("-0.1", "0.2", "false"), value("12.15"), "<TargetValue>12</TargetValue>")
    assert found.characteristic == "Diameter B4"
    assert found.limits == Limits(Decimal("11.9"), Decimal("12.2"), Decimal(12), "mm", "12 +0.2/-0.1")
    assert (found.value, found.unit, found.stated) == (Decimal("12.15"), "mm", Status.PASS)


def test_limits_may_be_given_as_such() -> None:
    assert bounds(one("Diameter", tolerance("6.3", "6.5", "true"), value("6.2")).limits) == (
        Decimal("6.3"),
        Decimal("6.5"),
    )


def test_deviations_without_a_target_are_no_limits() -> None:
    assert one("Diameter", tolerance("-0.1", "0.1", "false"), value("12")).limits is None


def test_angles_are_in_the_angular_unit_and_angularity_is_a_length() -> None:
    angle = one("AngleBetween", tolerance("-1", "1", "false"), value("40.2"), "<TargetValue>40</TargetValue>")
    assert (angle.unit, angle.limits and angle.limits.unit) == ("degree", "degree")
    assert one("Angularity", "<ToleranceValue>0.5</ToleranceValue>", value("0.1")).unit == "mm"


def test_a_value_may_name_its_own_unit() -> None:
    found = one("Diameter", tolerance("6.3", "6.5", "true"), '<Value linearUnit="inch">0.25</Value>')
    assert (found.unit, found.limits and found.limits.unit) == ("inch", "mm")


def test_form_and_position_have_an_upper_limit_only() -> None:
    assert bounds(one("Flatness", "<ToleranceValue>0.1</ToleranceValue>", value("0.02")).limits) == (
        None,
        Decimal("0.1"),
    )


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("<ToleranceValue>1.5</ToleranceValue>", ("-0.75", "0.75")),
        ("<ToleranceValue>1.5</ToleranceValue><OuterDisposition>1</OuterDisposition>", ("-0.5", "1")),
        ("<ToleranceValue>1</ToleranceValue><UnequallyDisposedZone>0.2</UnequallyDisposedZone>", ("-0.3", "0.7")),
    ],
)
def test_a_profile_zone_lies_about_the_nominal(definition: str, expected: tuple[str, str]) -> None:
    assert bounds(one("SurfaceProfile", definition, value("0.1")).limits) == (
        Decimal(expected[0]),
        Decimal(expected[1]),
    )


def test_the_two_ends_of_a_profile_are_one_measurement() -> None:
    ids = "<FeatureMeasurementIds><Id>5</Id></FeatureMeasurementIds>"
    pair = [measured("PointProfile", value(text), "FAIL", ids) for text in ("-0.9", "0")]
    report = read(characteristic("PointProfile", "<ToleranceValue>1</ToleranceValue>"), results(*pair, status="FAIL"))
    assert [(m.value, m.stated) for m in report.measurements] == [(Decimal("-0.9"), Status.FAIL)]


def test_repeated_values_of_other_kinds_stay_apart() -> None:
    ids = "<FeatureMeasurementIds><Id>5</Id></FeatureMeasurementIds>"
    pair = [measured("Flatness", value(text), "PASS", ids) for text in ("0.1", "0.2")]
    report = read(characteristic("Flatness", "<ToleranceValue>1</ToleranceValue>"), results(*pair))
    assert len(report.measurements) == 2


MAXIMUM = "<ToleranceValue>0.5</ToleranceValue><MaterialCondition>MAXIMUM</MaterialCondition>"


def test_a_bonus_widens_the_tolerance() -> None:
    found = one("Position", MAXIMUM, value("0.6") + "<Bonus>0.2</Bonus>")
    assert bounds(found.limits) == (None, Decimal("0.7"))
    capped = MAXIMUM + "<MaximumToleranceValue>0.6</MaximumToleranceValue>"
    assert bounds(one("Position", capped, value("0.6") + "<Bonus>0.2</Bonus>").limits) == (None, Decimal("0.6"))


def test_an_unknown_bonus_is_not_guessed() -> None:
    assert bounds(one("Position", MAXIMUM, value("0.4")).limits) == (None, Decimal("0.5"))
    over = one("Position", MAXIMUM, value("0.6"), status="UNDEFINED")
    assert (over.limits, over.stated, over.problem) == (None, None, Doubt.MISSING_DATA)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("PASS", Status.PASS),
        ("FAIL", Status.FAIL),
        ("REWORK", Status.FAIL),
        ("SYSERROR", Status.INDETERMINATE),
        ("BASIC", None),
        ("BASIC_OR_TED", None),
        ("UNDEFINED", None),
        ("NOT_ANALYZED", None),
    ],
)
def test_stated_statuses(written: str, status: Status | None) -> None:
    assert one("Flatness", "<ToleranceValue>1</ToleranceValue>", value("0.1"), status=written).stated is status


def test_a_gauge_result_without_value_rests_on_its_status() -> None:
    gauged = one("Diameter", tolerance("6.3", "6.5", "true"), "", status="FAIL")
    assert (gauged.value, gauged.stated, gauged.problem) == (None, Status.FAIL, None)
    silent = one("Diameter", tolerance("6.3", "6.5", "true"), "", status="UNDEFINED")
    assert silent.problem is Doubt.MISSING_DATA


def test_several_parts_keep_their_serial_numbers_and_the_worst_verdict_counts() -> None:
    plan = characteristic("Flatness", "<ToleranceValue>0.1</ToleranceValue>")
    first = results(measured("Flatness", value("0.05")), component="21")
    second = results(measured("Flatness", value("0.2"), "FAIL"), status="FAIL", component="22")
    components = "".join(
        f'<ActualComponent id="{n}"><SerialNumber>SN-{n}</SerialNumber></ActualComponent>' for n in (21, 22)
    )
    report = read(plan, f"<Results>{first}{second}{components}</Results>")
    assert [(m.part, m.stated) for m in report.measurements] == [("SN-21", Status.PASS), ("SN-22", Status.FAIL)]
    assert report.stated is Status.FAIL
    assert report.stated_evidence is not None
    assert "FAIL" in report.stated_evidence.text
    assert "serial_no" not in report.fields
    assert report.fields["part_no"] == "BRK-7"


def test_one_silent_part_leaves_the_verdict_open() -> None:
    assert read(results(status="PASS"), results(status="UNDEFINED")).stated is None


def test_a_plan_without_results_says_so() -> None:
    report = read(characteristic("Flatness", "<ToleranceValue>0.1</ToleranceValue>"))
    assert (report.measurements, report.stated) == ((), None)
    assert report.notes == ("no results: a plan, rules or resources",)


def test_an_item_of_another_file_is_not_taken_for_one_of_this() -> None:
    other = measured("Flatness", value("0.2"), "FAIL").replace(
        "<CharacteristicItemId>12", '<CharacteristicItemId xId="12">12'
    )
    report = read(characteristic("Flatness", "<ToleranceValue>0.1</ToleranceValue>"), results(other, status="FAIL"))
    (measurement,) = report.measurements
    assert (measurement.limits, measurement.stated, measurement.characteristic) == (None, Status.FAIL, "Flatness 12")
    assert "the plan of these results is in another file" in report.notes


def test_the_older_namespace_and_its_names() -> None:
    plan = characteristic("Flatness", "<ToleranceValue>0.1</ToleranceValue>")
    text = HEAD + plan + results(measured("Flatness", value("0.2"), "FAIL")) + "</QIFDocument>"
    text = text.replace("qif3", "qif2").replace("CharacteristicMeasurement>", "CharacteristicActual>")
    report = read_xml(Source(text.encode(), "part.qif", FIELDS))
    assert [m.stated for m in report.measurements] == [Status.FAIL]
    assert report.notes == ()


def test_references_that_go_in_circles_or_nowhere_end() -> None:
    plan = characteristic("Flatness", "<ToleranceValue>0.1</ToleranceValue>").replace(
        "<CharacteristicDefinitionId>10", "<CharacteristicDefinitionId>11"
    )
    report = read(plan, results(measured("Flatness", value("0.2")), measured("Flatness", value("0.2"), item="99")))
    assert [m.limits for m in report.measurements] == [None, None]
