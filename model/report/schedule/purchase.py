"""What a joint purchase does to the duty of each facility that it supplies."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from model.language import Language, Text, fiscal_year
from model.optimise.facility_schedule.inputs import problem
from model.report.schedule.tables import Answer, Rows

_HEADINGS: Final = (
    Text("supplied by the joint purchase", "共同購入の供給先"),
    Text("from", "開始年度"),
    Text("renewable share [1]", "再エネ割合 [1]"),
    Text("price [JPY/kWh]", "単価 [円/kWh]"),
    Text("factor without [t-CO2/MWh]", "共同購入なしの係数 [t-CO2/MWh]"),
    Text("factor [t-CO2/MWh]", "係数 [t-CO2/MWh]"),
    Text("less emitted in the first year [t-CO2]", "初年度の削減効果 [t-CO2]"),
    Text("less in all years [t-CO2]", "全年度の削減効果 [t-CO2]"),
)


def purchase_effect(answer: Answer, language: Language) -> Rows:
    """Return factor, price and tonnes by facility under the purchase and without it; only the head without a purchase.

    Factors are those that count for the duty, by the programme's equations; tonnes are of the electricity that the plan
    buys over the grid in the first year of supply and in all years, before certificates.
    """
    rows: Rows = [[name(language) for name in _HEADINGS]]
    if not answer.tables.supplies:
        return rows
    given = answer.schedule.problem
    without = problem(replace(answer.tables, supplies={}), answer.settings).factor[:, 0]
    for place, name in enumerate(given.names):
        supply = answer.tables.supplies.get(name)
        if supply is None or supply.first_year > given.years[-1]:
            continue
        year = max(supply.first_year - int(given.years[0]), 0)
        factor = given.factor[place, 0]
        less = (without[place] - factor) * answer.schedule.plans[place].grid_mwh
        rows.append([
            name, fiscal_year(int(given.years[year]), language), supply.renewable_share,
            round(supply.price / 1000.0, 2),
            round(float(without[place, year]), 6), round(float(factor[year]), 6),
            round(float(less[year]), 1), round(float(less.sum()), 1),
        ])  # fmt: skip
    if len(rows) == 1:
        none = Text("no supply begins within the plan", "計画期間内に供給開始なし")
        rows.append([none(language), *[None] * 7])
    return rows
