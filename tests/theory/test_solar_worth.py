"""What rules are worth: each claim, the last kW and the break-even rate, against trying every plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.optimise.solar_allocation.answer import Answer, Setting, answer
from model.optimise.solar_allocation.houses import Portfolio, houses_of, read_portfolios
from model.optimise.solar_allocation.model import Model, Wishes, build
from model.optimise.solar_allocation.problem import activity, cost_of
from model.optimise.solar_allocation.worth import Range
from model.report.allocation.texts import range_text, why

SETTING = Setting.read("adopted_2025")
HEADINGS = "id,municipality,floor_area_m2,max_kw,restricted,exclusion,cost_jpy_per_kw,face1_m2\n"


def listed(path: Path, *rows: str) -> Portfolio:
    path.write_text(HEADINGS + "\n".join(rows) + "\n", encoding="utf-8")
    return read_portfolios(path)[0]


def cheapest(supply: Portfolio, schemes: Any = ("uniform", "by_zone"), change: Callable[[Model], Model] | None = None,
             wishes: Wishes | None = None) -> float:  # fmt: skip
    """Return the best objective over every plan, as a cost."""
    facts = houses_of(supply, SETTING.rules, SETTING.assumed)
    best = np.inf
    for model in build(facts, wishes or Wishes(), SETTING.economics, SETTING.rules, schemes):
        problem = (change(model) if change else model).problem
        slots = [np.flatnonzero(np.isfinite(problem.cost[:, house])) for house in range(facts.size)]
        for choice in product(*slots):
            picked = np.array(choice)
            if np.all(activity(problem, picked) >= problem.at_least - 1e-9):
                best = min(best, cost_of(problem, picked))
    return best


def planned(supply: Portfolio, **wishes: Any) -> Answer:
    found = answer(supply, Wishes(**wishes), SETTING, gap=1e-9)
    assert found.worth is not None
    return found


ROWS = ["a,世田谷区,100,1.2,yes,decide,150000,", "b,新宿区,100,0.8,yes,claim,210000,", "c,千代田区,100,2,no,decide,,",
        "d,世田谷区,100,,no,decide,230000,12", "e,千代田区,100,1.6,no,decide,260000,"]  # fmt: skip


@pytest.mark.parametrize("objective", ["cost", "co2"])
def test_a_claim_is_worth_what_the_best_plan_without_it_loses(tmp_path: Path, objective: Any) -> None:
    supply = listed(tmp_path / "list.csv", *ROWS)
    wishes = Wishes(objective=objective, budget_jpy=900_000.0)
    found = planned(supply, objective=objective, budget_jpy=900_000.0)
    best = cheapest(supply, wishes=wishes)
    assert found.plan.best.finished.cost == pytest.approx(best)
    assert found.worth is not None
    assert found.left_out.any()
    for house, row in enumerate(ROWS):
        low, high = found.worth.claim_low[house], found.worth.claim_high[house]
        if not found.houses.may_leave[house]:
            assert np.isnan(low)
            continue
        never = [one.replace("decide", "never").replace("claim", "never") if one is row else one for one in ROWS]
        without = cheapest(listed(tmp_path / "never.csv", *never), wishes=wishes)
        assert low == pytest.approx(without - best, abs=1e-3)
        assert high == pytest.approx(without - best, abs=1e-3)
        assert ("the claim is worth" in why(found, house).en) == bool(found.left_out[house])


def test_the_last_and_the_next_kilowatt(tmp_path: Path) -> None:
    supply = listed(tmp_path / "list.csv", *ROWS)
    found = planned(supply)
    assert found.worth is not None
    scheme = (found.plan.scheme,)

    def shifted(by: float) -> float:
        def change(model: Model) -> Model:
            rows = tuple(replace(row, at_least=by) if row.name == "renewables" else row for row in model.problem.rows)
            return replace(model, problem=replace(model.problem, rows=rows))

        return cheapest(supply, scheme, change)

    here = cheapest(supply, scheme)
    assert found.worth.last_kw.low == pytest.approx(here - shifted(-1.0), abs=1e-3)
    assert found.worth.last_kw.high == pytest.approx(here - shifted(-1.0), abs=1e-3)
    assert found.worth.next_kw.low == pytest.approx(shifted(1.0) - here, abs=1e-3)
    # A roof that is full takes no kW more.
    full = planned(listed(tmp_path / "full.csv", "a,世田谷区,100,2,no,decide,,"))
    assert full.worth is not None
    assert full.worth.next_kw.low == np.inf


@pytest.mark.parametrize(("place", "rate"), [("千代田区", 0.30), pytest.param("新宿区", 0.70, marks=pytest.mark.slow)])
def test_the_break_even_rate_of_alike_houses_is_that_of_their_zone(tmp_path: Path, place: str, rate: float) -> None:
    rows = [f"h{number},{place},100,4,no,decide,," for number in range(200)]
    worth = planned(listed(tmp_path / "list.csv", *rows)).worth
    assert worth is not None
    assert worth.even_rate is not None
    # 200 houses: a per cent of the rate is 4 kW, ten modules, so that no two rates cost the same.
    assert worth.even_rate == Range(pytest.approx(rate), pytest.approx(rate + 0.01))  # type: ignore[arg-type]
    # Where zone and uniform rate agree nothing but the whole range is known: uniform is no worse at its own rate.
    same = planned(listed(tmp_path / "same.csv", *[row.replace(place, "世田谷区") for row in rows])).worth
    assert same is not None
    assert same.even_rate == Range(pytest.approx(0.85), pytest.approx(0.86))  # type: ignore[arg-type]


def test_ranges_in_words() -> None:
    assert range_text(Range(1234.0, 1234.01), "JPY").ja == "1,234円"
    assert range_text(Range(1.0, np.inf), "JPY").en == "at least 1 JPY (proven)"
    assert range_text(Range(1.0, 2.0), "JPY").ja == "1～2円（証明済み）"
    assert range_text(Range(np.inf, np.inf), "JPY").en == "more than the roofs take"
