"""Ensembles through the real command line: what they write, and that no stop costs more than a block."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from interrupted import listening

RUN_PY = Path(__file__).resolve().parents[2] / "run.py"
SHORT = ("--set", "years.last=2030", "--no-figures")
STORE = Path("some") / "ensemble.zarr"

pytestmark = pytest.mark.slow


def command(*arguments: str, language: str = "en") -> list[str]:
    return [
        sys.executable,
        str(RUN_PY),
        "ensemble",
        "no_new_policy",
        *SHORT,
        "--out",
        "some",
        *arguments,
        "--lang",
        language,
    ]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"}


def ensemble(*arguments: str, folder: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments, language=language), cwd=folder, env=environment(), capture_output=True,
                          text=True, encoding="utf-8", check=False)  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def finished(folder: Path) -> int:
    try:
        with xr.open_zarr(folder / STORE) as stored:
            return int(stored["finished"].to_numpy().sum())
    except (FileNotFoundError, KeyError):
        return 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = ensemble("--samples", "100", "--workers", "2", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "100 members" in done.stdout and "50 uncertain factors" in done.stdout
    return folder


def stopped_by(stop: int, folder: Path, workers: str) -> subprocess.Popen[str]:
    """Start an ensemble, send it a signal once the first block is stored, and wait until it is gone."""
    process = subprocess.Popen(
        command("--samples", "100", "--workers", workers), cwd=folder, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listening,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while finished(folder) == 0 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(stop)
    process.wait(timeout=120)
    return process


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_and_resumed_gives_the_same_bytes(tmp_path: Path, undisturbed: Path, workers: str) -> None:
    process = stopped_by(signal.SIGKILL, tmp_path, workers)
    assert process.returncode == -signal.SIGKILL
    before = finished(tmp_path)
    assert 0 < before < 100
    kept = {name: content for name, content in files(tmp_path / STORE).items() if name.startswith("finished/0")}
    stamps = {name: (tmp_path / STORE / name).stat().st_mtime_ns for name in files(tmp_path / STORE)
              if name.startswith("greenhouse_gas_total/0")}  # fmt: skip
    done = ensemble("--resume", "--workers", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    # What was finished is not computed again: its files are those of before.
    assert stamps and all((tmp_path / STORE / name).stat().st_mtime_ns == at for name, at in stamps.items())
    assert kept.items() <= files(tmp_path / STORE).items()
    manifest = json.loads((tmp_path / "some" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["members_computed_now"] == 100 - before
    assert files(tmp_path / STORE) == files(undisturbed / STORE)
    for name in ("summary.csv", "targets.csv", "influences.csv"):
        assert (tmp_path / "some" / name).read_bytes() == (undisturbed / "some" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--samples", "100", "--scheduler"), ("--scheduler", "--samples=100")])
def test_a_scheduler_without_address_is_a_cluster_started_here(
    tmp_path: Path, undisturbed: Path, arguments: tuple[str, ...]
) -> None:
    pytest.importorskip("distributed")
    done = ensemble(*arguments, "--workers", "1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / STORE) == files(undisturbed / STORE)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_interrupted_says_so_keeps_what_is_finished_and_goes_on(tmp_path: Path, undisturbed: Path) -> None:
    process = stopped_by(signal.SIGINT, tmp_path, "1")
    assert process.returncode == 4
    assert process.stdout is not None
    assert "--resume" in process.stdout.read()
    again = ensemble("--samples", "100", folder=tmp_path)
    assert again.returncode == 2
    assert "--resume" in again.stderr and "--force" in again.stderr
    assert ensemble("--resume", "--samples", "101", folder=tmp_path).returncode == 2
    assert ensemble("--resume", folder=tmp_path).returncode == 0
    assert files(tmp_path / STORE) == files(undisturbed / STORE)


def test_what_is_written_opens_and_says_how_likely_each_target_is(undisturbed: Path) -> None:
    with xr.open_dataset(undisturbed / "some" / "quantiles.nc") as quantiles:
        total = quantiles["greenhouse_gas_total"]
        assert np.all(np.diff(total.to_numpy(), axis=0) >= 0)
        assert total.attrs["units"] == "Mt/year"
        assert quantiles.attrs["members"] == 100
    with (undisturbed / "some" / "targets.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = {(row["quantity"], row["year"]): row for row in csv.DictReader(lines)}
    assert float(rows["greenhouse_gas", "2030"]["probability"]) == 0.0
    assert 0 < float(rows["greenhouse_gas", "2030"]["high_95"]) < 0.05
    assert all(row["name_ja"] and row["name_en"] for row in rows.values())


def test_resuming_without_options_takes_those_it_began_with(undisturbed: Path) -> None:
    before = files(undisturbed / STORE)
    done = ensemble("--resume", folder=undisturbed, language="ja")
    assert done.returncode == 0, done.stderr
    assert "100メンバー" in done.stdout and "温室効果ガス" in done.stdout
    assert files(undisturbed / STORE) == before


@pytest.mark.slow
def test_a_finished_ensemble_is_replaced_and_figures_are_drawn(tmp_path: Path) -> None:
    arguments = ["ensemble", "few.yaml", "--samples", "2", "--design", "saltelli", "--workers", "1", "--lang", "ja",
                 "--set", "years.last=2030", "--out", "some"]  # fmt: skip
    sheet = tmp_path / "few.yaml"
    sheet.write_text(
        "name: few\ntitle: Few\nbased_on: no_new_policy\n"
        "uncertainty: {by_factor: {all: 0, renewable_supply: 0.2, solar_yield: 0.1}}\n",
        encoding="utf-8",
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, str(RUN_PY), *arguments], cwd=tmp_path, env=environment(),
                              capture_output=True, text=True, encoding="utf-8", check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
    figures = {path.name for path in (tmp_path / "some" / "figures").iterdir()}
    names = ("fan_greenhouse_gas", "fan_final_energy", "fan_solar_capacity", "fan_renewable_share", "influences")
    assert figures == {
        f"{name}_{language}.{end}" for name in names for language in ("en", "ja") for end in ("png", "svg")
    }
    assert "全次ソボル指標" in done.stdout


@pytest.mark.slow
def test_a_run_takes_the_fan_of_its_ensemble_and_no_other(tmp_path: Path) -> None:
    def called(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(RUN_PY), *arguments, "--lang", "en"],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    short = ("no_new_policy", "--set", "years.last=2030", "--no-figures")
    called("ensemble", *short, "--samples", "4", "--workers", "1", "--out", "mine-ensemble")
    assert "Figures show the fan of mine-ensemble" in called("run", *short, "--out", "mine")
    manifest = json.loads((tmp_path / "mine" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["ensemble"]["members"] == 4
    page = (tmp_path / "mine" / "report.html").read_text(encoding="utf-8")
    assert "Probability of each target" in page and "目標達成の確率" in page
    other = called("run", *short, "--set", "electricity.renewable_share=0.4", "--out", "mine")
    assert "Figures show no fan" in other
    assert json.loads((tmp_path / "mine" / "manifest.json").read_text(encoding="utf-8"))["ensemble"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--samples", "0"), "--samples"),
        (("--samples", "100", "--design", "saltelli"), "128"),
        (("--resume",), "start one without --resume"),
        (("--scheduler", "nonsense://nowhere", "--samples", "4"), "no scheduler answers"),
    ],
)
def test_bad_calls_are_refused_before_anything_is_computed(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    done = ensemble(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
