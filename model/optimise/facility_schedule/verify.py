"""A schedule checked from the user's tables: energy measure by measure, then the programme's own balance and ledger.

Nothing of the formulation is used: not its sets, not its factors by year, not its bank. What the plan says it buys,
sells and moves is fed to the equations of the cap-and-trade programme, which say whether each period is met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.facility_schedule.duty import Rates, factors, plan_periods, rates, standing
from model.optimise.facility_schedule.inputs import Settings, Tables
from model.optimise.facility_schedule.problem import FloatArray
from model.optimise.facility_schedule.rows import FacilityRow, MeasureRow
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.tables import measure_of, names_in, numbers_in
from model.ordinance.cap_and_trade.credits import OUTSIDE_TOKYO, after_sale_t, credit_limits_t, settle
from model.ordinance.cap_and_trade.equations import Balance, balance_by_period, carbon_half_rates, excess_to_date_t
from model.ordinance.exact import within
from model.ordinance.rulebook import Rules
from model.ordinance.rulebook import rules as rules_of

#: Kinds in the order in which the ledger uses them: what only so much may be used of in a period before what can wait.
_KINDS = ("excess_reduction", OUTSIDE_TOKYO, "ordinary")
#: Tonnes by which two ways of working out the same may differ: half a kilogram in each of five years.
_TOLERANCE_T = 0.01


@dataclass(frozen=True)
class Certificate:
    """What the check found.

    Args:
        faults: everything that is wrong with the schedule, none if it is right.
        uncovered_t: what is owed and not covered by the programme's ledger [t-CO2], dims (facility, period).
        balance: the programme's test of each period before credits.
        emissions_t: emissions worked out from the tables, dims (facility, year).
        expired_t: credits that end unused in each period, by the ledger, dims (facility, period).
    """

    faults: tuple[Text, ...]
    uncovered_t: FloatArray
    balance: Balance
    emissions_t: FloatArray
    expired_t: FloatArray

    @property
    def holds(self) -> bool:
        """Whether the schedule is right."""
        return not self.faults


def certify(schedule: Schedule, tables: Tables, settings: Settings) -> Certificate:
    """Return what the programme says of a schedule, worked out from the user's tables.

    Args:
        schedule: the answer.
        tables: what it was made from.
        settings: the user's decisions.
    """
    faults: list[Text] = []
    emissions = emissions_from_tables(schedule, tables, settings)
    apart = np.abs(emissions - schedule.amounts.emissions_t)
    for f, y in zip(*np.nonzero(apart > _TOLERANCE_T), strict=True):
        faults.append(
            _fault(schedule, int(f), f"FY{schedule.problem.years[y]}", Text("emissions differ", "排出量が一致しない"))
        )
    _check_works(schedule, tables, settings, faults)
    test, uncovered, expired = _programme(schedule, tables, settings, faults)
    missing = schedule.amounts.missing_t + schedule.amounts.ordered_t
    for f, p in zip(*np.nonzero(~within(uncovered, missing)), strict=True):
        number = f"period {schedule.problem.period_numbers[p]}"
        faults.append(_fault(schedule, int(f), number, Text("the duty is not covered", "義務量が充足されていない")))
    _check_tonnes(schedule, faults)
    _check_one_side(schedule, faults)
    return Certificate(tuple(faults), uncovered, test, emissions, expired)


def _fault(schedule: Schedule, facility: int, when: str, what: Text) -> Text:
    """Return a fault with its place."""
    name = schedule.problem.names[facility]
    return Text(f"{name}, {when}: {what.en}", f"{name}（{when}）: {what.ja}")


def emissions_from_tables(schedule: Schedule, tables: Tables, settings: Settings) -> FloatArray:
    """Return emissions of every facility and year [t-CO2], one measure and one year at a time."""
    rules = rules_of("cap_and_trade", settings.rule_set, fallback=settings.fallback)
    heat = rules.beside("report_small_existing")
    gas_heat, oil_heat = heat.number("city_gas_heat"), heat.number("fuel_heat_values", "heavy_oil_a_kl")
    paths, years = tables.paths, schedule.problem.years
    periods = plan_periods(rules, paths, settings.last_year)
    emitted = np.zeros((len(tables.facilities), len(years)))
    path = paths.at("electricity_factor", years)
    own = np.array([path[0] if row.supplier_factor is None else row.supplier_factor for row in tables.facilities])
    for y, year in enumerate(years):
        place = int(periods.of_years([int(year)])[0])
        now = standing(rules, periods.last_years[place])
        supplier = own * path[y] / path[0]
        for f, row in enumerate(tables.facilities):
            supply = tables.supplies.get(row.id)
            if supply is not None and year >= supply.first_year:
                rest = supplier[f] if np.isnan(supply.factor) else supply.factor
                supplier[f] = rest - supply.renewable_share * rest
        heat_factor, gas_factor = float(paths.at("heat_factor", year)), float(paths.at("gas_factor", year))
        unit = factors(periods.numbers[place], place == 0, now, supplier, heat_factor, gas_factor)
        for f, row in enumerate(tables.facilities):
            measures = _standing_measures(schedule, tables, f, y)
            grid, off_site, gas, bought_heat, oil = _energy(row, measures, y, gas_heat, oil_heat)
            amounts = np.array([grid, gas, bought_heat, oil])
            bought = schedule.amounts.renewable_mwh[:, f, y]
            emitted[f, y] = amounts @ unit.carrier[:, f] + off_site * unit.off_site[f] - bought @ unit.cut[:, f]
    return emitted


def _standing_measures(schedule: Schedule, tables: Tables, f: int, y: int) -> list[MeasureRow]:
    """Return the measures that stand in a facility in a year, in the order of the catalogue."""
    catalogue = {row.id: row for row in measure_of(tables.measures, tables.facilities[f].building_use)}
    started = zip(schedule.problem.works[f], schedule.starts[f], strict=True)
    return [catalogue[work.measure] for work, start in started if 0 <= start <= y]


def _energy(
    row: FacilityRow, measures: Sequence[MeasureRow], y: int, gas_heat: float, oil_heat: float
) -> tuple[float, float, float, float, float]:
    """Return grid and off-site electricity [MWh], gas [1,000 m³], heat [GJ] and oil [kL] of a year."""
    growth = (1.0 + row.energy_change) ** y
    power, gas = row.electricity_mwh * growth, row.city_gas_1000m3 * growth
    heat, oil = row.heat_gj * growth, row.heavy_oil_a_kl * growth
    for one in measures:
        power *= 1.0 - one.saving_electricity
        gas, oil = gas * (1.0 - one.saving_fuel), oil * (1.0 - one.saving_fuel)
        heat *= 1.0 - one.saving_heat
    for one in measures:
        power += (gas * gas_heat + oil * oil_heat) * one.fuel_replaced * one.electricity_per_fuel
        gas, oil = gas * (1.0 - one.fuel_replaced), oil * (1.0 - one.fuel_replaced)
    power = max(power - sum(one.generation for one in measures) * row.roof_area_m2, 0.0)
    grid = power
    for one in measures:
        grid *= 1.0 - one.off_site_share
    return grid, power - grid, gas, heat, oil


def _check_works(schedule: Schedule, tables: Tables, settings: Settings, faults: list[Text]) -> None:
    """Check lead times, shutdown windows, requirements, exclusions, money and hands."""
    problem = schedule.problem
    begun, paid = np.zeros(len(problem.years)), np.zeros(len(problem.years))
    for f, row in enumerate(tables.facilities):
        catalogue = {one.id: one for one in measure_of(tables.measures, row.building_use)}
        years = {
            work.measure: int(start)
            for work, start in zip(problem.works[f], schedule.starts[f], strict=True)
            if start >= 0
        }
        windows = numbers_in(row.shutdown_years, row.id, FaultList())
        done = set(names_in(row.done))
        for measure, start in years.items():
            one, year = catalogue[measure], settings.first_year + start
            unprepared = start < one.lead_time and year < tables.prepared.get((row.id, measure), year + 1)
            wrong = unprepared or (one.shutdown and windows and year not in windows) or measure in done
            wrong |= any(need not in done and years.get(need, 10**6) > start for need in names_in(one.requires))
            wrong |= any(other in years for other in names_in(one.excludes))
            if wrong:
                faults.append(
                    _fault(
                        schedule,
                        f,
                        f"FY{year}",
                        Text(f"{measure} cannot be done then", f"{measure}はこの年度に実施できない"),
                    )
                )
        begun += schedule.plans[f].begun
        paid += schedule.plans[f].paid
    _check_owners(schedule, tables, settings, faults)
    for y in np.flatnonzero((paid > problem.budget * (1 + 1e-6) + 1.0) | (begun > problem.capacity + 1e-6)):
        faults.append(
            Text(
                f"FY{problem.years[y]}: more than the budget or the hands",
                f"{problem.years[y]}年度：予算又は施工能力を超過",
            )
        )


def _check_owners(schedule: Schedule, tables: Tables, settings: Settings, faults: list[Text]) -> None:
    """Check what the facilities of each owner pay and begin against the owner's rows, year by year."""
    for year in range(settings.first_year, settings.last_year + 1):
        y, budgets, hands = year - settings.first_year, dict[str, float](), dict[str, float]()
        for row in sorted(tables.limits, key=lambda row: row.year):
            if row.year <= year and row.budget_jpy is not None:
                budgets[row.owner] = row.budget_jpy
            if row.year <= year and row.works is not None:
                hands[row.owner] = row.works
        for owner in {*budgets, *hands}:
            own = [f for f, row in enumerate(tables.facilities) if (row.owner or row.id) == owner]
            paid = sum(float(schedule.plans[f].paid[y]) for f in own)
            begun = sum(int(np.sum(schedule.starts[f] == y)) for f in own)
            if paid > budgets.get(owner, np.inf) * (1 + 1e-6) + 1.0 or begun > hands.get(owner, np.inf) + 1e-6:
                faults.append(
                    Text(
                        f"{owner}, FY{year}: more than the owner's budget or hands",
                        f"{owner}（{year}年度）：所有者グループの予算又は施工可能件数を超過",
                    )
                )


