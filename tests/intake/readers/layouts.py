"""One inspection written in the many layouts that people and machines use: for tests, no report is copied.

A ``Sheet`` is what was measured; each layout writes it as the text of a file. What a layout says must not
depend on how it says it, so any value outside its limits has to be found in all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import quoteattr


@dataclass(frozen=True, slots=True)
class Item:
    """One characteristic with limits and the values of all parts."""

    name: str
    lower: Decimal
    upper: Decimal
    values: tuple[Decimal, ...]

    @property
    def nominal(self) -> Decimal:
        """In the middle."""
        return (self.lower + self.upper) / 2

    @property
    def width(self) -> Decimal:
        """On each side."""
        return (self.upper - self.lower) / 2


Sheet = tuple[Item, ...]
Layout = Callable[[Sheet], str]


def _comma(text: str) -> str:
    return text.replace(".", ",")


def _rows(sheet: Sheet, head: list[str], cells: Callable[[int, Item], list[str]], mark: str) -> str:
    lines = [head, *(cells(at, item) for at, item in enumerate(sheet, 1))]
    return "\n".join(mark.join(line) for line in lines) + "\n"


def _parts(sheet: Sheet, name: str) -> list[str]:
    return [f"{name} {at}" for at in range(1, len(sheet[0].values) + 1)]


def low_high_parts(sheet: Sheet) -> str:
    """``pos;feature;low;high;part 1;part 2``, decimal commas."""
    head = ["pos", "feature", "low", "high", *_parts(sheet, "part")]
    return _rows(
        sheet,
        head,
        lambda at, i: [str(at * 10), i.name, *(_comma(str(v)) for v in (i.lower, i.upper, *i.values))],
        ";",
    )


def min_max_cavities(sheet: Sheet) -> str:
    """Tabs, a number sign for a first heading, cavities."""
    head = ["#", "char", "min", "max", *_parts(sheet, "cav")]
    return "Dim report\tT1\n" + _rows(
        sheet, head, lambda at, i: [str(at), i.name, *(str(v) for v in (i.lower, i.upper, *i.values))], "\t"
    )


def values_first(sheet: Sheet) -> str:
    """Values before the limits, under headings that nobody knows."""
    head = ["no", "characteristic", *(f"T{at}" for at in range(1, len(sheet[0].values) + 1)), "LSL", "USL"]
    return _rows(sheet, head, lambda at, i: [str(at), i.name, *(str(v) for v in (*i.values, i.lower, i.upper))], ",")


def specification_text(sheet: Sheet) -> str:
    """``5.0±0.1`` in a column that is called something."""
    head = ["序", "项目", "要求", *(f"实测{at}" for at in range(1, len(sheet[0].values) + 1))]
    return "零件,端盖\n" + _rows(
        sheet, head, lambda at, i: [str(at), i.name, f"{i.nominal}±{i.width}", *map(str, i.values)], ","
    )


def nominal_and_tolerances(sheet: Sheet) -> str:
    """Nominal, +Tol, -Tol, Actual."""
    head = ["Characteristic", "Nominal", "+Tol", "-Tol", *(f"Actual {at + 1}" for at in range(len(sheet[0].values)))]
    return _rows(
        sheet, head, lambda _, i: [i.name, str(i.nominal), f"+{i.width}", f"-{i.width}", *map(str, i.values)], ","
    )


def words_for_limits(sheet: Sheet) -> str:
    """``最小``, ``最大`` and a verdict that says nothing."""
    head = ["检验项目", "单位", "下限", "上限", *(f"样{at + 1}" for at in range(len(sheet[0].values))), "备注"]
    return _rows(sheet, head, lambda _, i: [i.name, "mm", str(i.lower), str(i.upper), *map(str, i.values), ""], ",")


def a_row_a_value(sheet: Sheet) -> str:
    """Serial numbers, one value a row, the range in one cell."""
    lines = [["SN", "dim", "range", "reading"]]
    lines += [
        [f"K-{at + 1:03}", i.name, f"{i.lower}-{i.upper}", str(i.values[at])]
        for at in range(len(sheet[0].values))
        for i in sheet
    ]
    return "\n".join("|".join(line) for line in lines) + "\n"


def in_micrometres(sheet: Sheet) -> str:
    """Limits in the column's unit, values with their own."""
    head = ["step", "signal", "unit", "lo", "hi", *(f"read {at + 1}" for at in range(len(sheet[0].values)))]
    return _rows(
        sheet,
        head,
        lambda at, i: [str(at), i.name, "mm", str(i.lower), str(i.upper), *(f"{v * 1000:f} um" for v in i.values)],
        ";",
    )


