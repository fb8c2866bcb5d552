"""A story as a file: notes, terse lines, CSV, JSON, XML in many layouts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from edge_app.distill.facts import Row, Story
from edge_app.distill.lexicon import Lexicon
from edge_app.distill.noise import Noise

Style = Callable[["Sheet"], str]


class Sheet:
    """What a style needs of a story: names of fields in the writer's language, header values, limits as text."""

    def __init__(self, story: Story, lexicon: Lexicon, random: Random, noise: Noise) -> None:
        self.story = story
        self.random = random
        self.noise = noise
        self._tongue = story.language if story.language != "mixed" else random.choice(["en", "zh"])
        self._words = lexicon.phrases[self._tongue]

    def field(self, name: str) -> str:
        """A field's name as this writer calls it."""
        return str(self.random.choice(self._words["fields"][name]))

    def title(self) -> str:
        """A heading."""
        return self.field("title")

    def head(self) -> str:
        """One header line."""
        name, value = self.header()[0]
        return self.random.choice([f"{name}: {value}", value, self.title()])

    def header(self) -> list[tuple[str, str]]:
        """Some header fields with their values."""
        number = self.random.randint(10, 9999)
        letters = "".join(self.random.choices("ABCDEFGHKLMPRSTVWX", k=self.random.randint(1, 3)))
        known = {
            "part": f"{self.story.name} {letters}-{number}",
            "lot": f"{letters}{self.random.randint(1000, 99999)}",
            "serial": f"{letters}{number:05}",
            "by": str(self.random.choice(self._words["names"])),
            "date": self.noise.day(),
        }
        wanted = ["part", *self.random.sample(["lot", "serial", "by", "date"], self.random.randint(0, 3))]
        return [(self.field(name), known[name]) for name in wanted]

    def limits(self, row: Row) -> str:
        """Limits in one cell."""
        if float(row.nominal) == 0:
            return self.random.choice(["≤{}", "max {}", "<= {}", "≤ {}"]).format(row.upper)
        forms = (f"{row.nominal}±{row.tolerance}", f"{row.nominal} ±{row.tolerance}", f"{row.lower}-{row.upper}",
                 f"{row.lower}~{row.upper}", f"{row.lower}..{row.upper}")  # fmt: skip
        return self.random.choice(forms)


def note(sheet: Sheet) -> str:
    """A note with a heading, fields, values and sentences on lines of their own."""
    lines = [sheet.title()] if sheet.random.random() < 0.6 else []  # noqa: PLR2004
    mark = sheet.random.choice([": ", "：", ":  ", " "])
    lines += [f"{name}{mark}{value}" for name, value in sheet.header()]
    lines += [""] * sheet.random.randint(0, 1)
    unit = sheet.random.random() < 0.7  # noqa: PLR2004
    lines += [
        f"{row.name} {row.value}{f' {row.unit}' if unit else ''} ({sheet.limits(row)})" for row in sheet.story.rows
    ]
    bullet = sheet.random.choice(["", "", "- ", "* ", "{}. ", "{}) "])
    label = f"{sheet.field('note')}: " if sheet.random.random() < 0.2 else ""  # noqa: PLR2004
    lines += [label + bullet.format(at) + line for at, line in enumerate(sheet.story.sentences, 1)]
    return "\n".join(lines) + "\n"


def paragraph(sheet: Sheet) -> str:
    """Everything in one paragraph below a heading."""
    chinese = sheet.story.language == "zh"
    stop = "。" if chinese else ". "
    rows = [f"{row.name} {row.value} {row.unit} ({sheet.limits(row)})" for row in sheet.story.rows]
    head = ", ".join(value for _, value in sheet.header())
    return head + "\n" + stop.join([*rows, *sheet.story.sentences]).strip() + stop.strip() + "\n"


def terse(sheet: Sheet) -> str:
    """One line."""
    mark = sheet.random.choice(["; ", ", ", " / ", "；", " - "])
    rows = [f"{row.name} {row.value} ({sheet.limits(row)})" for row in sheet.story.rows]
    return mark.join([sheet.header()[0][1], *rows, *sheet.story.sentences]) + "\n"


def table(sheet: Sheet) -> str:
    """CSV with header lines, a table, and remarks in a column or below."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sheet.random.choice([",", ",", ";", "\t"]), lineterminator="\n")
    writer.writerows(sheet.header())
    sentences = list(sheet.story.sentences)
    remark = sheet.field("note")
    if sheet.story.rows:
        _write_rows(sheet, writer, remark, sentences)
    writer.writerows([remark, sentence] for sentence in sentences)
    return out.getvalue()


def _write_rows(sheet: Sheet, writer: Any, remark: str, sentences: list[str]) -> None:
    chinese = sheet.story.language == "zh"
    together = sheet.random.random() < 0.5  # noqa: PLR2004
    heads = ["项目", "规格", "实测"] if chinese else ["item", "spec", "actual"]
    apart = ["项目", "下限", "上限", "实测"] if chinese else ["name", "LSL", "USL", "value"]
    writer.writerow([*(heads if together else apart), remark])
    for row in sheet.story.rows:
        limits = [sheet.limits(row)] if together else [row.lower, row.upper]
        beside = sentences.pop(0) if sentences and sheet.random.random() < 0.4 else ""  # noqa: PLR2004
        writer.writerow([row.name, *limits, row.value, beside])


def record(sheet: Sheet) -> str:
    """JSON with a list of values and notes as one text, a list or single keys."""
    data: dict[str, Any] = dict(sheet.header())
    if sheet.story.rows:
        key = sheet.random.choice(["measurements", "values", "rows", "steps", "检测"])
        data[key] = [
            {
                "name": row.name,
                "lower": float(row.lower),
                "upper": float(row.upper),
                "value": float(row.value),
                "unit": row.unit,
            }
            for row in sheet.story.rows
        ]
    match sheet.random.choice(["text", "list", "keys"]):
        case "text":
            data[sheet.field("note")] = "; ".join(sheet.story.sentences)
        case "list":
            data[sheet.field("note")] = sheet.story.sentences
        case _:
            data |= {f"{sheet.field('note')}{at or ''}": line for at, line in enumerate(sheet.story.sentences)}
    return json.dumps(data, ensure_ascii=False, indent=sheet.random.choice([None, 1, 2]))


def document(sheet: Sheet) -> str:
    """XML with values as elements."""
    root = sheet.random.choice(["report", "inspection", "检验单", "qc"])
    rows = [
        f"<item name={quoteattr(row.name)} min={quoteattr(row.lower)} max={quoteattr(row.upper)}"
        f" value={quoteattr(row.value)}/>"
        for row in sheet.story.rows
    ]
    tag = sheet.random.choice(["note", "remark", "comment", "备注"])
    notes = [f"<{tag}>{escape(line)}</{tag}>" for line in sheet.story.sentences]
    fields = [f"<field name={quoteattr(name)}>{escape(value)}</field>" for name, value in sheet.header()]
    return "\n".join([f"<{root}>", *fields, *rows, *notes, f"</{root}>"]) + "\n"


STYLES: Final[dict[str, tuple[Style, float]]] = {
    "note.txt": (note, 4),
    "paragraph.txt": (paragraph, 2),
    "terse.txt": (terse, 2.5),
    "table.csv": (table, 2),
    "record.json": (record, 2),
    "document.xml": (document, 1),
}
"""By file name: how it is written and how often."""
