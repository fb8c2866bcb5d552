"""Where test-stand and inspection machines put things in their XML: one literal table a dialect.

Paths are those of ``xml_tree``. A new dialect is a new table here, not a new reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_app.domain.verdict import Status


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits that stand in two places."""

    lower: str
    upper: str
    mode: str = ""
    """Where it says how they are compared, if anywhere."""
    modes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Comparators of the lower and the upper bound by mode; an empty one switches its bound off."""
    zero_is_none: bool = False
    """Both zero means no limits; a zero that would make them contradict is no limit."""


@dataclass(frozen=True, slots=True)
class Comparators:
    """Limits that each stand with their comparator."""

    limits: tuple[str, ...]
    comparator: str
    bound: str
    any_of: str
    """Where this leads anywhere, one limit is enough: no interval, so no limits for us."""
    around: tuple[str, str]
    """The interval that "equal" means where it has an allowance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured value or step. Paths start at the element."""

    element: str
    """How its place ends."""
    name: tuple[str, ...]
    """All that lead to a text, joined."""
    outcome: tuple[str, ...]
    value: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    limits: Bounds | Comparators | None = None
    unless: tuple[str, ...] = ()
    """The element is no row when one of these leads anywhere."""
    part: tuple[str, ...] = ()
    unlimited: frozenset[str] = frozenset()
    """Outcomes that say: recorded only, the limits do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One family of files."""

    format: str
    roots: frozenset[str]
    has: str = ""
    """What a file of this family has, from its root: some names of roots are common."""
    product: str = ""
    """From the root to what is about one product, where a file can be about several."""
    namespaces: tuple[str, ...] = ("",)
    """How the namespace of the root begins; empty for none."""
    fields: Mapping[str, tuple[str, ...]]
    """Header fields, from the product."""
    outcome: tuple[str, ...]
    """The verdict of the file on the product, from the product."""
    outcomes: Mapping[str, Status]
    """Words that are verdicts. Others, such as Done and Skipped, say nothing."""
    rows: tuple[Row, ...]
    dull_names: frozenset[str] = frozenset()
    """Generic names that say nothing of what was measured."""
    counted: Mapping[str, str] = field(default_factory=dict)
    """What is counted in a note, by the end of its path: false calls, pending runs."""


_ATML_OUTCOMES: Final = {
    "Passed": Status.PASS,
    "Failed": Status.FAIL,
    "Aborted": Status.INDETERMINATE,
    "Terminated": Status.INDETERMINATE,
    "Error": Status.INDETERMINATE,
    "Inconclusive": Status.INDETERMINATE,
    "NotStarted": Status.INDETERMINATE,
}

_ATML: Final = Dialect(
    format="atml",
    roots=frozenset({"TestResults", "TestResultsCollection"}),
    product="TestResults",
    namespaces=("http://www.ieee.org/ATML/", "urn:IEEE-1636.1:"),
    fields={
        "part_no": (
            "UUT/Definition/Identification/IdentificationNumbers/IdentificationNumber[type=Part]/number",
            "UUT/Definition/Identification/ModelName",
        ),
        "serial_no": ("UUT/SerialNumber",),
        "station": ("TestStation/SerialNumber",),
        "operator": ("Personnel/SystemOperator/name", "Personnel/SystemOperator/ID"),
        "time": ("ResultSet/endDateTime", "ResultSet/startDateTime"),
    },
    outcome=("ResultSet/Outcome/value",),
    outcomes=_ATML_OUTCOMES,
    rows=(
        Row(
            element="TestResult",
            name=("../name", "name"),
            value=("TestData/Datum/value", "TestData/Datum/Value"),
            unit=("TestData/Datum/standardUnit", "TestData/Datum/nonStandardUnit"),
            limits=Comparators(
                limits=(
                    "TestLimits/Limits/LimitPair/Limit",
                    "TestLimits/Limits/SingleLimit",
                    "TestLimits/Limits/Expected",
                ),
                comparator="comparator",
                bound="Datum/value",
                any_of="TestLimits/Limits/LimitPair[operator=OR]",
                around=(
                    "TestLimits/Limits/Extension/TSLimitProperties/RawLimits/ThresholdLow/value",
                    "TestLimits/Limits/Extension/TSLimitProperties/RawLimits/ThresholdHigh/value",
                ),
            ),
            outcome=("Outcome/value", "../Outcome/value"),
        ),
        Row(element="Test", name=("name",), outcome=("Outcome/value",), unless=("TestResult",)),
    ),
    dull_names=frozenset({"Numeric", "String"}),
)

_SIGMAQUEST: Final = Dialect(
    format="sigmaquest",
    roots=frozenset({"UnitReport"}),
    has="TestRun",
    namespaces=("", "urn:unitreport-schema"),
    fields={
        "part_no": ("Category/Product/part-no", "Product/part-no"),
        "serial_no": ("Category/Product/serial-no", "Product/serial-no"),
        "lot_no": ("Category/Product/factory-order",),
        "station": ("Station/name", "Station/guid"),
        "operator": ("Operator/name",),
        "time": ("end-time", "start-time"),
    },
    outcome=("TestRun/grade",),
    outcomes={"PASS": Status.PASS, "FAIL": Status.FAIL, "PENDING": Status.INDETERMINATE},
    rows=(
        *(
            Row(
                element=f"{holder}/{kind}",
                name=(run, "name"),
                value=(".",),
                unit=("uom",),
                limits=Bounds("lsl", "usl", zero_is_none=True),
                outcome=("grade",),
            )
            for holder, run in (("Result/Property", "../../../name"), ("TestRun/Result", "../../name"))
            for kind in ("ValueDouble", "ValueInteger")
        ),
        Row(element="TestRun", name=("../name", "name"), outcome=("grade",), unless=("TestRun",)),
    ),
    counted={"TestRun[grade=PENDING]": "pending runs"},
)

_SAKI: Final = Dialect(
    format="saki",
    roots=frozenset({"Panel"}),
    has="Image/result",
    fields={
        "part_no": ("Program/name",),
        "serial_no": ("barcode",),
        "operator": ("operator",),
        "time": ("startDate",),
    },
    outcome=("result",),
    outcomes={"passed": Status.PASS, "failed": Status.FAIL},
    rows=(
        Row(element="Image", name=("id",), outcome=("result",), part=("id",), unless=("Results/Failed/Reference",)),
        Row(
            element="Failed/Reference",
            name=("designator", "description"),
            outcome=("../../../result",),
            part=("../../../id",),
        ),
    ),
    counted={"FalseCalls/Reference": "false calls, which are no defects"},
)

_STEPWIZE: Final = Dialect(
    format="stepwize",
    roots=frozenset({"ConfigAndResultsDataFile"}),
    has="ConfigandResultsData",
    fields={
        "part_no": ("ConfigandResultsData/partNumber",),
        "serial_no": ("ConfigandResultsData/serialNumber",),
        "lot_no": ("ConfigandResultsData/workOrder",),
    },
    outcome=("ConfigandResultsData/sequencePF",),
    outcomes={"Pass": Status.PASS, "Fail": Status.FAIL, "Passed": Status.PASS, "Failed": Status.FAIL},
    rows=(
        Row(
            element="Config_and_Data_Result",
            name=("stepName", "subItemName"),
            value=("stepValue",),
            unit=("units",),
            limits=Bounds(
                "lowerLimit",
                "upperLimit",
                "limitMode",
                {
                    "Value > LL": ("GT", ""),
                    "Value >= LL": ("GE", ""),
                    "Value < UL": ("", "LT"),
                    "Value <= UL": ("", "LE"),
                    "LL < Value < UL": ("GT", "LT"),
                    "LL <= Value <= UL": ("GE", "LE"),
                },
            ),
            outcome=("measurementOutcome",),
            unlimited=frozenset({"Performed- Record Only"}),
        ),
    ),
)

_TESTSTAND: Final = Dialect(
    format="teststand",
    roots=frozenset({"Reports", "TSReport"}),
    product="Report",
    fields={
        "part_no": ("Prop[Name=UUT]/Prop[Name=PartNumber]/Value",),
        "serial_no": ("Prop[Name=UUT]/Prop[Name=SerialNumber]/Value",),
        "station": ("Prop[Name=StationInfo]/Prop[Name=StationID]/Value",),
        "operator": ("Prop[Name=StationInfo]/Prop[Name=LoginName]/Value",),
    },
    outcome=("UUTResult", "Prop[Name=MainSequenceResults]/Prop[Name=Status]/Value"),
    outcomes=_ATML_OUTCOMES,
    rows=(
        Row(
            element="Prop[Type=TEResult]",
            name=("Prop[Name=TS]/Prop[Name=StepName]/Value",),
            value=("Prop[Name=Numeric]/Value", "Prop[Name=String]/Value"),
            unit=("Prop[Name=Units]/Value",),
            limits=Bounds(
                "Prop[Name=Limits]/Prop[Name=Low]/Value",
                "Prop[Name=Limits]/Prop[Name=High]/Value",
                "Prop[Name=Comp]/Value",
                {
                    "GELE": ("GE", "LE"),
                    "GTLT": ("GT", "LT"),
                    "GELT": ("GE", "LT"),
                    "GTLE": ("GT", "LE"),
                    "GE": ("GE", ""),
                    "GT": ("GT", ""),
                    "LE": ("", "LE"),
                    "LT": ("", "LT"),
                },
            ),
            outcome=("Prop[Name=Status]/Value",),
            unless=("Prop[Name=TS]/Prop[Name=SequenceCall]",),
        ),
    ),
)

DIALECTS: Final = (_ATML, _SIGMAQUEST, _SAKI, _STEPWIZE, _TESTSTAND)