def characteristic_a_column(sheet: Sheet) -> str:
    """Limits in rows of their own, a part a row."""
    lines = [["part", *(i.name for i in sheet)]]
    lines.append(["USL", *(str(i.upper) for i in sheet)])
    lines.append(["LSL", *(str(i.lower) for i in sheet)])
    lines += [[f"P-{at + 1}", *(str(i.values[at]) for i in sheet)] for at in range(len(sheet[0].values))]
    return "\n".join(",".join(line) for line in lines) + "\n"


def limits_above(sheet: Sheet) -> str:
    """``要求,孔距32.2±0.1,厚度2.0±0.1`` over columns of these names."""
    spec = ["要求", *(f"{i.name}{i.nominal}±{i.width}" for i in sheet)]
    lines = [["样件", *(i.name for i in sheet)]]
    lines += [[f"A-{at + 1}", *(str(i.values[at]) for i in sheet)] for at in range(len(sheet[0].values))]
    return "\n".join(",".join(line) for line in [spec, *lines]) + "\n"


def json_bounds(sheet: Sheet) -> str:
    """A list of records with row numbers."""
    return json.dumps(
        {
            "checks": [
                {
                    "sl": at,
                    "param": i.name,
                    "lo": float(i.lower),
                    "hi": float(i.upper),
                    "obs": [float(v) for v in i.values],
                }
                for at, i in enumerate(sheet, 1)
            ]
        }
    )


def json_pair(sheet: Sheet) -> str:
    """``"tol": [lo, hi]``."""
    return json.dumps(
        {
            "items": [
                {"n": i.name, "tol": [float(i.lower), float(i.upper)], "found": [float(v) for v in i.values]}
                for i in sheet
            ]
        }
    )


def json_text(sheet: Sheet) -> str:
    """One sentence a member."""
    return json.dumps(
        {
            i.name: f"{'、'.join(map(str, i.values))}（{i.lower}～{i.upper}）"
            if len(i.values) > 1
            else f"{i.values[0]}（{i.lower}～{i.upper}）"
            for i in sheet
        },
        ensure_ascii=False,
    )


def json_nested(sheet: Sheet) -> str:
    """Limits and readings in objects of their own."""
    return json.dumps(
        {
            "features": {
                i.name: {
                    "limits": {"min": float(i.lower), "max": float(i.upper)},
                    "readings": [float(v) for v in i.values],
                }
                for i in sheet
            }
        }
    )


def json_named_limits(sheet: Sheet) -> str:
    """``"limits": {"bore": [lo, hi]}`` beside results of that name."""
    return json.dumps(
        {
            "limits": {i.name: [float(i.lower), float(i.upper)] for i in sheet},
            "results": [{i.name: float(i.values[at]) for i in sheet} for at in range(len(sheet[0].values))],
        },
        ensure_ascii=False,
    )


def json_columns(sheet: Sheet) -> str:
    """Unit and values in a record with a nominal."""
    return json.dumps(
        {
            "data": [
                {
                    "feature": i.name,
                    "nominal": float(i.nominal),
                    "tol": float(i.width),
                    "actual": float(v),
                    "unit": "mm",
                }
                for i in sheet
                for v in i.values
            ]
        }
    )


def xml_elements(sheet: Sheet) -> str:
    """An element for everything."""
    rows = "".join(
        f"<Dim><Name>{i.name}</Name><Min>{i.lower}</Min><Max>{i.upper}</Max><Actual>{v}</Actual><Unit>mm</Unit></Dim>"
        for i in sheet
        for v in i.values
    )
    return f"<Report><Part>cover</Part>{rows}</Report>"


