"""Joint purchase of electricity and duty together: the factor bought counts from the fourth period on, and costs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.command_line import _run
from model.faults import BadInput, ExitCode
from model.inputs import Data
from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.inputs import Settings, Tables, checked, problem
from model.optimise.facility_schedule.population import population
from model.optimise.facility_schedule.purchase import Supply, read_purchase
from model.optimise.facility_schedule.verify import certify

WISHES = Settings(last_year=2034)


@pytest.fixture(scope="module")
def tables(data: Data) -> Tables:
    return checked(data, population(data, 5, 3), [], [], WISHES)


def supplied(tables: Tables, supply: Supply) -> Tables:
    return replace(tables, supplies={tables.facilities[1].id: supply})


def test_what_is_renewable_counts_as_zero_and_the_rest_as_the_supplier_states(tables: Tables) -> None:
    without = problem(tables, WISHES)
    stated = problem(supplied(tables, Supply(2027, 0.6, 0.3, 24_000.0)), WISHES)
    assert stated.factor[1, 0, :2] == pytest.approx(without.factor[1, 0, :2], abs=0)
    assert stated.factor[1, 0, 2:] == pytest.approx(np.full(8, 0.12), rel=1e-12)
    assert np.array_equal(stated.factor[[0, 2]], without.factor[[0, 2]])
    assert np.array_equal(stated.factor[:, 1:], without.factor[:, 1:])
    path = problem(supplied(tables, Supply(2027, 0.6, np.nan, 24_000.0)), WISHES)
    assert path.factor[1, 0, 2:] == pytest.approx(0.4 * without.factor[1, 0, 2:], rel=1e-12)
    assert stated.price_for(1)[0, 1:] == pytest.approx([without.price[0, 1], *[24_000.0] * 8], rel=1e-12)
    assert np.array_equal(stated.price_for(0), without.price)


# Up to the third period factors are fixed; only a supply at or below the line of low-carbon supply (0.37) counts less.
def test_before_the_fourth_period_an_ordinary_supplier_changes_nothing(tables: Tables) -> None:
    rows = tuple(row.model_copy(update={"emissions_so_far_t": 1e4}) for row in tables.facilities)
    early, wishes = replace(tables, facilities=rows), Settings(2022, 2024, "seed_2022")
    fixed = problem(early, wishes).factor
    ordinary, low = (problem(supplied(early, Supply(2022, 0.5, rest, 25_000.0)), wishes) for rest in (0.9, 0.7))
    assert np.array_equal(ordinary.factor, fixed)
    assert np.all(low.factor[1, 0] < fixed[1, 0])


@pytest.mark.slow
def test_a_cleaner_supply_at_the_same_price_never_costs_more_and_is_certified(tables: Tables) -> None:
    price = problem(tables, WISHES).price[0]
    assert np.ptp(price) == 0.0
    costs = []
    for share in (0.0, 0.5, 1.0):
        bought = supplied(tables, Supply(2025, share, np.nan, float(price[0])))
        found = solve_schedule(problem(bought, WISHES), 1e-4, 60)
        assert certify(found, bought, WISHES).holds
        assert not certify(found, replace(bought, supplies={}), WISHES).holds or share == 0.0
        costs.append((found.proof.bound, found.proof.objective))
    (least, _), (middle, dear), (_, cheap) = costs
    assert dear < least
    assert cheap <= middle + 1e-4 * abs(middle)


def write(path: Path, **changes: object) -> Path:
    variables = {"energy": [4e6], "bill": [1e8], "renewable_share": [0.8], "supplier_factor": [0.25], **changes}
    made = xr.Dataset({name: ("facility", value) for name, value in variables.items() if value is not None},
                      coords={"facility": ["S00002"]}, attrs={"supply_from": 2027})  # fmt: skip
    made.to_netcdf(path, engine="h5netcdf")
    return path


def test_a_result_is_read_from_its_folder_or_its_file(tmp_path: Path) -> None:
    file = write(tmp_path / "award.nc")
    assert read_purchase(tmp_path) == read_purchase(file) == {"S00002": Supply(2027, 0.8, 0.25, 25_000.0)}
    write(file, renewable_share=[np.nan])
    assert read_purchase(file) == {}


def test_what_is_no_result_of_a_purchase_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.nc").write_text("nothing", encoding="utf-8")
    for path in (tmp_path, tmp_path / "no.nc", tmp_path / "absent", write(tmp_path / "old.nc", renewable_share=None)):
        with pytest.raises(BadInput):
            read_purchase(path)


@pytest.mark.slow
def test_a_plan_and_an_award_of_the_wards_feed_a_schedule(tmp_path: Path) -> None:
    made = tmp_path / "made"
    few = ("--wards", "2", "--facilities", "3", "--suppliers", "5", "--packages", "4")
    assert _run(["auction", "example", "--out", str(made), *few]) == ExitCode.DONE
    files = [str(path) for path in sorted(made.glob("*.csv"))]
    for command in ("plan", "clear"):
        assert _run(["auction", command, *files, "--out", str(tmp_path / command)]) == ExitCode.DONE
    with xr.open_dataset(tmp_path / "plan" / "plan.nc") as plan:
        name = str(plan["facility"][0].item())
    table = tmp_path / "facilities.csv"
    table.write_text(
        f"id,floor_area_m2,base_t,electricity_mwh\n{name},60000,8000,12000\nother,60000,8000,12000\n",
        encoding="utf-8",
    )
    emitted = {}
    for purchase in ("none", "plan", "clear"):
        asked = [] if purchase == "none" else ["--purchase", str(tmp_path / purchase)]
        out = tmp_path / f"out-{purchase}"
        options = ["--to", "2034", "--no-figures", "--lang", "en", "--out", str(out)]
        assert _run(["schedule", str(table), *options, *asked]) == ExitCode.DONE
        with xr.open_dataset(out / "schedule.nc") as found:
            emitted[purchase] = found["emissions"].transpose("facility", "year").to_numpy()
        shown = "joint purchase" in (out / "page.en.html").read_text(encoding="utf-8").lower()
        assert shown == (purchase != "none")
    for purchase in ("plan", "clear"):
        assert emitted[purchase][0, 2:].sum() < emitted["none"][0, 2:].sum()
    assert _run(["schedule", str(table), "--purchase", str(made), "--out", str(tmp_path / "x")]) == ExitCode.BAD_INPUT
