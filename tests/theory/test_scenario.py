"""Scenario files: what is merged, where values come from, what is refused, and what is told to editors and users."""

import csv
import json
import pickle
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from model.faults import BadInput, FaultList
from model.levers import FAMILY_OF, LEVER_FAMILIES, lever_value, plain
from model.paths import data_folder, scenarios_folder
from model.pathway import Pathway
from model.scenario import DEFAULT_SCENARIO, ROOT_SCENARIO, load_scenario, shipped_scenarios
from model.scenario_schema import SCHEMA_FILE, scenario_json_schema, scenario_template, schema_text
from model.schema import QUALITIES
from model.targets import targets_of
from model.uncertain_factors import Uncertainty, factors
from model.yaml_reader import read_yaml
from model.year_path import SharePath, YearPath, path_values, share_path_values


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


# -- what is refused beyond single values (those: tests/cli/test_bad_input.py) -----------------------------------------


@pytest.mark.parametrize(
    "based_on", ["../outside.yaml", "{folder}/outside.yaml", "link.yaml", "sub/../../outside.yaml"]
)
def test_based_on_cannot_leave_the_folder(tmp_path: Path, based_on: str) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    written(tmp_path, "", name="outside")
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    path = written(inside, "", based_on=based_on.format(folder=tmp_path))
    assert "its own folder or shipped" in faults_of(path)


def test_an_end_use_that_nothing_may_serve_is_refused(tmp_path: Path) -> None:
    body = "set:\n  equipment.last_year: {gas_cooker: 2030, lpg_cooker: 2031, induction_cooker: 2032}\n"
    told = faults_of(written(tmp_path, body))
    assert "mine.yaml:5" in told
    assert "cooking" in told
    assert "2032" in told
    assert load_scenario(written(tmp_path, body + "  years.last: 2032\n")).levers.years.last == 2032


def test_all_faults_of_the_whole_chain_are_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, "set: {years.last: 2070, fuel: {city_gas: 1}}\n", name="base")
    path = written(tmp_path, "set: {solar.retrofit_mw: -1}\ncolour: red\n", based_on="base")
    told = faults_of(path, "demand.households=census", "nothing")
    for part in (
        "base.yaml:4 › years.last",
        "city_gas_factor",
        "mine.yaml:4 › solar.retrofit_mw",
        "colour",
        "tmg_2024",
        "nothing",
    ):
        assert part in told


def test_faults_are_told_from_the_top_of_a_file(tmp_path: Path) -> None:
    body = "set:\n  years.last: 1\n  solar.retrofit_mw: -1\n  demand.vacancy_rate: 2\nbecause: {fuel: none}\nx: 1\n"
    lines = [int(line) for line in re.findall(r"mine\.yaml:(\d+)", faults_of(written(tmp_path, body)))]
    assert lines == [5, 6, 7, 8, 9]


def test_one_wrong_value_under_all_is_one_fault(tmp_path: Path) -> None:
    told = faults_of(written(tmp_path, "set: {renovation.rate.all: {2030: 0.5}}\n"))
    assert told.count("above") == 1
    assert "renovation.rate.all › 2030" in told


# -- schema and template -----------------------------------------------------------------------------------------------


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(scenario_json_schema())


def plain_file(path: Path) -> object:
    root = read_yaml(path, FaultList())
    assert root is not None
    return root.plain()


def test_schema_file_is_up_to_date_and_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(scenario_json_schema())
    found = (scenarios_folder() / SCHEMA_FILE).read_text(encoding="utf-8")
    assert found == schema_text(), "write it again with: python -m model.scenario_schema"


@pytest.mark.parametrize("name", shipped_scenarios())
def test_shipped_scenarios_fit_the_schema(name: str) -> None:
    validator().validate(plain_file(scenarios_folder() / f"{name}.yaml"))


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ("set: {renovation.rate.public: 0.05, electricity: {renewable_share: {2030: 1}}}\n", True),
        ("set: {renovation: {rate.all: 0.05}, stock.lifetime_factor: {residential: 1}}\n", True),
        ("set: {equipment.last_year.gas_cooker: null}\nbecause: {equipment: why}\n", True),
        ("set:\n", True),
        ("set: {renovation.rate.publc: 0.05}\n", False),
        ("set: {renovation.rate: 0.05}\n", False),
        ("set: {electricity.renewable_share: {1999: 0.5}}\n", False),
        ("set: {electricity.renewable_share: yes}\n", False),
        ("set: {electricity.renewable_share: 1.5}\n", False),
        ("set: {new_building_standard.all: {2030: {zeb: 1}}}\n", False),
        ("set: {years: {last: 2050.5}}\n", False),
        ("colour: red\n", False),
    ],
)
def test_schema_and_loader_agree(tmp_path: Path, body: str, fits: bool) -> None:
    path = written(tmp_path, body)
    assert validator().is_valid(plain_file(path)) is fits
    if fits:
        load_scenario(path)
    else:
        faults_of(path)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_template_loads_as_it_is_and_with_every_line_taken_in(tmp_path: Path, language: str) -> None:
    default = load_scenario(DEFAULT_SCENARIO)
    text = scenario_template(language)  # type: ignore[arg-type]
    path = tmp_path / "my_scenario.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_scenario(path).content_hash == default.content_hash
    validator().validate(plain_file(path))

    taken_in = re.sub(r"^  # ", "  ", text, flags=re.MULTILINE).replace(f"based_on: {DEFAULT_SCENARIO}\n", "")
    path.write_text(taken_in, encoding="utf-8")
    full = load_scenario(path)
    assert full.chain == ("my_scenario",)
    assert full.content_hash == default.content_hash

    path.write_text(re.sub(r"^(  |    )# ", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    uncertainty = load_scenario(path).uncertainty
    assert uncertainty == Uncertainty(None, dict.fromkeys(QUALITIES, 0.1), dict.fromkeys(factors(), 0.1))


def test_template_of_another_name_is_for_a_file_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "ward_13.yaml"
    path.write_text(scenario_template("ja", "ward_13"), encoding="utf-8")
    assert load_scenario(path).name == "ward_13"


@pytest.mark.parametrize("name", ["Mine", "my-city", "東京", "a: b", "", "../x"])
def test_names_that_cannot_name_a_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="small letters"):
        scenario_template("en", name)
    if name in ("Mine", "my-city", "東京"):
        assert "small letters" in faults_of(written(tmp_path, "", name=name))


def test_any_yaml_reader_sees_the_same_levers() -> None:
    """Our reader keeps line numbers and YAML 1.2 numbers; on our own files it must read what PyYAML reads."""

    def with_text_keys(value: object) -> object:
        if isinstance(value, dict):
            return {str(key): with_text_keys(item) for key, item in value.items()}
        return value

    for name in shipped_scenarios():
        path = scenarios_folder() / f"{name}.yaml"
        assert plain_file(path) == with_text_keys(yaml.safe_load(path.read_text(encoding="utf-8")))