def _programme(
    schedule: Schedule, tables: Tables, settings: Settings, faults: list[Text]
) -> tuple[Balance, FloatArray, FloatArray]:
    """Return the programme's test, what its ledger leaves uncovered, and what expires."""
    problem, amounts = schedule.problem, schedule.amounts
    rules = rules_of("cap_and_trade", settings.rule_set, fallback=settings.fallback)
    periods = plan_periods(rules, tables.paths, settings.last_year)
    first = periods.first_years[int(periods.of_years(problem.years[:1])[0])]
    every = np.arange(first, settings.last_year + 1)
    owed = _with_recognition(schedule, tables, rates(tables.facilities, periods, every, rules), rules, faults)
    before = len(every) - len(problem.years)
    base = np.repeat(problem.base_t[:, :1], len(every), axis=1)
    past = np.array([row.emissions_so_far_t or 0.0 for row in tables.facilities])
    spread = np.repeat(past[:, np.newaxis] / max(before, 1), before, axis=1)
    emitted = np.concatenate([spread, amounts.emissions_t], axis=1)
    place = periods.of_years(every)
    place = place - place[0]
    cap = problem.practice.seller_cap_share
    test = balance_by_period(emitted, base, owed.owed, place, problem.periods, sale_cap_share=cap,
                             issue_rate=owed.issued_from)  # fmt: skip
    sold = amounts.sold_by_period(problem) + amounts.given_t
    _check_sales(schedule, excess_to_date_t(base - emitted, base, owed.issued_from, place, cap), before, faults)
    left, short = after_sale_t(test.excess_t, test.shortfall_t, sold)
    needed = np.maximum(short - amounts.received_t, 0.0)
    bank = (
        np.where(np.arange(problem.periods) == 0, problem.bank_t[:, np.newaxis], 0.0)
        if problem.practice.banking
        else 0.0
    )
    fresh = np.zeros((problem.facilities, len(_KINDS), problem.periods))
    fresh[:, 0] = left
    for name, now, kept in (
        (OUTSIDE_TOKYO, amounts.outside_t, amounts.outside_kept_t),
        ("ordinary", amounts.bought_t, amounts.bought_kept_t),
    ):
        fresh[:, _KINDS.index(name)] = now
        fresh[:, _KINDS.index(name), :-1] += kept[:, 1:]
    limits = np.moveaxis(credit_limits_t(test.required_t, _KINDS, problem.practice.outside_share or 1.0), -1, 1)
    # What was kept before the plan is a period of its own ahead of the others.
    ahead = np.zeros((problem.facilities, len(_KINDS), 1))
    ahead[:, 0, 0] = np.asarray(bank)[:, 0] if np.ndim(bank) else 0.0
    book = settle(
        np.concatenate([ahead, fresh], axis=2),
        np.concatenate([np.zeros((problem.facilities, 1)), needed], axis=1),
        np.concatenate([np.full(ahead.shape, np.inf), limits], axis=2),
    )
    return test, book.uncovered_t[:, 1:], book.expired_t[:, :, 1:].sum(axis=1)


