"""Scenario files: what is merged, where values come from, what is refused, and what is told to editors and users."""

import csv
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scenario_cases import written

from model.levers import FAMILY_OF, LEVER_FAMILIES, lever_value, plain
from model.paths import data_folder, scenarios_folder
from model.pathway import Pathway
from model.scenario import ROOT_SCENARIO, load_scenario, shipped_scenarios
from model.targets import targets_of
from model.year_path import SharePath, YearPath, path_values, share_path_values


def table(name: str) -> list[dict[str, str]]:
    with (data_folder() / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# -- paths over years --------------------------------------------------------------------------------------------------


def test_path_is_linear_between_and_flat_outside() -> None:
    path = YearPath.of({2030: 0.5, 2020: 0.1, 2034: 0.3})
    years = np.array([2000, 2020, 2025, 2030, 2031, 2034, 2060])
    assert path_values(path, years) == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.45, 0.3, 0.3], abs=1e-15)


def test_one_point_is_a_constant() -> None:
    assert YearPath.of({2035: 7}) == YearPath.of({2000: 7.0})
    assert path_values(YearPath.of({2035: 7}), np.arange(2000, 2061)) == pytest.approx(np.full(61, 7.0), abs=0)


def test_share_path_moves_each_label_and_keeps_the_sum() -> None:
    path = SharePath.of({2020: {"old": 1.0}, 2030: {"old": 0.2, "new": 0.8}})
    shares = share_path_values(path, np.array([2010, 2025, 2030]), ["new", "unused", "old"])
    assert shares == pytest.approx(np.array([[0, 0, 1], [0.4, 0, 0.6], [0.8, 0, 0.2]]), abs=1e-15)


def test_share_path_with_a_label_that_is_not_asked_for_is_an_error() -> None:
    with pytest.raises(KeyError, match="new"):
        share_path_values(SharePath.of({2020: {"new": 1.0}}), np.array([2020]), ["old"])


def citations(text: str) -> set[tuple[str, str]]:
    """Return theme and source of every [theme:source, …] in a text."""
    return {pair for bracket in re.findall(r"\[([^]]*)\]", text) for pair in re.findall(r"(\w+):(\w+)", bracket)}


# -- shipped scenarios -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_lever_of_a_shipped_scenario_has_a_reason_whose_sources_exist(name: str) -> None:
    scenario = load_scenario(name)
    assert set(scenario.because) == set(FAMILY_OF)
    for lever, text in scenario.because.items():
        cited = citations(text.en)
        assert cited or re.match("(Estimate|Neutral);", text.en), f"{lever}: neither source nor estimate"
        assert cited == citations(text.ja), lever
        for theme, source in cited:
            assert source in {row["source_id"] for row in table(f"{theme}/sources")}, f"{lever}: {theme}:{source}"


def test_chain_runs_from_the_root_to_the_scenario() -> None:
    scenario = load_scenario("carbon_half")
    assert scenario.chain == ("no_new_policy", "ordinance_2022", "adopted_2025", "carbon_half")
    assert [file.stem for file in scenario.files] == list(scenario.chain)
    assert load_scenario(scenarios_folder() / "carbon_half.yaml") == scenario


def test_no_new_policy_starts_where_the_inventory_ends() -> None:
    levers = load_scenario("no_new_policy").levers
    at_2022 = np.array([2022])

    def history(name: str, **where: str) -> float:
        rows = [row for row in table(name) if all(row[key] == value for key, value in where.items())]
        assert len(rows) == 1, where
        return float(rows[0]["value"])

    renewable = history("inventory/electricity", quantity="renewable_share", year="2022")
    factor = history("inventory/electricity", quantity="co2_factor", year="2022")
    other = levers.other_sectors
    expected = {
        "renewable": (levers.electricity.renewable_share, (renewable * 73.95 - 0.35) / 73.6),
        # 22.3 % of the 73.95 TWh used in FY2022 less 0.35 TWh from panels on site, over the 73.6 TWh bought.
        "thermal": (levers.electricity.thermal_factor, factor / (1 - (renewable * 73.95 - 0.35) / 73.6)),
        "industry": (other.industry_energy_pj, history("inventory/energy", sector="industry", year="2022")),
        "waste": (other.waste_mt, history("inventory/other_sectors", sector="waste", year="2022")),
        "gases": (other.other_gases_mt, history("inventory/other_sectors", sector="other_gases", year="2022")),
        "transport": (
            other.transport_energy_pj,
            history("inventory/energy", quantity="final_energy", sector="transport", year="2022"),
        ),
        "rail": (
            other.transport_electric_share,
            history("inventory/other_sectors", quantity="electric_share", sector="transport", year="2022"),
        ),
    }
    for name, (path, value) in expected.items():
        assert path_values(path, at_2022)[0] == pytest.approx(value, rel=3e-3), name


