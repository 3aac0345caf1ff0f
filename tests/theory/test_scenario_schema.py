"""What scenario files are refused for, and the schema and template that help to write them."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from scenario_cases import faults_of, written

from model.faults import BadInput, FaultList
from model.paths import scenarios_folder
from model.scenario import DEFAULT_SCENARIO, load_scenario, shipped_scenarios
from model.scenario_schema import SCHEMA_FILE, scenario_json_schema, scenario_template, schema_text
from model.schema import QUALITIES
from model.uncertain_factors import Uncertainty, factors
from model.yaml_reader import read_yaml

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
