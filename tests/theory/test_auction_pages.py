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
from model.optimise.sampled_shapley import SampledShapley
from model.optimise.solver import SolverOptions
from model.report.auction.page import write_page
from model.report.auction.plan import plan_lines, plan_sheets
from model.report.auction.share import share_lines, share_sheets, stability_line
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
    discounted = replace(found, steps=np.full(len(found.yearly), -5.0))
    table = award_sheets(discounted, (), "ja")["月別料金比較"]
    assert table[0][-2] == "数量割引 [円/年]"
    last = {(row[0], row[1]): row[2:] for row in table[1:]}["合計", "落札料金 [円]"]
    assert last[-2] == -5.0 * len(found.yearly) and last[-1] == pytest.approx(discounted.yearly.sum())


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
    table = [["区", "電気料金 [円/年]"], *([f"{number}区", number * 1000] for number in range(80))]
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


def divided_by_three(least: float, most: float, in_parts: bool, whole: tuple[float, float], **inner: object) -> Sharing:
    thirds, none = np.full(3, 100.0), np.zeros(3)
    division = Division(thirds, most, least, **{"settled": 1, "complete": False, **inner})
    return Sharing(
        ("13101", "13102", "13103"), thirds, 300.0, none, division, SampledShapley(thirds, none, none, 0), thirds,
        {"nucleolus": most, "shapley": 30.0, "proportional": 40.0},
        {"nucleolus": least, "shapley": 21.0, "proportional": -np.inf}, 0.0, 1.0, in_parts, whole,
    )  # fmt: skip


def test_an_empty_core_is_told_only_of_what_is_proven_with_whole_facilities() -> None:
    """Groups that could split facilities save too much, so that an empty core of theirs says nothing of whole ones."""
    exact = stability_line(divided_by_three(10.0, 20.0, False, (-np.inf, np.inf)))
    proven = stability_line(divided_by_three(12.0, 25.0, True, (10.0, 20.0)))
    for line in (exact, proven):
        assert line.en.startswith("The core is empty: under any division")
        assert "between 10 and 20 JPY" in line.en and "年 10～20 円" in line.ja
    parts = stability_line(divided_by_three(10.0, 20.0, True, (-40.0, np.inf)))
    assert parts.en.startswith("Whether the core is empty is not proven")
    assert "between -40 and 20 JPY" in parts.en and "at least 10 JPY" in parts.en
    assert "年 -40～20 円" in parts.ja and "年 10 円以上" in parts.ja
    open_end = stability_line(divided_by_three(-9.0, 20.0, True, (-np.inf, np.inf)))
    assert "at most 20 JPY" in open_end.en and "inf" not in open_end.en + open_end.ja
    met = stability_line(divided_by_three(-5.0, -5.0, True, (-np.inf, np.inf), complete=True))
    assert "at least 5 JPY a year by staying" in met.en


@pytest.mark.parametrize("language", LANGUAGES)
def test_console_page_and_workbook_say_how_far_the_nucleolus_got(found: Answer, language: Language) -> None:
    divided = divided_by_three(10.0, 20.0, False, (-np.inf, np.inf), settled=2, level=(3.0, 8.0))
    said = "\n".join(share_lines(divided, language))
    sheets = share_sheets(replace(divided, wards=("13101", "13102"), offers=np.full(2, 100.0)), found, language)
    rows = dict(sheets["how sure" if language == "en" else "確からしさ"])
    if language == "en":
        assert "first 2 levels" in said and "between 3 and 8 JPY" in said
        assert sheets["stability"][1:] == [
            ["nucleolus", 10, 20], ["Shapley value", 21, 30], ["in proportion to offers", None, 40]
        ]  # fmt: skip
        assert rows["levels of complaint settled, of the nucleolus"] == 2
        assert rows["next level, lower end"] == 3.0 and rows["next level, upper end"] == 8.0
    else:
        assert "2段階まで" in said and "年 3～8 円" in said
        assert rows["仁（nucleolus）の計算で確定した不満の水準の数"] == 2
        assert rows["次の水準（下限）"] == 3.0 and rows["次の水準（上限）"] == 8.0


def test_a_sampled_shapley_value_states_its_error_or_in_words_why_not() -> None:
    divided = divided_by_three(10.0, 20.0, False, (-np.inf, np.inf))
    thirds = np.full(3, 100.0)
    drawn = SampledShapley(thirds, np.full(3, 7.0), np.full(3, 2.0), 50, 250)
    said = "\n".join(share_lines(replace(divided, shapley=drawn), "en"))
    assert "50 pairs" in said and "250 random pairs" in said
    assert "standard error is 7 JPY" in said and "up to 2 JPY" in said and "rough estimate" not in said
    assert "rough estimate" in "\n".join(share_lines(replace(divided, shapley=replace(drawn, few=True)), "en"))
    unknown = replace(drawn, standard_error=np.full(3, np.inf), pairs=4)
    assert "no error is stated" in "\n".join(share_lines(replace(divided, shapley=unknown), "en"))
    assert "Shapley" not in "\n".join(share_lines(divided, "en"))
