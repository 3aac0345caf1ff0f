"""Bad scenarios of every kind through the real command line: exit 2, place and remedy told, nothing written."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.command_line import COMMANDS, main

HEAD = "name: mine\ntitle: Mine\nbased_on: no_new_policy\nset:\n"
RUN_PY = Path(__file__).resolve().parents[2] / "run.py"

#: Commands that take a scenario; what is bad for one is bad for all.
TAKING_SCENARIOS = [name for name in ("check", "run") if name in COMMANDS]


def body(text: str) -> Callable[[Path], object]:
    """Return what writes mine.yaml with `text` below `set:`; its first line is line 5."""
    return lambda folder: (folder / "mine.yaml").write_text(HEAD + text, encoding="utf-8")


def whole(text: str) -> Callable[[Path], object]:
    """Return what writes mine.yaml with nothing but `text`."""
    return lambda folder: (folder / "mine.yaml").write_text(text, encoding="utf-8")


def sparse(folder: Path) -> None:
    with (folder / "mine.yaml").open("wb") as file:
        file.write(HEAD.encode())
        file.truncate(200_000_000)


def circle(folder: Path) -> None:
    for name, base in (("mine", "second"), ("second", "third"), ("third", "mine")):
        (folder / f"{name}.yaml").write_text(f"name: {name}\ntitle: {name}\nbased_on: {base}\n", encoding="utf-8")


def shift_jis(folder: Path) -> None:
    (folder / "mine.yaml").write_bytes("name: mine\ntitle: 東京\n".encode("cp932"))


#: What is wrong → how it is made, place, words of the English remedy, words of the Japanese one.
CASES: dict[str, tuple[Callable[[Path], object], str, str, str]] = {
    "broken YAML": (body("  years: {last: 2040\n  solar: 1\n"), "mine.yaml:5:", "not closed", "閉じていない"),
    "tab": (body("\tyears.last: 2040\n"), "mine.yaml:5:1", "indent with spaces", "字下げは空白"),
    "key twice": (body("  years.last: 2040\n  years.last: 2041\n"), "mine.yaml:6", "first in line 5", "5行目"),
    "unknown key": (
        body("  electricity.renewable_shar: 1\n"),
        "mine.yaml:5",
        "did you mean: renewable_share",
        "もしかして: renewable_share",
    ),
    "unknown key of the file": (
        body("  {}\nbecuase: {}\n"),
        "mine.yaml:6",
        "did you mean: because",
        "もしかして: because",
    ),
    "misspelt group": (
        body("  renovation.rate.publick: 0.1\n"),
        "mine.yaml:5",
        "did you mean: public",
        "もしかして: public",
    ),
    "misspelt technology": (
        body("  equipment.last_year: {gas_coker: 2030}\n"),
        "mine.yaml:5",
        "did you mean: gas_cooker",
        "もしかして: gas_cooker",
    ),
    "misspelt standard": (
        body("  new_building_standard.public: {2030: {guidence: 1}}\n"),
        "mine.yaml:5",
        "did you mean: guidance",
        "もしかして: guidance",
    ),
    "share of 0.98": (
        body("  renovation.target.public:\n    2030: {guidance: 0.5, zeb_ready: 0.48}\n"),
        "mine.yaml:6",
        "shares sum to 0.98",
        "合計が0.98",
    ),
    "year out of range": (
        body("  solar.retrofit_mw:\n    2030: 1\n    2070: 2\n"),
        "mine.yaml:7",
        "allowed: 2000-2060",
        "許容: 2000-2060",
    ),
    "last year out of range": (body("  years.last: 2060\n"), "mine.yaml:5", "allowed: 2023-2050", "許容: 2023-2050"),
    "negative": (
        body("  solar.retrofit_mw: -5\n"),
        "mine.yaml:5",
        "below what is allowed; given: -5",
        "下限を下回って",
    ),
    "too large": (body("  service.residential: 90\n"), "mine.yaml:5", "allowed: 0.3-2", "許容: 0.3-2"),
    "text for a number": (
        body("  fuel.city_gas_factor: {2030: ninety}\n"),
        "mine.yaml:5",
        "a number is needed here",
        "数値を書いて",
    ),
    "number in quotes": (
        body("  electricity.fixed_factor_after: '0.4'\n"),
        "mine.yaml:5",
        'given: "0.4"',
        '入力: "0.4"',
    ),
    "yes for a number": (body("  electricity.fixed_factor_after: yes\n"), "mine.yaml:5", "given: yes", "入力: yes"),
    "not a number": (body("  other_sectors.waste_mt: .nan\n"), "mine.yaml:5", "must be finite", "有限の数値"),
    "infinite": (body("  other_sectors.waste_mt: {2030: .inf}\n"), "mine.yaml:5", "must be finite", "有限の数値"),
    "one value for many labels": (body("  renovation.rate: 0.05\n"), "mine.yaml:5", "write `all:`", "all:"),
    "missing file": (lambda folder: None, "mine.yaml", "check the path", "パスを確認"),
    "missing base": (
        whole("name: mine\ntitle: x\nbased_on: no_new_polici\n"),
        "mine.yaml:3 › based_on",
        "did you mean: no_new_policy",
        "もしかして: no_new_policy",
    ),
    "circle": (circle, "third.yaml:3 › based_on", "mine → second → third → mine", "mine → second → third → mine"),
    "200 MB": (sparse, "mine.yaml", "given: 200.0 MB; allowed: ≤ 1 MB", "大きすぎます"),
    "not UTF-8": (shift_jis, "mine.yaml:2", "save it with the encoding UTF-8", "UTF-8で保存"),
    "name of another file": (
        whole("name: yours\ntitle: x\nbased_on: no_new_policy\n"),
        "mine.yaml:1 › name",
        "allowed: mine",
        "許容: mine",
    ),
    "no title": (
        whole("name: mine\nbased_on: no_new_policy\n"),
        "mine.yaml:",
        "`title` is missing",
        "title がありません",
    ),
    "no name": (whole("title: x\nbased_on: no_new_policy\n"), "mine.yaml:", "`name` is missing", "name がありません"),
    "forgotten base": (
        whole("name: mine\ntitle: x\nset: {years.last: 2040}\n"),
        "mine.yaml:3",
        "add `based_on: no_new_policy`",
        "based_on: no_new_policy を加える",
    ),
    "a folder": (lambda folder: (folder / "mine.yaml").mkdir(), "mine.yaml", "give a file", "ファイルを指定"),
}


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every file below a folder."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("command", TAKING_SCENARIOS)
@pytest.mark.parametrize("case", CASES)
def test_bad_scenario(
    case: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, place, english, japanese = CASES[case]
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    before = tree(tmp_path)
    for language, words in (("en", english), ("ja", japanese)):
        with pytest.raises(SystemExit) as ended:
            main([command, "--lang", language, "mine.yaml"])
        told = capsys.readouterr().err
        assert ended.value.code == 2
        assert f"✗ {place}" in told
        assert words in told
        assert "Traceback" not in told
    assert tree(tmp_path) == before


@pytest.mark.slow
@pytest.mark.parametrize("case", ["broken YAML", "200 MB"])
def test_in_a_process_of_its_own(case: str, tmp_path: Path) -> None:
    make, place, english, _ = CASES[case]
    make(tmp_path)
    before = tree(tmp_path)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(RUN_PY), "check", "mine.yaml"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert place in done.stderr
    assert english in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert tree(tmp_path) == before


def test_good_and_bad_files_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body("  years.last: 2040\n")(tmp_path)
    (tmp_path / "wrong.yaml").write_text(
        "name: wrong\ntitle: x\nbased_on: mine\nset: {solar.retrofit_mw: x}\n", encoding="utf-8"
    )
    (tmp_path / "table.txt").write_text("1\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", "--lang", "en", "mine.yaml", "wrong.yaml", "table.txt"])
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert "✓ mine.yaml: OK" in told.out
    assert "✗ wrong.yaml" in told.out
    assert "wrong.yaml:4 › solar.retrofit_mw" in told.err
    assert "✗ table.txt" in told.err
    assert ".yaml" in told.err.split("table.txt")[-1]


def test_good_file_ends_with_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body("  years.last: 2040\n")(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["check", "--lang", "ja", "mine.yaml"])
    assert ended.value.code == 0
    assert "問題なし" in capsys.readouterr().out


def test_faults_of_a_shared_base_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body("  years.last: 1\n")(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\ntitle: x\nbased_on: mine\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["check", "--lang", "en", "one.yaml", "two.yaml"])
    assert capsys.readouterr().err.count("mine.yaml:5 › years.last") == 1
