"""Steel in nine countries 1900-2008, inflow-driven: stock and outflow of 2008 as flodym and ODYM published them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from model.stock import inflow_driven
from model.survival import Survival, survival_table

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "external" / "steel_stocks"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the published cases are not beside the checkout")

YEARS = np.arange(1900, 2009)
#: Standard deviation of the lives over their mean, as the published case sets it.
SD_OVER_MEAN = 0.3


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("inflow_at", "column"), [("middle", "mid_year"), ("end", "end_year")])
def test_stock_and_outflow_of_2008_to_the_published_digits(inflow_at: str, column: str) -> None:
    expected = rows("expected.csv")
    consumption = {
        (row["country"], int(row["year"])): float(row["consumption"]) for row in rows("steel_consumption.csv")
    }
    inflow = np.array([[consumption[row["country"], year] for row in expected] for year in YEARS])
    means = [float(row["mean_lifetime"]) for row in expected]
    curves = [Survival.from_mean_sd("normal_untruncated", mean, SD_OVER_MEAN * mean) for mean in means]
    result = inflow_driven(inflow, survival_table(curves, YEARS, YEARS, inflow_at))
    # Six digits behind the point are published: half a unit of the last one, and a little for their rounding.
    for name, found in (("stock", result.stock[-1]), ("outflow", result.outflow[-1])):
        published = [float(row[f"{name}_2008_{column}"]) for row in expected]
        assert found == pytest.approx(published, rel=0, abs=6e-7)
    assert len(expected) == 9