@pytest.mark.parametrize("name", shipped_scenarios())
@pytest.mark.parametrize("sector", ["residential", "commercial"])
def test_new_buildings_of_2022_are_those_that_history_ends_with(name: str, sector: str) -> None:
    groups = {row["policy_group"] for row in table("classification/segments") if row["sector"] == sector}
    expected = {
        row["standard"]: float(row["value"])
        for row in table("buildings/standards_of_new")
        if row["segment_sector"] == sector and row["year"] == "2022"
    }
    levers = load_scenario(name).levers
    for group in groups:
        assert dict(levers.new_building_standard[group].points[0][1]) == pytest.approx(expected), group


@pytest.mark.parametrize("name", shipped_scenarios())
def test_no_path_speaks_of_years_that_are_history(name: str) -> None:
    levers = load_scenario(name).levers
    for lever in FAMILY_OF:
        value = lever_value(levers, lever)
        if isinstance(value, dict) and len(value) > 1:
            assert min(int(year) for year in value) >= 2022, lever


def test_carbon_half_meets_the_published_targets_for_renewable_electricity(half_run: Pathway) -> None:
    # Targets are of all use, panels on site included; the lever is what the grid brings.
    for year, target in targets_of("renewable_share").items():
        share = half_run.values["renewable_share"][half_run.axes.year_index(year)]
        assert share >= target.value - 0.003


@pytest.mark.parametrize("shipped", ["ordinance_2022", "adopted_2025", "carbon_half", "zero_2050"])
def test_a_derived_scenario_sets_its_levers_in_fifteen_lines(shipped: str) -> None:
    lines = (scenarios_folder() / f"{shipped}.yaml").read_text(encoding="utf-8").splitlines()
    body = lines[lines.index("set:") + 1 : lines.index("because:")]
    assert 1 <= sum(bool(line.strip()) for line in body) <= 15


# -- merging -----------------------------------------------------------------------------------------------------------


def test_nested_and_dotted_keys_mean_the_same(tmp_path: Path) -> None:
    bodies = (
        "set:\n  renovation:\n    rate: {public: 0.05}\n  stock: {lifetime_factor: {residential: 1.1}}\n",
        "set:\n  renovation.rate.public: 0.05\n  stock.lifetime_factor.residential: 1.1\n",
        "set:\n  renovation: {rate.public: 0.05}\n  stock:\n    lifetime_factor.residential: 1.1\n",
    )
    hashes = {load_scenario(written(tmp_path, body)).content_hash for body in bodies}
    assert len(hashes) == 1
    assert hashes != {load_scenario(ROOT_SCENARIO).content_hash}


def test_a_lever_is_replaced_whole_and_the_others_stay(tmp_path: Path) -> None:
    root = load_scenario(ROOT_SCENARIO).levers
    levers = load_scenario(written(tmp_path, "set: {electricity: {renewable_share: {2030: 0.4, 2050: 0.6}}}\n")).levers
    assert levers.electricity.renewable_share == YearPath(((2030, 0.4), (2050, 0.6)))
    assert levers.electricity.thermal_factor == root.electricity.thermal_factor
    changed = {name for name in FAMILY_OF if lever_value(levers, name) != lever_value(root, name)}
    assert changed == {"electricity.renewable_share"}


def test_all_stands_for_the_labels_that_are_not_named(tmp_path: Path) -> None:
    levers = load_scenario(written(tmp_path, "set: {renovation.rate: {public: 0.09, all: 0.02}}\n")).levers
    rates = {group: path_values(path, np.array([2030]))[0] for group, path in levers.renovation.rate.items()}
    assert rates.pop("public") == 0.09
    assert set(rates.values()) == {0.02}
    assert len(rates) == 7


