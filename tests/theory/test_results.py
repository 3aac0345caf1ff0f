"""Results: checked when put together, the same bits when written, never half written, faults when they are not ours."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pint
import pytest
import xarray as xr
from synthetic import SYNTHETIC_ATTRIBUTES, synthetic_coordinates, synthetic_labels, synthetic_values

from model.faults import BadInput
from model.result_folder import MANIFEST_FILE, check_result_folder, result_folder
from model.results import ResultError, assemble, open_results, write_dataset
from model.schema import COORDINATES, DIMENSIONS, VARIABLES
from model.summary_table import write_results, yearly_totals

#: What each kind of variable measures, so that a unit that parses to something else (kt is a knot) is found.
DIMENSIONALITY = {
    "floor_area": "[length]**2", "built_floor_area": "[length]**2/[time]", "co2": "[mass]/[time]",
    "greenhouse_gas": "[mass]/[time]", "greenhouse_gas_total": "[mass]/[time]",
    "electricity_factor": "[mass]/[energy]", "final_energy": "[energy]/[time]", "sector_energy": "[energy]/[time]",
    "sector_electricity": "[energy]/[time]", "primary_energy": "[energy]/[time]",
    "crude_oil_equivalent": "[length]**3/[time]", "solar_capacity": "[power]", "solar_installed": "[power]/[time]",
    "solar_generation": "[energy]/[time]", "dwellings": "[dwelling]", "buildings": "[building]",
    "renewable_share": "[]", "technology_share": "[]", "residual": "[]",
}  # fmt: skip


# -- schema and assembly ------------------------------------------------------------------------------------------


def test_every_unit_is_readable_and_measures_what_its_variable_is() -> None:
    registry = pint.UnitRegistry()
    registry.define("dwelling = [dwelling]")
    registry.define("building = [building]")
    registry.define("JPY = [money]")
    for name, variable in VARIABLES.items():
        unit = registry.parse_units(variable.unit)
        if name in DIMENSIONALITY:
            assert unit.is_compatible_with(registry.UnitsContainer()) == (DIMENSIONALITY[name] == "[]")
            assert registry.Quantity(1, unit).check(DIMENSIONALITY[name]), (name, variable.unit)


def test_every_variable_and_dimension_carries_unit_and_meaning_in_both_languages(made_up: xr.Dataset) -> None:
    assert set(made_up.data_vars) == set(VARIABLES)
    for name, variable in VARIABLES.items():
        attributes = made_up[name].attrs
        assert attributes["units"] == variable.unit
        assert attributes["long_name"] and attributes["long_name"].isascii()
        assert attributes["long_name_ja"] and not attributes["long_name_ja"].isascii()
        assert made_up[name].dims == variable.dims
        assert made_up[name].dtype == np.float64
    for name in made_up.dims:
        assert made_up[name].attrs["long_name"] == DIMENSIONS[str(name)].meaning.en
        for coordinate in COORDINATES.get(str(name), ()):
            assert made_up[coordinate].dims == (name,)


def test_provenance_becomes_attributes() -> None:
    labels = synthetic_labels()
    provenance = {"solar_capacity": {"source_id": "W02", "quality": "derived"}}
    dataset = assemble(
        synthetic_values(labels), labels, synthetic_coordinates(labels), SYNTHETIC_ATTRIBUTES, provenance
    )
    assert dataset["solar_capacity"].attrs["source_id"] == "W02"
    assert "source_id" not in dataset["floor_area"].attrs


def _with(name: str, position: tuple[int, ...], value: float) -> Callable[[dict[str, np.ndarray]], None]:
    def change(values: dict[str, np.ndarray]) -> None:
        values[name] = values[name].copy()
        values[name][position] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            _with("floor_area", (3, 0, 1), np.nan),
            ("floor_area", "year=2003", "segment=detached_custom", "region=13102"),
        ),
        (_with("co2", (50, 8, 0, 1), np.inf), ("co2", "year=2050", "segment=office_small", "factor_view=fixed")),
        (_with("solar_capacity", (20, 1, 61), -5.0), ("solar_capacity", "year=2020", "detached_for_sale", "-5 kW")),
        (lambda values: values.update(renewable_share=np.zeros(50)), ("renewable_share", "(50,)", "(51,)")),
        (lambda values: values.pop("buildings"), ("variable buildings is missing",)),
        (lambda values: values.update(surprise=np.zeros(3)), ("variable surprise is not in the schema",)),
    ],
)
def test_a_wrong_value_is_an_error_that_names_variable_and_position(
    change: Callable[[dict[str, np.ndarray]], object], words: tuple[str, ...]
) -> None:
    labels = synthetic_labels()
    values = synthetic_values(labels)
    change(values)
    with pytest.raises(ResultError) as caught:
        assemble(values, labels, synthetic_coordinates(labels), SYNTHETIC_ATTRIBUTES)
    for word in words:
        assert word in str(caught.value)


def test_all_wrong_variables_are_named_at_once() -> None:
    labels = synthetic_labels()
    values = synthetic_values(labels)
    values["dwellings"] = -values["dwellings"]
    values["solar_export"] = values["solar_export"] * np.nan
    with pytest.raises(ResultError, match=r"dwellings\[.*\n?.*solar_export\["):
        assemble(values, labels, synthetic_coordinates(labels), SYNTHETIC_ATTRIBUTES)


def test_round_off_below_zero_passes_and_residuals_may_be_negative() -> None:
    labels = synthetic_labels()
    values = synthetic_values(labels)
    values["demolished_floor_area"][0, 0, 0] = -1e-12 * values["demolished_floor_area"].max()
    dataset = assemble(values, labels, synthetic_coordinates(labels), SYNTHETIC_ATTRIBUTES)
    assert float(dataset["residual"].min()) < 0


@pytest.mark.parametrize("missing", ["scenario", "scenario_hash", "projection_from"])
def test_required_attributes_are_required(missing: str) -> None:
    labels = synthetic_labels()
    attributes = {name: value for name, value in SYNTHETIC_ATTRIBUTES.items() if name != missing}
    with pytest.raises(ResultError, match=f"attribute {missing} is missing"):
        assemble(synthetic_values(labels), labels, synthetic_coordinates(labels), attributes)


# -- netCDF -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_round_trip_is_exact_and_the_same_dataset_gives_the_same_bytes(thin: xr.Dataset, tmp_path: Path) -> None:
    for name in ("one.nc", "two.nc"):
        write_dataset(thin, tmp_path / name)
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "two.nc").read_bytes()
    xr.testing.assert_identical(open_results(tmp_path / "one.nc"), thin)
    with xr.open_dataset(tmp_path / "one.nc") as plain:
        xr.testing.assert_identical(plain.load(), thin)


@pytest.mark.slow
def test_what_is_no_result_is_a_fault_with_a_remedy(thin: xr.Dataset, tmp_path: Path) -> None:
    good = tmp_path / "carbon_half"
    good.mkdir()
    write_dataset(thin, good / "pathway.nc")
    (tmp_path / "text.nc").write_text("not a netCDF file")
    content = (good / "pathway.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(content[: len(content) // 2])
    thin[["renewable_share"]].to_netcdf(tmp_path / "part.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "foreign.nc")
    thin.assign_attrs(scenario="=cmd()").to_netcdf(tmp_path / "formula.nc")
    thin.transpose("region", ...).to_netcdf(tmp_path / "turned.nc")
    for name in ("text.nc", "cut.nc", "part.nc", "foreign.nc", "formula.nc", "turned.nc", "nowhere", "."):
        with pytest.raises(BadInput) as caught:
            open_results(tmp_path / name)
        (fault,) = caught.value.faults
        assert fault.problem("ja") != fault.problem("en")
    with pytest.raises(BadInput) as caught:
        open_results(tmp_path / "carbon_hlaf")
    assert caught.value.faults[0].nearest == str(good)


# -- folder -------------------------------------------------------------------------------------------------------


RUN = {"pathway.nc": b"numbers", "summary.csv": b"totals"}


def _write(folder: Path, files: dict[str, bytes] = RUN, force: bool = False) -> None:
    with result_folder(folder, {"scenario": "synthetic"}, force) as staging:
        for name, content in files.items():
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_bytes(content)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_manifest_lists_every_file_with_its_digest(tmp_path: Path) -> None:
    _write(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / MANIFEST_FILE).read_text(encoding="utf-8"))
    contents = _contents(tmp_path / "run")
    assert set(manifest["files"]) == set(contents) - {MANIFEST_FILE} == {"pathway.nc", "summary.csv"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256(contents[name]).hexdigest() == digest
    assert manifest["libraries"]["numpy"] == np.__version__
    assert manifest["scenario"] == "synthetic"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("before", ["nothing", "earlier run"])
def test_a_stopped_run_leaves_what_was_there(stop: type[BaseException], before: str, tmp_path: Path) -> None:
    folder = tmp_path / "results" / "run"
    if before == "earlier run":
        _write(folder)
    earlier = _contents(tmp_path)
    with pytest.raises(stop), result_folder(folder, {}) as staging:
        (staging / "pathway.nc").write_text("half a fi")
        raise stop
    assert _contents(tmp_path) == earlier


@pytest.mark.slow
def test_an_error_inside_the_writer_leaves_no_file(
    thin: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, path: Path, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("pandas.DataFrame.to_csv", broken)
    with pytest.raises(OSError, match="disk full"), result_folder(tmp_path / "run", {}) as staging:
        write_results(thin, staging)
    assert list(tmp_path.rglob("*")) == []


def test_a_second_run_replaces_its_own_files_and_keeps_those_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    _write(folder, {"figures/old.png": b"old", "pathway.nc": b"old"})
    (folder / "my notes.txt").write_text("keep")
    _write(folder)
    assert set(_contents(folder)) == {"pathway.nc", "summary.csv", "manifest.json", "my notes.txt"}
    assert (folder / "pathway.nc").read_bytes() == b"numbers"


def test_a_foreign_folder_is_refused_and_with_force_only_added_to(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    check_result_folder(folder)
    (folder / "thesis.txt").write_text("mine")
    (folder / MANIFEST_FILE).write_text('{"files": {"thesis.txt": ""}}')
    with pytest.raises(BadInput):
        check_result_folder(folder)
    with pytest.raises(BadInput):
        _write(folder)
    assert set(_contents(folder)) == {"thesis.txt", MANIFEST_FILE}
    _write(folder, force=True)
    assert (folder / "thesis.txt").read_text() == "mine"
    assert (folder / "pathway.nc").is_file()
    with pytest.raises(BadInput):
        check_result_folder(folder / "thesis.txt")


def test_a_manifest_cannot_reach_outside_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("mine")
    _write(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / MANIFEST_FILE).read_text(encoding="utf-8"))
    manifest["files"]["../precious.txt"] = ""
    (tmp_path / "run" / MANIFEST_FILE).write_text(json.dumps(manifest))
    _write(tmp_path / "run")
    assert outside.read_text() == "mine"


def test_what_a_killed_run_left_is_removed_by_the_next_but_not_what_another_is_writing(tmp_path: Path) -> None:
    for name, age in ((".run-00000000", 7200), (".run-11111111", 60), (".run-notes", 7200), (".other-00000000", 7200)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    _write(tmp_path / "run")
    assert {path.name for path in tmp_path.iterdir()} == {"run", ".run-11111111", ".run-notes", ".other-00000000"}


# -- yearly table -------------------------------------------------------------------------------------------------


def test_yearly_totals_are_the_sums_of_the_dataset(made_up: xr.Dataset) -> None:
    table = yearly_totals(made_up)
    keys = ["variable", "sector", "factor_view", "by", "label", "year"]
    assert not table.duplicated(keys).any()
    assert (table["unit"] == table["variable"].map(lambda name: VARIABLES[name].unit)).all()
    homes = made_up["segment_sector"].to_numpy() == "residential"
    for name in ("floor_area", "final_energy", "solar_capacity", "dwellings", "co2"):
        of = table[(table["variable"] == name) & (table["by"] == "") & (table["factor_view"] != "fixed")]
        of = of[of["year"] == 2030]
        values = made_up[name].sel(year=2030)
        values = (values.sel(factor_view="real") if "factor_view" in values.dims else values).to_numpy()
        assert float(of.loc[of["sector"] == "residential", "value"].sum()) == pytest.approx(values[homes].sum())
        assert float(of["value"].sum()) == pytest.approx(values.sum())
    split = table[(table["variable"] == "final_energy") & (table["by"] == "carrier") & (table["year"] == 2050)]
    whole = made_up["final_energy"].sel(year=2050)
    gas = split[split["label"] == "city_gas"]
    assert float(gas["value"].sum()) == pytest.approx(float(whole.sel(carrier="city_gas").sum()))
    assert set(gas["label_ja"]) == {"都市ガス"}


def test_shares_are_averaged_by_floor_area_and_never_added(made_up: xr.Dataset) -> None:
    changed = made_up.copy()
    share = changed["technology_share"].to_numpy().copy()
    share[:, 0, 0] = 0.75
    changed["technology_share"] = made_up["technology_share"].dims, share
    table = yearly_totals(changed)
    rows = table[(table["variable"] == "technology_share") & (table["label"] == "air_conditioner")]
    found = float(rows[(rows["sector"] == "residential") & (rows["year"] == 2000)]["value"].iloc[0])
    area = made_up["floor_area"].sel(year=2000).sum("region").to_numpy()
    homes = made_up["segment_sector"].to_numpy() == "residential"
    assert found == pytest.approx(0.25 + 0.5 * area[0] / area[homes].sum())
    assert rows["value"].max() <= 1


@pytest.mark.slow
def test_the_table_opens_in_a_spreadsheet_with_both_languages(thin: xr.Dataset, tmp_path: Path) -> None:
    write_results(thin, tmp_path)
    text = (tmp_path / "summary.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert "年度末の床面積" in text.decode("utf-8-sig")
    assert not any(
        cell.startswith(("=", "+", "@")) for line in text.decode().splitlines()[1:] for cell in line.split(",")
    )
