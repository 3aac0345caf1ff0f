"""`optimise` and `abatement` through the real command line: what they write runs again, faults are all told at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.command_line import main

_SCENARIO = """\
name: small
title: {en: Two levers, ja: 2つのレバー}
based_on: no_new_policy
set:
  electricity.renewable_share: {2022: 0.219, 2030: 0.8}
  solar.retrofit_mw: {2022: 15, 2030: 150}
"""


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(_SCENARIO, encoding="utf-8")
    return path


def test_every_bad_target_is_told_and_nothing_is_written(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = ("2030:half", "2010:-50%", "2040:-60%", "2040:-70%")
    options = [part for target in targets for part in ("--target", target)]
    assert run("optimise", small, *options, "--out", tmp_path / "out", "--lang", "en") == 2
    said = " ".join(capsys.readouterr().err.split())
    for words in ("2030:half", "2010:-50%", "2040:-70%", "outside the projection", "such as 2030:-50%", "2023 … 2050"):
        assert words in said
    assert "2040:-60%" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_scenario_that_is_written_gives_the_pathway_bit_for_bit(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = run(
        "optimise", small, "--target", "2030:-25%", "--between", small, "--out", out, "--no-figures", "--lang", "en"
    )
    assert code == 0
    assert "reached" in capsys.readouterr().out
    with xr.open_dataset(out / "least_cost.nc", engine="h5netcdf") as opened:
        answer = opened.load()
    assert run("run", out / "small_least_cost.yaml", "--no-figures", "--out", tmp_path / "again") == 0
    with xr.open_dataset(tmp_path / "again" / "pathway.nc", engine="h5netcdf") as opened:
        again = opened.load().sel(year=answer["year"])
    here = answer.sel(run="least_cost")
    np.testing.assert_array_equal(here["greenhouse_gas_total"], again["greenhouse_gas_total"])
    np.testing.assert_array_equal(here["annual_cost"], again["annual_cost"])
    np.testing.assert_array_equal(here["transfer"], again["transfer"])
    # From 2030 on a quarter less than 62.2 Mt; the scenario does the same for more.
    assert (here["greenhouse_gas_total"].sel(year=slice(2030, None)) <= 0.75 * 62.2 + 0.005).all()
    cost = answer["cost_discounted"]
    assert cost.sel(run="no_new_policy") < cost.sel(run="least_cost") < cost.sel(run="small")
    price = answer["price_of_tonne"]
    assert (price.sel(year=slice(None, 2029)) == 0).all() and price.sel(year=2030) > 0
    levers = pd.read_csv(out / "levers.csv")
    assert set(levers["lever_group"]) == {"solar_retrofit", "renewable_power"}
    np.testing.assert_allclose(levers[["no_new_policy", "small"]].sum(axis=1), 1.0)


@pytest.mark.slow
def test_out_of_reach_is_an_answer_with_its_own_code(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("optimise", small, "--target", "2030:-90%", "--between", small, "--out", out, "--lang", "en") == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "missed by" in said and "At their ceiling: panels on existing roofs, renewable share of the grid" in said
    assert len(list((out / "figures").glob("*.png"))) == 6
    with xr.open_dataset(out / "least_cost.nc", engine="h5netcdf") as answer:
        assert answer.attrs["reached"] == 0 and np.isnan(answer["price_of_tonne"]).all()


@pytest.mark.slow
def test_abatement_is_written_as_it_is_shown(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("abatement", small, "--out", out, "--lang", "ja") == 0
    said = capsys.readouterr().out
    assert "円/t" in said and "施策は重なり合う" in said
    rows = pd.read_csv(out / "abatement.csv")
    assert list(rows["lever_group"].unique()) == ["solar_retrofit", "renewable_power", "together"]
    together = rows[rows["lever_group"] == "together"]
    assert len(together) == 2
    np.testing.assert_allclose(
        together["cost_per_tonne_jpy"], together["cost_discounted_jpy"] / together["avoided_discounted_t"], rtol=1e-8
    )
    assert sorted(path.name for path in (out / "figures").iterdir()) == [
        "abatement_en.png", "abatement_en.svg", "abatement_ja.png", "abatement_ja.svg",
    ]  # fmt: skip
