"""What officers see of an auction: tables on pages and in workbooks, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from model.language import Language
from model.optimise.cost_sharing import Division
from model.optimise.joint_purchase.answer import Answer, answer
from model.optimise.joint_purchase.build import present_bills
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.plan import Plan, make_plan
from model.optimise.joint_purchase.share import Sharing
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.solver import SolverOptions
from model.report.auction.page import write_page
from model.report.auction.plan import plan_lines, plan_sheets
from model.report.auction.share import stability_line
from model.report.auction.workbook import award_sheets
from model.spreadsheet import fill_sheet

LANGUAGES: tuple[Language, ...] = ("ja", "en")
#: Tariff of the present contract of two facilities.
BASE, SUMMER, OTHER = 1500.0, 20.0, 18.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("auction")
    tables = synthetic(2, 3, 3, 2, seed=4).tables
    charges = {"present_base": BASE, "present_summer": SUMMER, "present_other": OTHER}
    tables["auction_facilities"] = [
        row.model_copy(update=charges) if row.ward == "13101" else row for row in tables["auction_facilities"]
    ]
    write_tables(tables, folder, "ja")
    return folder


@pytest.fixture(scope="module")
def found(files: Path) -> Answer:
    cleared = answer(read_purchase(sorted(files.glob("*.csv")))[0], SolverOptions(seconds=20), details=False)
    assert cleared is not None
    return cleared


@pytest.fixture(scope="module")
def plan(files: Path) -> Plan:
    return make_plan(read_purchase(sorted(files.glob("*.csv")))[0], 1.0, SolverOptions(seconds=20))


def column(table, start: str) -> int:
    return next(number for number, name in enumerate(table[0]) if str(name).startswith(start))


def test_bills_by_month_stand_beside_the_present_contract_where_it_is_known(found: Answer) -> None:
    table = award_sheets(found, (), "ja")["月別料金比較"]
    rows = {(row[0], row[1]): row[2:] for row in table[1:]}
    chiyoda = [number for number, row in enumerate(found.built.purchase.facilities) if row.ward == "13101"]
    april = 0.0
    for number in chiyoda:
        kw, kwh = found.built.purchase.contract_kw[number], found.built.purchase.kwh[number, 0]
        # Power factor 100 % takes 15 % off the base charge; the levy of 3.49 JPY is on top; parts of a yen are dropped.
        april += np.floor(BASE * kw * 0.85 + kwh * (OTHER + 3.49) + 1e-6)
    present = rows["千代田区", "現契約の料金 [円]"]
    assert present[0] == april
    assert present[-1] == sum(present[:-1])
    saved, award = rows["千代田区", "現契約からの削減額 [円]"], rows["千代田区", "落札料金 [円]"]
    assert np.allclose(np.array(saved) + np.array(award), present)
    assert ("中央区", "現契約の料金 [円]") not in rows
    assert rows["合計", "落札料金 [円]"][-1] == pytest.approx(found.yearly.sum())


def test_facilities_without_a_present_contract_have_no_bill_of_it(found: Answer) -> None:
    known = np.isfinite(present_bills(found.built.purchase)).all(axis=1)
    assert known.tolist() == [row.ward == "13101" for row in found.built.purchase.facilities]


def test_the_award_notice_states_the_tariff_of_the_winning_bid(found: Answer) -> None:
    table = award_sheets(found, (), "ja")["落札通知"]
    bids = {bid.id: bid for bid in found.built.purchase.bids}
    won = {bid for bid in found.bid if bid in bids}
    assert {row[column(table, "入札ID")] for row in table[1:]} == won
    for row in table[1:]:
        bid = bids[row[column(table, "入札ID")]]
        assert row[column(table, "基本料金単価")] == bid.base
        assert row[column(table, "再エネ賦課金を含む")] == ("はい" if bid.levy_included else "いいえ")
        served = [number for number, name in enumerate(found.bid) if name == bid.id]
        assert row[column(table, "電気料金")] == pytest.approx(found.yearly[served].sum())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_ward_sums_up_and_states_offer_and_saving(found: Answer, language: Language) -> None:
    sheets = award_sheets(found, (), language)
    code = "13102"
    table = sheets["中央区" if language == "ja" else "Chuo"]
    bill = column(table, "電気料金" if language == "ja" else "bill")
    members = found.of_ward(code)
    total, offer, saving = table[-3:]
    assert total[bill] == pytest.approx(found.yearly[members].sum())
    assert offer[bill] == found.built.purchase.budgets[code]
    assert saving[bill] == pytest.approx(offer[bill] - total[bill])
    assert all(len(row) == len(table[0]) for row in table)
    # Of this ward no present contract is known, so neither is what is saved against it.
    assert total[-2:] == [None, None]


def test_everything_in_japanese_pages_is_japanese(plan: Plan, found: Answer) -> None:
    for sheets in (plan_sheets(plan, "ja"), award_sheets(found, (), "ja")):
        for name, table in sheets.items():
            for heading in table[0]:
                assert re.search(r"[぀-ヿ一-鿿]", str(heading)) or str(heading) in {"CO2"}, (name, heading)
    assumptions = plan_sheets(plan, "ja")["前提"]
    assert all(re.search(r"[぀-ヿ一-鿿]", str(row[0])) for row in assumptions[1:])
    notes = column(assumptions, "備考")
    assert all(re.search(r"[぀-ヿ一-鿿]", str(row[notes])) for row in assumptions[1:] if row[notes])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hall_of_the_study_is_shown_with_the_plan(plan: Plan, language: Language) -> None:
    said = "\n".join(plan_lines(plan, language))
    assert "35,691" in said and "1,695" in said and "589" in said
    table = plan_sheets(plan, language)["区の試算例" if language == "ja" else "ward hall of the study"]
    assert [row[1] for row in table[1:]] == [35_691, 3_915_000, pytest.approx(1695.195), 589]


def test_a_page_names_its_figures_and_the_rows_it_leaves_out(tmp_path: Path) -> None:
    figure = tmp_path / "price_ladder.png"
    figure.write_bytes(b"")
    table = [["区", "電気料金 [円/年]"], *([f"{number}区", number * 1000] for number in range(50))]
    write_page(tmp_path / "page.html", "題", ["文"], {"表": table}, [figure], "ja")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'alt="単価の階段"' in page
    assert "ほか10行はExcelファイルに記載。" in page
    assert '<th class="t">区</th>' in page and "<th>電気料金" in page


def test_whole_numbers_have_separators_and_years_have_none() -> None:
    sheet = Workbook().worksheets[0]
    fill_sheet(sheet, [["item", "year", "amount", "who"], ["a", 2030, 378347894, "b"], ["c", 2031, 1.5, "d"]])
    assert (sheet["B2"].number_format, sheet["C2"].number_format) == ("General", "#,##0")
    assert sheet["C1"].alignment.horizontal == "right" and sheet["A1"].alignment.horizontal is None
    assert sheet["D2"].alignment.indent == 1


def test_an_empty_core_is_told_only_of_the_game_that_was_valued() -> None:
    """Groups that could split facilities save too much, so that an empty core of theirs says nothing of whole ones."""
    thirds, none = np.full(3, 100.0), np.zeros(3)
    divided = Sharing(
        ("a", "b", "c"), thirds, 300.0, none, Division(thirds, 20.0, 10.0, 1, False), thirds, none, 0, 0, thirds,
        {"nucleolus": 20.0, "shapley": 30.0, "proportional": 40.0}, 0.0, 1.0, in_parts=False,
    )  # fmt: skip
    assert stability_line(divided).en.startswith("The core is empty: under any division")
    parts = stability_line(replace(divided, in_parts=True))
    assert "a core may still exist" in parts.en and "存在する可能性" in parts.ja
    for line in (stability_line(divided), parts):
        assert "between 10 and 20 JPY" in line.en and "年 10～20 円" in line.ja
    met = replace(
        divided, excess={**divided.excess, "nucleolus": -5.0}, nucleolus=Division(thirds, -5.0, -5.0, 1, True)
    )
    assert "at least 5 JPY a year by staying" in stability_line(met).en
