"""How the plan answers the price of credits: what is done at each price, and between which prices that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from model.language import Language, Text
from model.optimise.facility_schedule.abatement import Abatement, abatement
from model.optimise.facility_schedule.problem import RENEWABLES
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.tables import measure_name
from model.report.schedule.tables import RENEWABLE_NAMES, Answer, Rows

_YEN = "JPY/t-CO2"


def reaction(answer: Answer, language: Language) -> Rows:
    """Return what the plan does at each price of credits, for the first rates asked for, cheapest credits first."""
    head = (
        Text(f"price of credits [{_YEN}]", f"クレジット価格 [{_YEN}]"),
        Text("works", "対策件数"),
        Text("own reductions [t-CO2]", "自らの削減量 [t-CO2]"),
        Text("renewables bought [MWh]", "再エネ調達量 [MWh]"),
        Text("credits bought [t-CO2]", "クレジット購入量 [t-CO2]"),
        Text("what is new or dropped since the price before", "前の価格からの増減"),
    )
    rows: Rows = [[name(language) for name in head]]
    before: Counter[str] | None = None
    for price, plan in prices_and_plans(answer):
        now = done(plan) + buyers(plan)
        amounts = plan.amounts
        rows.append([
            price, done(plan).total(), round(float((plan.problem.base_t - amounts.emissions_t).sum())),
            round(float(amounts.renewable_mwh.sum())),
            round(float(sum(tonnes.sum() for tonnes in amounts.purchase_t.values()))),
            "" if before is None else _change(answer, before, now, language),
        ])  # fmt: skip
        before = now
    return rows


def steps(answer: Answer, language: Language) -> Rows:
    """Return the steps of the portfolio's abatement costs with the prices between which the plan takes each of them."""
    head = (
        Text("measure", "対策"),
        Text(f"cost of a tonne alone [{_YEN}]", f"単独実施時の1トン当たり費用 [{_YEN}]"),
        Text("tonnes over the plan alone [t-CO2]", "単独実施時の計画全体の削減量 [t-CO2]"),
        Text("facilities that do it at the lowest price", "実施事業所数（最低価格時）"),
        Text("at the highest price", "同（最高価格時）"),
        Text(f"changes between credit prices [{_YEN}]", f"増減が生じる価格帯 [{_YEN}]"),
    )
    plans = prices_and_plans(answer)
    rows: Rows = [[name(language) for name in head]]
    if not plans:
        return rows
    counts = [done(plan) + buyers(plan) for _, plan in plans]
    found = sorted([*abatement(answer.schedule), *renewables(answer.schedule)], key=lambda one: one.per_tonne)
    for one in found:
        number = [count[one.measure] for count in counts]
        rows.append([
            _name(answer, one.measure)(language), float(round(one.per_tonne)), float(round(one.tonnes)),
            number[0], number[-1], _ranges([price for price, _ in plans], number),
        ])  # fmt: skip
    return rows


# A way to buy renewables is one more step, for all the electricity that the plan still takes from the grid.
def renewables(schedule: Schedule) -> list[Abatement]:
    """Return what each way to buy renewables takes away over the plan, and its cost per tonne."""
    problem = schedule.problem
    grid = np.array([plan.grid_mwh for plan in schedule.plans])
    found = []
    for option, name in enumerate(RENEWABLES):
        price = problem.renewable_price[option]
        offered = np.isfinite(price)
        tonnes = float((problem.renewable_cut[option] * grid)[:, offered].sum())
        if tonnes > 0:
            cost = float((problem.discount[:-1] * price)[offered] @ grid.sum(axis=0)[offered])
            found.append(Abatement(name, tonnes, cost))
    return found


def buyers(plan: Schedule) -> Counter[str]:
    """Return how many facilities buy renewables in each way in any year."""
    bought = (plan.amounts.renewable_mwh.sum(axis=2) > 0).sum(axis=1)
    return Counter({name: int(number) for name, number in zip(RENEWABLES, bought, strict=True) if number > 0})


def prices_and_plans(answer: Answer) -> list[tuple[float, Schedule]]:
    """Return the plan made for each price of credits, lowest first, all at the first rates asked for."""
    if answer.regret is None:
        return []
    futures, points = answer.regret.futures, answer.regret.futures[0][1]
    made = [(price, plan) for (price, at), plan in zip(futures, answer.regret.plans, strict=True) if at == points]
    return sorted(made, key=lambda one: one[0])


def done(plan: Schedule) -> Counter[str]:
    """Return how many facilities do each measure."""
    return Counter(
        work.measure
        for own, starts in zip(plan.problem.works, plan.starts, strict=True)
        for work, start in zip(own, starts, strict=True)
        if start >= 0
    )


def _name(answer: Answer, step: str) -> Text:
    """Return the name of a measure or of a way to buy renewables."""
    return RENEWABLE_NAMES.get(step) or measure_name(step, answer.tables.measures)


def _change(answer: Answer, before: Counter[str], now: Counter[str], language: Language) -> str:
    """Return the measures that more or fewer facilities do, and the ways to buy renewables that they take."""
    parts = []
    for measure in dict.fromkeys([*now, *before]):
        if more := now[measure] - before[measure]:
            parts.append(f"{_name(answer, measure)(language)} {more:+d}")
    return Text(", ", "、")(language).join(parts)


def _ranges(prices: Sequence[float], number: Sequence[int]) -> str:
    """Return the pairs of neighbouring prices between which a number changes."""
    pairs = zip(prices, prices[1:], number, number[1:], strict=False)
    return "; ".join(f"{low:,.0f}–{high:,.0f} ({after - first:+d})" for low, high, first, after in pairs
                     if after != first)  # fmt: skip
