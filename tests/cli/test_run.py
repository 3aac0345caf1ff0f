"""The main job through the real command line: what it writes, what it refuses, that it repeats itself to the bit."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from interrupted import listening

from model.command_line import help_in_two_lines, main
from model.paths import data_folder
from model.schema import VARIABLES

RUN_PY = Path(__file__).resolve().parents[2] / "run.py"


def run_py(*arguments: str, folder: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "160"}
    command = [sys.executable, str(RUN_PY), *arguments, "--lang", language]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return a call of the command line from a folder of its own, in this process: its exit code and its errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def called(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--lang", "en"])
        return int(end.value.code or 0), capsys.readouterr().err

    return called


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = run_py("run", "no_new_policy", "--no-figures", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "halving (−50%) is missed" in done.stdout
    return folder / "results" / "no_new_policy"


def test_result_opens_in_plain_xarray_with_units_and_sources(written: Path) -> None:
    with xr.open_dataset(written / "pathway.nc") as result:
        assert set(VARIABLES) <= set(result.data_vars)
        for name, variable in VARIABLES.items():
            attributes = result[name].attrs
            assert attributes["units"] == variable.unit
            assert attributes["long_name"] and attributes["long_name_ja"]
            assert attributes["quality"] and attributes["source_id"]
        assert result.sizes["region"] == 62
        assert result.year.values[[0, -1]].tolist() == [2000, 2050]
        assert result.greenhouse_gas_total.sel(year=2022) == pytest.approx(59.46, rel=0.02)


def test_manifest_says_what_was_read(written: Path) -> None:
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario_chain"] == ["no_new_policy"]
    assert len(manifest["scenario_hash"]) == 64
    assert manifest["seed"] is None
    assert {"report.html", "results.xlsx", "wards.csv", "iamc.xlsx", "iamc.csv"} <= set(manifest["files"])
    assert "data/exchange/iamc.csv" in manifest["inputs"]
    assert {"data/inventory/energy.csv", "data/classification/segments.csv", "scenarios/no_new_policy.yaml"} <= set(
        manifest["inputs"]
    )
    assert manifest["seconds"]["simulate"] > 0


@pytest.mark.slow
def test_the_same_scenario_gives_the_same_bits(written: Path, tmp_path: Path) -> None:
    again = run_py("run", "no_new_policy", "--no-figures", "--out", "again", folder=tmp_path, language="ja")
    assert again.returncode == 0, again.stderr
    assert "半減" in again.stdout
    for name in ("pathway.nc", "summary.csv", "wards.csv", "iamc.xlsx", "results.xlsx", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes()


@pytest.mark.slow
def test_one_lever_changed_goes_to_a_folder_of_its_own(tmp_path: Path) -> None:
    done = run_py(
        "run", "no_new_policy", "--no-figures", "--set", "electricity.renewable_share={2022: 0.223, 2030: 0.5}",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    assert folder.name.startswith("no_new_policy-")


def test_a_foreign_folder_is_not_touched(tmp_path: Path, call: Callable[..., tuple[int, str]]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    code, told = call("run", "no_new_policy", "--out", "mine")
    assert code == 2
    assert "--force" in told
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


BAD_DATA = {
    "misspelt region": ("buildings/municipalities.csv", "population,13101,", "population,013101,", "13101"),
    "negative area": ("buildings/non_residential.csv", "82000000,m^2", "-82000000,m^2", "0 … inf m^2"),
    "share of 0.98": ("solar/capacity_shares.csv", "detached_custom,0.46", "detached_custom,0.44", "0.98"),
    "text for a number": ("solar/parameters.csv", "yield,1000", "yield,many", "many"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_is_named_and_nothing_is_written(
    name: str, tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    file, old, new, words = BAD_DATA[name]
    copy = Path(shutil.copytree(data_folder(), tmp_path / "data"))
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    code, told = call("run", "no_new_policy", "--data", "data")
    assert code == 2
    assert file in told
    assert words in told
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_falling_stock_that_must_not_fall_names_its_cells(tmp_path: Path) -> None:
    done = run_py(
        "run", "no_new_policy", "--set", "stock.falling=stop",
        "--set", "demand.non_residential_factor={2022: 1, 2026: 0.5}", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "office_large / 13101" in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "no_such_scenario"], "no_such_scenario"),
        (["run", "--set", "years.last"], "years.last"),
        (["run", "no_new_policy", "carbon_half", "--out", "both"], "--out"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["no_such_command"], "no_such_command"),
        (["explain", "renewable_shar"], "renewable_share"),
        (["list", "varibles"], "variable"),
    ],
)
def test_bad_calls_end_with_two_and_no_traceback(
    arguments: list[str], words: str, tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    code, told = call(*arguments)
    assert code == 2
    assert words in told
    assert "Traceback" not in told
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupted_run_leaves_nothing_half(tmp_path: Path) -> None:
    command = [sys.executable, str(RUN_PY), "run", "carbon_half", "--lang", "en"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listening
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("drawing"):
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=60) == 4
    results = tmp_path / "results"
    assert not results.exists() or list(results.iterdir()) == []


@pytest.mark.slow
def test_list_and_explain_reach_everything(tmp_path: Path) -> None:
    listed = run_py("list", folder=tmp_path)
    assert listed.returncode == 0
    for name in ("carbon_half", "greenhouse_gas_total", "solar/parameters", "electricity.renewable_share"):
        assert name in listed.stdout
    for name, words in {
        "greenhouse_gas_total": "inventory/electricity",
        "solar/parameters": "27.5",
        "electricity.renewable_share": "0.219",
        "carbon_half": "no_new_policy > ordinance_2022 > adopted_2025 > carbon_half",
        "report_programme.supplier_annual_floor_area_min": "20,000",
        "building_report": "supplied_on",
    }.items():
        explained = run_py("explain", name, folder=tmp_path)
        assert explained.returncode == 0, explained.stderr
        assert words in explained.stdout


@pytest.mark.slow
def test_the_main_job_needs_no_argument(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(RUN_PY)], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "LANG": "ja_JP.UTF-8", "LC_ALL": "", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "カーボンハーフ" in done.stdout
    folder = tmp_path / "results" / "carbon_half"
    names = {path.name for path in (folder / "figures").iterdir()}
    assert {"emissions_en.png", "emissions_ja.png", "emissions_en.svg", "emissions_ja.svg"} <= names
    assert (folder / "manifest.json").is_file()


def rewritten(folder: Path, file: str, change: Callable[[str], str]) -> None:
    """Change one table of a data folder."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")


