"""`obligation` and `template` through the real command line: round trips, bad rows, fallbacks, files written."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from model.command_line import main
from model.ordinance.programme import PROGRAMMES
from model.spreadsheet import write_workbook

ROOT = Path(__file__).resolve().parents[2]

BAD = """id,供給事業者,supplied_on,区市町村,延床面積 [m?],建物種別,pv_kw
a,S,2025-02-30,世田ヶ谷区,-5,,3
b,S,令和7年5月1日,世田谷区,"1,200",賃貸アパート,3
b,S,2025/6/1,Setagaya,100,rental apartments,3
c,S,2025-06-01,13112,100,castle,x
"""


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as left:
            main([str(one) for one in arguments])
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run_here


def test_the_script_itself_runs(tmp_path: Path) -> None:
    for arguments in (["template", "building_plan", "--out", "a.csv"], ["obligation", "building_plan", "a.csv"]):
        command = [sys.executable, str(ROOT / "run.py"), *arguments]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("name", PROGRAMMES)
def test_what_we_write_we_read_and_all_forms_agree(name: str, tmp_path: Path, run: Run) -> None:
    outcomes = []
    for language, suffix in (("ja", "xlsx"), ("ja", "yaml"), ("en", "csv")):
        file = tmp_path / f"{language}.{suffix}"
        assert run("template", name, "--out", file, "--lang", language).returncode == 0
        done = run("obligation", name, file, "--fallback", "--lang", "en", "--out", f"{suffix}.csv")
        assert done.returncode == 0, done.stderr
        with (tmp_path / f"{suffix}.csv").open(encoding="utf-8-sig", newline="") as lines:
            outcomes.append(list(csv.reader(lines)))
    excel, yaml, english = outcomes
    assert excel == yaml
    assert len(excel) > 2
    # The worked rows carry names of their language; what is owed and why is the same.
    assert [row[1:8] for row in english] == [row[1:8] for row in excel]
    assert not re.search("[ぁ-んァ-ヶ一-龥]", "".join(row[0] for row in english))


def test_every_bad_row_is_named_at_once_with_its_number(tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.csv").write_text(BAD, encoding="cp932")
    done = run("obligation", "building_report", "bad.csv", "--lang", "en")
    assert done.returncode == 2
    assert done.stdout == ""
    faults = done.stderr.splitlines()
    assert len(faults) == 6
    for line, *words in (
        ("bad.csv:2", "supplied_on", "2025-02-30"),
        ("bad.csv:2", "区市町村", "did you mean: 世田谷区"),
        ("bad.csv:2", "延床面積", "-5", "≥ 0"),
        ("bad.csv:4", "already stands in bad.csv:3"),
        ("bad.csv:5", "建物種別", "castle"),
        ("bad.csv:5", "pv_kw", "not a number", "given: x"),
    ):
        assert any(line in fault and all(word in fault for word in words) for fault in faults), (line, words)


def test_good_rows_are_computed_on_request_and_the_exit_code_still_tells(tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.csv").write_text(BAD, encoding="utf-8")
    done = run("obligation", "building_report", "bad.csv", "--keep-good", "--out", "good.csv", "--lang", "ja")
    assert done.returncode == 2
    assert "重複" in done.stderr
    rows = list(csv.reader((tmp_path / "good.csv").open(encoding="utf-8-sig")))
    duty = next(row for row in rows if row[2] == "特定供給事業者に該当するか")
    assert duty[4] == "1200.0"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,supplier\n", ["column “municipality” is missing", "no rows"]),
        ("", ["empty"]),
        ("id,suplier,supplied_on,municipality\n1,S,2025-05-01,13112\n", ["no such column", "did you mean: supplier"]),
        ("id,id,supplier,supplied_on,municipality\n1,1,S,2025-05-01,13112\n", ["stands twice"]),
        ("id,supplier,supplied_on,municipality\n1,S,2025-05-01,13112,7\n", ["more cells than headings"]),
    ],
)
def test_a_table_that_is_none_is_a_clear_fault(content: str, words: list[str], tmp_path: Path, run: Run) -> None:
    (tmp_path / "table.csv").write_text(content, encoding="utf-8")
    done = run("obligation", "building_report", "table.csv", "--lang", "en")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no.csv", None),
        ("x.txt", b"1"),
        ("x.xlsx", b"not a workbook"),
        ("x.csv", b"\xff\xfe\x00\x81"),
        ("x.yaml", b"a: 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_fault(
    name: str, content: bytes | None, tmp_path: Path, run: Run
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run("obligation", "building_report", name)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert name in done.stderr


def test_a_value_unknown_in_the_rule_set_stops_and_the_fallback_is_told(tmp_path: Path, run: Run) -> None:
    run("template", "building_plan", "--out", "plan.csv")
    stopped = run("obligation", "building_plan", "plan.csv", "--rules", "seed_2022", "--lang", "en")
    assert stopped.returncode == 2
    assert "capacity_per_area" in stopped.stderr
    assert "adopted_2025 says 0.15" in stopped.stderr
    done = run("obligation", "building_plan", "plan.csv", "--rules", "seed_2022", "--fallback", "--lang", "en")
    assert done.returncode == 0
    assert "Taken from another rule set" in done.stdout
    assert "capacity_per_area (adopted_2025)" in done.stdout


def test_the_day_decides_the_rules(tmp_path: Path, run: Run) -> None:
    table = "id,filed_on,floor_area_m2,building_area_m2\nB,2025-03-31,10000,1000\n"
    (tmp_path / "plan.csv").write_text(table, encoding="utf-8")
    eve = run("obligation", "building_plan", "plan.csv", "--day", "2025-03-31", "--lang", "en")
    assert eve.returncode == 0, eve.stderr
    assert "0 kW" in eve.stdout
    (tmp_path / "plan.csv").write_text(table.replace("03-31", "04-01"), encoding="utf-8")
    first = run("obligation", "building_plan", "plan.csv", "--day", "2025-04-01", "--lang", "en")
    assert "12 kW" in first.stdout
    for options in (("--day", "2025-02-30"), ("--day", "2025-04-01", "--rules", "seed_2022")):
        assert run("obligation", "building_plan", "plan.csv", *options).returncode == 2


def test_the_workbook_holds_answers_working_rules_and_report_and_no_formula(tmp_path: Path, run: Run) -> None:
    table = 'id,supplier,supplied_on,municipality,floor_area_m2\n"=1+1",@S,2025-06-01,13112,100\n'
    (tmp_path / "rows.csv").write_text(table, encoding="utf-8")
    done = run("obligation", "building_report", "rows.csv", "--out", "out.xlsx", "--lang", "ja")
    assert done.returncode == 0, done.stderr
    book = load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["判定", "算定過程", "規定値", "報告書"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert "=1+1" in {cell.value for cell in cells}
    run("obligation", "building_report", "rows.csv", "--out", "out.csv", "--lang", "ja")
    assert "'@S 2025(令和7)年度" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_nothing_is_overwritten_unasked(tmp_path: Path, run: Run) -> None:
    assert run("template", "building_plan", "--out", "a.csv").returncode == 0
    assert run("template", "building_plan", "--out", "a.csv").returncode == 2
    assert run("template", "building_plan", "--out", "a.csv", "--force").returncode == 0
    before = (tmp_path / "a.csv").read_bytes()
    same = run("obligation", "building_plan", "a.csv", "--out", "a.csv", "--force")
    assert same.returncode == 2
    assert (tmp_path / "a.csv").read_bytes() == before


def test_an_unknown_programme_or_template_names_the_nearest(tmp_path: Path, run: Run) -> None:
    for arguments in (("obligation", "building_repot", "x.csv"), ("template", "building_repot")):
        done = run(*arguments, "--lang", "en")
        assert done.returncode == 2
        assert "did you mean: building_report" in done.stderr


def test_the_template_has_drop_downs_for_every_choice(tmp_path: Path, run: Run) -> None:
    run("template", "building_report", "--out", "a.xlsx", "--lang", "ja")
    book = load_workbook(tmp_path / "a.xlsx")
    rules = book["入力"].data_validations.dataValidation
    headings = [cell.value for cell in book["入力"][1]]
    listed = {headings[next(iter(rule.sqref.ranges)).min_col - 1] for rule in rules}
    assert {"建物種別", "区市町村", "環境性能の説明実施"} <= listed
    first, last = rules[0].formula1.rsplit("!", 1)[1].replace("$", "").split(":")
    choices = [row[0].value for row in book["choices"][f"{first}:{last}"]]
    assert choices == ["新築", "既存住宅への設置", "敷地外"]
    assert book["choices"].sheet_state == "hidden" and all(rule.showErrorMessage for rule in rules)


@pytest.mark.parametrize("cell", ["0001-01-01", "9999-12-31", "205-06-30", "1949-12-31"])
def test_a_day_of_another_century_is_a_bad_cell(cell: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "rows.csv").write_text(f"建物番号,供給事業者,供給日,区市町村,延床面積\nA,S,{cell},港区,100\n", "utf-8")
    done = run("obligation", "building_report", "rows.csv", "--lang", "ja")
    assert (done.returncode, done.stdout) == (2, "")
    assert "rows.csv:2 › 供給日: " in done.stderr and cell in done.stderr


def test_an_empty_cell_is_named_by_the_heading_of_the_file(tmp_path: Path, run: Run) -> None:
    (tmp_path / "rows.csv").write_text("建物番号,供給事業者,供給日,区市町村,延床面積\nA,S,2025-06-30,,100\n", "utf-8")
    done = run("obligation", "building_report", "rows.csv", "--lang", "ja")
    assert done.stderr == "✗ rows.csv:2 › 区市町村: 値が必要です\n"


def test_a_number_beyond_any_city_is_a_bad_cell(tmp_path: Path, run: Run) -> None:
    (tmp_path / "rows.csv").write_text(
        "id,supplier,supplied_on,municipality,floor_area_m2,parking_spaces\nA,S,2025-06-30,13103,100,1e300\n", "utf-8"
    )
    done = run("obligation", "building_report", "rows.csv", "--lang", "en")
    assert done.returncode == 2 and "rows.csv:2 › parking_spaces: not a whole number" in done.stderr


def test_a_broken_file_is_named_and_no_traceback(tmp_path: Path, run: Run) -> None:
    assert run("template", "targets", "--out", "whole.xlsx").returncode == 0
    with ZipFile("whole.xlsx") as whole, ZipFile("cut.xlsx", "w") as cut:
        for name in whole.namelist():
            content = whole.read(name)
            cut.writestr(name, content[:200] if name.endswith("sheet1.xml") else content)
    Path("long.csv").write_text("id,quantity,fiscal_year,value\n" + "x" * 200_000 + ",solar_capacity,2020,1\n")
    for name, place in (("cut.xlsx", "cut.xlsx: "), ("long.csv", "long.csv:")):
        done = run("obligation", "targets", name, "--lang", "en")
        assert (done.returncode, done.stdout) == (2, "")
        assert place in done.stderr and "Traceback" not in done.stderr


def test_a_long_working_is_seen_whole_and_long_headings_are_broken(tmp_path: Path) -> None:
    """Spreadsheet programs do not all fit rows to their text on opening, so the file says how high they are."""
    path = tmp_path / "sheet.xlsx"
    rows = [["見出し" * 10, "n"], ["one\ntwo\nthree", 0.25], ["x" * 100, 1.0], ["short", 2]]
    write_workbook(path, {"a": rows, "wide": [["n", "n"], ["x" * 100] * 2]})
    book = load_workbook(path)
    sheet = book["a"]
    heights = [sheet.row_dimensions[line].height for line in (2, 3, 4)]
    assert heights[0] > heights[1] > 15 and heights[2] is None
    assert sheet.column_dimensions["A"].width == 60 and sheet.column_dimensions["B"].width < 12
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("portrait", "$1:$1")
    assert book["wide"].page_setup.orientation == "landscape"


def test_a_sheet_is_ready_for_a_planner(tmp_path: Path) -> None:
    """Numbers of a column with a unit line up, years stay years, long tables can be filtered, pages are A4."""
    headings = ["house", "year", "money [JPY]", "share [1]", "area [m²]", "tonnes [t]", "mixed", "text"]
    rows = [[f"h{n}", 2025, 1_234_567 + n, 0.5 + 0.0357 * (n % 2), 98.25 + n, 0.002 if n else 4991.55, 0.25, "x"]
            for n in range(30)]  # fmt: skip
    write_workbook(tmp_path / "sheet.xlsx", {"a": [headings, *rows], "b": [["n"], [1]]})
    book = load_workbook(tmp_path / "sheet.xlsx")
    long, short = book["a"], book["b"]
    for line in (2, 30):
        assert [long.cell(line, place).number_format for place in range(2, 8)] == [
            "General", "#,##0", "#,##0.0000", "#,##0.0", "#,##0.000", "#,##0.00"]  # fmt: skip
    assert (long.freeze_panes, long.auto_filter.ref, long.page_setup.paperSize) == ("B2", "A1:H31", 9)
    assert (short.freeze_panes, short.auto_filter.ref) == ("A2", None)
    assert long["A1"].fill.fgColor.rgb != "00000000"


def test_numbers_among_others_show_the_digits_that_their_size_needs(tmp_path: Path) -> None:
    """A yen has no tenths beside a hundred million, and a gap of a millionth is no gap of nothing."""
    rows = [["benefit", 118_848_377.6], ["tonnes", 140.1481], ["hours", 8.25], ["whole", 12.0], ["gap", 2.5e-6]]
    write_workbook(tmp_path / "sheet.xlsx", {"a": [["item", "value"], *rows, ["fiscal year", 2030]]})
    sheet = load_workbook(tmp_path / "sheet.xlsx")["a"]
    assert [sheet.cell(line, 2).number_format for line in range(2, 8)] == [
        "#,##0", "#,##0.0", "#,##0.00", "#,##0", "0.0E+00", "General"]  # fmt: skip


def test_a_contract_longer_than_panels_live_is_a_bad_cell(tmp_path: Path, run: Run) -> None:
    (tmp_path / "rows.csv").write_text("id,kw,financing,contract_years\na,4,lease,1000000000\n", "utf-8")
    done = run("obligation", "solar_economics", "rows.csv", "--lang", "en")
    assert done.returncode == 2 and "contract_years: this is too large" in done.stderr and "≤ 60" in done.stderr


def test_written_numbers_are_free_of_binary_noise(tmp_path: Path, run: Run) -> None:
    headings = "id,supplier,supplied_on,municipality,floor_area_m2,ua,design_gj,standard_gj"
    (tmp_path / "rows.csv").write_text(f"{headings}\na,S,2025-06-30,13103,100,0.8,80.1,100\n", "utf-8")
    assert run("obligation", "building_report", "rows.csv", "--out", "out.csv", "--lang", "en").returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert {row["value"] for row in csv.DictReader(lines) if row["unit"] == "BEI"} == {"0.801"}


def test_a_template_says_which_rules_its_worked_rows_need_values_of_the_others_for(tmp_path: Path, run: Run) -> None:
    for name in ("joint_purchase", "building_report"):
        written = run("template", name, "--out", f"{name}.csv", "--lang", "en").stdout
        for rules in ("seed_2022", "adopted_2025"):
            done = run("obligation", name, f"{name}.csv", "--rules", rules, "--lang", "en")
            assert (done.returncode == 2) == (f"--rules {rules} the worked rows need --fallback" in written)
            helped = run("obligation", name, f"{name}.csv", "--rules", rules, "--fallback", "--lang", "en")
            assert helped.returncode == 0