def xml_attributes(sheet: Sheet) -> str:
    """One element a value, names of a test stand."""
    rows = "".join(
        f'<Meas nm={quoteattr(i.name)} lo="{i.lower}" hi="{i.upper}" v="{v}"/>' for i in sheet for v in i.values
    )
    return f"<Run stand='FT-2'>{rows}</Run>"


def xml_series(sheet: Sheet) -> str:
    """Limits of an element hold for the values inside it."""
    rows = "".join(
        f'<Series of={quoteattr(i.name)} lsl="{i.lower}" usl="{i.upper}">'
        + "".join(f'<pt h="{at:02}">{v}</pt>' for at, v in enumerate(i.values, 6))
        + "</Series>"
        for i in sheet
    )
    return f"<TestRun stand='EOL-4'>{rows}</TestRun>"


def xml_text(sheet: Sheet) -> str:
    """``<check spec="5.0±0.1">4.9 5.1</check>``."""
    rows = "".join(
        f'<check what={quoteattr(i.name)} spec="{i.nominal}±{i.width}">{" ".join(map(str, i.values))}</check>'
        for i in sheet
    )
    return f"<sheet part='cover'>{rows}</sheet>"


def aligned_text(sheet: Sheet) -> str:
    """Columns of a typed sheet, a ruler below the heading."""
    lines = [f"{'Char':<14}{'Requirement':<22}{'Found':<12}Verdict", "-" * 60]
    lines += [f"{i.name:<14}{f'{i.nominal} ±{i.width}':<22}{v!s:<12}see below" for i in sheet for v in i.values]
    return "\n".join(lines) + "\n"


def notes_bracket(sheet: Sheet) -> str:
    """``bore 5.02 (4.95-5.05)``."""
    return "\n".join(f"{i.name} {', '.join(map(str, i.values))} ({i.lower}-{i.upper})" for i in sheet) + "\n"


def notes_spec_first(sheet: Sheet) -> str:
    """``bore 5.0±0.1: 4.98 5.03``."""
    return "\n".join(f"{i.name} {i.nominal}±{i.width}: {' '.join(map(str, i.values))}" for i in sheet) + "\n"


def notes_max_min(sheet: Sheet) -> str:
    """``min 4.95 max 5.05, found 5.02``."""
    return (
        "\n".join(f"{i.name} min {i.lower} max {i.upper}, found {' / '.join(map(str, i.values))}" for i in sheet) + "\n"
    )


def notes_drawing_says(sheet: Sheet) -> str:
    """Two sentences: what was found, what is asked for."""
    return "\n".join(
        f"{i.name} came out at {' and '.join(map(str, i.values))}, drawing says {i.lower} to {i.upper}." for i in sheet
    )


def notes_readings_below(sheet: Sheet) -> str:
    """A heading with its limits, readings in lines below it."""
    return "\n\n".join(
        f"{i.name} (要求 {i.lower}~{i.upper})\n" + "\n".join(f"{at}号 {v}" for at, v in enumerate(i.values, 1))
        for i in sheet
    )


def bars(sheet: Sheet) -> str:
    """A table drawn with bars."""
    lines = ["| No | Item | Spec | Result |", "|---|---|---|---|"]
    lines += [f"| {at} | {i.name} | {i.lower}~{i.upper} | {v} |" for at, i in enumerate(sheet, 1) for v in i.values]
    return "\n".join(lines) + "\n"


def notes_chinese(sheet: Sheet) -> str:
    """``孔径要求4.95～5.05，实测4.98、5.03``."""
    return "\n".join(f"{i.name}要求{i.lower}～{i.upper}，实测{'、'.join(map(str, i.values))}。" for i in sheet) + "\n"


def notes_loose(sheet: Sheet) -> str:
    """No word between limits and values: ``孔深6.2±0.05 抽五只 6.21 6.18``."""
    return "\n".join(
        f"{i.name}{i.nominal}±{i.width} 抽{len(i.values)}只 {' '.join(map(str, i.values))} 流转" for i in sheet
    )


