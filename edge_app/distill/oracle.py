"""A language model asked in batches: what stands before the line is read once and shared by the batch."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from edge_app.distill.asking import Turn

_HERE: Final = "␞"
"""Where the line stands in a chat template."""
_UNTHOUGHT: Final = "\n</think>\n\n"
"""Ends what a reasoning model is made to begin with: a line is said, not thought about."""
_SPARE: Final = 16
"""Tokens above half as much again as the line has."""


class Oracle:
    """A causal model with its tokenizer on one device."""

    def __init__(
        self, torch: Any, model: Any, tokenizer: Any, *, temperature: float = 0.8, top_p: float = 0.95
    ) -> None:
        self.torch = torch
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.sampling = {"do_sample": temperature > 0, "temperature": temperature or None, "top_p": top_p, "top_k": 50}
        self.sampling["repetition_penalty"] = 1.0  # that of a model's own settings would forbid to keep marks
        ends = model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        self._ends = {each for each in (*ends, tokenizer.eos_token_id) if each is not None}
        self._pad = min(self._ends)
        self._read: dict[str, Any] = {}
        self.tokens = 0
        """Generated so far."""

    @classmethod
    def load(cls, path: Path, seed: int) -> Oracle:
        """From a folder with safetensors or a GGUF file, on the GPU where there is one."""
        import torch  # noqa: PLC0415  heavy, and the pure parts work without
        import transformers  # noqa: PLC0415

        torch.manual_seed(seed)
        place: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
        if path.suffix == ".gguf":
            place = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        packed = path.suffix == ".gguf" and hasattr(transformers, "GgufConfig")  # newer ones keep weights packed
        options = {"quantization_config": transformers.GgufConfig(dequantize=True)} if packed else {}
        tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
        device, dtype = ("cuda", torch.bfloat16) if torch.cuda.is_available() else ("cpu", torch.float32)
        model = transformers.AutoModelForCausalLM.from_pretrained(**place, **options, dtype=dtype)
        return cls(torch, model.to(device), tokenizer)

    def write(self, turns: Sequence[Turn], lines: Sequence[str]) -> list[str]:
        """One sampled answer for each line, first line of it."""
        head, tail = self._frame(turns)
        ids, mask, cache = self._batch(head, tail, lines)
        longest = ids.shape[1] - len(self._ids(head)) - len(self._ids(tail))
        with self.torch.no_grad():
            out = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                past_key_values=cache,
                max_new_tokens=longest * 3 // 2 + _SPARE,
                eos_token_id=sorted(self._ends),
                pad_token_id=self._pad,
                **self.sampling,
            )
        return [self._first_line(row) for row in out[:, ids.shape[1] :].tolist()]

    def _first_line(self, row: list[int]) -> str:
        end = next((at for at, token in enumerate(row) if token in self._ends), len(row))
        self.tokens += end
        text: str = self.tokenizer.decode(row[:end], skip_special_tokens=True)
        return text.strip().split("\n")[0].strip()

    def weigh(self, turns: Sequence[Turn], lines: Sequence[str], options: Sequence[str]) -> list[list[float]]:
        """Log-probability of each option as the answer, for each line."""
        torch = self.torch
        head, tail = self._frame(turns)
        ids, mask, cache = self._batch(head, tail, lines)
        begun = len(self._ids(head))
        with torch.no_grad():
            first = self._next(ids[:, begun:], mask, cache)
            return torch.stack([self._of(each, first, mask, cache) for each in options], dim=1).tolist()  # type: ignore[no-any-return]

    def _next(self, ids: Any, mask: Any, cache: Any, keep: int = 1) -> Any:
        """Log-probabilities after the last tokens; the cache grows by all of them."""
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        out = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, logits_to_keep=keep
        )
        return out.logits.float().log_softmax(-1)

    def _of(self, option: str, first: Any, mask: Any, cache: Any) -> Any:
        torch = self.torch
        tokens = self._ids(option)
        total = first[:, -1, tokens[0]]
        if len(tokens) == 1:
            return total
        rows = len(mask)
        given = torch.tensor([tokens[:-1]] * rows, device=mask.device)
        told = self._next(given, torch.cat([mask, torch.ones_like(given)], dim=1), cache, keep=len(tokens) - 1)
        cache.crop(1 - len(tokens))
        return total + sum(told[:, at, token] for at, token in enumerate(tokens[1:]))

    def _frame(self, turns: Sequence[Turn]) -> tuple[str, str]:
        """What stands before and after a line."""
        if not self.tokenizer.chat_template:
            told = "".join(f"{each.text}\n\n" if each.who == "system" else f"{each.text}\n" for each in turns)
            return told, "\n= "
        messages = [{"role": each.who, "content": each.text} for each in turns] + [{"role": "user", "content": _HERE}]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        head, _, tail = text.rpartition(_HERE)
        return head, tail + _UNTHOUGHT if tail.rstrip().endswith("<think>") else tail

    def _batch(self, head: str, tail: str, lines: Sequence[str]) -> tuple[Any, Any, Any]:
        """Ids and mask of whole prompts, padded after the head, and the cache of the head for all of them."""
        torch, begun = self.torch, self._ids(head)
        rows = [self._ids(line + tail) for line in lines]
        width = max(map(len, rows))
        gaps = [width - len(row) for row in rows]
        ids = [[*begun, *[self._pad] * gap, *row] for gap, row in zip(gaps, rows, strict=True)]
        mask = [[1] * len(begun) + [0] * gap + [1] * (width - gap) for gap in gaps]
        cache = copy.deepcopy(self._cache(head))
        cache.batch_repeat_interleave(len(rows))
        device = self.model.device
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device), cache

    def _cache(self, head: str) -> Any:
        if head not in self._read:
            ids = self.torch.tensor([self._ids(head)], device=self.model.device)
            with self.torch.no_grad():
                self._read[head] = self.model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
        return self._read[head]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
