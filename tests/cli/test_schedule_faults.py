"""What `schedule` refuses and how it says so: bad files, bad options, several faults at once."""

from pathlib import Path

import pytest

from model.command_line import _run
from model.faults import ExitCode
from model.paths import scenarios_folder

EXAMPLES = scenarios_folder() / "examples"


def schedule(*arguments: object) -> int:
    return _run(["schedule", *map(str, arguments), "--lang", "en", "--no-figures"])


def test_the_name_of_a_command_finds_its_templates(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["template", "schedule", "--lang", "en"]) == ExitCode.BAD_INPUT
    told = "".join(capsys.readouterr())
    assert all(one in told for one in ("facilities", "measures", "schedule_paths", "owner_limits"))
    assert "auction_bids" not in told


def test_everything_wrong_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "facility,kind of facility,floor_area_m2,base_t,base_2002_t,base_2004_t,electricity_mwh,heat_source_from,done\n"
        "A,tower,1000,,100,100,9000,2044,\n"
        "B,office,1000,,100,100,9000,2031,ledlighting\n"
        "C,office,1000,9000,,,20,,\n"
        "D,office,1000,9000,,,NaN,,\n"
        "E,office,1000,9000,,,0,,\n"
        "F,office,1000,,100,,9000,,\n"
        "G,office,1e15,1e15,,,1e15,,\n"
        ",office,1000,9000,,,20,,\n"
        "H,office,1000,9000,,,9000000,,\n",
        encoding="utf-8",
    )
    assert schedule(path, "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    for words in (
        "none of the choices", "must be consecutive", "only after the plan begins", "did you mean: led_lighting",
        "below the threshold", "not a number", "no carrier has any energy", "emissions of 3 consecutive years",
        "too large; given: 1e15; allowed: ≤ 10000000.0", ":10 (H): its energy is far too much for its base emissions",
    ):  # fmt: skip
        assert words in told
    # A cell that cannot be read keeps no other fault of its row from being told.
    assert f"{path}:2 › heat_source_from" in told and f"{path}:2 › base_t" in told
    assert f"{path}:9 › facility" in told and f"{path}:9: below" in told
    assert f"{path}:3 (B) › heat_source_from" in told and f"{path}:4 (C): below" in told
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in told


