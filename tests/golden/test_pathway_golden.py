"""Results of the shipped scenarios against what they were, each with its reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.inputs import Data
from model.pathway import Pathway, run_pathway
from model.scenario import load_scenario, shipped_scenarios
from model.schema import VARIABLES

GOLDEN = yaml.safe_load((Path(__file__).parent / "pathway.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def run_of(data: Data, base_run: Pathway, half_run: Pathway) -> Callable[[str], Pathway]:
    known = {"no_new_policy": base_run, "carbon_half": half_run}

    def run(scenario: str) -> Pathway:
        if scenario not in known:
            known[scenario] = run_pathway(load_scenario(scenario).levers, data)
        return known[scenario]

    return run


def test_every_shipped_scenario_has_a_row() -> None:
    assert {row["scenario"] for row in GOLDEN} == set(shipped_scenarios())


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['scenario']}-{row['variable']}-{row['year']}")
def test_result_is_what_it_was(row: dict[str, Any], run_of: Callable[[str], Pathway]) -> None:
    run = run_of(row["scenario"])
    assert VARIABLES[row["variable"]].unit == row["unit"]
    assert row["reason"]
    value = run.values[row["variable"]][run.axes.year_index(row["year"])].sum()
    assert value == pytest.approx(row["value"], rel=row["tolerance"])
