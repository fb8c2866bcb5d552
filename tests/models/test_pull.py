"""Pulls from a real HTTP server, from folders and from files: what is there in the end is whole, or nothing is."""

from __future__ import annotations

import errno
import json
import random
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_app.domain.inference import Precision
from edge_app.errors import EdgeAppError, ModelError, StorageError, UsageError
from edge_app.models import catalogue, place
from edge_app.models.fit import Room
from edge_app.models.golden import make_golden, read_golden, write_golden
from edge_app.models.hub import Hub, _library
from edge_app.models.manifest import Making, describe, read_manifest, verify, write_manifest
from edge_app.models.pull import Pulled, pull
from edge_app.models.store import locate
from tests.models.hub_server import Fault, HubServer, safetensors, sha256

NAME = "acme/Tiny-Chat"
GB = 10**9
WEIGHTS = safetensors(3_000_000)
FILES = {
    "config.json": b'{"model_type": "llama", "auto_map": {"AutoModel": "modeling_x.Model"}}',
    "tokenizer.json": b"{}" + b" " * 100_000,
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"\x80\x02pickle" + b"x" * 100_000,
    "modeling_x.py": b"raise SystemExit('ran')",
    "onnx/model.onnx": b"x",
    ".gitattributes": b"",
}
TAKEN = {"config.json", "tokenizer.json", "model.safetensors"}
CHILD = """
import sys
from pathlib import Path
from edge_app.models.pull import pull
pull(sys.argv[1], Path(sys.argv[2]), lambda *_: None)
"""


def quiet(_step: str, _share: float) -> None:
    """Nobody watches."""


def fetch(target: str, models: Path, hub: HubServer, **options: str | Room | None) -> Pulled:
    return pull(target, models, quiet, hub=Hub(hub.endpoint, pause_s=0), **options)  # type: ignore[arg-type]


def shown(home: Path) -> set[str]:
    """What of a model is not hidden."""
    return {path.name for path in home.iterdir() if not path.name.startswith(".")} if home.exists() else set()


@pytest.mark.parametrize("file", sorted(TAKEN))
def test_the_hub_of_these_tests_speaks_the_protocol(hub: HubServer, tmp_path: Path, file: str) -> None:
    """To the client library's own downloader, which is not used by the program."""
    client = pytest.importorskip("huggingface_hub")
    hub.publish(NAME, FILES)
    hub.cdn = hub.endpoint.replace("127.0.0.1", "localhost")
    path = client.hf_hub_download(NAME, file, endpoint=hub.endpoint, local_dir=tmp_path)
    assert Path(path).read_bytes() == FILES[file]


