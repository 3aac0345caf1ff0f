"""Programmes decided by the optimisers of those who are obliged, on samples drawn from the run itself.

Where the rule form says what all obliged owe, the optimised form asks what they would do: suppliers solve portfolios
drawn from the year's starts, regulated facilities schedule their works under the scenario's own supply, wards choose
menus for a share of renewables. A sample stands for all: its ratios enter the run, never its tonnes or kilowatts. The
optimisers are read only when a scenario asks for them.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, cast

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR
from model.ordinance.building_report.equations import HOUSE_TYPES
from model.ordinance.cap_and_trade.equations import Periods
from model.ordinance.rulebook import RuleSet
from model.policy.acting import Scene
from model.survival_families import Array
from model.year_path import path_values

#: Type of the portfolio optimiser that each policy group of dwellings is drawn as.
_TYPES: Final = {
    "detached_custom": "custom_detached",
    "detached_for_sale": "for_sale_detached",
    "rental_small": "rental_apartment",
}
#: Time that one portfolio, one schedule and one menu may take [s]; each is usually proven far sooner.
_SECONDS: Final = (10.0, 60.0, 20.0)


@dataclass(frozen=True)
class Portfolios:
    """What suppliers' optimal portfolios come to.

    Args:
        ratio: capacity installed over capacity owed [1].
        by_type: share of the capacity by type of house [1], in the order of `_TYPES`.
        gap: largest proven gap of any portfolio [1].
    """

    ratio: float
    by_type: tuple[float, ...]
    gap: float

    def wanted(self, owed: Array, groups: tuple[str, ...], beyond: float) -> Array:
        """Return what is installed by cell [kW/year]: the sample's ratio and types; others as the rule has them.

        Args:
            owed: by cell [kW/year] [segment, region].
            groups: policy group of each segment.
            beyond: over-compliance of those that the sample does not hold [1].
        """
        result = owed * (1.0 + beyond)
        of_types = {group: np.array([name == group for name in groups]) for group in _TYPES}
        whole = sum(float(owed[inside].sum()) for inside in of_types.values())
        for share, inside in zip(self.by_type, of_types.values(), strict=True):
            if (part := float(owed[inside].sum())) > 0.0:
                result[inside] = owed[inside] * (self.ratio * share * whole / part)
        return np.asarray(result)


@dataclass(frozen=True)
class Schedule:
    """What a sample of regulated facilities does, by year of the plan; dims (year).

    Args:
        first_year: first fiscal year of the plan.
        left: emissions after works over emissions without any [1].
        green: share of grid electricity bought as renewable [1].
        gap: proven gap [1].
    """

    first_year: int
    left: tuple[float, ...]
    green: tuple[float, ...]
    gap: float


def portfolios(scene: Scene, starts: Array) -> Portfolios:
    """Return what suppliers install at least cost on portfolios drawn from a year's starts.

    Args:
        scene: what may be looked at.
        starts: buildings started by obliged suppliers [building/year] [segment].
    """
    groups = scene.axes.attribute("policy_group")
    counts = [float(sum(starts[i] for i, name in enumerate(groups) if name == group)) for group in _TYPES]
    shares = tuple(round(count / sum(counts), 3) for count in counts)
    obliged = scene.rules("report_programme")
    suppliers = obliged.number("expected_obliged_suppliers")
    houses = round(
        obliged.number("annual_starts_reference") * obliged.number("expected_share_of_annual_starts") / suppliers
    )
    found = _solved_portfolios(
        scene.levers.programmes.rule_set,
        shares,
        houses,
        int(scene.parameter("sample_suppliers")),
        scene.parameter("optimiser_gap"),
    )
    scene.note_gap("building_report", found.gap)
    return found


@cache
def _solved_portfolios(rule_set: str, shares: tuple[float, ...], houses: int, suppliers: int, gap: float) -> Portfolios:
    from model.optimise.solar_allocation.answer import Setting
    from model.optimise.solar_allocation.generator import generate
    from model.optimise.solar_allocation.houses import houses_of, split_by_supplier
    from model.optimise.solar_allocation.method import allocate
    from model.optimise.solar_allocation.model import Wishes, money_of

    setting = Setting.read(cast(RuleSet, rule_set), fallback=True)
    owed, installed, worst = 0.0, 0.0, 0.0
    by_type = np.zeros(len(_TYPES))
    for seed in range(suppliers):
        portfolio = split_by_supplier(generate(houses, seed, setting.assumed, shares))[0]
        facts = houses_of(portfolio, setting.rules, setting.assumed)
        plan = allocate(facts, Wishes(), setting.economics, setting.rules, gap, _SECONDS[0], seed)
        kw, _, _ = money_of(plan.best.model, np.arange(facts.size), plan.choice.astype(np.int64))
        counted = ~plan.best.model.slots.left_out[plan.choice]
        due = facts.owed_uniform_kw if plan.scheme == "uniform" else facts.owed_by_zone_kw
        owed += float(due[counted].sum())
        installed += float(kw.sum())
        by_type += [float(kw[facts.house_type == HOUSE_TYPES.index(name)].sum()) for name in _TYPES.values()]
        worst = max(worst, plan.proof.gap)
    return Portfolios(installed / owed, tuple(by_type / installed), worst)


def scheduled(scene: Scene, energy: Array, actual: Array) -> Schedule:
    """Return what a sample like the regulated facilities does at least cost to 2050.

    Args:
        scene: what may be looked at.
        energy: energy of the capped segments without the cap [any unit] [year].
        actual: factor of supply [kg/kWh] [year].
    """
    printed = Periods.read(scene.rules("cap_and_trade"))
    first, years = printed.first_years[-1], scene.axes.years
    ahead = years >= first
    rates = path_values(scene.levers.programmes.cap_rate, scene.years[ahead])
    assumed = years[ahead] > printed.last_years[-1]
    paths = tuple(
        (int(year), round(float(factor), 4), float(rate) if over else None)
        for year, factor, rate, over in zip(years[ahead], actual[ahead], rates, assumed, strict=True)
    )
    growth = tuple(np.round(energy[ahead] / energy[ahead][0], 4).tolist())
    found = _solved_schedule(
        scene.levers.programmes.rule_set,
        first,
        int(years[-1]),
        paths,
        growth,
        int(scene.parameter("sample_facilities")),
        scene.parameter("optimiser_gap"),
    )
    scene.note_gap("cap_and_trade", found.gap)
    return found


@cache
def _solved_schedule(
    rule_set: str,
    first: int,
    last: int,
    paths: tuple[tuple[int, float, float | None], ...],
    growth: tuple[float, ...],
    count: int,
    gap: float,
) -> Schedule:
    from model.inputs import read_data
    from model.optimise.facility_schedule.answer import solve_schedule
    from model.optimise.facility_schedule.inputs import Settings, checked, problem
    from model.optimise.facility_schedule.population import population
    from model.optimise.facility_schedule.rows import PathRow

    assumed = [
        PathRow(year=year, electricity_factor=factor, rate_offices=rate, rate_factories=rate)
        for year, factor, rate in paths
    ]
    data = read_data(themes=("procurement",))
    settings = Settings(first, last, cast(RuleSet, rule_set), fallback=True)
    tables = checked(data, population(data, 0, count, first), [], assumed, settings)
    given = problem(tables, settings)
    given = replace(given, growth=np.broadcast_to(np.array(growth), given.growth.shape).copy())
    found = solve_schedule(given, gap, _SECONDS[1])
    without = np.einsum("fc,fy,fcy->y", given.energy, given.growth, given.factor)
    grid = sum(plan.grid_mwh for plan in found.plans)
    return Schedule(
        first,
        tuple((sum(plan.raw_emissions_t for plan in found.plans) / without).tolist()),
        tuple((found.amounts.renewable_mwh.sum(axis=(0, 1)) / grid).tolist()),
        found.proof.gap,
    )


def menus(scene: Scene, target: Array) -> Array:
    """Return the renewable share of ward facilities when each takes the menu that reaches the target at least cost.

    Args:
        scene: what may be looked at.
        target: renewable share that the wards want together [1] [year].
    """
    count = int(scene.parameter("sample_ward_facilities"))
    knots = sorted({int(year) for year in scene.data.series("policy/paths", "ward_renewable_share")[0]})
    ahead = [year for year in knots if LAST_PUBLISHED_YEAR < year <= scene.axes.years[-1]]
    start = float(target[scene.axes.year_index(LAST_PUBLISHED_YEAR)])
    reached = []
    for year in ahead:
        share, gap = _chosen_share(round(float(target[scene.axes.year_index(year)]), 4), count)
        scene.note_gap("joint_purchase", gap)
        reached.append(share)
    return np.interp(scene.years, [LAST_PUBLISHED_YEAR, *ahead], [start, *reached])


@cache
def _chosen_share(target: float, facilities: int) -> tuple[float, float]:
    from model.optimise.joint_purchase.forms import write_tables
    from model.optimise.joint_purchase.inputs import read_purchase
    from model.optimise.joint_purchase.menu import choose_menus
    from model.optimise.joint_purchase.synthetic import synthetic
    from model.optimise.solver import SolverOptions

    rows = synthetic(facilities=facilities, suppliers=1, packages=0).tables
    with tempfile.TemporaryDirectory() as folder:
        files = write_tables({"auction_facilities": rows["auction_facilities"]}, Path(folder), "en")
        purchase, _ = read_purchase(files, bids_needed=False)
    menu = choose_menus(purchase, target, SolverOptions(seconds=_SECONDS[2]))
    return menu.share, menu.proof.gap
