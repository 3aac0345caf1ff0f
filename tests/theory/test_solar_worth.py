"""What rules are worth: each claim, the last kW and the break-even rate, against trying every plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.optimise.solar_allocation import certain_beside
from model.optimise.solar_allocation.answer import Answer, Setting, answer
from model.optimise.solar_allocation.economics import Economics
from model.optimise.solar_allocation.houses import Houses, Portfolio, houses_of, read_portfolios
from model.optimise.solar_allocation.model import Model, Wishes, build
from model.optimise.solar_allocation.problem import activity, cost_of
from model.optimise.solar_allocation.slots import kw_of
from model.optimise.solar_allocation.trials import moves_of, trials
from model.optimise.solar_allocation.worth import Range, worth_of
from model.report.allocation.texts import range_text, why

SETTING = Setting.read("adopted_2025")
MOVES = moves_of(SETTING.assumed)
HEADINGS = "id,municipality,floor_area_m2,max_kw,restricted,exclusion,cost_jpy_per_kw,face1_m2\n"


def listed(path: Path, *rows: str) -> Portfolio:
    path.write_text(HEADINGS + "\n".join(rows) + "\n", encoding="utf-8")
    return read_portfolios(path)[0]


def cheapest(supply: Portfolio, schemes: Any = ("uniform", "by_zone"), change: Callable[[Model], Model] | None = None,
             wishes: Wishes | None = None, economics: Economics = SETTING.economics,
             owed: Callable[[Houses], Any] | None = None, more_kw: float = 0.0) -> float:  # fmt: skip
    """Return the best objective over every plan, as a cost; with a certainty, over decisions of the owners, too."""
    facts = houses_of(supply, SETTING.rules, SETTING.assumed)
    best, sure = np.inf, (wishes or Wishes()).certainty
    for model in build(facts, wishes or Wishes(), economics, SETTING.rules, schemes):
        problem = (change(model) if change else model).problem
        kept = np.array([sure is None or row.name != "renewables" for row in problem.rows])
        slots = [np.flatnonzero(np.isfinite(problem.cost[:, house])) for house in range(facts.size)]
        for choice in product(*slots):
            picked = np.array(choice)
            if cost_of(problem, picked) >= best:
                continue
            if not np.all((activity(problem, picked) >= problem.at_least - 1e-9)[kept]):
                continue
            by_house = owed(facts) if owed else facts.owed_by_zone_kw if model.scheme == "by_zone" else UNIFORM_KW
            if sure is None or chance(model, picked, by_house, more_kw) >= sure:
                best = cost_of(problem, picked)
    return best


def chance(model: Model, picked: Any, owed: Any, more_kw: float) -> float:
    """Return how likely a plan meets what is owed, decision by decision of the owners."""
    counted = ~model.slots.left_out[picked]
    kw = np.where(counted, kw_of(model.houses, model.slots, picked), 0.0)
    required, found = float(np.sum(np.where(counted, owed, 0.0))) + more_kw, 0.0
    for accepted in product((0, 1), repeat=kw.size):
        taken = np.array(accepted)
        odds = float(np.prod(np.where(taken == 1, model.houses.consent, 1 - model.houses.consent)))
        found += odds * (float(kw @ taken) >= required - 1e-9)
    return found


def planned(supply: Portfolio, **wishes: Any) -> Answer:
    found = answer(supply, Wishes(**wishes), SETTING, gap=1e-9)
    assert found.worth is not None
    return found


#: What a building owes under the uniform rate: 85 per cent of 2 kW.
UNIFORM_KW = 1.7
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


@pytest.mark.parametrize("objective", ["cost", "benefit"])
def test_the_last_and_the_next_kilowatt(tmp_path: Path, objective: Any) -> None:
    supply = listed(tmp_path / "list.csv", *ROWS)
    # With a budget even the greatest benefit is bound by what is asked for.
    wishes = Wishes(objective=objective, budget_jpy=550_000.0 if objective == "benefit" else None)
    found = planned(supply, objective=objective, budget_jpy=wishes.budget_jpy)
    assert found.worth is not None
    scheme = (found.plan.scheme,)

    def shifted(by: float) -> float:
        def change(model: Model) -> Model:
            rows = tuple(replace(row, at_least=by) if row.name == "renewables" else row for row in model.problem.rows)
            return replace(model, problem=replace(model.problem, rows=rows))

        return cheapest(supply, scheme, change, wishes)

    here = cheapest(supply, scheme, wishes=wishes)
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


#: The same houses, whose owners may refuse.
UNSURE = [f"{row},{consent}" for row, consent in zip(ROWS, (0.9, 0.8, 0.95, 0.7, 0.85), strict=True)]


def unsure(path: Path, rows: list[str] = UNSURE) -> Portfolio:
    path.write_text(HEADINGS.strip() + ",consent\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return read_portfolios(path)[0]


def test_where_a_year_must_be_certain_kilowatts_and_rates_are_asked_for_with_that_certainty(tmp_path: Path) -> None:
    supply, wishes = unsure(tmp_path / "list.csv", UNSURE[:4]), Wishes(certainty=0.7)
    found = planned(supply, certainty=0.7)
    assert found.worth is not None
    scheme, here = (found.plan.scheme,), cheapest(supply, wishes=wishes)
    assert found.plan.proof.objective == pytest.approx(here)
    for by, known in ((-1.0, found.worth.last_kw), (1.0, found.worth.next_kw)):
        moved = abs(cheapest(supply, scheme, wishes=wishes, more_kw=by) - here)
        assert known.low - 1e-3 <= moved <= known.high + 1e-3
        assert known.high - known.low <= 1e-3 * abs(here)
    rate = found.worth.even_rate
    assert rate is not None
    zone = cheapest(supply, ("by_zone",), wishes=wishes)
    sides = [cheapest(supply, ("uniform",), wishes=wishes, owed=lambda houses, end=end: 2.0 * end)
             for end in (rate.low, rate.high)]  # fmt: skip
    assert sides[0] <= zone + 1e-6 < sides[1]


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(objective="benefit", budget_jpy=700_000.0),
                                    Wishes(certainty=0.7, ways_to_pay=("purchase",))])  # fmt: skip
def test_moves_are_answered_with_the_best_plan_and_a_bound_even_without_time(tmp_path: Path, wishes: Wishes) -> None:
    supply = unsure(tmp_path / "list.csv", UNSURE[:4])
    plan = answer(supply, wishes, SETTING, gap=1e-9, moves=False).plan
    sign = -1.0 if wishes.objective == "benefit" else 1.0
    in_time, at_once = (trials(plan, SETTING.economics, SETTING.rules, MOVES, seconds) for seconds in (30.0, 0.0))
    for one, rough in zip(in_time, at_once, strict=True):
        best = cheapest(supply, wishes=wishes, economics=SETTING.economics.moved(**{one.what: one.factor}))
        for found in (one, *([rough] if np.isfinite(rough.value) else [])):
            assert sign * found.bound - 1e-3 <= best <= sign * found.value + 1e-3
        assert sign * one.value == pytest.approx(best, rel=1e-3 if wishes.certainty else 1e-4)
        assert one.gap <= (1e-3 if wishes.certainty else 1e-4)


def test_plans_beside_the_one_in_hand_are_plans_and_their_bounds_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done for many houses, with so few that every plan and every decision of the owners can be tried."""
    supply, wishes = unsure(tmp_path / "list.csv", UNSURE[:4]), Wishes(certainty=0.7)
    plan = answer(supply, wishes, SETTING, gap=1e-9, moves=False).plan
    monkeypatch.setattr(certain_beside, "is_few", lambda _: False)
    met = 0
    for one in trials(plan, SETTING.economics, SETTING.rules, MOVES, 1.2):
        best = cheapest(supply, wishes=wishes, economics=SETTING.economics.moved(**{one.what: one.factor}))
        assert one.bound - 1e-3 <= best <= one.value + 1e-3
        met += one.value <= best + 1e-3
    assert met >= 4
    worth, here = worth_of(plan, SETTING.rules, 1.2), cheapest(supply, wishes=wishes)
    for by, known in ((-1.0, worth.last_kw), (1.0, worth.next_kw)):
        moved = abs(cheapest(supply, (plan.scheme,), wishes=wishes, more_kw=by) - here)
        assert known.low - 1e-3 <= moved <= known.high + 1e-3


