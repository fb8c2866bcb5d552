"""Machine dialects, each in a small document of our own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.verdict import Doubt, Status
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.xml import read_xml

FIELDS = FieldVocabulary(header={}, column={}, stated_pass=(), stated_fail=(), no_value=(), units={})
GENERATIONS = (
    "http://www.ieee.org/ATML/2007/TestResults",
    "urn:IEEE-1636.1:2011:01:TestResults",
    "urn:IEEE-1636.1:2013:TestResults",
)


def read(text: str) -> Report:
    report = read_xml(Source(text.encode(), "run.xml", FIELDS))
    for measurement in report.measurements:
        assert report.text[measurement.evidence.start : measurement.evidence.end] == measurement.evidence.text
    return report


def limit(comparator: str, bound: str, element: str = "Limit") -> str:
    return f'<c:{element} comparator="{comparator}"><c:Datum value="{bound}"/></c:{element}>'


def pair(operator: str, *limits: str) -> str:
    return f'<c:LimitPair operator="{operator}">{"".join(limits)}</c:LimitPair>'


def numeric(value: str, limits: str, outcome: str = "Passed") -> str:
    return f"""<tr:Test name="Volt"><tr:Outcome value="{outcome}"/><tr:TestResult name="Numeric">
      <tr:TestData><c:Datum value="{value}" nonStandardUnit="V"/></tr:TestData>
      <tr:TestLimits><tr:Limits>{limits}</tr:Limits></tr:TestLimits></tr:TestResult></tr:Test>"""


def run(*steps: str, outcome: str = "Passed", namespace: str = GENERATIONS[1], serial: str = "S1") -> str:
    return f"""<tr:TestResults xmlns:tr="{namespace}" xmlns:c="urn:c">
      <tr:Personnel><tr:SystemOperator name="mia"/></tr:Personnel>
      <tr:ResultSet><tr:Outcome value="{outcome}"/>{"".join(steps)}</tr:ResultSet>
      <tr:UUT><c:SerialNumber>{serial}</c:SerialNumber></tr:UUT></tr:TestResults>"""


@pytest.mark.parametrize("namespace", GENERATIONS)
def test_atml_of_each_generation(namespace: str) -> None:
    report = read(run(numeric("5", limit("GT", "4", "SingleLimit")), outcome="Failed", namespace=namespace))
    (found,) = report.measurements
    assert (report.format, report.stated, report.fields) == (
        "atml",
        Status.FAIL,
        {"operator": "mia", "serial_no": "S1"},
    )
    assert (found.characteristic, found.value, found.unit, found.stated) == ("Volt", Decimal(5), "V", Status.PASS)


@pytest.mark.parametrize(
    ("limits", "lower", "upper", "opened"),
    [
        (pair("AND", limit("GE", "4"), limit("LE", "6")), "4", "6", (False, False)),
        (pair("AND", limit("GT", "4"), limit("LT", "6")), "4", "6", (True, True)),
        (limit("LT", "6", "SingleLimit"), None, "6", (False, True)),
        (limit("EQ", "6", "Expected"), "6", "6", (False, False)),
    ],
)
def test_atml_comparators(limits: str, lower: str | None, upper: str | None, opened: tuple[bool, bool]) -> None:
    found = read(run(numeric("5", limits))).measurements[0].limits
    assert found is not None
    assert (found.lower, found.upper) == (lower and Decimal(lower), upper and Decimal(upper))
    assert (found.lower_open, found.upper_open) == opened


@pytest.mark.parametrize(
    "limits",
    [pair("OR", limit("LT", "4"), limit("GT", "6")), limit("NE", "4", "Expected"), limit("CIEQ", "ok", "Expected"), ""],
)
def test_what_is_no_interval_gives_no_limits_and_the_outcome_stays(limits: str) -> None:
    found = read(run(numeric("5", limits, "Failed"))).measurements[0]
    assert (found.limits, found.stated) == (None, Status.FAIL)


def test_equal_with_an_allowance_is_an_interval() -> None:
    allowance = """<c:Extension><t:TSLimitProperties xmlns:t="urn:t"><t:RawLimits>
      <t:ThresholdLow value="-5"/><t:ThresholdHigh value="15"/></t:RawLimits></t:TSLimitProperties></c:Extension>"""
    found = read(run(numeric("0", limit("EQ", "5", "Expected") + allowance))).measurements[0].limits
    assert found is not None
    assert (found.lower, found.upper) == (Decimal(-5), Decimal(15))


@pytest.mark.parametrize("outcome", ["Done", "Skipped", "Aborted", "NotStarted", "UserDefined"])
def test_steps_that_were_not_judged_are_no_measurements_without_a_value(outcome: str) -> None:
    assert read(run(f'<tr:Test name="x"><tr:Outcome value="{outcome}"/></tr:Test>')).measurements == ()
    valued = read(run(numeric("5", limit("LE", "4", "SingleLimit"), outcome))).measurements[0]
    assert valued.stated is None
    assert valued.limits is not None


def test_pass_fail_steps_count_by_their_outcome() -> None:
    found = read(run('<tr:Test name="Boot"><tr:Outcome value="Failed"/></tr:Test>')).measurements[0]
    assert (found.characteristic, found.value, found.stated, found.problem) == ("Boot", None, Status.FAIL, None)


def test_not_a_number_is_no_value() -> None:
    found = read(run(numeric("NaN", limit("LE", "4", "SingleLimit"), "Done"))).measurements[0]
    assert (found.value, found.text, found.problem) == (None, "NaN", Doubt.MISSING_DATA)


def test_an_aborted_run_has_no_verdict() -> None:
    assert read(run(outcome="Aborted")).stated is Status.INDETERMINATE


def test_a_collection_is_about_several_parts() -> None:
    runs = run(numeric("5", ""), serial="A") + run(numeric("6", "", "Failed"), outcome="Failed", serial="B")
    root = "TestResultsCollection"
    report = read(f'<c:{root} xmlns:c="urn:IEEE-1636.1:2011:01:{root}">{runs}</c:{root}>')
    assert [(m.part, m.stated) for m in report.measurements] == [("A", Status.PASS), ("B", Status.FAIL)]
    assert report.stated is Status.FAIL
    assert "serial_no" not in report.fields


def unit_report(values: str, grade: str = "PASS", *, more: str = "") -> Report:
    return read(
        f"""<UnitReport><Station name="&lt;none>"/><Product part-no="P" serial-no="S"/>
        <TestRun name="all" grade="{grade}"><TestRun name="tune" grade="PASS">
          <Result><Property>{values}</Property></Result></TestRun>{more}</TestRun>
        </UnitReport>"""
    )


@pytest.mark.parametrize(
    ("lsl", "usl", "lower", "upper"),
    [
        ("0", "0", None, None),
        ("2.19e+11", "0", "2.19e+11", None),
        ("0", "-2.4000", None, "-2.4"),
        ("0", "20", "0", "20"),
        ("-1.4", "0", "-1.4", "0"),
        ("-1.4", "-0.4", "-1.4", "-0.4"),
    ],
)
def test_sigmaquest_zero_may_mean_none(lsl: str, usl: str, lower: str | None, upper: str | None) -> None:
    report = unit_report(f'<ValueDouble name="v" lsl="{lsl}" usl="{usl}">-3.4359</ValueDouble>')
    found = next(m for m in report.measurements if m.value is not None)
    assert found.characteristic == "tune / v"
    assert found.value == Decimal("-3.4359")
    if lower is None and upper is None:
        assert found.limits is None
    else:
        assert found.limits is not None
        assert (found.limits.lower, found.limits.upper) == (lower and Decimal(lower), upper and Decimal(upper))


def test_sigmaquest_nested_grades() -> None:
    more = '<TestRun name="leak" grade="FAIL"/><TestRun name="later" grade="PENDING"/>'
    report = unit_report("", "FAIL", more=more)
    assert [(m.characteristic, m.stated) for m in report.measurements] == [
        ("all / tune", Status.PASS),
        ("all / leak", Status.FAIL),
    ]
    assert (report.stated, report.notes) == (Status.FAIL, ("1 pending runs",))
    assert unit_report("", "PENDING").stated is Status.INDETERMINATE


def test_sigmaquest_null_is_no_number() -> None:
    found = unit_report('<ValueDouble name="v" lsl="1" usl="2">null</ValueDouble>').measurements[-1]
    assert (found.value, found.text, found.problem) == (None, "null", Doubt.MISSING_DATA)


def test_saki_false_calls_are_no_defects() -> None:
    call = '<Reference designator="{}" description="d"/>'
    report = read(
        f"""<Panel barcode="B1" result="failed" startDate="01/10/2024"><Program name="prog"/>
        <Image id="1" result="failed"><Results><FalseCalls>{call.format("R1")}{call.format("R2")}</FalseCalls>
        <Failed>{call.format("C9")}</Failed></Results></Image><Image id="2" result="passed"/></Panel>"""
    )
    assert [(m.characteristic, m.part, m.stated) for m in report.measurements] == [
        ("C9 / d", "1", Status.FAIL),
        ("2", "2", Status.PASS),
    ]
    assert report.notes == ("2 false calls, which are no defects",)


def stepwize(mode: str, value: str, outcome: str) -> Report:
    return read(
        f"""<ConfigAndResultsDataFile><ConfigandResultsData><sequencePF>Pass</sequencePF><Config_and_Result_Data>
        <Config_and_Data_Result><stepName>Draw</stepName><subItemName></subItemName><lowerLimit>0.0E+0</lowerLimit>
        <upperLimit>2.5E-1</upperLimit><limitMode>{mode}</limitMode><stepValue>{value}</stepValue><units>A</units>
        <measurementOutcome>{outcome}</measurementOutcome></Config_and_Data_Result>
        </Config_and_Result_Data></ConfigandResultsData></ConfigAndResultsDataFile>"""
    )


def test_stepwize_compares_as_its_mode_says() -> None:
    only_upper = stepwize("Value &lt;= UL", "-1", "Pass").measurements[0].limits
    assert only_upper is not None
    assert (only_upper.lower, only_upper.upper, only_upper.upper_open) == (None, Decimal("0.25"), False)
    assert stepwize("Value ~ UL", "1", "Pass").measurements[0].limits is None
    recorded = stepwize("Value &gt; LL", "0", "Performed- Record Only").measurements[0]
    assert (recorded.limits, recorded.stated) == (None, None)


def prop(name: str, *inner: str) -> str:
    return f"<Prop Name='{name}'>{''.join(inner)}</Prop>"


def test_teststand_property_trees() -> None:
    step = "<Prop Type='TEResult'>{}</Prop>".format(
        "".join(
            [
                prop("Status", "<Value>Failed</Value>"),
                prop("Numeric", "<Value>4</Value>"),
                prop("Units", "<Value>ms</Value>"),
                prop("TS", prop("StepName", "<Value>Keyboard</Value>")),
                prop("Limits", prop("Low", "<Value>5</Value>")),
                prop("Comp", "<Value>GT</Value>"),
            ]
        )
    )
    uut = prop("UUT", prop("SerialNumber", "<Value>77</Value>"))
    steps = prop("ResultList", f"<Value>{step}</Value>")
    report = read(f"<Reports><Report UUTResult='Failed'>{uut}{steps}</Report></Reports>")
    (found,) = report.measurements
    assert (report.format, report.stated, report.fields) == ("teststand", Status.FAIL, {"serial_no": "77"})
    assert (found.characteristic, found.value, found.unit, found.stated) == ("Keyboard", Decimal(4), "ms", Status.FAIL)
    assert found.limits is not None
    assert (found.limits.lower, found.limits.lower_open, found.limits.upper) == (Decimal(5), True, None)


@pytest.mark.parametrize("text", ["<Panel/>", '<UnitReport xmlns="urn:else"><TestRun/></UnitReport>', "<TestResults/>"])
def test_a_common_root_alone_is_no_dialect(text: str) -> None:
    assert read(text).format == "xml"
