"""Results of the shipped scenarios against what they were, each with its reason."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from model.pathway import Pathway
from model.schema import VARIABLES

GOLDEN = yaml.safe_load((Path(__file__).parent / "pathway.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['scenario']}-{row['variable']}-{row['year']}")
def test_result_is_what_it_was(row: dict[str, Any], base_run: Pathway, half_run: Pathway) -> None:
    run = {"no_new_policy": base_run, "carbon_half": half_run}[row["scenario"]]
    assert VARIABLES[row["variable"]].unit == row["unit"]
    assert row["reason"]
    value = run.values[row["variable"]][run.axes.year_index(row["year"])].sum()
    assert value == pytest.approx(row["value"], rel=row["tolerance"])
