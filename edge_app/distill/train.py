"""Train the student on a data-centre GPU: language first, then the engine's own task.

``python -m edge_app.distill.train CORPUS OUT [--minutes M] …`` reads what ``corpus`` wrote, trains a qwen2 within
the minutes given, answers the held-out prompts, and writes weights (safetensors shards), tokenizer, ``log.json``,
``loss.png`` and ``answers.json``. It needs torch, transformers, tokenizers, safetensors and matplotlib, and
nothing else of this project, so that it runs on a machine where only these are installed.
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_app.distill.batches import NO_LOSS, pair_batches, plain_batches, read_pairs, read_plain
from edge_app.distill.student import agreement, answer_all, load_model, make_model, save

_WARM_UP: Final = 0.02
_FLOOR: Final = 0.05
_LOG_EVERY: Final = 100
_LOG_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Run:
    """What is trained, from what, for how long."""

    corpus: Path
    out: Path
    init: Path | None = None
    """Go on with this model, of the same tokenizer."""
    minutes: float = 6.0
    """Of training, both phases."""
    plain_share: float = 0.1
    """Of the minutes."""
    plain_steps: int = 1_000_000
    steps: int = 1_000_000
    hidden: int = 384
    inner: int = 896
    layers: int = 6
    length: int = 512
    """Tokens in a row of pairs."""
    plain_length: int = 2048
    rows: int = 256
    rate: float = 2e-3
    evaluated: int = 100_000
    """Held-out prompts answered at most."""
    seed: int = 1


Tell = Callable[[dict[str, Any]], None]
"""Gets each point of the curve, then the figures of each held-out set."""


def say(told: dict[str, Any]) -> None:
    """A line of JSON on stdout."""
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


@dataclass(slots=True)
class Log:
    """What is told about the run."""

    tell: Tell = say
    figures: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def add(self, phase: str, step: int, loss: float, tokens: int) -> None:
        """One point of the curve."""
        seconds = time.monotonic() - self.begun
        point = {"phase": phase, "step": step, "loss": round(loss, 4), "tokens": tokens, "seconds": round(seconds, 1)}
        self.steps.append(point | {"gpu_percent": _utilisation()})
        self.tell(self.steps[-1])

    def is_due(self, step: int) -> bool:
        """Whether a point is to be added: by steps, where they are slow by time."""
        last = float(self.steps[-1]["seconds"]) if self.steps else 0.0
        return step % _LOG_EVERY == 0 or time.monotonic() - self.begun - last > _LOG_SECONDS


def _utilisation() -> float:
    """Of the GPU in percent, NaN without one."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return math.nan
    command = [tool, "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603  fixed
    return float(said[0]) if said and said[0].isdigit() else math.nan


@dataclass(slots=True)
class Trainer:
    """One model on one device."""

    torch: Any
    model: Any
    device: str
    log: Log
    peak: float
    tokens: int = 0

    def run(self, phase: str, batches: Iterator[tuple[Any, Any, Any]], seconds: float, steps: int) -> None:
        """Train until the time or the steps are used, with a cosine over the time."""
        compiled = self.torch.compile(self._loss, dynamic=False) if self.device == "cuda" else self._loss
        optimizer = self._optimizer()
        begun, step = 0.0, 0
        share = 0.0
        while share < 1:
            for group in optimizer.param_groups:
                group["lr"] = self.peak * _rate(share)
            ids, targets, owner = (self._put(each) for each in next(batches))
            loss = compiled(ids, targets, owner)
            loss.backward()
            self.torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            self.tokens += ids.numel()
            if begun == 0.0:
                self._wait()
                begun = time.monotonic()  # compiling is not training
            share = max((time.monotonic() - begun) / seconds, step / steps)
            if share >= 1 or self.log.is_due(step):
                self.log.add(phase, step, float(loss.detach()), self.tokens)
        self._wait()
        self.log.figures[f"{phase}_seconds"] = round(time.monotonic() - begun, 1)
        self.log.figures[f"{phase}_steps"] = step
        self.log.figures[f"{phase}_tokens"] = step * int(ids.numel())

    def _loss(self, ids: Any, targets: Any, owner: Any) -> Any:
        torch = self.torch
        length = ids.shape[1]
        seen = (owner[:, :, None] == owner[:, None, :]) & torch.ones(
            length, length, dtype=torch.bool, device=ids.device
        ).tril()
        with torch.autocast(self.device, dtype=torch.bfloat16):
            hidden = self.model.model(input_ids=ids, attention_mask=seen[:, None], use_cache=False).last_hidden_state
            hidden, targets = hidden.flatten(0, 1), targets.ravel()
            told = targets != NO_LOSS
            if self.device == "cpu":  # compiled graphs want fixed shapes; here the vocabulary is a third of the time
                hidden, targets = hidden[told], targets[told]
            logits = self.model.lm_head(hidden)
        return (
            torch.nn.functional.cross_entropy(logits.float(), targets, ignore_index=NO_LOSS, reduction="sum")
            / told.sum()
        )

    def _optimizer(self) -> Any:
        matrices = [each for each in self.model.parameters() if each.ndim > 1]
        others = [each for each in self.model.parameters() if each.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
        return self.torch.optim.AdamW(groups, lr=self.peak, betas=(0.9, 0.95), fused=self.device == "cuda")

    def _put(self, values: Any) -> Any:
        tensor = self.torch.from_numpy(values)
        return tensor.pin_memory().to(self.device, non_blocking=True) if self.device == "cuda" else tensor

    def _wait(self) -> None:
        if self.device == "cuda":
            self.torch.cuda.synchronize()


def _rate(share: float) -> float:
    """Of the peak learning rate, ``share`` of the way: linear warm-up, cosine to a floor."""
    if share < _WARM_UP:
        return max(share, 1e-4) / _WARM_UP
    return _FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * min((share - _WARM_UP) / (1 - _WARM_UP), 1.0)))