def test_a_repository_arrives_without_pickles_and_code(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    told: list[tuple[str, float]] = []
    pulled = pull(NAME, tmp_path, lambda step, share: told.append((step, share)), hub=Hub(hub.endpoint))
    assert pulled.folder == tmp_path / "tiny-chat" / "source"
    assert {path.name for path in pulled.folder.iterdir()} == {*TAKEN, "manifest.json"}
    assert (pulled.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert pulled.left_out == ("modeling_x.py", "pytorch_model.bin")
    manifest = pulled.manifest
    assert (manifest.format, manifest.precision, manifest.licence) == ("safetensors", None, "mit")
    assert (manifest.languages, manifest.authority) == (("en", "zh"), "explain")
    assert manifest.source == f"hub:{NAME}@c0ffee{'0' * 34}"
    assert manifest.files["model.safetensors"].sha256 == sha256(WEIGHTS)
    assert verify(pulled.folder)
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)
    assert any("of 3 MB" in step for step, _ in told)


def test_what_is_whole_is_not_asked_for_again_and_what_is_damaged_is(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    first = fetch(NAME, tmp_path, hub)
    listed = hub.listed
    assert fetch(NAME, tmp_path, hub) == replace(first, left_out=())
    assert hub.listed == listed
    (first.folder / "model.safetensors").write_bytes(WEIGHTS[:-1])
    assert verify(fetch(NAME, tmp_path, hub).folder)
    assert hub.listed == listed + 1


@pytest.mark.parametrize("seed", range(3))
def test_a_connection_that_breaks_goes_on_where_it_ended(hub: HubServer, tmp_path: Path, seed: int) -> None:
    hub.publish(NAME, FILES)
    cuts = sorted(random.Random(seed).sample(range(1, len(WEIGHTS)), 4))
    hub.faults = [Fault(at) for at in cuts]
    pulled = fetch(NAME, tmp_path, hub)
    assert (pulled.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert [asked.start for asked in hub.asked if asked.start] == cuts
    weights_served = sum(asked.served for asked in hub.asked) - len(FILES["tokenizer.json"])
    assert weights_served == len(WEIGHTS)


def test_a_killed_pull_leaves_nothing_that_looks_complete_and_goes_on(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    dice, home = random.Random(4), tmp_path / "tiny-chat"
    kept = 0
    for at in sorted(dice.sample(range(200_000, len(WEIGHTS)), 3)):
        child = subprocess.Popen([sys.executable, "-c", CHILD, NAME, str(tmp_path)], env=hub.environment())
        hub.faults = [Fault(at, child.kill)]
        assert child.wait(timeout=60) == -9
        assert shown(home) == set()
        (part,) = (home / ".part-source").glob("model.safetensors.*.part")
        assert kept <= part.stat().st_size <= at
        kept = part.stat().st_size
        assert WEIGHTS.startswith(part.read_bytes())
    hub.asked.clear()
    pulled = fetch(NAME, tmp_path, hub)
    assert (pulled.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (kept, len(WEIGHTS) - kept) in [(asked.start, asked.served) for asked in hub.asked]
    assert shown(home) == {"source"}
    assert not list(home.glob(".part-*"))


def test_a_hub_that_knows_no_ranges_sends_all_again(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    hub.faults, hub.ranges = [Fault(1_000_000)], False
    assert (fetch(NAME, tmp_path, hub).folder / "model.safetensors").read_bytes() == WEIGHTS
    assert [asked.start for asked in hub.asked] == [0] * len(hub.asked)


def test_a_hub_that_is_gone_for_good_says_how_to_go_on(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    hub.faults = [Fault(0)] * 9
    with pytest.raises(ModelError, match="broke off") as refused:
        fetch(NAME, tmp_path, hub)
    assert "goes on where it ended" in refused.value.hint
    assert shown(tmp_path / "tiny-chat") == set()


def test_a_new_commit_between_two_halves_is_not_mixed(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    hub.faults = [Fault(2_000_000), *[Fault(2_000_000)] * 9]
    with pytest.raises(ModelError):
        fetch(NAME, tmp_path, hub)
    hub.faults, newer = [], safetensors(3_000_000, seed=1)
    hub.publish(NAME, {**FILES, "model.safetensors": newer}, commit="d" * 40)
    pulled = fetch(NAME, tmp_path, hub)
    assert (pulled.folder / "model.safetensors").read_bytes() == newer
    assert pulled.manifest.source.endswith("d" * 40)


@pytest.mark.parametrize("wrong", [b"\0" + WEIGHTS[1:], WEIGHTS + b"more"])
def test_other_bytes_than_announced_are_refused(hub: HubServer, tmp_path: Path, wrong: bytes) -> None:
    hub.publish(NAME, FILES)
    hub.served[sha256(WEIGHTS)] = wrong
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        fetch(NAME, tmp_path, hub)
    assert shown(tmp_path / "tiny-chat") == set()
    hub.served.clear()
    assert (fetch(NAME, tmp_path, hub).folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_hub_without_hashes_is_refused(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES, hashes=False)
    with pytest.raises(ModelError, match="no hash"):
        fetch(NAME, tmp_path, hub)


@pytest.mark.parametrize(
    ("facts", "kind", "message", "hint"),
    [
        ({"gated": True}, ModelError, "accepted its licence", "HF_TOKEN"),
        ({"refuses": 401}, ModelError, "refuses access", "HF_TOKEN"),
        ({"refuses": 403}, ModelError, "refuses access", "HF_TOKEN"),
        ({"refuses": 407}, ModelError, "proxy", "HTTPS_PROXY"),
        ({"refuses": 503}, ModelError, "cannot answer now", "later"),
    ],
)
def test_refusals_say_what_to_do(
    hub: HubServer, tmp_path: Path, facts: dict[str, int], kind: type[EdgeAppError], message: str, hint: str
) -> None:
    hub.publish(NAME, FILES, **facts)
    with pytest.raises(kind, match=message) as refused:
        fetch(NAME, tmp_path, hub)
    assert hint in refused.value.hint
    assert shown(tmp_path / "tiny-chat") == set()


def test_the_token_is_sent_to_the_hub_and_to_nobody_else(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.publish(NAME, FILES, gated=True)
    hub.cdn = hub.endpoint.replace("127.0.0.1", "localhost")
    assert fetch(NAME, tmp_path, hub).manifest.format == "safetensors"
    assert hub.authorised == {"api", "acme"}


def test_unknown_repositories_revisions_and_files_are_named(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no acme/none"):
        fetch("acme/none", tmp_path, hub)
    hub.publish(NAME, {**FILES, "a.gguf": GGUF})
    with pytest.raises(UsageError, match="no such revision"):
        fetch(f"{NAME}@v9", tmp_path, hub)
    with pytest.raises(UsageError, match=r"has no b\.gguf") as refused:
        fetch(f"{NAME}/b.gguf", tmp_path, hub)
    assert "a.gguf" in refused.value.hint
    assert fetch(f"{NAME}/a.gguf", tmp_path, hub).manifest.format == "gguf"
    assert fetch(f"{NAME}@main", tmp_path, hub).manifest.format == "safetensors"


def test_pickles_alone_are_refused_and_several_ggufs_must_be_named(hub: HubServer, tmp_path: Path) -> None:
    hub.publish("a/pickled", {"config.json": b"{}", "pytorch_model.bin": b"\x80"})
    with pytest.raises(ModelError, match="pickle files only"):
        fetch("a/pickled", tmp_path, hub)
    hub.publish("a/many", {"x-q4.gguf": b"GGUF", "x-q8.gguf": b"GGUF"})
    with pytest.raises(UsageError, match="2 GGUF files") as refused:
        fetch("a/many", tmp_path, hub)
    assert "a/many/x-q4.gguf" in refused.value.hint
    hub.publish("a/empty", {"README.md": b"soon"})
    with pytest.raises(ModelError, match="holds no OpenVINO, safetensors or GGUF model"):
        fetch("a/empty", tmp_path, hub)


def run(hub: HubServer, target: str, state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_app", "model", "pull", target, "--state", str(state), "--json"]
    return subprocess.run(command, env=hub.environment(**environment), capture_output=True, text=True, check=False)


def test_offline_mode_and_a_dead_proxy_are_said_so(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    offline = run(hub, NAME, tmp_path, HF_HUB_OFFLINE="1")
    assert (offline.returncode, hub.listed) == (4, 0)
    assert "offline mode" in offline.stderr
    assert "HF_HUB_OFFLINE" in offline.stderr
    refused = run(hub, NAME, tmp_path, HTTP_PROXY="http://user:secret@127.0.0.1:9", NO_PROXY="")
    assert refused.returncode == 4
    assert "through the proxy 127.0.0.1:9" in " ".join(refused.stderr.split())
    assert "secret" not in refused.stderr
    done = run(hub, NAME, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any("torch" in agent for agent in hub.agents), "telemetry is off"
    assert json.loads(done.stdout)["folder"] == str(tmp_path / "models" / "tiny-chat" / "source")


def test_a_certificate_that_is_not_trusted_can_be_trusted(tmp_path: Path) -> None:
    """As behind a proxy that re-signs; the hint is tried out."""
    with HubServer(certificate(tmp_path)) as hub:
        hub.publish(NAME, FILES)
        refused = run(hub, NAME, tmp_path)
        assert (refused.returncode, hub.listed) == (4, 0)
        assert "is not trusted" in refused.stderr
        assert "SSL_CERT_FILE" in refused.stderr
        done = run(hub, NAME, tmp_path, SSL_CERT_FILE=str(tmp_path / "hub.pem"))
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(hub: HubServer, tmp_path: Path, content: str | None) -> None:
    pem = tmp_path / "plant.pem"
    if content:
        pem.write_text(content)
    refused = run(hub, NAME, tmp_path, SSL_CERT_FILE=str(pem))
    assert (refused.returncode, f"SSL_CERT_FILE {pem}: " in refused.stderr, hub.listed) == (2, True, 0)


@pytest.mark.parametrize("endpoint", ["nonsense", "ftp://hub", "https://"])
def test_an_endpoint_that_is_none_is_named(endpoint: str) -> None:
    with pytest.raises(UsageError, match="HF_ENDPOINT must begin with https://"):
        Hub(endpoint)


def certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    pem, key = folder / "hub.pem", folder / "hub.key"
    options = (
        f"-newkey rsa:2048 -nodes -days 2 -subj /CN=hub -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {pem}"
    )
    subprocess.run(["openssl", "req", "-x509", *options.split()], check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def test_a_login_page_is_no_hub(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    hub.page = b"<html>Please log in to the plant network</html>"
    with pytest.raises(ModelError, match="not a hub's answer") as refused:
        fetch(NAME, tmp_path, hub)
    assert "login page" in refused.value.hint
    assert not list((tmp_path / "tiny-chat").glob(".part-*"))


def test_too_little_space_is_told_before_anything_is_asked_for(hub: HubServer, small_disk: Path) -> None:
    hub.publish(NAME, FILES)
    with pytest.raises(StorageError, match=r"34 MB free, 70 MB are needed") as refused:
        fetch(NAME, small_disk, hub)
    assert "larger disk" in refused.value.hint
    assert hub.asked == []


def test_a_disk_that_fills_up_on_the_way_gets_its_space_back(
    hub: HubServer, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "RESERVE", 0)
    weights = safetensors(20_000_000)
    hub.publish(NAME, {**FILES, "model.safetensors": weights})
    before = shutil.disk_usage(small_disk).free
    other = small_disk / "other"
    hub.faults = [Fault(5_000_000, lambda: fill(other))]
    with pytest.raises(StorageError, match="is full") as refused:
        fetch(NAME, small_disk, hub)
    assert "free space" in refused.value.hint
    assert not list((small_disk / "tiny-chat").glob(".part-*"))
    assert shutil.disk_usage(small_disk).free + other.stat().st_blocks * 512 > before - 100_000
    other.unlink()
    assert (fetch(NAME, small_disk, hub).folder / "model.safetensors").read_bytes() == weights


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while shutil.disk_usage(path.parent).free:
            file.write(bytes(1 << 16))


Ir = Callable[[str], dict[str, bytes]]
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q1sIQIQ", 1, b"t", 1, 8, 0, 0) + bytes(1000)
"""One tensor and no field."""


@pytest.mark.parametrize("precision", ["int4", "int8", "fp16"])
def test_ready_openvino_files_lie_under_their_precision(
    hub: HubServer, tmp_path: Path, tiny_ir: Ir, precision: str
) -> None:
    hub.publish("acme/Tiny-Chat-int4-ov", {**tiny_ir(precision), "pytorch_model.bin": b"\x80"})
    pulled = fetch("acme/Tiny-Chat-int4-ov", tmp_path, hub)
    assert pulled.folder == tmp_path / "tiny-chat" / precision
    assert (pulled.manifest.format, pulled.manifest.precision) == ("openvino", precision)
    assert pulled.left_out == ("pytorch_model.bin",)


def test_catalogue_names_choose_among_what_is_published(hub: HubServer, tmp_path: Path, tiny_ir: Ir) -> None:
    name = "deepseek-r1-distill-qwen-1.5b"
    hub.publish("OpenVINO/DeepSeek-R1-Distill-Qwen-1.5B-int8-ov", tiny_ir("int8"))
    hub.publish("OpenVINO/DeepSeek-R1-Distill-Qwen-1.5B-int4-ov", tiny_ir("int4"))
    hub.publish("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", FILES)
    ready = fetch(name, tmp_path, hub)
    assert (ready.folder, ready.manifest.licence) == (tmp_path / name / "int8", "MIT")
    assert ready.manifest.authority == "code"
    assert fetch("DeepSeek-R1-Distill-Qwen-1.5B", tmp_path, hub, part="int4").folder.name == "int4"
    source = fetch("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", tmp_path, hub)
    assert source.folder == tmp_path / name / "source"
    with pytest.raises(UsageError, match="not published in int4"):
        fetch("deepseek-r1-distill-llama-8b", tmp_path, hub, part="int4")


def test_the_source_of_a_catalogue_name_can_be_had_beside_its_ready_files(
    hub: HubServer, tmp_path: Path, tiny_ir: Ir
) -> None:
    name = "deepseek-r1-distill-qwen-1.5b"
    hub.publish("OpenVINO/DeepSeek-R1-Distill-Qwen-1.5B-int8-ov", tiny_ir("int8"))
    hub.publish("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", FILES)
    fetch(name, tmp_path, hub)
    assert fetch(name, tmp_path, hub, part="source").folder == tmp_path / name / "source"
    with pytest.raises(UsageError, match="no part int2") as refused:
        fetch(name, tmp_path, hub, part="int2")
    assert "source" in refused.value.hint


def test_what_was_prepared_is_not_taken_for_what_was_pulled(hub: HubServer, tmp_path: Path, tiny_ir: Ir) -> None:
    hub.publish(NAME, FILES)
    first = fetch(NAME, tmp_path, hub)
    fp16 = write(first.folder.parent / "fp16", tiny_ir("fp16"))
    made = {
        "precision": Precision.FP16,
        "format": "openvino",
        "files": describe(fp16),
        "making": Making(seconds=1, peak_mb=1),
    }
    write_manifest(fp16, first.manifest.model_copy(update=made))
    assert fetch(NAME, tmp_path, hub).folder == first.folder
    shutil.rmtree(first.folder)
    assert fetch(NAME, tmp_path, hub).folder == first.folder


def test_a_branch_that_stands_where_it_stood_is_not_downloaded_again(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    fetch(f"{NAME}@main", tmp_path, hub)
    asked = len(hub.asked)
    fetch(f"{NAME}@main", tmp_path, hub)
    assert len(hub.asked) == asked
    hub.publish(NAME, {**FILES, "model.safetensors": safetensors(2_000_000)}, commit="beef" + "0" * 36)
    assert fetch(f"{NAME}@main", tmp_path, hub).manifest.source.endswith("@beef" + "0" * 36)
    assert len(hub.asked) > asked


def test_a_pinned_file_with_another_hash_is_not_downloaded(hub: HubServer, tmp_path: Path) -> None:
    file = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
    hub.publish("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", {file: GGUF + bytes(100_000)})
    with pytest.raises(ModelError, match="differs from the catalogue's"):
        fetch("qwen2.5-coder-0.5b-instruct", tmp_path, hub)
    assert hub.asked == []


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        if "/" not in name:
            (folder / name).write_bytes(content)
    return folder


def test_a_folder_is_copied_without_pickles_and_code(tmp_path: Path) -> None:
    stick = write(tmp_path / "stick" / "Tiny Chat", FILES)
    told: list[tuple[str, float]] = []
    pulled = pull(str(stick), tmp_path / "models", lambda step, share: told.append((step, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert ("tokenizer.json: 3 of 3 MB", 0.9) in told
    assert pulled.folder == tmp_path / "models" / "tiny-chat" / "source"
    assert pulled.manifest.files.keys() == TAKEN
    assert pulled.manifest.source == "file:Tiny Chat"
    assert verify(pulled.folder)


def test_a_pulled_folder_is_carried_to_another_machine_as_it_is(tmp_path: Path, tiny_ir: Ir) -> None:
    stick = write(tmp_path / "stick", tiny_ir("int4"))
    first = pull(str(stick), tmp_path / "a", quiet, name="Tiny")
    second = pull(str(first.folder), tmp_path / "b", quiet)
    assert second.folder == tmp_path / "b" / "tiny" / "int4"
    assert verify(second.folder) == verify(first.folder)
    (first.folder / "openvino_model.bin").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"openvino_model\.bin is not what its manifest says"):
        pull(str(first.folder), tmp_path / "c", quiet)
    assert shown(tmp_path / "c" / "tiny") == set()


def test_a_manifest_that_comes_along_neither_names_the_model_nor_says_how_far_it_is_trusted(
    tmp_path: Path, tiny_ir: Ir
) -> None:
    first = pull(str(write(tmp_path / "stick", tiny_ir("int4"))), tmp_path / "a", quiet, name="tiny")
    write_manifest(first.folder, first.manifest.model_copy(update={"authority": "raise", "licence": "MIT"}))
    second = pull(str(first.folder), tmp_path / "b", quiet, name="other")
    assert second.manifest == first.manifest.model_copy(update={"name": "other", "licence": "MIT"})
    assert read_manifest(second.folder) == second.manifest
    assert verify(second.folder) != verify(first.folder)
    named = first.manifest.model_copy(update={"name": "deepseek-r1-distill-qwen-1.5b", "authority": "raise"})
    write_manifest(first.folder, named)
    assert pull(str(first.folder), tmp_path / "c", quiet).manifest.authority == "explain"
    write_manifest(first.folder, named.model_copy(update={"source": "hub:deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B@1"}))
    assert pull(str(first.folder), tmp_path / "d", quiet).manifest.authority == "code"


def test_a_name_alone_is_trusted_with_nothing(hub: HubServer, tmp_path: Path) -> None:
    hub.publish("other/DeepSeek-R1-Distill-Qwen-7B", FILES)
    hub.publish("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", FILES)
    manifest = fetch("other/DeepSeek-R1-Distill-Qwen-7B", tmp_path / "a", hub).manifest
    assert (manifest.authority, manifest.licence) == ("explain", "mit")
    assert fetch("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", tmp_path / "b", hub).manifest.authority == "raise"
    folder = write(tmp_path / "DeepSeek-R1-Distill-Qwen-7B", FILES)
    assert pull(str(folder), tmp_path / "c", quiet).manifest.authority == "explain"


def test_where_a_folder_lay_does_not_change_the_fingerprint(tmp_path: Path, tiny_ir: Ir) -> None:
    one, two = (pull(str(write(tmp_path / at / "stick", tiny_ir("int4"))), tmp_path / at / "m", quiet) for at in "ab")
    assert verify(one.folder) == verify(two.folder)


@pytest.mark.parametrize(
    ("name", "stored"),
    [("Tiny Chat v2.gguf", "Tiny-Chat-v2.gguf"), ("质检 模型.gguf", "model.gguf"), ("_质检a.gguf", "a.gguf")],
)
def test_a_gguf_file_may_be_called_anything(tmp_path: Path, name: str, stored: str) -> None:
    (tmp_path / name).write_bytes(GGUF)
    pulled = pull(str(tmp_path / name), tmp_path / "models", quiet, name="tiny")
    assert (set(pulled.manifest.files), pulled.manifest.source) == ({stored}, f"file:{name}")
    assert verify(pulled.folder)


def test_a_model_is_there_until_the_next_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = write(tmp_path / "stick", FILES)
    first = pull(str(stick), tmp_path / "models", quiet)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == ".part-source":
            raise OSError(errno.EIO, "I/O error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="I/O error"):
        pull(str(stick), tmp_path / "models", quiet)
    assert verify(first.folder)
    monkeypatch.undo()
    assert verify(pull(str(stick), tmp_path / "models", quiet).folder)
    assert {each.name for each in first.folder.parent.iterdir()} == {".lock", "source"}


def test_a_folder_that_lacks_parts_is_refused(tmp_path: Path, tiny_ir: Ir) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
    split = {**FILES, "model.safetensors.index.json": json.dumps(index).encode()}
    without_tokenizer = {name: content for name, content in tiny_ir("int4").items() if "tokenizer" not in name}
    for at, (files, missing) in enumerate(
        (
            (split, r"lacks model-00002\.safetensors"),
            ({**split, "model.safetensors.index.json": b"[]"}, "index.json is damaged"),
            ({"model.safetensors": WEIGHTS}, r"lacks config\.json"),
            (without_tokenizer, r"lacks openvino_detokenizer\.bin"),
            (
                {name: content for name, content in tiny_ir("int4").items() if name != "config.json"},
                r"lacks config\.json",
            ),
        )
    ):
        stick = write(tmp_path / f"stick{at}", files)
        with pytest.raises(ModelError, match=missing):
            pull(str(stick), tmp_path / "models", quiet)
        assert not (tmp_path / "models" / f"stick{at}").exists()


def test_of_a_folder_of_editions_one_is_to_be_named(tmp_path: Path, tiny_ir: Ir) -> None:
    pulled = pull(str(write(tmp_path / "stick", tiny_ir("int4"))), tmp_path / "models", quiet)
    with pytest.raises(UsageError, match="several editions") as refused:
        pull(str(pulled.folder.parent), tmp_path / "b", quiet)
    assert str(pulled.folder) in refused.value.hint


def test_ready_files_get_golden_prompts_that_the_start_asks(hub: HubServer, tmp_path: Path, tiny_ir: Ir) -> None:
    hub.publish("acme/Tiny-Chat-int8-ov", tiny_ir("int8"))
    pulled = fetch("acme/Tiny-Chat-int8-ov", tmp_path, hub, room=Room(16 * GB, 8 * GB, 0.6))
    assert pulled.unproven == ""
    found = locate("tiny-chat", tmp_path)
    assert sum(each.sure for each in found.golden) > 0
    assert found.golden == tuple(make_golden(pulled.folder).prompts)
    assert fetch("acme/Tiny-Chat-int8-ov", tmp_path, hub) == pulled


def test_without_memory_to_ask_it_a_model_is_placed_and_asked_the_next_time(
    hub: HubServer, tmp_path: Path, tiny_ir: Ir
) -> None:
    hub.publish("acme/Tiny-Chat-int8-ov", tiny_ir("int8"))
    first = fetch("acme/Tiny-Chat-int8-ov", tmp_path, hub, room=Room(GB, GB // 2, 0.6))
    assert re.match(r"needs 0\.42 GB .* but 60% of 0\.50 GB available memory is allowed", first.unproven)
    assert locate("tiny-chat", tmp_path).golden == ()
    listed = hub.listed
    second = fetch("acme/Tiny-Chat-int8-ov", tmp_path, hub)
    assert (second.unproven, hub.listed) == ("", listed)
    assert locate("tiny-chat", tmp_path).golden
    assert {**second.manifest.files, **first.manifest.files} == second.manifest.files
    assert shown(second.folder.parent) == {"int8"}


def test_a_model_that_is_there_without_golden_prompts_gets_them_when_it_is_pulled_onto_itself(
    tmp_path: Path, tiny_ir: Ir
) -> None:
    """As one that an older version prepared."""
    stick = write(tmp_path / "stick", tiny_ir("int8"))
    old = pull(str(stick), tmp_path / "models", quiet, room=Room(GB, GB // 2, 0.6))
    new = pull(str(old.folder), tmp_path / "models", quiet)
    assert (new.name, new.folder, "golden.json" in old.manifest.files) == (old.name, old.folder, False)
    assert locate(new.name, tmp_path / "models").golden
    assert remains(new.folder.parent) == {"int8"}


def test_golden_prompts_that_come_along_are_kept_and_asked(tmp_path: Path, tiny_ir: Ir) -> None:
    first = pull(str(write(tmp_path / "stick", tiny_ir("fp16"))), tmp_path / "a", quiet)
    golden = read_golden(first.folder)
    assert golden
    few = golden.model_copy(update={"prompts": golden.prompts[:1]})
    stick = write(tmp_path / "bare" / "stick", {**tiny_ir("fp16"), "golden.json": few.model_dump_json().encode()})
    assert read_golden(pull(str(stick), tmp_path / "b", quiet).folder) == few
    ((each,), tokens) = few.prompts, few.prompts[0].tokens
    assert each.sure
    wrong = few.model_copy(update={"prompts": (each.model_copy(update={"tokens": (tokens[0] ^ 1, *tokens[1:])}),)})
    write_golden(stick, wrong)
    with pytest.raises(ModelError, match="does not answer as it did where it was made: golden prompt 'Weld"):
        pull(str(stick), tmp_path / "c", quiet)
    assert remains(tmp_path / "c" / "stick") == set()
    full = pull(str(stick), tmp_path / "d", quiet, room=Room(GB, GB // 2, 0.6))
    assert (full.unproven, read_golden(full.folder)) == ("", wrong)


def remains(home: Path) -> set[str]:
    return {path.name for path in home.iterdir()} - {".lock"} if home.exists() else set()


def test_a_model_that_cannot_answer_is_refused_and_nothing_is_left(hub: HubServer, tmp_path: Path, tiny_ir: Ir) -> None:
    files = tiny_ir("fp16")
    weights = np.frombuffer(files["openvino_model.bin"], np.float16).copy()
    weights[len(weights) // 2 :][:1000] = np.nan
    foreign = {f"openvino_model.{end}": files[f"openvino_detokenizer.{end}"] for end in ("xml", "bin")}
    broken: tuple[tuple[dict[str, bytes], str], ...] = (
        ({"openvino_model.xml": files["openvino_model.xml"][:-999]}, "cannot be loaded: "),
        ({"openvino_model.bin": files["openvino_model.bin"][:-999]}, "cannot be loaded: "),
        ({"openvino_model.bin": weights.tobytes()}, "its logits are no numbers"),
        ({"openvino_tokenizer.xml": b"<net/>"}, "the tokenizer does not load: "),
        (foreign, "cannot be loaded: |does not answer: "),
    )
    for at, (changes, said) in enumerate(broken):
        hub.publish(f"acme/Broken{at}", {**files, **changes})
        with pytest.raises(ModelError, match=said):
            fetch(f"acme/Broken{at}", tmp_path, hub)
        assert remains(tmp_path / f"broken{at}") == set()


def test_a_catalogue_name_is_no_folder(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "deepseek-coder-1.3b-instruct", FILES)
    monkeypatch.chdir(tmp_path)
    hub.publish("deepseek-ai/deepseek-coder-1.3b-instruct", FILES)
    by_name = fetch("deepseek-coder-1.3b-instruct", tmp_path / "models", hub)
    assert by_name.manifest.source.startswith("hub:deepseek-ai/")
    assert fetch("./deepseek-coder-1.3b-instruct", tmp_path / "other", hub).manifest.source.startswith("file:")


def test_without_the_extra_the_hub_is_not_asked_and_folders_still_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    _library.cache_clear()
    with pytest.raises(UsageError, match="huggingface_hub is not installed") as refused:
        pull(NAME, tmp_path, quiet)
    assert "edge-app[pull]" in refused.value.hint
    assert pull(str(write(tmp_path / "stick", FILES)), tmp_path, quiet).manifest.format == "safetensors"


def test_a_state_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageError, match="cannot be written") as refused:
        pull(str(write(tmp_path / "stick", FILES)), tmp_path / "models", quiet)
    assert refused.value.exit_code == 5


def test_truncated_and_disguised_files_are_refused(tmp_path: Path) -> None:
    for at, weights in enumerate([WEIGHTS[:-1], b"PK\x03\x04" + bytes(1000), b"", b"\xff" * 9]):
        stick = write(tmp_path / f"stick{at}", {"config.json": b"{}", "model.safetensors": weights})
        with pytest.raises(ModelError, match="no complete safetensors"):
            pull(str(stick), tmp_path / "models", quiet)
        assert shown(tmp_path / "models" / f"stick{at}") == set()
    gguf = tmp_path / "x.gguf"
    for content in (b"<html>", b"GGUFxxxx", GGUF[:40], GGUF[:8] + bytes(1000)):
        gguf.write_bytes(content)
        with pytest.raises(ModelError, match=r"x\.gguf is no complete GGUF"):
            pull(str(gguf), tmp_path / "models", quiet)


def test_a_folder_called_after_its_precision_is_named_after_the_model(tmp_path: Path, tiny_ir: Ir) -> None:
    for stick in (tmp_path / "Tiny/int8", tmp_path / "Tiny/source"):
        files = tiny_ir("int8") if stick.name == "int8" else FILES
        assert pull(str(write(stick, files)), tmp_path / "models", quiet).name == "tiny"


@pytest.mark.parametrize("torn", ["openvino_tokenizer.bin", "openvino_detokenizer.bin"])
def test_a_torn_tokenizer_is_refused(tmp_path: Path, tiny_ir: Ir, torn: str) -> None:
    first = pull(str(write(tmp_path / "stick", tiny_ir("int8"))), tmp_path / "a", quiet)
    golden = (first.folder / "golden.json").read_bytes()
    files = {**tiny_ir("int8"), "golden.json": golden}
    for size in (0, len(files[torn]) // 2):
        stick = write(tmp_path / f"bare{size}" / "stick", {**files, torn: files[torn][:size]})
        with pytest.raises(ModelError) as refused:
            pull(str(stick), tmp_path / "b", quiet)
        assert "tokenizer" in str(refused.value)
        assert ".part-" not in f"{refused.value} {refused.value.hint}"
        assert remains(tmp_path / "b" / "stick") == set()


@pytest.mark.parametrize("name", ["manifest.json", "golden.json"])
def test_data_that_is_cut_short_is_said_so_without_jargon(tmp_path: Path, tiny_ir: Ir, name: str) -> None:
    carried = pull(str(write(tmp_path / "stick", tiny_ir("int8"))), tmp_path / "a", quiet).folder
    (carried / name).write_bytes((carried / name).read_bytes()[:60])
    if name == "golden.json":
        (carried / "manifest.json").unlink()
    with pytest.raises(ModelError, match="json: damaged or cut short") as refused:
        pull(str(carried), tmp_path / "b", quiet)
    assert "again from where it was made" in refused.value.hint
    assert ".part-" not in str(refused.value)


def test_a_gguf_file_is_recognised_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = GGUF
    entry = catalogue.CATALOGUE["qwen2.5-coder-0.5b-instruct"]
    pinned = entry.sources[0].model_copy(update={"sha256": sha256(content)})
    entry = entry.model_copy(update={"sources": (pinned,), "authority": "code"})
    monkeypatch.setitem(catalogue.CATALOGUE, entry.name, entry)
    path = tmp_path / "downloaded.gguf"
    path.write_bytes(content)
    pulled = pull(str(path), tmp_path / "models", quiet)
    assert (pulled.name, pulled.manifest.licence) == (entry.name, "Apache-2.0")
    assert read_manifest(pulled.folder).format == "gguf"
    renamed = pull(str(path), tmp_path / "renamed", quiet, name="mine")
    carried = pull(str(renamed.folder), tmp_path / "carried", quiet)
    assert (carried.name, carried.manifest.authority) == (entry.name, "code")
    path.write_bytes(content + b"other")
    assert pull(str(path), tmp_path / "models", quiet).name == "downloaded"


def test_what_is_no_target_says_what_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    for target, message in (
        ("gpt", "in the catalogue"),
        ("./nowhere", "there is no"),
        ("missing.gguf", "there is no"),
        ("a/b/c/d", "neither a path nor org/name"),
        (str(tmp_path / "notes.txt"), "neither a .gguf"),
    ):
        with pytest.raises(UsageError, match=message):
            pull(target, tmp_path / "models", quiet)
    stick = write(tmp_path / "..." / "stick", FILES)
    with pytest.raises(UsageError, match="is for catalogue names"):
        pull(str(stick), tmp_path / "models", quiet, part="int8")
    for name in ("../..", "../x", "a/b", "", "..."):
        with pytest.raises(UsageError, match="no name for a model"):
            pull(str(stick), tmp_path / "models", quiet, name=name)
    assert not (tmp_path / "models").exists()


def test_two_pulls_at_once_do_not_meet(hub: HubServer, tmp_path: Path) -> None:
    hub.publish(NAME, FILES)
    refused: list[str] = []

    def again(_step: str, share: float) -> None:
        if share == 0.0 and not refused:
            with pytest.raises(UsageError, match="another process") as error:
                fetch(NAME, tmp_path, hub)
            refused.append(str(error.value))

    pull(NAME, tmp_path, again, hub=Hub(hub.endpoint))
    assert refused
