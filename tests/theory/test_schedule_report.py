"""What is told of a schedule: money by year against the plan's own cost, the bank over periods, words of tables."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from schedule_cases import YEARS, announced, tiny

from model.language import Language
from model.optimise.facility_schedule.answer import solve_schedule
from model.report.allocation.figures import FIGURES as PLAN_FIGURES
from model.report.auction.page import write_page
from model.report.schedule.cash import cash_flow, cash_table
from model.report.schedule.figures import FIGURES as SCHEDULE_FIGURES
from model.report.schedule.words import worded
from model.spreadsheet import column_digits


@pytest.mark.parametrize("seed", range(4))
def test_money_by_year_discounts_to_the_plans_cost(seed: int) -> None:
    found = solve_schedule(tiny(seed, (2, 1), announced(), True), 1e-6, 20)
    flows, discount = cash_flow(found), found.problem.discount
    for name, cost in found.costs.items():
        # The value left at the end is no payment, so that works alone are paid for with more than they cost.
        if name != "works":
            assert float(flows[name] @ discount[: YEARS + 1]) == pytest.approx(cost, rel=1e-9, abs=1e-3), name
    paid = sum(float(plan.paid.sum()) for plan in found.plans)
    assert float(flows["works"].sum()) == pytest.approx(paid)


def test_the_sum_so_far_ends_with_all_money() -> None:
    found = solve_schedule(tiny(3, (2, 1), announced(), True), 1e-6, 20)
    answer: Any = SimpleNamespace(schedule=found)
    head, *rows = cash_table(answer, "en")
    assert [row[0] for row in rows][:YEARS] == found.problem.years.tolist()
    assert head[-1] == "net so far [JPY]"
    total = sum(float(flow.sum()) for flow in cash_flow(found).values())
    assert rows[-1][-1] == pytest.approx(total, abs=YEARS)


def test_units_are_in_words_of_the_reader() -> None:
    table = [["価格 [JPY/t-CO2]", "率 [1]", "単位"], [1.0, 0.5, "JPY"], [2.0, 0.5, "1"], [3.0, 0.5, "s"]]
    assert worded([["rate", "unit"], [3.0, "%/year"], [1.0, "year"]], "en")[1:] == [[3.0, "%/year"], [1.0, "years"]]
    assert worded([list(row) for row in table], "ja") == [
        ["価格 [円/t-CO₂]", "率", "単位"], [1.0, 0.5, "円"], [2.0, 0.5, ""], [3.0, 0.5, "秒"]]  # fmt: skip


def test_a_column_shows_as_many_digits_as_tell_its_values_apart() -> None:
    assert column_digits(["a [kW]", 1.25, 2.0]) == 2
    assert column_digits(["a [JPY]", 12345.678, 1.5]) == 0
    assert column_digits(["a [t]", 4991.55, 0.002]) == 3
    assert column_digits(["year", 2025, 2026]) is None
    assert column_digits(["a [kW]", None, "x"]) is None
    assert column_digits(["a [1]", np.float64(0.123456)]) == 4


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_figure_of_a_plan_has_words_for_those_who_cannot_see_it(tmp_path: Path, language: Language) -> None:
    names = [*SCHEDULE_FIGURES, *PLAN_FIGURES, "trade_off"]
    drawn = [tmp_path / f"{name}_{language}.png" for name in names]
    for path in drawn:
        path.write_bytes(b"")
    write_page(tmp_path / "page.html", "a", ["b"], {"c": [["fiscal year", "d [t]"], [2025, 1.0]]}, drawn, language)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(set(re.findall('alt="([^"]+)"', page))) == len(names)
    assert f"_{language}" not in page and "2,025" not in page