def draw(log: Log, path: Path) -> None:
    """The loss of both phases over the tokens."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(7, 4))
    for phase in dict.fromkeys(str(point["phase"]) for point in log.steps):
        points = [point for point in log.steps if point["phase"] == phase]
        axes.plot([point["tokens"] / 1e6 for point in points], [point["loss"] for point in points], label=phase)
    axes.set(xlabel="million tokens", ylabel="loss", yscale="log")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def train(options: Run, tell: Tell = say) -> Log:
    """Train, evaluate, write."""
    options.out.mkdir(parents=True, exist_ok=True)
    import torch  # noqa: PLC0415  heavy, and an extra
    import transformers  # noqa: PLC0415

    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    log = Log(tell)
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(options.corpus / "tokenizer")
    model = load_model(options.init) if options.init else _fresh(options, len(tokenizer))
    model = model.to(device)
    log.figures |= {
        "parameters": model.num_parameters(),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "options": {name: str(value) for name, value in vars(options).items()},
    }
    trainer = Trainer(torch, model, device, log, options.rate)
    lengths, tokens = read_pairs(options.corpus)
    pairs = pair_batches(lengths, tokens, options.length, options.rows, options.seed)
    seconds = options.minutes * 60
    if options.plain_share:
        plain = plain_batches(
            read_plain(options.corpus / "plain.npz"), options.plain_length, options.rows // 4, options.seed
        )
        trainer.run("language", plain, seconds * options.plain_share, options.plain_steps)
    trainer.run("task", pairs, seconds * (1 - options.plain_share), options.steps)
    log.figures["tokens_per_second"] = round(
        trainer.tokens
        / max(log.figures.get("language_seconds", 0.0) + log.figures["task_seconds"], 0.1)  # a toy run takes no time
    )
    model = model.eval().to(torch.bfloat16)
    save(model, options.corpus / "tokenizer", options.out)
    evaluate(torch, model, tokenizer, options, log, device)
    draw(log, options.out / "loss.png")
    written = {"figures": log.figures, "steps": log.steps}
    (options.out / "log.json").write_text(json.dumps(written, indent=1), encoding="utf-8")
    return log


def _fresh(options: Run, vocabulary: int) -> Any:
    return make_model(vocabulary, options.hidden, options.inner, options.layers)


def evaluate(torch: Any, model: Any, tokenizer: Any, options: Run, log: Log, device: str) -> None:
    """Answer the held-out prompts: figures to the log, answers to a file that is scored with the rules later."""
    data = json.loads(lzma.decompress((options.corpus / "heldout.json.xz").read_bytes()))
    said: dict[str, str] = {}
    for name, rows in data.items():
        asked = [row for row in rows if row["prompt"]][: options.evaluated]
        answers = answer_all(torch, model, tokenizer, [row["prompt"] for row in asked], device)
        log.figures[name] = agreement(asked, answers)
        log.tell({"set": name, **log.figures[name]})
        said |= {row["id"]: answer for row, answer in zip(asked, answers, strict=True)}
    text = json.dumps(said, ensure_ascii=False)
    (options.out / "answers.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, argument_default=argparse.SUPPRESS)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--init", type=Path, help="go on with this model, of the same tokenizer")
    parser.add_argument("--minutes", type=float, help="of training, both phases")
    parser.add_argument("--plain-share", type=float, help="of the minutes")
    parser.add_argument("--plain-steps", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--inner", type=int)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--length", type=int, help="tokens in a row of pairs")
    parser.add_argument("--plain-length", type=int)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--evaluated", type=int, help="held-out prompts answered at most")
    parser.add_argument("--seed", type=int)
    train(Run(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
