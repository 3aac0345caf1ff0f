"""The second look at a plan: it reads the file itself in every form, keeps decimals, and finds every kind of fault."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.optimise.solar_allocation.answer import Setting, answer, verified
from model.optimise.solar_allocation.batch import Job, plan_all
from model.optimise.solar_allocation.houses import read_portfolios
from model.optimise.solar_allocation.model import Wishes
from model.optimise.solar_allocation.reread import Fractions, RawList, reread
from model.spreadsheet import write_workbook

SETTING = Setting.read("adopted_2025")
TABLE: list[list[Any]] = [
    ["住宅番号", "区市町村", "建物種別", "延床面積 [m²]", "供給日", "屋根面1：使用可能面積（水平投影） [m²]",
     "restricted", "ua", "bei", "consent"],
    ["12", "世田谷区", "注文住宅", "1,118.5", "2025-06-30", "３０", "", "0.58", "0.1", ""],
    ["a b", "13101", "custom_detached", "82", "令和7年9月1日", "14.1", "はい", "0.7", "0.3", "0.9"],
    ["=x", "Chiyoda", "for_sale_detached", "98", "", "11.5", "no", "", "", ""],
]  # fmt: skip


def rows_of(raw: RawList) -> list[Any]:
    numbers = {name: raw.numbers(name) for name in ("floor_area_m2", "face1_m2", "ua", "bei", "consent")}
    columns = [raw.texts("id"), raw.choices("municipality"), raw.choices("house_type"), raw.flags("restricted"),
               raw.days("delivered_on"), *(one.floats for one in numbers.values())]  # fmt: skip
    return [[None if value != value else value for value in row] for row in zip(*columns, strict=True)]


def test_every_form_of_the_file_says_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame(TABLE[1:], columns=TABLE[0])
    text = frame.to_csv(index=False)
    (tmp_path / "utf.csv").write_text("﻿" + text, encoding="utf-8")
    (tmp_path / "sjis.csv").write_text(text.replace("²", "2"), encoding="cp932")
    frame.to_parquet(tmp_path / "p.parquet", index=False)
    # A named index is a column like all others; one without a name says nothing.
    frame.set_index("住宅番号").to_parquet(tmp_path / "named.parquet")
    frame.set_axis([7, 3, 5], axis=0).to_parquet(tmp_path / "numbered.parquet")
    write_workbook(tmp_path / "x.xlsx", {"houses": TABLE})
    records = "\n".join("- " + str({k: v for k, v in zip(TABLE[0], row, strict=True) if v}) for row in TABLE[1:])
    (tmp_path / "y.yaml").write_text("rows:\n" + records, encoding="utf-8")
    wanted = [
        ["12", "13112", "custom_detached", False, pd.Timestamp("2025-06-30").date(), 1118.5, 30.0, 0.58, 0.1, 1.0],
        ["a b", "13101", "custom_detached", True, pd.Timestamp("2025-09-01").date(), 82.0, 14.1, 0.7, 0.3, 0.9],
        ["=x", "13101", "for_sale_detached", False, None, 98.0, 11.5, None, None, 1.0],
    ]
    for path in tmp_path.iterdir():
        lists = reread(path)
        assert list(lists) == [path.stem]
        assert rows_of(lists[path.stem]) == wanted, path.name
        assert sorted(read_portfolios(path)[0].ids.tolist()) == sorted(row[0] for row in wanted)


def test_excel_dates_and_numbers_are_read_from_the_archive(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1.0, 2.0], "municipality": ["世田谷区"] * 2, "floor_area_m2": [118.3, 1e3],
                          "delivered_on": pd.to_datetime(["2025-04-01", "2026-03-31"]), "max_kw": [0.1 + 0.2, None],
                          "explained": [True, False]})  # fmt: skip
    frame.to_excel(tmp_path / "dates.xlsx", index=False)
    raw = reread(tmp_path / "dates.xlsx")["dates"]
    assert raw.texts("id").tolist() == ["1", "2"]
    assert [str(day) for day in raw.days("delivered_on")] == ["2025-04-01", "2026-03-31"]
    assert raw.numbers("floor_area_m2").total(np.ones(2, dtype=bool)) == Fraction("1118.3")
    assert raw.numbers("max_kw").known.tolist() == [True, False]
    assert raw.flags("explained").tolist() == [True, False]


def test_sums_and_products_are_exact() -> None:
    random = np.random.default_rng(0)
    texts = [Fraction(int(n), 10 ** int(d)) for n, d in zip(random.integers(0, 10**15, 300), random.integers(0, 9, 300),
                                                          strict=True)]  # fmt: skip
    codes = random.integers(0, 300, 2000)
    other = random.permutation(codes)
    first, second = Fractions.of(texts, codes), Fractions.of(texts, other)
    everyone = np.ones(2000, dtype=bool)
    assert (first * second).total(everyone) == sum(texts[a] * texts[b] for a, b in zip(codes, other, strict=True))
    assert (first + second).total(codes < 150) == sum(
        texts[a] + texts[b] for a, b in zip(codes, other, strict=True) if a < 150
    )
    assert first.below(texts[7]).tolist() == [texts[a] < texts[7] for a in codes]
    assert first.parts(Fraction(4, 10)).tolist() == [int(texts[a] // Fraction(4, 10)) for a in codes]


LINES = """id,municipality,house_type,floor_area_m2,face1_m2,state,kw,restricted,exclusion,ua,bei,delivered_on,consent
a,世田谷区,custom_detached,100,40,planned,,no,,0.6,0.91,2025-05-01,1
b,世田谷区,custom_detached,100,30,planned,2,no,,0.6,0.91,2025-08-01,0.8
c,世田谷区,custom_detached,100,10,planned,,yes,,0.6,0.91,2025-11-01,1
d,世田谷区,custom_detached,100,20,done,1.3,no,,0.6,0.91,2025-04-01,1
e,世田谷区,custom_detached,3000,20,planned,,no,,0.9,0.82,2025-04-01,1
"""

LIMITS = Wishes(budget_jpy=1_000_000.0, installer_kw=(9.0, 9.0, 9.0, 9.0), most_changes=1)


@pytest.mark.parametrize(
    ("change", "question"),
    [
        ({}, ""),
        ({"ids": ["a", "b", "c", "x"]}, "exactly one decision"),
        ({"kw": {"a": 5.9}}, "whole modules"),
        ({"kw": {"a": 6.4}}, "whole modules"),
        ({"kw": {"d": 1.6}}, "whole modules"),
        ({"heat": {"a": 1}}, "whole modules"),
        ({"left_out": {"a": True}}, "that qualify"),
        ({"kw": {"a": 0.0, "b": 0.0}}, "reaches the requirement"),
        ({"kw": {"a": 0.0, "b": 0.0}}, "report programme: does the capacity"),
        ({"kw": {"a": 0.0, "b": 0.0, "c": 0.0}}, "energy standard of custom-built"),
        ({"kw": {"a": 6.0, "b": 4.4}}, "within the budget"),
    ],
)
def test_each_fault_of_a_plan_is_found(tmp_path: Path, change: dict[str, Any], question: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LINES, encoding="utf-8")
    found = answer(read_portfolios(path)[0], LIMITS, SETTING, moves=False)
    raw = reread(path)["list"]
    assert verified(found, raw).verification.holds  # type: ignore[union-attr]
    if not change:
        return
    place = {str(one): number for number, one in enumerate(found.portfolio.ids)}
    fields = {name: getattr(found, name).copy() for name in ("kw", "left_out", "heat")}
    for name, values in change.items():
        if name == "ids":
            cells = {**found.portfolio.cells, "id": np.array(values, dtype=object)}
            found = replace(found, portfolio=replace(found.portfolio, cells=cells))
            continue
        for house, value in values.items():
            fields[name][place[house]] = value
    second = verified(replace(found, **fields), raw).verification
    assert second is not None
    failed = [check.name.en for check in second.checks if not check.holds]
    assert any(question in name for name in failed), failed


def test_a_file_that_changed_after_it_was_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LINES, encoding="utf-8")
    found = answer(read_portfolios(path)[0], Wishes(), SETTING, moves=False)
    path.write_text(LINES.replace("a,世田谷区,custom_detached,100,40", "a,世田谷区,custom_detached,100,4"),
                    encoding="utf-8")  # fmt: skip
    second = verified(replace(found, kw=np.where(found.portfolio.ids == "a", 4.0, found.kw)), reread(path)["list"])
    assert second.verification is not None
    assert not second.verification.holds


# What Excel stores for 98.3, 0.7 and 3.2, days with points, and an amount next to nothing: the plan and the second look
# must read each alike, and neither may fail.
@pytest.mark.parametrize(("column", "text", "plain"), [
    ("floor_area_m2", "98.299999999999997", "98.3"), ("consent", "0.69999999999999996", "0.7"),
    ("kw", "3.2000000000000002", "3.2"), ("bei", "0.83999999999999997", "0.84"),
    ("delivered_on", "2025.12.1", "2025-12-01"), ("delivered_on", "2025.12.01", "2025-12-01"),
    ("face1_azimuth", "1e-400", "0"), ("floor_area_m2", "98.2999999999999971578914", "98.3"),
])  # fmt: skip
def test_what_excel_stores_is_what_it_shows(tmp_path: Path, column: str, text: str, plain: str) -> None:
    usual = {"id": "a", "municipality": "世田谷区", "floor_area_m2": "100", "max_kw": "4", "state": "done", "kw": "3.2",
             "ua": "0.6", "bei": "0.8"}  # fmt: skip
    plans = []
    for value in (text, plain):
        path = tmp_path / "list.csv"
        row = {**usual, column: value}
        path.write_text("\n".join((",".join(row), ",".join(row.values()))) + "\n", encoding="utf-8")
        (found,) = plan_all(read_portfolios(path), Job(Wishes(), "adopted_2025"))
        assert found.verification is not None and found.verification.holds
        plans.append((found.plan.proof.objective, found.verification.checks))
    assert plans[0] == plans[1]
