"""LMDI against cases that others published."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from model.decomposition import lmdi

CASES = Path(__file__).resolve().parents[3] / "shared" / "external" / "decomposition" / "expected.yaml"
pytestmark = pytest.mark.skipif(not CASES.is_file(), reason="published cases are not beside this checkout")


@pytest.fixture
def cases() -> dict[str, Any]:
    return yaml.safe_load(CASES.read_text(encoding="utf-8"))


def test_six_factors(cases: dict[str, Any]) -> None:
    case = cases["commercial_us_2017_2018"]
    start, end = (dict(zip(case["factors"], map(np.array, case[when]), strict=True)) for when in ("start", "end"))
    effects = lmdi(start, end)
    assert list(effects.values()) == pytest.approx(case["effects"], abs=6e-5)
    assert sum(effects.values()) == pytest.approx(case["change"], abs=1e-6)


def test_four_sub_sectors(cases: dict[str, Any]) -> None:
    case = cases["two_sectors"]

    def factors(when: str) -> dict[str, np.ndarray]:
        energy, activity = (np.array(case[f"{name}_{when}"], dtype=float) for name in ("energy", "activity"))
        return {
            "activity": activity.sum(),
            "structure": activity / activity.sum(),
            "intensity": energy / activity,
        }

    effects = lmdi(factors("start"), factors("end"))
    assert effects == pytest.approx(case["effects"], abs=6e-5)
    assert sum(effects.values()) == pytest.approx(case["change"], abs=1e-9)
