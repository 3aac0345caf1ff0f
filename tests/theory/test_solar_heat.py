"""Heat as a decision: closed forms of what it counts, costs and saves, and what the ordinance makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from model.optimise.solar_allocation.answer import Answer, Setting, answer
from model.optimise.solar_allocation.houses import read_portfolios
from model.optimise.solar_allocation.model import Wishes

SETTING = Setting.read("adopted_2025")
HEADINGS = ("id", "municipality", "floor_area_m2", "max_kw", "solar_heat_option_gj", "solar_heat_option_jpy",
            "ground_heat_option_gj", "ground_heat_option_jpy", "house_type", "ua", "bei", "standard_gj")  # fmt: skip


def planned(tmp_path: Any, *rows: str, **wishes: Any) -> Answer:
    path = tmp_path / "list.csv"
    path.write_text("\n".join((",".join(HEADINGS), *rows)) + "\n", encoding="utf-8")
    return answer(read_portfolios(path)[0], Wishes(**wishes), SETTING, moves=False)


def test_heat_alone_meets_the_requirement_at_its_cost(tmp_path: Any) -> None:
    # 0.85 × 2 kW = 1.7 kW = 17 GJ at 10 GJ/kW; 60,000 JPY/GJ, renewed once in 30 years, no discount.
    plan = planned(tmp_path, "a,世田谷区,100,0,17,,,,,,,")
    assert plan.plan.proof.status == "optimal"
    assert plan.counted_kw == pytest.approx(1.7)
    assert plan.cost[0] == pytest.approx(2 * 17 * 60_000)
    assert plan.outlay[0] == pytest.approx(17 * 60_000)
    assert plan.benefit[0] == pytest.approx(30 * 17 * 3_700 - 2 * 17 * 60_000)
    assert plan.co2[0] == pytest.approx(17 * 0.04987)
    assert planned(tmp_path, "a,世田谷区,100,0,16.9,,,,,,,").plan.proof.status == "infeasible"


def test_the_cheaper_of_panels_and_heat_is_taken(tmp_path: Any) -> None:
    row = "a,世田谷区,100,4,{},{},20,{},,,,"
    assert planned(tmp_path, row.format(20, 9e8, 9e8)).heat.tolist() == [0]
    cheap = planned(tmp_path, row.format(20, 1000, 2000))
    assert cheap.heat.tolist() == [1]
    assert cheap.kw.tolist() == [0.0]
    assert planned(tmp_path, row.format(20, 3000, 2000)).heat.tolist() == [2]
    # 12 GJ and 5 GJ fill 1.7 kW together only.
    assert planned(tmp_path, "a,世田谷区,100,0,12,1,5,1,,,,").heat.tolist() == [3]


def test_heat_lowers_the_design_energy(tmp_path: Any) -> None:
    # Custom-built houses need a mean BEI of 0.8: 0.9 × 50 GJ − 5 GJ is just that; without the rule on capacity nothing
    # else asks for heat, and 4.9 GJ would not do.
    row = "a,世田谷区,100,0,{},1,,,custom_detached,0.6,0.9,50"
    without = frozenset({"renewables"})
    assert planned(tmp_path, row.format(5), without=without).heat.tolist() == [1]
    assert planned(tmp_path, row.format(4.9), without=without).plan.proof.status == "infeasible"
    # Rental apartments are tested one by one at 0.9.
    rental = "a,世田谷区,100,0,{},1,,,rental_apartment,0.6,1.0,50"
    assert planned(tmp_path, rental.format(5), without=without).heat.tolist() == [1]
    assert planned(tmp_path, rental.format(4.9), without=without).plan.proof.status == "infeasible"
