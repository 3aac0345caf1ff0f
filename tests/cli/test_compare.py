"""`compare` through the real command line: differences are those of the files, faults are clear, nothing is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.command_line import main
from model.result_folder import result_folder
from model.results import write_dataset


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def results(thin: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of results: `before`, and `after` with 0.25 Mt less from transport and cleaner supply to
    buildings; others of fewer years."""
    folder = tmp_path_factory.mktemp("results")
    small = thin.isel(region=slice(0, 1))
    after = small.copy(deep=True)
    after["greenhouse_gas"].loc[{"sector": "transport"}] -= 0.25
    after["greenhouse_gas_total"] -= 0.25
    after["co2"].loc[{"factor_view": "real"}] *= 0.9
    _write(folder / "before", small.assign_attrs(scenario="before"))
    _write(folder / "after", after.assign_attrs(scenario="after"))
    _write(folder / "again", small.assign_attrs(scenario="before"))
    _write(folder / "early", small.sel(year=slice(2000, 2012)).assign_attrs(scenario="early"))
    _write(folder / "late", small.sel(year=slice(2030, 2050)).assign_attrs(scenario="late"))
    (folder / "text.nc").write_text("no numbers here")
    return folder


def _write(folder: Path, dataset: xr.Dataset) -> None:
    with result_folder(folder, {}) as staging:
        write_dataset(dataset, staging / "pathway.nc")


def _differences(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "differences.csv", keep_default_na=False)


