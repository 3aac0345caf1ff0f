"""Ranges of inputs: who moves, how far, and that what must stay does stay."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.faults import BadInput, FaultList
from model.inputs import Data
from model.levers import LEVER_FAMILIES, Levers, lever_value
from model.row_checks import SETS_OF_SHARES, check_relations
from model.scenario import load_scenario
from model.schema import QUALITIES
from model.tables import TABLES
from model.uncertain_factors import Uncertainty, factors, factors_named
from model.uncertainty import Spread, ranges

HALF = {"published": 0.02, "read_from_chart": 0.03, "derived": 0.05, "estimate": 0.20}


@pytest.fixture(scope="module")
def spread(data: Data) -> Spread:
    return Spread(load_scenario("carbon_half").levers, data, ranges(Uncertainty()))


def at(spread: Spread, **places: float) -> tuple[Levers, Data]:
    return spread.at(np.array([places.get(name, 0.0) for name in spread.factors]))


def test_every_factor_moves_inputs_that_exist(spread: Spread) -> None:
    assert 20 <= len(factors()) <= 50
    assert set(spread.factors) == set(factors())
    for factor in factors().values():
        assert factor.text.en and factor.text.ja and factor.text.en != factor.text.ja
        for target in factor.targets:
            if factor.kind == "lever":
                assert LEVER_FAMILIES[target].kind == "path"
                assert factor.name in ranges(Uncertainty()).full_year
            else:
                table, _, quantity = target.rpartition(".")
                assert quantity in TABLES[table].quantities
        if factor.form == "odds":
            assert any(f"{table}.{quantity}" in factor.targets for table, quantity, *_ in SETS_OF_SHARES)


def test_defaults_are_those_of_the_qualities() -> None:
    assert dict(ranges(Uncertainty()).by_quality) == HALF


@pytest.mark.parametrize("u", [-1.0, 0.37, 1.0])
def test_no_value_moves_farther_than_its_quality_allows(spread: Spread, data: Data, u: float) -> None:
    own = ranges(Uncertainty()).by_factor
    for name in spread.factors:
        _, moved = at(spread, **{name: u})
        for table, quantity in moved.changed:
            before, after = (each.column(table, quantity, "value").astype(float) for each in (data, moved))
            half = np.array([HALF[word] for word in data.column(table, quantity, "quality")])
            wide = own.get(name, float(half.max()))
            if factors()[name].form == "scale":
                assert np.all(np.abs(after - before) <= np.where(name in own, wide, half) * np.abs(before) * 1.000001)
            elif factors()[name].form == "effect":
                assert np.all(np.abs(after - before) <= half * np.abs(1 - before) * 1.000001)
            else:
                assert np.all(np.abs(after - before) <= wide * before / (1 - wide) * 1.000001)
            assert not np.array_equal(before, after)


def test_published_and_estimated_rows_of_one_factor_move_each_by_its_own(spread: Spread, data: Data) -> None:
    _, high = at(spread, solar_yield=1.0)
    assert high.number("solar/parameters", "yield") == pytest.approx(1020.0, rel=1e-15)
    _, low = at(spread, heat_emissions=-0.5)
    assert low.number("inventory/carriers", "emission_factor", carrier="district_heat") == pytest.approx(0.06 * 0.99)
    _, later = at(spread, appliances=1.0)
    years, now = data.series("energy/technologies", "efficiency", technology="appliances")
    _, then = later.series("energy/technologies", "efficiency", technology="appliances")
    assert then / now == pytest.approx(np.where(years > 2022, 1.2, 1.0), rel=1e-15)


def test_the_range_of_a_lever_opens_evenly(spread: Spread) -> None:
    low, _ = at(spread, transport_energy=-1.0)
    base = lever_value(spread.levers, "other_sectors.transport_energy_pj")
    path = lever_value(low, "other_sectors.transport_energy_pj")
    assert path["2022"] == base["2022"]
    assert path["2030"] == pytest.approx(base["2030"] * (1 - 0.2 * 8 / 28), rel=1e-12)
    assert path["2050"] == pytest.approx(base["2050"] * 0.8, rel=1e-12)


def test_what_leaves_the_allowed_range_is_held_at_its_end(spread: Spread) -> None:
    high, _ = at(spread, renewable_supply=1.0)
    path = lever_value(high, "electricity.renewable_share")
    assert path["2050"] == 1.0
    assert max(path.values()) == 1.0


def test_odds_are_multiplied_and_the_shares_keep_their_sum(spread: Spread, data: Data) -> None:
    place = {"building_type": "office"}
    before = {use: data.number("energy/commercial_intensity", "end_use_share_of_final", end_use=use, **place)
              for use in ("lighting", "heating", "appliances")}  # fmt: skip
    _, moved = at(spread, commercial_lighting=1.0)
    after = {use: moved.number("energy/commercial_intensity", "end_use_share_of_final", end_use=use, **place)
             for use in before}  # fmt: skip
    odds = [each["lighting"] / (1 - each["lighting"]) for each in (before, after)]
    assert odds[1] / odds[0] == pytest.approx(1.2, rel=1e-12)
    assert after["heating"] / after["appliances"] == pytest.approx(before["heating"] / before["appliances"], rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_all_shares_of_any_sample_pass_the_checks_of_the_tables(spread: Spread, seed: int) -> None:
    point = np.random.default_rng(seed).choice([-1.0, 1.0], len(spread.factors))
    _, moved = spread.at(point)
    frames = dict(moved.frames)
    for table, quantity in moved.changed:
        frame = frames[table].copy()
        frame.loc[frame["quantity"] == quantity, "value"] = moved.changed[table, quantity]
        frames[table] = frame
    faults = FaultList()
    check_relations(frames, faults)
    faults.raise_if_any()


def test_the_middle_is_the_scenario_itself(spread: Spread) -> None:
    levers, data = at(spread)
    assert levers == spread.levers
    assert data is spread.data


def test_a_sample_leaves_the_data_it_came_from_alone(spread: Spread, data: Data) -> None:
    before = data.number("solar/parameters", "yield")
    at(spread, solar_yield=1.0)
    assert data.number("solar/parameters", "yield") == before


# -- the block of a scenario -------------------------------------------------------------------------------------------


def scenario(folder: Path, text: str, name: str = "mine", base: str = "carbon_half") -> Uncertainty:
    file = folder / f"{name}.yaml"
    file.write_text(f"name: {name}\ntitle: Mine\nbased_on: {base}\n{text}", encoding="utf-8")
    return load_scenario(file).uncertainty


def test_a_scenario_sets_ranges_by_quality_and_by_factor(tmp_path: Path, data: Data) -> None:
    asked = scenario(tmp_path, "uncertainty:\n  seed: 7\n  by_quality: {estimate: 0.1}\n  by_factor: {waste: 0.3}\n")
    assert asked == Uncertainty(7, {"estimate": 0.1}, {"waste": 0.3})
    width = ranges(asked)
    assert width.half("waste", "estimate") == 0.3
    assert width.half("other_gases", "estimate") == 0.1
    assert width.half("solar_yield", "published") == 0.02
    assert width.half("residential_energy_level", "estimate") == 0.047


def test_a_name_goes_before_what_it_moves_and_that_before_all(tmp_path: Path) -> None:
    text = "uncertainty: {by_factor: {all: 0, other_sectors.waste_mt: 0.1, solar/parameters.yield: 0.05, waste: 0.2}}\n"
    found = scenario(tmp_path, text).by_factor
    assert found["waste"] == 0.2
    assert found["solar_yield"] == 0.05
    assert {value for name, value in found.items() if name not in ("waste", "solar_yield")} == {0.0}
    assert factors_named("energy/technologies.efficiency") == ["electric_heat_pumps", "led_lighting", "appliances"]


def test_a_later_file_goes_on_top_of_its_base(tmp_path: Path) -> None:
    scenario(tmp_path, "uncertainty: {seed: 3, by_quality: {estimate: 0.1, derived: 0.01}}\n", "below")
    found = scenario(tmp_path, "uncertainty: {by_quality: {estimate: 0.3}}\n", "above", "below")
    assert found == Uncertainty(3, {"estimate": 0.3, "derived": 0.01}, {})


def test_every_fault_of_the_block_is_told_with_its_line(tmp_path: Path) -> None:
    text = (
        "uncertainty:\n  seed: -1\n  by_quality: {estimated: 0.1, published: 2}\n"
        "  by_factor: {wast: 0.1, waste: much}\n  ranges: 1\n"
    )
    with pytest.raises(BadInput) as bad:
        scenario(tmp_path, text)
    told = [fault("en") for fault in bad.value.faults]
    assert len(told) == 6
    for words in ("mine.yaml:5", "mine.yaml:6", "mine.yaml:7", "mine.yaml:8"):
        assert any(words in line for line in told)
    assert any("did you mean: waste" in line for line in told)
    assert any("did you mean: estimate" in line for line in told)
    assert all(fault("ja") != fault("en") for fault in bad.value.faults)


def test_ranges_change_nothing_of_a_run(tmp_path: Path, levers_with: Callable[..., Levers]) -> None:
    file = tmp_path / "wide.yaml"
    file.write_text(
        "name: wide\ntitle: W\nbased_on: no_new_policy\nuncertainty: {by_factor: {all: 0.5}}\n", encoding="utf-8"
    )
    assert load_scenario(file).content_hash == load_scenario("no_new_policy").content_hash
    assert set(HALF) == set(QUALITIES)