def test_all_in_a_derived_file_replaces_what_its_base_named(tmp_path: Path) -> None:
    written(tmp_path, "set: {renovation.rate.public: 0.09}\n", name="base")
    levers = load_scenario(written(tmp_path, "set: {renovation.rate.all: 0.02}\n", based_on="base")).levers
    assert path_values(levers.renovation.rate["public"], np.array([2030]))[0] == 0.02


def test_later_overrides_win(tmp_path: Path) -> None:
    path = written(tmp_path, "set: {years.last: 2040}\n")
    assert load_scenario(path, ["years.last=2045", "years.last = 2030"]).levers.years.last == 2030


def test_an_override_that_changes_nothing_keeps_the_hash() -> None:
    root = load_scenario(ROOT_SCENARIO)
    value = json.dumps(lever_value(root.levers, "electricity.renewable_share"))
    assert load_scenario(ROOT_SCENARIO, [f"electricity.renewable_share={value}"]).content_hash == root.content_hash


@pytest.mark.parametrize("family", LEVER_FAMILIES)
def test_every_lever_counts_in_the_hash(family: str) -> None:
    lever = LEVER_FAMILIES[family]
    if lever.lower == lever.upper and lever.kind == "whole":
        pytest.skip("one value only")
    name = next(name for name in FAMILY_OF if FAMILY_OF[name] == family)
    root = load_scenario(ROOT_SCENARIO)
    other = {
        "whole": "2031",
        "number": f"{0.9 * float(lever.upper or 0)}",
        "choice": next((word for word in lever.choices if word != lever_value(root.levers, name)), ""),
        "last_year": "2040",
        "path": f"{0.9 * float(lever.upper or 0)}",
        "share_path": "{2030: {bei_080: 1}}",
    }[lever.kind]
    changed = load_scenario(ROOT_SCENARIO, [f"{name}={other}"])
    assert changed.content_hash != root.content_hash
    assert lever_value(changed.levers, name) != lever_value(root.levers, name)


def test_a_reason_goes_with_its_value(tmp_path: Path) -> None:
    body = "set:\n  fuel.city_gas_factor: 0.9\n  solar: {retrofit_mw: 20, kw_per_building.all: 6}\n"
    body += "because: {solar: our roofs}\n"
    scenario = load_scenario(written(tmp_path, body), ["service.residential=0.9"])
    root = load_scenario(ROOT_SCENARIO).because
    assert "fuel.city_gas_factor" not in scenario.because
    assert "service.residential" not in scenario.because
    assert (
        scenario.because["solar.retrofit_mw"]("ja")
        == scenario.because["solar.kw_per_building.public"]("en")
        == "our roofs"
    )
    assert scenario.because["solar.new_building_share.public"] == root["solar.new_building_share.public"]


def test_a_scenario_beside_the_file_comes_before_a_shipped_one(tmp_path: Path) -> None:
    written(tmp_path, "set: {years.last: 2033}\n", name="zero", based_on="carbon_half")
    scenario = load_scenario(written(tmp_path, "set: {}\n", based_on="zero"))
    assert scenario.chain == ("no_new_policy", "ordinance_2022", "adopted_2025", "carbon_half", "zero", "mine")
    assert scenario.levers.years.last == 2033


def test_paths_inside_the_folder_may_be_followed(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    written(tmp_path, "set: {years.last: 2044}\n", name="ground")
    written(tmp_path / "parts", "", name="base", based_on="../ground.yaml")
    scenario = load_scenario(written(tmp_path, "set:\n", based_on="parts/base.yaml"))
    assert scenario.chain == ("no_new_policy", "ground", "base", "mine")
    assert scenario.levers.years.last == 2044


def test_levers_cannot_be_changed_and_travel_between_processes() -> None:
    levers = load_scenario("carbon_half").levers
    with pytest.raises(ValidationError):
        levers.years.last = 2040
    with pytest.raises(TypeError):
        levers.renovation.rate["public"] = YearPath(((2000, 1.0),))  # type: ignore[index]
    copy = pickle.loads(pickle.dumps(levers))
    assert copy == levers
    assert plain(copy) == plain(levers)
