"""The student on the training machine: made, asked, compared, saved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

END: Final = 0
"""The id of the end tag."""
HEAD: Final = 64
"""Width of an attention head."""
_MAX_ANSWER: Final = 120
_ASKED: Final = 512


def make_model(vocabulary: int, hidden: int, inner: int, layers: int) -> Any:
    """A qwen2 with fresh weights. ``hidden``: a multiple of 64."""
    import transformers  # noqa: PLC0415

    heads = hidden // HEAD
    config = transformers.Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=max(each for each in range(1, max(heads // 3, 1) + 1) if heads % each == 0),
        max_position_embeddings=2048,
        rope_theta=10000.0,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=END,
        pad_token_id=END,
    )
    config._attn_implementation = "sdpa"  # noqa: SLF001  the public argument belongs to from_pretrained
    return transformers.Qwen2ForCausalLM(config)


def load_model(folder: Path) -> Any:
    """A student that was saved, in f32, to be trained on."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    model = transformers.Qwen2ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.config._attn_implementation = "sdpa"  # noqa: SLF001
    return model.train()


def answer_all(torch: Any, model: Any, tokenizer: Any, prompts: list[str], device: str) -> list[str]:
    """Greedy answers in batches, shortest prompts first, in the order asked."""
    frame = [
        tokenizer.apply_chat_template([{"role": "user", "content": each}], add_generation_prompt=True, tokenize=False)
        for each in prompts
    ]
    encoded = tokenizer(frame, add_special_tokens=False)["input_ids"]
    order = sorted(range(len(prompts)), key=lambda at: len(encoded[at]))
    answers = [""] * len(prompts)
    for begin in range(0, len(order), _ASKED):
        chunk = order[begin : begin + _ASKED]
        width = max(len(encoded[at]) for at in chunk)
        ids = torch.tensor([[END] * (width - len(encoded[at])) + encoded[at] for at in chunk], device=device)
        mask = torch.tensor([[0] * (width - len(encoded[at])) + [1] * len(encoded[at]) for at in chunk], device=device)
        with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):
            out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=_MAX_ANSWER, do_sample=False)
        for at, row in zip(chunk, out[:, width:].tolist(), strict=True):
            whole = row[: row.index(END)] if END in row else row
            answers[at] = tokenizer.decode(whole, skip_special_tokens=True)
    return answers


def agreement(rows: list[dict[str, Any]], answers: list[str]) -> dict[str, float]:
    """Shares of answers that are the right ones: form, each code, line, all codes together, and sentence."""
    names = ("form", "line", "status", "category", "severity", "disposition", "codes", "sentence")
    hits = dict.fromkeys(names, 0)
    for row, answer in zip(rows, answers, strict=True):
        right, ours = row["answer"].split("\n"), answer.split("\n")
        codes, said = right[0].split(" "), ours[0].split(" ") if len(ours) == len(right) else []
        if len(said) != len(codes):
            continue
        hits["form"] += 1
        hits["sentence"] += right[1] == ours[1]
        hits["codes"] += codes == said
        for name, ours_said, wanted in zip(names[1:6], said, codes, strict=True):
            hits[name] += ours_said == wanted
    return {name: round(count / max(len(rows), 1), 4) for name, count in hits.items()}


def save(model: Any, tokenizer_folder: Path, out: Path) -> None:
    """bf16 weights in shards that fit where files are limited to 15 MiB, and the tokenizer in one archive."""
    folder = out / "model"
    model.to(dtype=model.dtype).save_pretrained(folder, max_shard_size="15MB")
    for path in tokenizer_folder.iterdir():
        shutil.copy(path, folder / path.name)
