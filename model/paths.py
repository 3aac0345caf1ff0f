"""Where the project's own files are: beside the package in a checkout, inside it after `pip install`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def scenarios_folder() -> Path:
    """Return the folder of shipped scenarios and data, whether the package is installed or run from a checkout."""
    installed = _PACKAGE / "_scenarios"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def data_folder() -> Path:
    """Return the folder of the data tables that ship with the model."""
    return scenarios_folder() / "data"


@contextmanager
def written_at_once(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target` and rename it to `target` on success: no reader ever sees half a file.

    Args:
        target: the file to write; its folder is created.

    Yields:
        a path in the same folder, with the same suffix, that does not exist yet.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    temporary.unlink()
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
