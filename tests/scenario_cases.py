"""Scenario files for tests: how one is written, and what is said of a bad one."""

from pathlib import Path

import pytest

from model.faults import BadInput
from model.scenario import ROOT_SCENARIO, load_scenario


def written(folder: Path, body: str, name: str = "mine", based_on: str | None = ROOT_SCENARIO) -> Path:
    """Write a scenario file with the head that every one needs."""
    path = folder / f"{name}.yaml"
    head = f"name: {name}\ntitle: A scenario\n" + (f"based_on: {based_on}\n" if based_on else "")
    path.write_text(head + body, encoding="utf-8")
    return path


def faults_of(path: Path | str, *overrides: str) -> str:
    with pytest.raises(BadInput) as caught:
        load_scenario(path, overrides)
    return "\n".join(fault("en") for fault in caught.value.faults)