def _with_recognition(schedule: Schedule, tables: Tables, stated: Rates, rules: Rules, faults: list[Text]) -> Rates:
    """Return rates with the recognition as carbon half that the plan chose, after a look at its conditions."""
    chosen, problem = schedule.amounts.recognised, schedule.problem
    if not chosen.any():
        return stated
    level = problem.base_t * tables.paths.at("carbon_half_level", problem.years, 0.0)
    for f, y in zip(*np.nonzero(chosen), strict=True):
        if schedule.amounts.emissions_t[f, y] > level[f, y] or tables.facilities[f].recognition != "none":
            what = Text("it cannot be recognised as carbon half", "カーボンハーフ認定の条件を満たさない")
            faults.append(_fault(schedule, int(f), f"FY{problem.years[y]}", what))
    before = np.zeros((len(chosen), stated.owed.shape[1] - chosen.shape[1]), dtype=np.bool_)
    half = np.concatenate([before, chosen], axis=1)
    rate = rules.number("carbon_half_incentive", "reduction_rate")
    share = rules.number("carbon_half_excess_rate_share")
    return Rates(*carbon_half_rates(stated.owed, stated.owed, half, rate, share))


def _check_sales(schedule: Schedule, to_date: FloatArray, before: int, faults: list[Text]) -> None:
    """Check that nothing is sold before it is earned, by the programme's own reckoning."""
    problem = schedule.problem
    for f in range(problem.facilities):
        so_far = np.zeros(problem.periods)
        for number, slot in enumerate(problem.slots):
            so_far[slot.period] += schedule.amounts.sold_t[f, number]
            places = np.flatnonzero(problem.period == slot.period)[: slot.results]
            last = before + int(places[-1]) if len(places) else before - 1
            if so_far[slot.period] > 0 and not within(
                float(so_far[slot.period]), float(to_date[f, last]) + _TOLERANCE_T
            ):
                when = f"FY{problem.years[slot.year]}"
                faults.append(_fault(schedule, f, when, Text("sold before it is earned", "実績を超える売却")))