def test_a_measure_with_a_bad_cell_is_there_for_others_and_is_checked_for_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "measures.csv"
    path.write_text(
        "measure,cost (solar: by roof area) [JPY/m²],life [years],measure that must be there before\n"
        "heat_recovery,lots,15,nonesuch\nnight_setback,100,5,heat_recovery\n",
        encoding="utf-8",
    )
    given = (EXAMPLES / "facilities.csv", "--measures", path, "--to", 2029)
    assert schedule(*given, "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert f"{path}:2 › cost" in told and "given: nonesuch" in told
    assert "given: heat_recovery" not in told


def test_what_a_row_lacks_by_itself_is_told_by_check_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "事業所,延床面積,2002年度排出量,基準排出量（決定済みの場合）,年間買電量,認定区分,recognition_until\n"
        "A,30000,100,,9000,,\n"
        "B,30000,,9000,20,,\n"
        "C,abc,,9000,9000,,\n"
        "C,30000,,9000,9000,,\n"
        "D,30000,,9000,9000,トップレベル事業所,2020\n",
        encoding="utf-8",
    )  # fmt: skip
    assert _run(["check", str(path), "--lang", "en"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert f"{path}:2 › 基準排出量（決定済みの場合）: give the base emissions" in told
    assert f"{path}:3: below the threshold" in told
    # The first of two equal ids is a bad row; its id can be read all the same.
    assert f"{path}:5: facility already stands in {path}:4" in told
    # Whether a recognition is over hangs on the first year of the plan, which only the plan's command knows.
    assert "recognition is over" not in told
    assert schedule(path, "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    assert f"{path}:6 (D) › recognition_until: this recognition is over" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["schedule", "allocate", "check"])
def test_of_a_table_without_any_heading_that_is_known_only_that_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "semicolons.csv"
    path.write_text("facility;floor area;electricity\nA;30000;9000\nB;30000;9000\n", encoding="utf-8")
    assert _run([command, str(path), "--lang", "en"]) == ExitCode.BAD_INPUT
    told = [line for line in capsys.readouterr().err.splitlines() if "✗" in line and "cannot be used" not in line]
    assert len(told) == 1 and "facility;floor area" in told[0]


@pytest.mark.parametrize(
    ("first", "given", "told"),
    [
        (2026, "", "1 year of the running period"),
        (2029, "", "4 years of the running period"),
        (2032, "", "2 years of the running period"),
        (2025, "5000", "leave it empty; given: 5000"),
        (2035, "5000", "leave it empty; given: 5000"),
    ],
)
def test_emissions_before_the_plan_are_there_if_the_period_has_begun_and_else_not(
    first: int, given: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        f"facility,floor area,base_t,electricity_mwh,emissions_so_far_t\nA,30000,9000,9000,{given}\nB,30000,,9000,\n",
        encoding="utf-8",
    )
    assert schedule(path, "--from", first, "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    # With the other faults, under the heading of the file.
    assert f"{path}:2 (A) › emissions_so_far_t: " in said and told in said
    assert f"{path}:3 (B) › base_t: give the base emissions" in said


def test_every_fault_of_the_options_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert schedule("--regret", "a,b", "--rate-points", "nan") == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert all(one in told for one in ("FACILITIES", "--regret", "--rate-points"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--regret", "-5"), ("--regret", "cannot be below zero", "≥ 0")),
        (("--regret", "4000", "--rate-points", "9"), ("--rate-points", "0.09 is nine points", "−1 … 1")),
        (("--rate-points", "0.1"), ("--rate-points", "needs --regret")),
        (("--cost-limit", "5"), ("--cost-limit", "--objective emissions")),
        (("--change-charge", "5"), ("--change-charge", "--previous")),
        (
            ("--change-charge", "5", "--previous", "works.csv", "--objective", "emissions"),
            ("--change-charge", "cannot be charged"),
        ),
        (("--objective", "emissions", "--cost-limit", "nan"), ("--cost-limit", "write a number")),
        (("--synthetic", "5"), ("--synthetic", "both given")),
    ],
)
def test_options_that_would_do_nothing_or_cannot_be_are_refused(
    options: tuple[str, ...], told: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schedule(EXAMPLES / "facilities.csv", *options, "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    said = "".join(capsys.readouterr())
    assert all(one in said for one in told)
    assert not (tmp_path / "out").exists() and "Traceback" not in said


def test_limits_of_an_owner_that_is_not_there_are_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = tmp_path / "limits.csv"
    limits.write_text("owner,year,budget_jpy\n見本不動産業,2025,1\n見本工場,2026,\n", encoding="utf-8")
    code = schedule(EXAMPLES / "facilities.csv", "--owner-limits", limits, "--out", tmp_path / "out")
    assert code == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert "this owner has no facility" in told and "did you mean: 見本不動産" in told
    assert "give a budget or a number of works" in told


def test_a_strict_plan_takes_no_rule_from_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schedule(EXAMPLES / "facilities.csv", "--strict", "--out", tmp_path / "out") == ExitCode.BAD_INPUT
    assert "not known in adopted_2025" in capsys.readouterr().err


# A works.csv that somebody opened in Excel in Japan and saved comes back in Shift_JIS.
def test_a_plan_before_is_read_as_excel_saves_it(tmp_path: Path) -> None:
    from model.commands.schedule import _plan_before
    from model.spreadsheet import write_csv, write_workbook

    rows = [["facility", "measure", "fiscal_year", "name"], ["見本ビル", "led_lighting", 2027, "高効率照明"],
            ["-1号館", "heat_pump", 2030, ""]]  # fmt: skip
    write_csv(tmp_path / "works.csv", rows)
    text = (tmp_path / "works.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "saved.csv").write_bytes(text.encode("cp932"))
    write_workbook(tmp_path / "works.xlsx", {"rows": rows})
    wanted = {("見本ビル", "led_lighting"): 2027, ("-1号館", "heat_pump"): 2030}
    assert "'-1号館" in text
    assert all(_plan_before(tmp_path / name) == wanted for name in ("works.csv", "saved.csv", "works.xlsx"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("facility,measure\nA,led_lighting\n", "needs the columns"),
        ("facility,measure,fiscal_year\nA,led_lighting,soon\n,heat_pump,2030\n", "given: A, led_lighting, soon"),
    ],
)
def test_a_plan_before_that_is_none_is_told(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "works.csv"
    path.write_text(text, encoding="utf-8")
    code = schedule(EXAMPLES / "facilities.csv", "--previous", path, "--out", tmp_path / "out")
    assert code == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert told in said and "Traceback" not in said
    assert said.count("✗") == text.count(",soon") + text.count("heat_pump") + (told == "needs the columns")
