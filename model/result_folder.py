"""The folder that a run writes: built beside its place, checked, and moved there at the end, manifest last."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import platform, python_version
from secrets import token_hex
from tempfile import mkdtemp
from time import time
from typing import Any, Final

from model.faults import FaultList
from model.language import Text

#: Says what a folder is and lists what was written; the last file to appear.
MANIFEST_FILE: Final = "manifest.json"

#: Value of `format` in the manifest of a folder that this program may replace.
FORMAT: Final = "carbon-half results 1"

#: Age beyond which a temporary folder belongs to no run any more [s].
_ABANDONED: Final = 3600.0

#: Libraries whose version can change a digit or a picture.
_LIBRARIES: Final = (
    "numpy", "scipy", "pandas", "xarray", "h5netcdf", "h5py", "highspy", "matplotlib", "matplotlib-fontja",
)  # fmt: skip


def check_result_folder(folder: Path, force: bool = False) -> None:
    """Raise `BadInput` if `folder` holds what this program did not write, or cannot be written; call it before a run.

    Args:
        folder: where the results are to go.
        force: write into a foreign folder too; its other files stay.
    """
    faults = FaultList()
    if folder.exists() and not folder.is_dir():
        faults.add(
            str(folder),
            Text(
                "A file has this name; choose another folder.",
                "同名のファイルがあります。別のフォルダーを指定してください。",
            ),
        )
    elif not force and folder.is_dir() and any(folder.iterdir()) and _written_files(folder) is None:
        faults.add(
            str(folder),
            Text(
                "The folder holds files that are not results of this program; choose another or use --force.",
                "このプログラムの結果ではないファイルがあります。別のフォルダーを指定するか --force を付けてください。",
            ),
        )
    elif (reason := _why_not_writable(folder)) is not None:
        faults.add(
            str(folder),
            Text(
                "Results cannot be written here; choose another folder or mend its permissions.",
                "ここには出力できません。別のフォルダーを指定するか、権限を確認してください。",
            ),
            given=reason,
        )
    faults.raise_if_any()


def _why_not_writable(folder: Path) -> str | None:
    """Return why no folder can be made at a place, or files in it; None if they can. Nothing is left behind."""
    try:
        existing = folder
        while not existing.exists():
            existing = existing.parent
        # Results are built beside their folder and then moved, so both places must take files.
        for place in {existing, folder.parent if folder.exists() else existing}:
            Path(mkdtemp(prefix=f".{folder.name}-", dir=place)).rmdir()
    except OSError as problem:
        return problem.strerror or str(problem)
    return None


@contextmanager
def result_folder(folder: Path, facts: Mapping[str, Any], force: bool = False) -> Iterator[Path]:
    """Give an empty temporary folder to write results into, and move its files to `folder` on success.

    A reader never sees half a file, and whatever goes wrong before the end leaves `folder` as it was. Files of an
    earlier run that this one did not write are removed; files that no run wrote are kept.

    Args:
        folder: where the results go.
        facts: what the manifest says beside what is found here (scenario chain and hash, sha256 of inputs,
            seconds); read after the block, so that times measured in it are in.
        force: write into a folder that this program did not make.

    Yields:
        the temporary folder, beside `folder`.

    Raises:
        BadInput: the folder is not ours.
    """
    check_result_folder(folder, force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    staging = folder.parent / f".{folder.name}-{token_hex(4)}"
    staging.mkdir()
    try:
        yield staging
        files = sorted(path for path in staging.rglob("*") if path.is_file())
        written = {path.relative_to(staging).as_posix(): _sha256(path) for path in files}
        _write_manifest(staging, written, facts)
        _move(staging, folder, written)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary folders that killed runs left beside `folder`; a younger one may belong to a run under way."""
    for left in folder.parent.glob(f".{folder.name}-" + "[0-9a-f]" * 8):
        if left.is_dir() and time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _move(staging: Path, folder: Path, written: Mapping[str, str]) -> None:
    """Rename the staged folder to its place, or its files one by one where the place is taken; manifest last."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    if not folder.exists():
        staging.rename(folder)
        return
    for name in set(_written_files(folder) or ()) - set(written):
        (folder / name).unlink(missing_ok=True)
    for name in (*written, MANIFEST_FILE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(folder / name)


def _written_files(folder: Path) -> list[str] | None:
    """Return the names that the folder's manifest lists, or None if the folder is not one of ours."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            return None
        names = [str(name) for name in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    inside = folder.resolve()
    return [name for name in names if (folder / name).resolve().is_relative_to(inside)]


def _write_manifest(folder: Path, written: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    manifest = {
        "format": FORMAT,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
        "files": dict(written),
        "python": python_version(),
        "platform": platform(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "carbon_half": _version("carbon-half"),
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
