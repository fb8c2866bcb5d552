"""A model that was made elsewhere answers here before it is put in its place: what cannot is refused at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError
from edge_app.models.config import weight_bytes
from edge_app.models.fidelity import IrScorer
from edge_app.models.fit import Fit, Need, Room, decide
from edge_app.models.golden import Golden, make_golden, mismatches, read_golden, write_golden
from edge_app.models.layout import IR, ir_precision
from edge_app.models.tokens import Tokens

COPIES: Final = {Precision.FP16: 2, Precision.INT8: 1, Precision.INT4: 1}
"""Of the weights in memory when a model is asked in f32, beside the mapped file, which the kernel may drop."""
_HINT: Final = "get it again from where it was made, or prepare it here from its source"


_TEXT: Final = "Weld 17: undersize throat 2.8 mm, not inspected again."


def prove(folder: Path, room: Room) -> str:
    """Have the model in ``folder`` answer its golden prompts; where it brings none, make them.

    Returns why it has none in the end: no ``room`` in memory; empty otherwise. Those that came along are kept
    then: each start asks them again. Raises ModelError when the model does not answer, or answers otherwise.
    """
    try:
        _tokenizer(folder)
        return _proven(folder, room)
    except (RuntimeError, LookupError, ValueError, TypeError) as error:  # whatever OpenVINO finds in foreign files
        said = " ".join(str(error).split())[-200:]
        raise ModelError(f"the model does not answer: {said}", _HINT) from error
    except ModelError as error:
        raise ModelError(str(error).replace(f"{folder}/", ""), _HINT) from error


def _proven(folder: Path, room: Room) -> str:
    golden = read_golden(folder)
    if not (fit := fits(folder, room)).fits:
        return "" if golden else fit.reason
    if golden is None:
        write_golden(folder, make_golden(folder))
    elif wrong := mismatches(golden, _answers(folder, golden)):
        raise ModelError(f"the model does not answer as it did where it was made: {wrong[0]}")
    return ""


def _tokenizer(folder: Path) -> None:
    """Both directions, which costs little: a torn one would else be found by the first report."""
    tokens = Tokens(folder)
    try:
        whole = tokens.decode(tokens.encode(_TEXT)).split() == _TEXT.split()
    except RuntimeError as error:
        raise ModelError("the tokenizer does not run: its files are damaged") from error
    if not whole:
        raise ModelError("the tokenizer does not give a text back: its files are damaged")


def fits(folder: Path, room: Room) -> Fit:
    """Whether the model in ``folder`` can be asked in f32."""
    precision = ir_precision((folder / IR).read_bytes())
    return decide(Need(folder.name, precision, weight_bytes(folder) * COPIES[precision], cache=0, largest=0), room)


def _answers(folder: Path, golden: Golden) -> list[Sequence[int]]:
    scorer = IrScorer(folder)
    return [scorer.greedy(each.input, len(each.tokens)).tokens for each in golden.prompts]
