"""Money of a schedule by year: paid for works, renewables and credits, saved on energy, brought by sales."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.language import Language, Text
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.works import FacilityWorks
from model.report.schedule.tables import COST_NAMES, Answer, Rows
from model.spreadsheet import Cell

FloatArray = npt.NDArray[np.float64]

#: Parts of the yearly money by name; works as paid, without the value left at the end.
FLOW_NAMES = {
    **COST_NAMES,
    "works": Text("works and renewals paid", "対策工事・更新の支払"),
    "energy": Text("energy, yearly costs", "エネルギー費等の増減"),
}


def cash_flow(schedule: Schedule) -> dict[str, FloatArray]:
    """Return the money of each part by fiscal year [JPY, not discounted], dims (year); income and savings negative.

    The last entry lies after the plan: sales of the last period's excess may come then.
    """
    problem, amounts = schedule.problem, schedule.amounts
    years = len(problem.years)
    flows = {name: np.zeros(years + 1) for name in FLOW_NAMES}
    flows["works"][:years] = np.sum([plan.paid for plan in schedule.plans], axis=0)
    for facility, plan in enumerate(schedule.plans):
        flows["energy"][:years] += FacilityWorks(problem, facility).energy_by_year(plan)
    price = np.where(np.isfinite(problem.renewable_price), problem.renewable_price, 0.0)
    flows["renewables"][:years] = (price[:, np.newaxis, :] * amounts.renewable_mwh).sum(axis=(0, 1))
    last = [problem.last_year(p) for p in range(problem.periods)]
    for kind, bought in amounts.purchase_t.items():
        np.add.at(flows["credits"], last, problem.credits[kind].price * bought)
    order = np.where(np.isfinite(problem.order_price), problem.order_price, 0.0) * problem.practice.order_multiplier
    np.add.at(flows["orders"], last, order * amounts.ordered_t.sum(axis=0))
    for number, slot in enumerate(problem.slots):
        flows["sales"][slot.year] -= slot.price * float(amounts.sold_t[:, number].sum())
    return flows


def cash_table(answer: Answer, language: Language) -> Rows:
    """Return the money by fiscal year, part by part, with its sum and the sum so far."""
    flows, years = cash_flow(answer.schedule), [int(year) for year in answer.schedule.problem.years]
    net = np.sum(list(flows.values()), axis=0)
    parts = [name for name, flow in flows.items() if flow.any()]
    heads = [FLOW_NAMES[name] for name in parts]
    heads += [Text("net, not discounted", "収支（割引前）"), Text("net so far", "収支の累計")]
    rows: Rows = [[Text("fiscal year", "年度")(language), *(f"{head(language)} [JPY]" for head in heads)]]
    after = Text("after the plan", "計画終了後")(language)
    labels: list[Cell] = [*years, after] if net[-1] else [*years]
    for place, year in enumerate(labels):
        values: list[Cell] = [float(round(flows[name][place])) for name in parts]
        rows.append([year, *values, float(round(net[place])), float(round(net[: place + 1].sum()))])
    return rows
