"""Ensembles: every member is a run of its own, wherever and whenever it is computed."""

import dataclasses
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.ensemble import MEMBERS_OF_A_BLOCK, OUTPUTS, Ensemble, base_member, compute_block, members, outputs
from model.ensemble_answers import chances, figures_of, influences, quantile_dataset, valid_members, wilson
from model.ensemble_store import OF_BASE, check_no_unfinished, open_ensemble, resumed_store, start_store
from model.ensemble_workers import blocks_of, computed_by_processes
from model.faults import BadInput
from model.inputs import Data
from model.outcome import outcome
from model.pathway import run_axes, run_pathway
from model.policy.acting import Scene
from model.report.key_figures import new_share
from model.sampling import Design
from model.scenario import load_scenario
from model.standing import standing_together, standing_years
from model.uncertain_factors import Uncertainty
from model.uncertainty import Spread, ranges

ROOT = Path(__file__).resolve().parents[2]
TITLE = {"scenario": "no_new_policy", "title_en": "No new policy", "title_ja": "新規施策なし"}


def build(data: Data, samples: int = 40, design: str = "sobol", seed: int = 1, **by_factor: float) -> Ensemble:
    scenario = load_scenario("no_new_policy", ["years.last=2030"])
    width = ranges(Uncertainty(None, {}, by_factor))
    return Ensemble(scenario.name, scenario.levers, data, width, Design(design, samples, seed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ensemble(data: Data) -> Ensemble:
    return build(data)


@pytest.fixture(scope="module")
def first_block(ensemble: Ensemble) -> dict[str, np.ndarray]:
    return compute_block(ensemble, 0)


def filled(path: Path, ensemble: Ensemble, blocks: Iterable[tuple[int, dict[str, np.ndarray]]]) -> xr.Dataset:
    store = start_store(path, ensemble, TITLE)
    for number, values in blocks:
        store.write(ensemble.block(number), values)
    return open_ensemble(path)


def test_a_member_is_the_single_run_at_its_point_bit_for_bit(
    ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> None:
    for number in (0, 7, 31):
        levers, data = Spread(ensemble.levers, ensemble.data, ensemble.width).at(ensemble.points[number])
        run = run_pathway(levers, data, resolution="metropolis")
        alone = outputs(run)
        assert set(alone) == set(OUTPUTS)
        for name in OUTPUTS:
            assert np.array_equal(first_block[name][number], alone[name])
            if name not in ("solar_capacity", "floor_area", "new_share"):
                assert np.array_equal(alone[name], run.values[name])


def test_what_members_keep_of_stock_and_panels_is_what_the_run_of_all_municipalities_says(data: Data) -> None:
    scenario = load_scenario("no_new_policy", ["years.last=2030"])
    result = outcome(scenario, run_pathway(scenario.levers, data), data)
    kept = base_member(build(data))
    assert kept["solar_capacity"] == pytest.approx(result["solar_capacity"].sum(["segment", "region"]), rel=1e-9)
    for column, sector in enumerate(("residential", "commercial")):
        area = result["floor_area"].sel(segment=result["segment_sector"] == sector).sum(["segment", "region"])
        assert kept["floor_area"][:, column] == pytest.approx(area, rel=1e-9)
    for column, (counted, sector) in enumerate(
        (("buildings", None), ("buildings", "residential"), ("dwellings", None))
    ):
        assert kept["new_share"][:, column] == pytest.approx(new_share(result, counted, sector), rel=1e-9)


@pytest.mark.slow
def test_a_member_has_the_same_bits_alone_in_a_process_of_its_own(first_block: dict[str, np.ndarray]) -> None:
    script = (
        "import sys; sys.path[:0] = ['tests/theory', 'tests']\n"
        "from test_ensemble import build\n"
        "from model.ensemble import members\n"
        "from model.inputs import read_data\n"
        "print(members(build(read_data()), [17])[0]['greenhouse_gas_total'].tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.stdout.strip() == first_block["greenhouse_gas_total"][17].tobytes().hex()


def test_a_member_does_not_hang_on_those_computed_before_it(
    ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> None:
    fresh = dataclasses.replace(ensemble)
    for number in (20, 3):
        (again,) = members(fresh, [number])
        assert again is not None
        assert all(np.array_equal(again[name], first_block[name][number]) for name in OUTPUTS)


@pytest.mark.parametrize("together", [[5], [5, 20], [20, 5], [0, 3, 5, 20, 31, 7, 11, 30, 2, 1, 4, 6]])
def test_a_member_does_not_hang_on_those_beside_it_on_the_axis_of_samples(
    ensemble: Ensemble, first_block: dict[str, np.ndarray], together: list[int]
) -> None:
    for number, one in zip(together, members(ensemble, together), strict=True):
        assert one is not None
        assert all(np.array_equal(one[name], first_block[name][number]) for name in OUTPUTS)


@pytest.mark.slow
def test_a_member_that_cannot_be_takes_none_of_those_beside_it_away(data: Data) -> None:
    strict = load_scenario("no_new_policy", ["years.last=2030", "stock.falling=stop"])
    some = dataclasses.replace(build(data, samples=8), levers=strict.levers)
    alone = [members(some, [number])[0] for number in range(8)]
    assert 0 < sum(one is None for one in alone) < 8
    for here, beside in zip(alone, members(some, range(8)), strict=True):
        assert (here is None) == (beside is None)
        if here is not None and beside is not None:
            assert all(np.array_equal(here[name], beside[name]) for name in OUTPUTS)


def test_runs_of_other_kinds_of_segments_march_side_by_side_as_they_do_alone(data: Data) -> None:
    changes = ["renovation.minimum_age.all=1", "stock.falling=demolish_oldest", "renovation.rate.all=0"]
    names = ("no_new_policy", "carbon_half", "adopted_2025")
    pairs = zip(names, changes, strict=True)
    levers = [load_scenario(name, ["years.last=2030", change]).levers for name, change in pairs]
    scenes = [Scene(data, each, run_axes(data, 2030, "metropolis")) for each in levers]
    for scene, (together, panels) in zip(scenes, standing_together(scenes), strict=True):
        alone, panels_alone = standing_years(scene)
        assert together.stock.falling == alone.stock.falling
        assert together.stock.largest_residual == alone.stock.largest_residual
        for name, values in alone.stock.values.items():
            assert np.array_equal(together.stock.values[name], values)
        assert np.array_equal(together.equipment.final_per_useful, alone.equipment.final_per_useful)
        assert np.array_equal(panels.capacity, panels_alone.capacity)


def test_members_differ_and_stand_around_the_scenario(ensemble: Ensemble, first_block: dict[str, np.ndarray]) -> None:
    base = base_member(ensemble)["greenhouse_gas_total"]
    all_of = first_block["greenhouse_gas_total"]
    assert len({row.tobytes() for row in all_of}) == len(all_of)
    assert np.all(all_of.min(axis=0) < base) and np.all(all_of.max(axis=0) > base)


def test_without_uncertainty_every_member_is_the_scenario(data: Data) -> None:
    certain = build(data, samples=5, **dict.fromkeys(Spread(load_scenario("no_new_policy").levers, data,
                                                            ranges(Uncertainty())).factors, 0.0))  # fmt: skip
    assert certain.factors == ()
    base = base_member(certain)
    for name, values in compute_block(certain, 0).items():
        assert np.array_equal(values, np.broadcast_to(base[name], (5, *base[name].shape)))


@pytest.mark.slow
def test_members_of_two_processes_have_the_bits_of_one(tmp_path: Path, ensemble: Ensemble) -> None:
    numbers = list(range(ensemble.blocks))
    one = filled(tmp_path / "one.zarr", ensemble, blocks_of(ensemble, numbers, None, 1))
    two = filled(tmp_path / "two.zarr", ensemble, blocks_of(ensemble, numbers, None, 2))
    assert one.identical(two)
    assert files(tmp_path / "one.zarr") == files(tmp_path / "two.zarr")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_members_of_a_dask_cluster_have_the_bits_of_one_process(
    ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> None:
    pytest.importorskip("distributed")
    found = dict(blocks_of(ensemble, [0], "local", 1))
    assert all(np.array_equal(found[0][name], first_block[name]) for name in OUTPUTS)


@pytest.mark.parametrize("address", ["nonsense://nowhere", "nowhere"])
def test_an_address_where_nobody_answers_is_refused(ensemble: Ensemble, address: str) -> None:
    distributed = pytest.importorskip("distributed")
    with pytest.raises(BadInput, match="no scheduler answers"):
        list(blocks_of(ensemble, [0], address, 1))
    with pytest.raises(ValueError, match=r"(?i)no client"):
        distributed.client.default_client()


def test_a_store_opens_in_plain_xarray_and_knows_its_names(
    tmp_path: Path, ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> None:
    filled(tmp_path / "some.zarr", ensemble, [(0, first_block)])
    with xr.open_zarr(tmp_path / "some.zarr") as stored:
        assert stored.sizes["member"] == 40
        assert stored["finished"].to_numpy().sum() == MEMBERS_OF_A_BLOCK
        assert stored["greenhouse_gas_total"].attrs["units"] == "Mt/year"
        assert stored.attrs["title_ja"] == "新規施策なし"
        assert len(stored["factor_ja"]) == len(ensemble.factors)
        assert np.array_equal(stored["point"], ensemble.points)
        assert np.isnan(stored["greenhouse_gas_total"][MEMBERS_OF_A_BLOCK:]).all()


def test_an_unfinished_store_is_not_thrown_away_and_a_finished_one_may_be(
    tmp_path: Path, ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "some.zarr"
    filled(path, ensemble, [(0, first_block)])
    with pytest.raises(BadInput, match="--resume"):
        check_no_unfinished(path)
    resumed_store(path, ensemble).write(range(32, 40), {name: first_block[name][:8] for name in OUTPUTS})
    check_no_unfinished(path)


@pytest.mark.slow
def test_a_process_that_is_ended_from_outside_is_a_fault_not_a_traceback(data: Data) -> None:
    many = build(data, samples=10 * MEMBERS_OF_A_BLOCK)
    blocks = computed_by_processes(many, list(range(many.blocks)), 1)
    next(blocks)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(BadInput, match="go on with --resume"):
        list(blocks)


@pytest.mark.parametrize("change", ["seed", "samples", "design", "scenario", "range", "data"])
def test_members_of_another_ensemble_are_not_mixed_in(tmp_path: Path, data: Data, change: str) -> None:
    path = tmp_path / "some.zarr"
    start_store(path, build(data, samples=8), TITLE)
    other = {
        "seed": lambda: build(data, samples=8, seed=2),
        "samples": lambda: build(data, samples=9),
        "design": lambda: build(data, samples=8, design="latin_hypercube"),
        "scenario": lambda: dataclasses.replace(
            build(data, samples=8), levers=load_scenario("carbon_half", ["years.last=2030"]).levers
        ),
        "range": lambda: build(data, samples=8, waste=0.5),
        "data": lambda: build(dataclasses.replace(data, sha256={"solar/parameters.csv": "0"}), samples=8),
    }[change]()
    with pytest.raises(BadInput, match="another ensemble"):
        resumed_store(path, other)
    assert resumed_store(path, build(data, samples=8)).finished().sum() == 0


def test_a_program_that_computes_something_else_is_found_out(tmp_path: Path, data: Data) -> None:
    path = tmp_path / "some.zarr"
    start_store(path, build(data, samples=8), TITLE)
    changed = data.with_values({("solar/parameters", "yield"): np.array([1001.0])})
    with pytest.raises(BadInput, match="other numbers now"):
        resumed_store(path, build(changed, samples=8))


def test_no_store_is_a_fault_not_a_traceback(tmp_path: Path, ensemble: Ensemble) -> None:
    for path in (tmp_path / "none.zarr", tmp_path):
        with pytest.raises(BadInput, match="start one without --resume"):
            resumed_store(path, ensemble)


@pytest.mark.slow
def test_points_that_cannot_be_are_left_out(tmp_path: Path, data: Data) -> None:
    scenario = load_scenario(
        "no_new_policy",
        ["years.last=2025", "stock.falling=stop", "demand.non_residential_factor={2022: 1, 2025: 0.9782}"],
    )
    width = ranges(Uncertainty(None, {}, {"commercial_floor_area": 0.05}))
    some = Ensemble("no_new_policy", scenario.levers, data, width, Design("sobol", 16, 1))
    dataset = filled(tmp_path / "some.zarr", some, [(0, compute_block(some, 0))])
    valid = dataset["valid"].to_numpy()
    assert 0 < valid.sum() < 16
    assert valid_members(dataset).sizes["member"] == valid.sum()
    assert np.isfinite(quantile_dataset(dataset)["greenhouse_gas_total"]).all()


# -- what an ensemble says ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dataset(
    tmp_path_factory: pytest.TempPathFactory, ensemble: Ensemble, first_block: dict[str, np.ndarray]
) -> xr.Dataset:
    return filled(tmp_path_factory.mktemp("store") / "some.zarr", ensemble, [(0, first_block)])


def test_quantiles_are_those_of_the_members(dataset: xr.Dataset, first_block: dict[str, np.ndarray]) -> None:
    found = quantile_dataset(dataset)
    assert found.attrs["members"] == 32
    ordered = np.sort(first_block["renewable_share"][:, -1])
    # Between the two middle ones of 32; a share of 0.05 lies 1.55 steps from the lowest.
    assert found["renewable_share"].sel(quantile=0.5)[-1] == pytest.approx((ordered[15] + ordered[16]) / 2, rel=1e-12)
    low = ordered[1] + 0.55 * (ordered[2] - ordered[1])
    assert found["renewable_share"].sel(quantile=0.05)[-1] == pytest.approx(low, rel=1e-12)
    assert found["renewable_share_mean"][-1] == pytest.approx(first_block["renewable_share"][:, -1].mean(), rel=1e-12)


def test_quantiles_carry_the_chance_of_each_target(dataset: xr.Dataset) -> None:
    kept = quantile_dataset(dataset)
    rows = zip(
        kept["chance_quantity"].to_numpy(), kept["chance_year"].to_numpy(), kept["chance"].to_numpy(), strict=True
    )
    assert [(str(name), int(year), float(share)) for name, year, share in rows] == [
        (one.quantity.name, one.year, one.share) for one in chances(dataset)
    ]


def test_chances_count_the_members_that_meet_each_target(dataset: xr.Dataset) -> None:
    made = dataset.copy(deep=True)
    made["greenhouse_gas_total"].loc[{"year": 2030}] = np.linspace(24.1, 55.1, 32)
    made["solar_capacity"].loc[{"year": 2030}] = np.where(np.arange(32) < 4, 2.0e6, 1.9e6)
    found = {(one.quantity.name, one.year): one for one in chances(made)}
    # 62.2 Mt halved is 31.1: the members at 24.1 to 31.1 in steps of 1 Mt are 8 of 32, the last right on it or not.
    assert found["greenhouse_gas", 2030].target == pytest.approx(31.1)
    assert found["greenhouse_gas", 2030].share in (7 / 32, 8 / 32)
    assert found["solar_capacity", 2030].share == 4 / 32
    assert ("greenhouse_gas", 2050) not in found
    for one in found.values():
        assert 0 <= one.low <= one.share <= one.high <= 1


def test_wilson_interval_in_closed_form() -> None:
    z2 = 1.959963984540054**2
    assert wilson(0, 50) == pytest.approx((0.0, z2 / (50 + z2)), abs=1e-15)
    assert wilson(50, 50) == pytest.approx((50 / (50 + z2), 1.0), abs=1e-15)
    low, high = wilson(15, 50)
    # The ends solve (p − 0.3)² = z² p (1 − p) / n.
    for end in (low, high):
        assert (end - 0.3) ** 2 == pytest.approx(z2 * end * (1 - end) / 50, rel=1e-12)


def test_the_answers_of_the_scenario_are_in_the_store(dataset: xr.Dataset, ensemble: Ensemble) -> None:
    base = base_member(ensemble)
    own = figures_of(dataset, OF_BASE)
    assert np.array_equal(own["greenhouse_gas"], base["greenhouse_gas_total"])
    assert own["final_energy"][0] == pytest.approx(base["sector_energy"][0].sum(), rel=1e-14)


@pytest.mark.slow
def test_one_uncertain_factor_takes_all_the_variance(tmp_path: Path, data: Data) -> None:
    only = dict.fromkeys(build(data).factors, 0.0) | {"renewable_supply": 0.2, "industry_energy": 0.05}
    few = build(data, samples=16, design="saltelli", **only)
    assert few.factors == ("renewable_supply", "industry_energy")
    assert few.members == 16 * 4
    dataset = filled(tmp_path / "few.zarr", few, blocks_of(few, list(range(few.blocks)), None, 1))
    found = influences(dataset)
    assert found is not None
    renewable = found.sel(answer="renewable_share 2030")
    assert renewable["total"].sel(factor="renewable_supply") == pytest.approx(1.0, abs=0.1)
    assert renewable["total"].sel(factor="industry_energy") < 1e-3
    solar = found.sel(answer="solar_capacity 2030")
    assert np.isnan(solar["total"]).all()