@pytest.mark.slow
def test_tables_of_one_s_own_name_all_that_is_missing(tmp_path: Path, call: Callable[..., tuple[int, str]]) -> None:
    own = Path(shutil.copytree(data_folder(), tmp_path / "own"))
    for theme in ("classification", "rules", "procurement"):
        shutil.rmtree(own / theme)
    rewritten(own, "energy/technologies.csv", lambda text: re.sub("(?m)^lifetime_mean,gas_heater,.*\n", "", text))
    rewritten(own, "energy/standard_factors.csv", lambda text: re.sub("(?m)^factor,.*,heating,.*\n", "", text))
    rewritten(own, "inventory/cap_and_trade.csv", lambda text: text.replace("base_period,2002,", "base_period,1990,"))
    code, told = call("run", "--data", "own")
    assert code == 2
    assert told.count("✗") == 3, told
    assert "energy/technologies.csv, lifetime_mean: rows are missing: gas_heater" in told
    assert "every segment_sector × every standard × heating" in told
    assert "given: 1990; allowed: 2000…2023" in told
    assert "Traceback" not in told
    assert not (tmp_path / "results").exists()


def test_tables_that_contradict_each_other_are_a_fault_and_not_an_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def accident(*_: object) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("model.pathway.run_pathway", accident)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--data", str(data_folder()), "--lang", "en"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "together they cannot be true" in told
    assert "given: LinAlgError: Singular matrix" in told
    # On the shipped tables the same accident is one of the program, and must be seen as such.
    with pytest.raises(np.linalg.LinAlgError):
        main(["run", "--lang", "en"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["a_file/below", "a_file"])
def test_a_place_that_cannot_be_written_is_refused_before_the_run(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def must_not_run(*_: object) -> None:
        raise AssertionError("simulated before the folder was looked at")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("model.pathway.run_pathway", must_not_run)
    (tmp_path / "a_file").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["run", "--out", place, "--lang", "en"])
    assert ended.value.code == 2
    assert f"✗ {Path(place)}: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


@pytest.mark.parametrize("command", ["allocate", "schedule", "ensemble"])
def test_no_help_is_cut_at_the_end_of_a_line(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    # What is cut ends with dots beside the frame; a text that has such dots itself has a blank before them.
    assert not re.search(r"[^ ]… *│$", shown, flags=re.MULTILINE)


def test_help_gives_each_language_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"], ["compare"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        for line in capsys.readouterr().out.splitlines():
            assert not re.search(" / .*[\u3040-\u30ff\u4e00-\u9fff]", line), line
    assert help_in_two_lines("t / h, or J / 時間、または / ジュール") == "t / h, or J\n\n時間、または / ジュール"
    assert help_in_two_lines("only English / so it stays") == "only English / so it stays"