def test_without_time_nothing_is_claimed_that_is_not_proven(tmp_path: Path) -> None:
    plan = answer(listed(tmp_path / "list.csv", *ROWS), Wishes(), SETTING, gap=1e-9, moves=False).plan
    in_time, at_once = (worth_of(plan, SETTING.rules, seconds) for seconds in (30.0, 0.0))
    for one, rough in ((in_time.last_kw, at_once.last_kw), (in_time.next_kw, at_once.next_kw)):
        assert rough.low <= one.low <= one.high <= rough.high
    known = np.isfinite(in_time.claim_high)
    assert known.any()
    assert np.all(at_once.claim_low[known] <= in_time.claim_low[known] + 1e-6)
    assert np.all(at_once.claim_high[known] >= in_time.claim_high[known] - 1e-6)


def test_what_houses_state_as_cost_moves_with_the_cost(tmp_path: Path) -> None:
    supply = listed(tmp_path / "list.csv", "a,世田谷区,100,4,no,never,300000,")
    found = planned(supply)
    moved = {(one.what, one.factor): one for one in found.what_if}
    assert [*moved] == [("cost", 0.9), ("cost", 1.1), ("tariff", 0.9), ("tariff", 1.1), ("grant", 0.5), ("grant", 0.0)]
    # 2 kW at 300,000 JPY/kW with the fixed cost of the rule data: a tenth of what is paid before the grant.
    assert found.kw[0] == pytest.approx(2.0)
    fixed = SETTING.economics.assumptions.cost_fixed_jpy
    change = moved["cost", 1.1].value - found.plan.proof.objective
    assert change == pytest.approx(0.1 * (fixed + 300_000.0 * 2.0))
    # Prices of electricity are no part of the cost of a bought system; they move what is earned.
    assert moved["tariff", 1.1].value == pytest.approx(found.plan.proof.objective)
    assert moved["tariff", 1.1].benefit > float(found.benefit.sum()) > moved["tariff", 0.9].benefit
    assert [one.changed for one in found.what_if] == [0] * len(MOVES)


def test_ranges_in_words() -> None:
    assert range_text(Range(1234.0, 1234.01), "JPY").ja == "1,234円"
    assert range_text(Range(1.0, np.inf), "JPY").en == "at least 1 JPY (proven)"
    assert range_text(Range(1.0, 2.0), "JPY").ja == "1～2円（証明済み）"
    assert range_text(Range(np.inf, np.inf), "JPY").en == "more than the roofs take"
    assert range_text(Range(0.0, np.inf), "JPY").en == "not known within the time"
