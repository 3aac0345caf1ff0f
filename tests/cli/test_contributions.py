"""`contributions` through the real command line: files that agree, clear faults; forms that no optimiser serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.command_line import main
from model.policy.acting import programmes

FEW = "programmes.form={all: absent, electricity_suppliers: rule, joint_purchase: rule, forest_offset: rule}"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


@pytest.mark.slow
def test_files_agree_and_sum_to_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "who"
    arguments = ("contributions", "adopted_2025", "--set", FEW, "--set", "other_sectors.waste_mt=1", "--against",
                 "no_new_policy", "--years", "2030, 2050", "--out", out, "--lang", "en")  # fmt: skip
    assert run(*arguments) == 0
    printed = capsys.readouterr().out
    assert "Less greenhouse gas by programme" in printed
    assert "by theme of levers, against no_new_policy" in printed
    assert "halving (−50%) is missed by" in printed
    assert "Largest single assumption: Electricity suppliers" in " ".join(printed.split())
    assert "Runs see Tokyo as one place" in printed
    with xr.open_dataset(out / "contributions.nc", engine="h5netcdf") as data:
        assert data["programme"].to_numpy().tolist() == ["electricity_suppliers", "joint_purchase"]
        assert data["theme"].to_numpy().tolist() == ["waste", "programmes"]
        for game in ("programme", "theme"):
            whole = data[f"{game}_before"] - data[f"{game}_after"]
            assert data[f"{game}_shapley"].sum(game).to_numpy() == pytest.approx(
                whole.transpose("year", "sector").to_numpy(), abs=1e-9
            )
            assert data[f"{game}_shapley"].attrs["units"] == "Mt/year"
        assert float(np.abs(data["municipal"] - data["programme_after"]).sum("sector").max()) < 0.01
        suppliers = float(data["programme_shapley"].sel(programme="electricity_suppliers", year=2030).sum())
        cumulated = float(data["programme_shapley"].sel(programme="electricity_suppliers").sum())
    table = pd.read_csv(out / "contributions.csv")
    here = table[(table["player"] == "electricity_suppliers") & (table["sector"] == "all")].set_index("years")[
        "shapley"
    ]
    assert here["2030"] == pytest.approx(suppliers)
    assert here["2023-2050"] == pytest.approx(cumulated)
    by_sector = table[(table["player"] == "waste") & (table["years"] == "2050")].set_index("sector")["shapley"]
    assert by_sector["waste"] == pytest.approx(0.79)
    assert by_sector["all"] == pytest.approx(0.79)
    alone = pd.read_csv(out / "assumptions.csv")
    first = alone[alone["year"] == 2030].iloc[0]
    assert (first["assumption"], first["programme"], first["met"]) == ("electricity_suppliers", "yes", False)
    assert alone.set_index(["assumption", "year"])["added"]["waste", 2030] == pytest.approx(0.79)
    assert set(alone["assumption"]) == {"electricity_suppliers", "joint_purchase", "waste"}
    pictures = {path.name for path in (out / "figures").iterdir()}
    assert pictures == {f"contributions_by_{game}_{language}.{kind}" for game in ("programme", "theme")
                        for language in ("en", "ja") for kind in ("png", "svg")}  # fmt: skip
    capsys.readouterr()
    assert run(*arguments[:-1], "ja", "--no-figures") == 0
    printed = capsys.readouterr().out
    assert "制度別の温室効果ガス削減量" in printed
    assert "エネルギー環境計画書制度" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_new_policy"], "nothing to share out"),
        (["adopted_2025", "--years", "2020"], "2023 … 2050"),
        (["adopted_2025", "--years", "2030,soon"], "soon"),
        (["adopted_2025", "--against", "no_new_polic"], "no_new_policy"),
        (["adopted_2025", "--set", "years.last=2040", "--against", "carbon_half"], "another year"),
    ],
)
def test_faults_are_clear(arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("contributions", *arguments, "--out", tmp_path / "x", "--lang", "en") == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert not (tmp_path / "x").exists()


def test_forms_without_optimiser_are_refused_all_at_once_with_those_that_have_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, optimised = tmp_path / "x", ("building_report", "joint_purchase", "cap_and_trade")
    change = "programmes.form.all=optimised"
    assert run("run", "adopted_2025", "--set", change, "--out", out, "--no-figures", "--lang", "en") == 2
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("✗")]
    refused = [name for name in programmes() if name not in optimised]
    assert len(told) == len(refused) == 8
    for name, line in zip(refused, told, strict=True):
        assert f"programmes.form.{name}" in line
        assert all(allowed in line for allowed in optimised)
    assert not out.exists()


def test_an_unknown_form_names_the_allowed_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = "programmes.form.district=rules"
    assert run("run", "adopted_2025", "--set", change, "--out", tmp_path / "x", "--no-figures", "--lang", "ja") == 2
    told = capsys.readouterr().err
    assert all(word in told for word in ("absent", "rule", "optimised"))
