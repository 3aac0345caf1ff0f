"""`run.py allocate` on lists with something special: fiscal years, merged cells, limits; units, trade-offs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from house_cases import listed
from openpyxl import Workbook, load_workbook

from model.command_line import main
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.batch import plan_all
from model.optimise.solar_allocation.houses import Portfolio


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    return int(end.value.code or 0)


def test_a_list_of_two_fiscal_years_or_without_some_suppliers_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "houses.csv"
    path.write_text(
        "住宅番号,供給事業者,区市町村,延床面積,max_kw,供給日\n"
        "a,甲,世田谷区,100,4,2025-04-01\n"
        "b,甲,世田谷区,100,4,2026-03-31\n"
        "c,,世田谷区,100,4,\n"
        "d,甲,世田谷区,100,4,2025-03-31\n"
        "e,乙,世田谷区,100,4,2026-04-01\n",
        encoding="utf-8",
    )
    assert run("allocate", str(path), "--lang", "en") == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0].split("houses.csv")[1] for line in told] == [":4 (c) › 供給事業者", ":5 (d) › 供給日"]


def test_cells_merged_below_the_heading_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, path = Workbook(), tmp_path / "houses.xlsx"
    sheet = book.active
    for row in (("id", "supplier", "municipality", "floor_area_m2", "max_kw", "", ""), ("a", "S", "世田谷区", 100, 4),
                ("b", "S", "世田谷区", 100, 4)):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("F1:G1")
    book.save(path)
    assert run("allocate", str(path), "--lang", "en") == 0
    sheet.merge_cells("B2:B3")
    book.save(path)
    assert run("allocate", str(path), "--lang", "en") == 2
    assert "houses.xlsx:2 › B2:B3: merged cells" in capsys.readouterr().err


def test_a_list_on_two_sheets_is_refused_unless_one_is_named_and_a_folder_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, path = Workbook(), tmp_path / "houses.xlsx"
    first, second, note = book.active, book.create_sheet("Tama"), book.create_sheet("notes")
    note["A1"] = "id"
    for sheet, house in ((first, "a"), (second, "b")):
        sheet.append(("id", "municipality", "floor_area_m2", "max_kw"))
        sheet.append((house, "世田谷区", 100, 4))
    book.save(path)
    assert run("allocate", str(path), "--lang", "en") == 2
    assert capsys.readouterr().err.startswith(f"✗ {path} › Tama: this sheet has the same headings")
    second.title = "rows"
    book.save(path)
    assert run("allocate", str(path), "--lang", "en", "--no-figures", "--out", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "plan.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("b,")
    assert run("allocate", str(tmp_path), "--lang", "en") == 2
    assert "this is a folder" in capsys.readouterr().err


def test_where_nothing_is_written_it_is_told_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(listed(tmp_path / "list.csv", "a,世田谷区,100,4"))
    for given, told in (([], True), (["--out", str(tmp_path / "out")], False)):
        assert run("allocate", path, "--no-figures", "--lang", "en", *given) == 0
        assert ("--out FOLDER" in capsys.readouterr().out) == told


def test_a_suppliers_year_stands_in_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "more").mkdir()
    given = [str(listed(path / "list.csv", "a,世田谷区,100,4")) for path in (tmp_path, tmp_path / "more")]
    assert run("allocate", *given, "--lang", "en") == 2
    told = capsys.readouterr().err
    assert told.startswith(f"✗ {given[1]}: another file has a supplier of this name") and "given: list" in told


def test_one_supplier_without_a_plan_is_told_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listed(tmp_path / "list.csv", "a,世田谷区,100,4")
    assert run("allocate", str(path), "--budget", "0", "--lang", "en") == 3
    assert capsys.readouterr().out.splitlines()[:2] == [
        "list: no plan keeps all rules",
        "  No plan keeps these rules together; any one of them relaxed as stated would do:",
    ]


def test_the_workbook_of_a_very_long_list_has_all_but_the_houses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("allocation.tables", "allocation.texts"):
        monkeypatch.setattr(f"model.report.{module}.MOST_REASONS", 1)
    monkeypatch.setattr("model.report.allocation.tables.MOST_IN_WORKBOOK", 1)
    path, out = listed(tmp_path / "list.csv", "a,世田谷区,100,4", "b,世田谷区,100,4"), tmp_path / "out"
    assert run("allocate", str(path), "--no-figures", "--lang", "en", "--out", str(out)) == 0
    assert "the workbook has all else" in capsys.readouterr().out
    names = load_workbook(out / "plan.xlsx").sheetnames
    assert {"summary", "defaults", "values used"} <= set(names)
    assert not {"decisions", "left out", "reasons"} & set(names)


def test_suppliers_that_are_finished_are_kept_when_a_batch_is_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [str(listed(tmp_path / f"{name}.csv", "a,世田谷区,100,4")) for name in ("one", "two", "three")]

    def stopped(kept: int) -> Callable[..., Iterator[Answer]]:
        def planned(portfolios: Sequence[Portfolio], *others: Any) -> Iterator[Answer]:
            yield from plan_all(portfolios[:kept], *others)
            raise KeyboardInterrupt

        return planned

    out = tmp_path / "out"
    for kept in (0, 1, 2):
        with monkeypatch.context() as changed:
            changed.setattr("model.optimise.solar_allocation.batch.plan_all", stopped(kept))
            assert run("allocate", *given, "--no-figures", "--lang", "en", "--out", str(out)) == 4
        told = capsys.readouterr()
        assert ("of 3 suppliers are finished" in told.out) == bool(kept)
        assert [words in told.err for words in ("planning …", "writing …")] == [True, bool(kept)]
        folders = sorted(one.name for one in out.iterdir() if one.is_dir()) if out.exists() else []
        assert folders == ["001", "002"][:kept]
    assert len(load_workbook(out / "suppliers.xlsx").worksheets[0]["A"]) == 3


def test_every_quantity_of_the_dataset_has_a_name_and_a_unit(tmp_path: Path) -> None:
    houses, out = tmp_path / "houses.csv", tmp_path / "plan"
    houses.write_text("id,municipality,floor_area_m2,max_kw\na,世田谷区,100,4\nb,千代田区,80,3\n", encoding="utf-8")
    assert run("allocate", str(houses), "--changes", "2", "--no-figures", "--out", str(out), "--lang", "en") == 0
    with xr.open_dataset(out / "plan.nc") as found:
        assert all(one.attrs["long_name"] for one in found.variables.values())
        with_units = {name for name, one in found.data_vars.items() if "units" in one.attrs}
        assert set(found.data_vars) - with_units == {"rule_price", "rule_value", "rule_at_least"}
        assert found.rule.values.tolist() == ["renewables", "changes"]
        assert found.rule_unit.values.tolist() == ["kW", "buildings"]
        assert found.rule_price_unit.values.tolist() == ["JPY/kW", "JPY/building"]
    prices = load_workbook(out / "plan.xlsx")["rules and prices"].iter_rows(min_row=2, values_only=True)
    assert [(row[2], row[4]) for row in prices] == [("kW", "JPY/kW"), ("buildings", "JPY/building")]


def test_panels_are_never_planned_where_building_limits_rule_them_out(tmp_path: Path) -> None:
    path = tmp_path / "houses.csv"
    path.write_text(
        "id,municipality,floor_area_m2,max_kw,restricted,state,kw\n"
        "barred,世田谷区,100,6,yes,planned,\n"
        "built,世田谷区,100,6,yes,done,2\n"
        "roofless,世田谷区,100,,yes,planned,\n"
        "open,世田谷区,100,6,no,planned,\n",
        encoding="utf-8",
    )
    out = tmp_path / "plan"
    assert run("allocate", str(path), "--objective", "co2", "--lang", "en", "--no-figures", "--out", str(out)) == 0
    with xr.open_dataset(out / "plan.nc") as found:
        assert dict(zip(found.house.values.tolist(), found.capacity.values.tolist(), strict=True)) == pytest.approx(
            {"barred": 0.0, "built": 2.0, "open": 6.0, "roofless": 0.0}
        )
    reasons = load_workbook(out / "plan.xlsx")["reasons"].iter_rows(min_row=2, values_only=True)
    assert {row[0]: "limits rule panels out" in str(row[-1]) for row in reasons} == {
        "barred": True, "built": False, "open": False, "roofless": True
    }  # fmt: skip


@pytest.mark.slow
def test_a_trade_off_between_two_objectives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listed(tmp_path / "list.csv", *(f"h{n},世田谷区,100,{2 + n % 4}" for n in range(12)))
    out = tmp_path / "out"
    assert run("allocate", str(path), "--pareto", "co2", "--points", "3", "--lang", "en", "--out", str(out)) == 0
    assert "CO₂ avoided [t/yr]" in " ".join(capsys.readouterr().out.split())
    rows = list(load_workbook(out / "plan.xlsx")["trade-off"].iter_rows(min_row=2, values_only=True))
    costs, avoided = [float(str(row[0])) for row in rows], [float(str(row[1])) for row in rows]
    assert len(rows) == 3
    assert costs == sorted(costs)
    assert avoided == sorted(avoided)
    assert (out / "figures" / "trade_off_ja.png").is_file()


# One house has two or three sizes of panels, so most of twelve levels are met by the same plan.
@pytest.mark.slow
def test_levels_that_one_plan_meets_are_one_point_of_a_trade_off(tmp_path: Path) -> None:
    path, out = listed(tmp_path / "list.csv", "a,世田谷区,100,3.2"), tmp_path / "out"
    given = ("allocate", str(path), "--pareto", "co2", "--points", "12", "--no-figures")
    assert run(*given, "--lang", "en", "--out", str(out)) == 0
    rows = list(load_workbook(out / "plan.xlsx")["trade-off"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len({(row[0], row[1]) for row in rows}) < 12