@pytest.mark.slow
def test_differences_are_those_of_the_files(
    results: Path, thin: xr.Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", results / "before", results / "after", "--lang", "en") == 0
    printed = capsys.readouterr().out
    total = float(thin["greenhouse_gas_total"].sel(year=2030))
    assert "after less before" in printed
    assert f"−0.2 (−{100 * 0.25 / total:.0f}%)" in printed or f"−0.3 (−{100 * 0.25 / total:.0f}%)" in printed
    folder = results / "compare_before_after"
    table = _differences(folder)
    gases = table[(table["variable"] == "greenhouse_gas") & (table["sector"] == "transport")]
    assert sorted(gases["year"]) == list(range(2000, 2051))
    assert gases["difference"].to_numpy() == pytest.approx(np.full(51, -0.25))
    assert gases["reference"].to_numpy() == pytest.approx(thin["greenhouse_gas"].sel(sector="transport").to_numpy())
    others = table[~table["variable"].str.startswith("greenhouse_gas")]
    assert (others.loc[others["variable"] != "co2", "difference"] == 0).all()
    pictures = {path.name for path in (folder / "figures").iterdir()}
    assert {f"{name}_compared_{language}.{kind}" for name in ("emissions", "sectors") for language in ("en", "ja")
            for kind in ("png", "svg")} == pictures  # fmt: skip


@pytest.mark.slow
def test_the_first_result_is_the_reference(results: Path, tmp_path: Path) -> None:
    assert run("compare", results / "after", results / "before", "--out", tmp_path, "--no-figures") == 0
    table = _differences(tmp_path)
    total = table[table["variable"] == "greenhouse_gas_total"]
    assert total["difference"].to_numpy() == pytest.approx(np.full(51, 0.25))
    assert set(total["reference_run"]) == {"after"}


@pytest.mark.slow
def test_different_years_are_cut_to_those_in_common_and_said_so(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cut"
    assert run("compare", results / "before", results / "early", "--out", out, "--no-figures", "--lang", "ja") == 0
    assert "2000-2012" in capsys.readouterr().out
    assert _differences(out)["year"].max() == 2012
    assert not (out / "figures").exists()


@pytest.mark.slow
def test_results_without_a_year_in_common_are_refused(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", results / "early", results / "late", "--lang", "en") == 2
    assert "early 2000-2012; late 2030-2050" in capsys.readouterr().err
    assert not (results / "compare_early_late").exists()


@pytest.mark.slow
def test_two_results_of_the_same_scenario_are_told_apart_by_their_folders(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compare", results / "before", results / "again", "--no-figures", "--lang", "en") == 0
    table = _differences(results / "compare_before_again")
    assert set(table["run"]) == {"again"}
    assert (table["difference"] == 0).all()
    assert "before and again hold the same numbers" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_a_result_beside_itself_is_refused(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", results / "before", results / "after", results / "before" / "pathway.nc", "--lang", "en") == 2
    told = capsys.readouterr().err
    assert "pathway.nc: this is the same run as one before it" in told
    assert told.count("✗") == 1


def test_every_bad_path_is_named_at_once_and_nothing_is_written(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(results.rglob("*"))
    assert run("compare", results / "befor", results / "text.nc", results / "after", "--lang", "en") == 2
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    assert errors.count("✗") == 2
    assert f"did you mean: {results / 'before'}" in errors.replace("\n", "")
    assert "text.nc" in errors
    assert run("compare", results / "before", "--lang", "ja") == 2
    assert "2つ以上" in capsys.readouterr().err
    assert sorted(results.rglob("*")) == before


@pytest.mark.slow
def test_a_foreign_folder_is_left_alone(results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "thesis.txt").write_text("mine")
    assert run("compare", results / "before", results / "after", "--out", documents) == 2
    assert "--force" in capsys.readouterr().err
    assert [path.name for path in documents.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_contributions_lay_cleaner_supply_at_the_door_of_factors(
    results: Path, tmp_path: Path, thin: xr.Dataset
) -> None:
    out = tmp_path / "out"
    assert run("compare", results / "before", results / "after", "--no-figures", "--out", out) == 0
    table = pd.read_csv(out / "contributions.csv", keep_default_na=False)
    co2 = thin["co2"].sel(factor_view="real").sum(["segment", "carrier"])
    assert sorted(set(table["year"])) == [2030, 2035, 2050]
    for row in table.itertuples():
        wanted = -0.1 * float(co2.sel(year=row.year)) / 1e3 if row.factor == "factor" else 0.0
        assert row.value == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_two_years_of_one_run_are_taken_apart(results: Path, tmp_path: Path, thin: xr.Dataset) -> None:
    out = tmp_path / "out"
    assert run("compare", results / "before", "--between", "2022,2050", "--no-figures", "--out", out) == 0
    table = pd.read_csv(out / "between.csv", keep_default_na=False)
    co2 = thin["co2"].sel(factor_view="real").sum(["segment", "carrier"])
    change = float(co2.sel(year=2050) - co2.sel(year=2022)) / 1e3
    assert table["value"].sum() == pytest.approx(change, rel=1e-9)
    assert set(table["first_year"]) == {2022}
    assert set(table["last_year"]) == {2050}


@pytest.mark.slow
@pytest.mark.parametrize("years", ["2050,2022", "2022", "2022,2051", "first,last", "2022,2030,2050"])
def test_years_that_no_result_holds_are_refused(results: Path, years: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", results / "before", "--between", years) == 2
    assert "2022,2030" in capsys.readouterr().err


@pytest.mark.slow
def test_every_run_stands_beside_the_published_targets(
    results: Path, thin: xr.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = [results / name for name in ("before", "after", "late")]
    assert run("compare", *three, "--lang", "en", "--no-figures", "--out", tmp_path / "out") == 0
    printed = capsys.readouterr().out
    assert "Run less target" in printed
    table = pd.read_csv(tmp_path / "out" / "targets.csv").set_index(["run", "target"])
    assert set(table.index.get_level_values("run")) == {"before", "after", "late"}
    gases = table.xs("greenhouse_gas.all.2030", level="target")
    total = float(thin["greenhouse_gas_total"].sel(year=2030))
    assert gases["level"].to_numpy() == pytest.approx(31.1)
    assert gases.loc["before", "residual"] == pytest.approx(total - 31.1)
    assert gases.loc["after", "residual"] == pytest.approx(total - 0.25 - 31.1)
    # Years that not all runs have are cut off before, so the target of 2026 has no value.
    early = table.xs("renewable_share.all.2026", level="target")
    assert early["value"].isna().all()
