"""A simulated shift as one self-contained SVG picture: no script, no font, no link."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.governor.simulation import Shift

_WIDTH, _LEFT, _RIGHT = 960, 90, 20
_HEIGHT, _GAP, _TOP = 96, 30, 68
_SPAN: Final = _WIDTH - _LEFT - _RIGHT
_COLOURS: Final = {Precision.FP16: "#2a6fb0", Precision.INT8: "#d9902f", Precision.INT4: "#b5403a"}
_STYLE: Final = (
    "text{font:12px sans-serif;fill:#333}.t{font-size:16px;font-weight:bold}.n{fill:#777}"
    ".g{stroke:#ddd}.l{stroke:#b5403a;stroke-dasharray:5 4}"
    ".v{fill:none;stroke:#2a6fb0;stroke-width:1.5}.u{fill:none;stroke:#bbb}"
)


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    unit: str
    values: Sequence[float]
    under: Sequence[float] = ()
    """Drawn thin and grey below the values."""
    limit: float | None = None
    """Drawn as a dashed line."""
    least: float = 0.0


def draw(shift: Shift) -> str:
    """The picture: temperature, clock, precision, reports and energy over the hours."""
    panels = _panels(shift)
    height = _TOP + 2 * _GAP + len(panels) * (_HEIGHT + _GAP)
    body = [*_head(shift), *_precision(shift, _TOP)]
    for number, panel in enumerate(panels):
        body += _panel(panel, shift.hours, _TOP + _GAP * 2 + number * (_HEIGHT + _GAP))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(body)}</svg>\n'
    )


def _panels(shift: Shift) -> list[_Panel]:
    minutes = shift.minutes
    return [
        _Panel("temperature", "°C", [each.temperature_c for each in minutes], (), shift.limit_c, shift.ambient_c),
        _Panel(
            "cap and, in grey, the GPU's clock at most",
            "MHz",
            [shift.highest_mhz if each.cap_mhz is None else each.cap_mhz for each in minutes],
            [each.actual_mhz for each in minutes],
        ),
        _Panel("time the engine may work", "%", [0 if each.is_paused else 100 * each.duty for each in minutes]),
        _Panel("reports", "a minute", [each.reports for each in minutes]),
        _Panel("reports waiting", "", [each.queued for each in minutes]),
        _Panel("energy", "J a minute", [each.energy_j for each in minutes]),
    ]


def _head(shift: Shift) -> Iterator[str]:
    told = shift.summary()
    cooling = {"firmware": "firmware alone", "fixed": "fixed cap of 1.2 GHz"}.get(shift.cooling, "governor")
    title = f"Simulated: {shift.profile}, {shift.ambient_c:g} °C around it, {shift.load}, {cooling}"
    facts = (
        f"{told['reports']} reports, {told['joules_per_report']} J each above idle; at most "
        f"{told['max_temperature_c']} °C, {told['minutes_over_limit']} min over the limit, "
        f"{told['cap_changes_per_hour']} changes of the cap an hour"
    )
    yield _text(_LEFT, 24, title, "t") + _text(_LEFT, 42, facts, "n")
    yield _text(_LEFT, 58, "All numbers are those of a model of a machine, not of a machine.", "n")


def _precision(shift: Shift, top: float) -> Iterator[str]:
    """A band: the costliest precision that is allowed."""
    yield _text(_LEFT - 8, top + 18, "at most", "n", "end")
    at = 0
    for precision, group in groupby(each.precision for each in shift.minutes):
        length = len(list(group))
        left, width = _x(at, len(shift.minutes)), _x(at + length, len(shift.minutes)) - _x(at, len(shift.minutes))
        yield f'<rect x="{left:.1f}" y="{top + 4}" width="{width:.1f}" height="20" fill="{_COLOURS[precision]}">'
        yield f"<title>{precision.upper()}</title></rect>"
        if width > 40:  # noqa: PLR2004  the word fits
            yield f'<text x="{left + 6:.1f}" y="{top + 18}" style="fill:#fff">{precision.upper()}</text>'
        at += length


def _panel(panel: _Panel, hours: float, top: float) -> Iterator[str]:
    most = max([*panel.values, panel.limit or 0.0, panel.least + 1]) * 1.05
    for share in (0.0, 0.5, 1.0):
        y = top + _HEIGHT * (1 - share)
        yield f'<line class="g" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>'
        yield _text(_LEFT - 8, y + 4, f"{panel.least + share * (most - panel.least):.0f}", "n", "end")
    if panel.limit is not None:
        y = _y(panel.limit, panel.least, most, top)
        yield f'<line class="l" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
    if panel.under:
        yield _line(panel.under, panel.least, most, top, "u")
    yield _line(panel.values, panel.least, most, top, "v")
    yield _text(_LEFT, top - 6, f"{panel.title}, {panel.unit}" if panel.unit else panel.title)
    yield _text(_WIDTH - _RIGHT, top + _HEIGHT + 14, f"{hours:g} h", "n", "end")


def _line(values: Sequence[float], least: float, most: float, top: float, kind: str) -> str:
    points = (f"{_x(at + 0.5, len(values)):.1f},{_y(value, least, most, top):.1f}" for at, value in enumerate(values))
    return f'<polyline class="{kind}" points="{" ".join(points)}"/>'


def _x(at: float, count: int) -> float:
    return _LEFT + _SPAN * at / count


def _y(value: float, least: float, most: float, top: float) -> float:
    return top + _HEIGHT * (1 - (max(value, least) - least) / (most - least))


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'