def _check_tonnes(schedule: Schedule, faults: list[Text]) -> None:
    """Check that every kilogram of excess is sold, given, used, expires or is still held, and gifts arrive."""
    problem, amounts = schedule.problem, schedule.amounts

    def kilograms(tonnes: FloatArray) -> np.ndarray:
        return np.rint(tonnes * 1000).astype(np.int64)

    held = kilograms(amounts.excess_t) - kilograms(amounts.sold_by_period(problem)) - kilograms(amounts.given_t)
    later = kilograms(amounts.kept_t)[:, 1:] + kilograms(amounts.expired_t)[:, 1:]
    wrong = bool((held < 0).any()) or (problem.practice.banking and bool((held[:, :-1] != later).any()))
    for group in problem.members():
        wrong = wrong or bool(
            (kilograms(amounts.given_t[group]).sum(0) != kilograms(amounts.received_t[group]).sum(0)).any()
        )
    covers = ("forgiven", "kept", "received", "bought", "bought_kept", "outside", "outside_kept", "ordered", "missing")
    covered = np.sum([kilograms(getattr(amounts, f"{name}_t")) for name in covers], axis=0)
    if wrong or (covered != kilograms(amounts.short_t)).any():
        faults.append(Text("tonnes are not conserved", "削減量の収支が一致しない"))


def _check_one_side(schedule: Schedule, faults: list[Text]) -> None:
    """Check that no owner sells in a period in which one of its facilities buys, but for kilograms of rounding."""
    problem, amounts = schedule.problem, schedule.amounts
    if not problem.practice.transfer:
        return
    names = ("bought", "bought_kept", "outside", "outside_kept", "ordered", "missing")
    buys = np.sum([getattr(amounts, f"{name}_t") for name in names], axis=0)
    sells = amounts.sold_by_period(problem)
    for group in problem.members():
        both = np.minimum(sells[group].sum(axis=0), buys[group].sum(axis=0))
        for p in np.flatnonzero(both > _TOLERANCE_T * len(group)):
            what = Text("its owner sells while it buys", "購入する期に同じ所有者が売却")
            faults.append(_fault(schedule, group[0], f"period {problem.period_numbers[p]}", what))
