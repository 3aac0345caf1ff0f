"""Files of a joint purchase as officers really hand them in: every fault where it stands, and none that follows."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from model.faults import BadInput, Fault
from model.optimise.joint_purchase.forms import form, write_tables
from model.optimise.joint_purchase.inputs import Purchase, read_purchase, tables_in
from model.optimise.joint_purchase.rules import RULE_TITLES, AuctionRules
from model.optimise.joint_purchase.synthetic import synthetic
from model.ordinance.row_template import write_template

Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tables(synthetic(2, 12, 3, 4, seed=5).tables, tmp_path, "ja")
    return tmp_path


def edit(folder: Path, kind: str, change: Callable[[Rows], None]) -> None:
    path = folder / f"auction_{kind}.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    headings = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, headings)
        writer.writeheader()
        writer.writerows(rows)


def column(rows: Rows, start: str) -> str:
    return next(name for name in rows[0] if name.startswith(start))


def put(number: int, start: str, value: str) -> Callable[[Rows], None]:
    return lambda rows: rows[number].update({column(rows, start): value})


def faults_of(folder: Path, **options: bool) -> tuple[Fault, ...]:
    with pytest.raises(BadInput) as refused:
        read_purchase(sorted(folder.glob("auction_*")), **options)
    return refused.value.faults


def said(folder: Path) -> str:
    return "\n".join(fault("ja") for fault in faults_of(folder))


def test_the_nearest_facility_is_found_beyond_the_first_names_of_a_long_list(folder: Path) -> None:
    edit(folder, "bids", put(0, "対象施設ID", "13102-O12"))
    (fault,) = faults_of(folder)
    assert fault.nearest == "13102-012"


def test_what_refers_to_a_refused_row_is_no_fault_of_its_own(folder: Path) -> None:
    edit(folder, "suppliers", put(0, "CO2排出係数", "-1"))
    edit(folder, "facilities", put(0, "5月電力量", ""))
    edit(folder, "bids", put(1, "対象施設ID", "13101-001"))
    places = {fault.place for fault in faults_of(folder)}
    assert len(places) == 2
    assert not any("auction_bids" in place for place in places)


def test_what_falls_with_a_refused_row_is_told_when_the_rest_goes_on(folder: Path) -> None:
    edit(folder, "suppliers", put(0, "CO2排出係数", "-1"))
    purchase, faults = read_purchase(sorted(folder.glob("*.csv")), keep_good=True)
    gone = [fault for fault in faults.faults if "小売事業者の行が不正" in fault.problem.ja]
    assert gone and all(fault.given == "S01" for fault in gone)
    assert {bid.supplier for bid in purchase.bids} <= {"S02", "S03"}


def test_points_above_the_formula_keep_a_supplier_out(folder: Path) -> None:
    edit(folder, "suppliers", put(1, "排出係数の点数", "13"))
    purchase, _ = read_purchase(sorted(folder.glob("*.csv")), keep_good=True)
    assert "S02" not in {row.id for row in purchase.suppliers}


def test_an_offer_of_a_ward_without_facilities_is_told(folder: Path) -> None:
    edit(folder, "budgets", put(0, "区", "江戸川区"))
    assert "施設一覧にこの区の施設がありません" in said(folder)


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "\x00\x01\n"])
def test_a_file_that_is_no_form_is_told_once(folder: Path, content: str) -> None:
    (folder / "auction_other.csv").write_text(content, encoding="utf-8")
    (fault,) = faults_of(folder)
    assert "共同購入の様式の項目名がありません" in fault.problem.ja


def test_a_list_without_rows_says_nothing_about_bids(folder: Path) -> None:
    path = folder / "auction_facilities.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").splitlines()[0], encoding="utf-8")
    (fault,) = faults_of(folder)
    assert fault.place.endswith("auction_facilities.csv")


def test_names_of_wards_and_classes_are_told_in_both_languages(folder: Path) -> None:
    edit(folder, "bids", put(0, "対象区", "千代田"))
    edit(folder, "bids", put(1, "対象施設区分", "中学"))
    text = said(folder)
    assert "もしかして: 千代田区" in text
    assert "もしかして: 中学校" in text


def test_missing_months_are_called_as_in_the_heading(folder: Path) -> None:
    edit(folder, "facilities", put(2, "7月最大需要電力", ""))
    assert "7月最大需要電力" in said(folder)


# Rules: read by any of their names, faults in the words of the language, what is right stands.
@pytest.mark.parametrize("name", ["supplier_share_cap", "share cap of a supplier", "1事業者の上限割合"])
def test_a_rule_goes_by_each_of_its_names(folder: Path, name: str) -> None:
    edit(folder, "rules", lambda rows: rows[1].update({"規則": name, "値": "0.4"}))
    assert read_purchase(sorted(folder.glob("*.csv")))[0].rules.supplier_share_cap == 0.4


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ("落札方式", "安い順", "選択肢にない値です"),
        ("予定単価", "NaN", "数値で入力"),
        ("燃料費調整単価", "inf", "数値で入力"),
        ("供給開始日", "2027-02-31", "実在する日付"),
        ("1事業者の上限割合", "1.5", "値が大きすぎます"),
        ("供給開始", "2027-04-01", "もしかして: 供給開始日"),
    ],
)
def test_bad_rules_are_told_in_japanese_and_the_others_stand(folder: Path, rule: str, value: str, words: str) -> None:
    edit(folder, "rules", lambda rows: rows[1].update({"規則": rule, "値": value}))
    edit(folder, "rules", lambda rows: rows[0].update({"規則": "重複する一括入札", "値": "重複しない組合せで落札可"}))
    assert words in said(folder)
    purchase, _ = read_purchase(sorted(folder.glob("*.csv")), keep_good=True)
    assert purchase.rules.overlapping_packages == "disjoint"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_form_of_rules_holds_each_rule_and_explains_it(tmp_path: Path, language) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "rules.xlsx"
    write_template(form("auction_rules", language), path, language)
    rows, explained, choices = load_workbook(path).worksheets
    assert choices.sheet_state == "hidden"
    titles = {title(language) for title in RULE_TITLES.values()}
    assert {row[0] for row in rows.iter_rows(min_row=2, values_only=True)} <= titles
    told = {row[0]: row[6] for row in explained.iter_rows(min_row=2, values_only=True)}
    assert all(told[title] for title in titles)
    assert rows.data_validations.dataValidation


def test_rules_written_in_japanese_are_read_as_they_were(tmp_path: Path) -> None:
    tables = synthetic(1, 3, 2, 0, seed=1).tables
    tables.pop("auction_rules")
    write_tables(tables, tmp_path, "ja")
    write_template(form("auction_rules", "ja"), tmp_path / "auction_rules.csv", "ja")
    found: Purchase = read_purchase(sorted(tmp_path.glob("*.csv")))[0]
    assert found.rules == AuctionRules.model_validate({"overlapping_packages": "disjoint"})


@pytest.mark.parametrize(
    ("written", "value"), [("1,234.5", 1234.5), ("１，２３４", 1234.0), ("12,345,678", 12345678.0)]
)
def test_commas_separate_thousands(folder: Path, written: str, value: float) -> None:
    edit(folder, "budgets", put(0, "第1段階の提示額", written))
    assert value in read_purchase(sorted(folder.glob("*.csv")))[0].budgets.values()


@pytest.mark.parametrize("written", ["15,5", "1,23", ",5", "1,2345"])
def test_a_comma_elsewhere_is_no_number(folder: Path, written: str) -> None:
    edit(folder, "bids", put(0, "夏季電力量料金単価", written))
    (fault,) = faults_of(folder)
    assert fault.given == written


def workbook_of(folder: Path, kind: str, cell: str, value: object, as_formula: bool) -> None:
    """Write a table as Excel in place of its CSV, with one cell changed."""
    from openpyxl import Workbook

    path = folder / f"auction_{kind}.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    path.unlink()
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    sheet[cell].value = value
    if not as_formula:
        sheet[cell].data_type = "s"
    book.save(path.with_suffix(".xlsx"))


def test_a_formula_without_its_value_is_no_empty_cell(folder: Path) -> None:
    workbook_of(folder, "bids", "P2", "=1+1", as_formula=True)
    (fault,) = faults_of(folder)
    assert fault.place.endswith("P2")
    assert fault.given == "=1+1"


def test_a_formula_in_a_text_cell_stays_text(folder: Path) -> None:
    workbook_of(folder, "suppliers", "B2", "=HYPERLINK(1)", as_formula=False)
    purchase, _ = read_purchase(sorted(folder.glob("auction_*")))
    assert "=HYPERLINK(1)" in {row.name for row in purchase.suppliers}


def test_a_folder_stands_for_its_tables(folder: Path) -> None:
    (folder / "meter.csv").write_text("1,2\n", encoding="utf-8")
    assert tables_in([folder]) == sorted(folder.glob("auction_*.csv"))
    assert tables_in([folder / "meter.csv"]) == [folder / "meter.csv"]
    (folder / "empty").mkdir()
    with pytest.raises(BadInput):
        tables_in([folder / "empty"])