def headings_with_limits(sheet: Sheet) -> str:
    """``no,外径 4.95~5.05,孔距 8.0±0.1``: a part a row below them."""
    lines = [["no", *(f"{i.name} {i.lower}~{i.upper}" for i in sheet)]]
    lines += [[f"P-{at + 1}", *(str(i.values[at]) for i in sheet)] for at in range(len(sheet[0].values))]
    return "\n".join(",".join(line) for line in lines) + "\n"


def unnamed_limits_above(sheet: Sheet) -> str:
    """A line of nothing but limits over the headings."""
    lines = [["", *(f"{i.lower}-{i.upper}" for i in sheet)], ["unit", *(f"{i.name} mm" for i in sheet)]]
    lines += [[f"P-{at + 1}", *(str(i.values[at]) for i in sheet)] for at in range(len(sheet[0].values))]
    return "module cover,bench 2\n" + "\n".join(",".join(line) for line in lines) + "\n"


def no_header(sheet: Sheet) -> str:
    """Rows that explain themselves."""
    lines = [[i.name, f"{i.lower}-{i.upper}", *map(str, i.values)] for i in sheet]
    return "cover,bench 2\n" + "\n".join(",".join(line) for line in lines) + "\n"


def key_and_value(sheet: Sheet) -> str:
    """``外径标准,4.95-5.05`` and ``外径,5.02``, each on a line of its own."""
    lines = [
        line for i in sheet for line in (f"{i.name}标准,{i.lower}-{i.upper}", *(f"{i.name},{v}" for v in i.values))
    ]
    return "\n".join(lines) + "\n"


def json_sibling_limits(sheet: Sheet) -> str:
    """``"外径要求": "4.95～5.05"`` beside ``"外径": {"件1": 5.02}``."""
    both = [
        ((f"{i.name}要求", f"{i.lower}～{i.upper}"), (i.name, {f"件{n}": float(v) for n, v in enumerate(i.values, 1)}))
        for i in sheet
    ]
    return json.dumps(dict(pair for pairs in both for pair in pairs), ensure_ascii=False)


def aligned_without_header(sheet: Sheet) -> str:
    """A name, its limits and all values in columns."""
    return "\n".join(f"{i.name:<12}{f'{i.lower}-{i.upper}':<20}{'  '.join(map(str, i.values))}" for i in sheet) + "\n"


def aligned_characteristic_a_column(sheet: Sheet) -> str:
    """Limits in a row of their own, in typed columns."""
    lines = [["件号", *(i.name for i in sheet)], ["要求", *(f"{i.nominal}±{i.width}" for i in sheet)]]
    lines += [[f"{at + 1}", *(str(i.values[at]) for i in sheet)] for at in range(len(sheet[0].values))]
    return "\n".join("   ".join(line) for line in lines) + "\n"


def notes_two_sentences(sheet: Sheet) -> str:
    """``Bore came out at 5.02. Drawing says 4.95 to 5.05`` on a line."""
    return "\n".join(
        f"{i.name} came out at {', '.join(map(str, i.values))}. Drawing says {i.lower} to {i.upper}." for i in sheet
    )


LAYOUTS: dict[str, tuple[Layout, str]] = {
    layout.__name__: (layout, suffix)
    for suffix, layouts in {
        "csv": (
            low_high_parts,
            min_max_cavities,
            values_first,
            specification_text,
            nominal_and_tolerances,
            words_for_limits,
            a_row_a_value,
            in_micrometres,
            characteristic_a_column,
            limits_above,
            headings_with_limits,
            unnamed_limits_above,
            no_header,
            key_and_value,
        ),
        "json": (json_bounds, json_pair, json_text, json_nested, json_named_limits, json_columns, json_sibling_limits),
        "xml": (xml_attributes, xml_series, xml_text, xml_elements),
        "txt": (
            aligned_text,
            notes_bracket,
            notes_spec_first,
            notes_chinese,
            notes_max_min,
            notes_drawing_says,
            notes_readings_below,
            bars,
            notes_loose,
            aligned_without_header,
            aligned_characteristic_a_column,
            notes_two_sentences,
        ),
    }.items()
    for layout in layouts
}
"""Every layout with the suffix of its file."""
