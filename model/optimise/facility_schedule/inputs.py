"""From the tables of a schedule to its arrays, with every fault of every table in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.faults import FaultList
from model.inputs import Data
from model.language import Text
from model.optimise.facility_schedule.checks import (
    MOST_WORKS,
    check_facilities,
    check_measures,
    check_paths,
    measure_ids,
)
from model.optimise.facility_schedule.duty import (
    Rates,
    base_t,
    factors,
    plan_periods,
    practice,
    rates,
    recognition_offered,
    standing,
)
from model.optimise.facility_schedule.limits import check_limits, owner_limits, owner_of
from model.optimise.facility_schedule.physics import outlay, worn_share
from model.optimise.facility_schedule.problem import (
    CARRIERS,
    RENEWABLES,
    Credit,
    FloatArray,
    IntArray,
    Practice,
    Problem,
    Slot,
    Work,
)
from model.optimise.facility_schedule.purchase import Supply, extra_prices, supplied_factors
from model.optimise.facility_schedule.rows import FacilityRow, LimitRow, MeasureRow, PathRow
from model.optimise.facility_schedule.tables import (
    Paths,
    Stated,
    matters,
    measure_of,
    merged_measures,
    names_in,
    numbers_in,
    read_measures,
    read_paths,
    read_rows,
    shipped_measures,
    stated,
)
from model.ordinance.cap_and_trade.equations import Periods
from model.ordinance.cap_and_trade.facts import CREDIT_COLUMNS, RenewableSource
from model.ordinance.cap_and_trade.years import renewable_multiplier
from model.ordinance.row_reader import HalfRead, RowReader
from model.ordinance.rulebook import Rules, RuleSet
from model.ordinance.rulebook import rules as rules_of

#: Column of price and supply of each kind of credit.
_CREDITS = {kind: "excess" if kind == "excess_reduction" else kind for kind in CREDIT_COLUMNS}


@dataclass(frozen=True)
class Settings:
    """What the user decides beside the tables.

    Args:
        first_year: first fiscal year of the plan.
        last_year: its last one.
        rule_set: rules of the programme.
        fallback: use the other rule set where this one has no value, and say so.
        least_emissions: look for the least emissions instead of the least cost.
        cost_limit: most that the plan may cost [JPY, present value].
        budget: the same budget for works in every year [JPY]; None: as the table says.
        capacity: the same number of works in every year; None: as the table says.
        scale_credits: multiplies every price of credits, for studies [1].
        carbon_half: the plan may choose recognition as carbon half where its level is reached.
        renewable_source: source of the renewable credits on offer, on which hangs how much they count.
        seller_cap: share of the base beyond which a year's reduction can be neither sold nor given to other facilities
            of the owner [1]; None: as the rules say.
    """

    first_year: int = 2025
    last_year: int = 2050
    rule_set: RuleSet = "adopted_2025"
    fallback: bool = True
    least_emissions: bool = False
    cost_limit: float = np.inf
    budget: float | None = None
    capacity: float | None = None
    scale_credits: float = 1.0
    renewable_source: RenewableSource = "other"
    carbon_half: bool = False
    seller_cap: float | None = None


@dataclass(frozen=True)
class Tables:
    """The tables of a schedule, read and checked.

    Args:
        facilities: one row a facility.
        measures: catalogue with the user's own measures.
        paths: assumptions by year.
        limits: budgets and works of owner groups.
        supplies: electricity of facilities under a joint purchase, by id.
        stated: every number that no rule gives, with its source.
    """

    facilities: tuple[FacilityRow, ...]
    measures: tuple[MeasureRow, ...]
    paths: Paths
    limits: tuple[LimitRow, ...] = ()
    supplies: Mapping[str, Supply] = field(default_factory=dict)
    prepared: Mapping[tuple[str, str], int] = field(default_factory=dict)
    remarks: tuple[tuple[str, Text], ...] = ()
    stated: tuple[Stated, ...] = ()


def read_tables(
    data: Data,
    facilities: Path,
    measures: Path | None,
    paths: Path | None,
    settings: Settings,
    limits: Path | None = None,
) -> Tables:
    """Return the tables of a schedule.

    Args:
        data: the tables that ship.
        facilities: the user's facilities.
        measures: the user's measures, beside or in place of those that ship.
        paths: the user's assumptions by year, in place of those that ship.
        settings: what the user decides beside them.
        limits: the user's budgets and works of owner groups.

    Raises:
        BadInput: every fault of every table.
    """
    faults = FaultList()
    reader = RowReader(FacilityRow)
    reader.read(facilities)
    faults.faults.extend(reader.faults.faults)
    rows, places = reader.rows, {str(key[0]): f"{place} ({key[0]})" for key, place in reader.places.items()}
    own, unsound = ([], []) if measures is None else read_measures(measures, faults)
    years = [] if paths is None else read_rows(PathRow, paths, faults)
    owners = [] if limits is None else read_rows(LimitRow, limits, faults)
    read = places, reader.halves, reader.written, unsound
    return checked(data, rows, own, years, settings, faults, owners, *read)


def checked(
    data: Data,
    rows: Sequence[FacilityRow],
    own: Sequence[MeasureRow],
    years: Sequence[PathRow],
    settings: Settings,
    faults: FaultList | None = None,
    limits: Sequence[LimitRow] = (),
    places: Mapping[str, str] | None = None,
    halves: Sequence[HalfRead[FacilityRow]] = (),
    headings: Mapping[str, str] | None = None,
    unsound: Sequence[HalfRead[MeasureRow]] = (),
) -> Tables:
    """Return tables after all checks between rows.

    Arguments as `read_tables`, with `places` of facilities in their file, `headings` of its columns, and `halves` and
    `unsound`, facilities and measures that are not right on their own: a fault of theirs is known already, and what
    can be read of them is checked too.

    Raises:
        BadInput: every fault, those already found among them.
    """
    found = faults or FaultList()
    catalogue = merged_measures(shipped_measures(data), own)
    rules = rules_of("cap_and_trade", settings.rule_set, fallback=settings.fallback)
    known = [*(HalfRead(row, frozenset(), row.id) for row in catalogue), *unsound]
    check_measures(known, found)
    whole = [HalfRead(row, frozenset(), (places or {}).get(row.id, row.id)) for row in rows]
    check_facilities([*whole, *halves], settings.first_year, rules, found, headings, measure_ids(known))
    check_paths(read_paths(data, years), settings.first_year, settings.last_year, found)
    check_limits(limits, rows, found)
    found.raise_if_any()
    return Tables(
        tuple(rows), tuple(catalogue), read_paths(data, years), tuple(limits), stated=stated(data, own, years)
    )


def problem(tables: Tables, settings: Settings) -> Problem:
    """Return the arrays of a schedule.

    Raises:
        BadInput: too many works, or a rule that is not known.
    """
    rules = rules_of("cap_and_trade", settings.rule_set, fallback=settings.fallback)
    rows, paths, faults = tables.facilities, tables.paths, FaultList()
    years = np.arange(settings.first_year, settings.last_year + 1)
    periods = plan_periods(rules, paths, settings.last_year)
    place = periods.of_years(years)
    first_place = int(place[0])
    before = np.arange(periods.first_years[first_place], settings.first_year)
    every = np.concatenate([before, years])
    owed = rates(rows, periods, every, rules)
    base = base_t(rows, standing(rules, periods.last_years[first_place]))
    fuel_heat = _fuel_heat(standing(rules, periods.last_years[first_place]))
    works = tuple(_works(row, tables, years, fuel_heat, faults) for row in rows)
    faults.raise_if_any()
    past = slice(0, len(before))
    rule = practice(rules, settings.seller_cap)
    carriers, off_site, cut = _factors(tables, periods, years, rules)
    energy = np.array([[r.electricity_mwh, r.city_gas_1000m3, r.heat_gj, r.heavy_oil_a_kl] for r in rows])
    discount = (1.0 + float(paths.at("discount_rate", years[0]))) ** -np.arange(len(years) + 1.0)
    in_plan = place - first_place
    owners = {name: number for number, name in enumerate(dict.fromkeys(owner_of(row) for row in rows))}
    bases = np.repeat(base[:, np.newaxis], len(years), axis=1)
    ours = Rates(owed.owed[:, len(before) :], owed.issued_from[:, len(before) :])
    chosen = recognition_offered(rows, bases, ours, paths, years, rules) if settings.carbon_half else None
    return Problem(
        years=years,
        period=in_plan,
        period_numbers=tuple(periods.numbers[one] for one in dict.fromkeys(place.tolist())),
        names=tuple(row.id for row in rows),
        owner=np.array([owners[owner_of(row)] for row in rows]),
        base_t=bases,
        rate=ours.owed,
        issue_rate=ours.issued_from,
        duty=np.ones((len(rows), len(years)), dtype=np.bool_),
        past_base_t=base * len(before),
        past_required_t=base * owed.owed[:, past].sum(axis=1),
        past_emissions_t=np.array([row.emissions_so_far_t or 0.0 for row in rows]),
        past_years=len(before),
        bank_t=np.array([row.bank_t for row in rows]),
        energy=energy,
        growth=np.array([(1.0 + row.energy_change) ** np.arange(len(years)) for row in rows]),
        factor=carriers,
        off_site_factor=off_site,
        renewable_cut=cut,
        price=_prices(paths, years),
        extra_price=extra_prices(rows, tables.supplies, years, _prices(paths, years)[0]) if tables.supplies else None,
        renewable_price=np.array(
            [paths.at(name, years, np.inf) * 1000 for name in ("certificate_price", "green_menu_premium")]
        ),
        discount=discount,
        works=works,
        credits=_credits(paths, years, in_plan, rules, settings),
        slots=_slots(paths, years, in_plan, len(before), rule, settings.scale_credits),
        order_price=paths.at("order_price", years[_last_places(in_plan)], np.inf),
        budget=_limit(paths, "budget", years, settings.budget),
        capacity=_limit(paths, "works", years, settings.capacity),
        practice=rule,
        cost_limit=settings.cost_limit,
        aim="emissions" if settings.least_emissions else "cost",
        owner_limits=owner_limits(tables.limits, rows, years),
        recognition=chosen,
        notes={"used": rules.used},
    )


def _limit(paths: Paths, name: str, years: IntArray, fixed: float | None) -> FloatArray:
    """Return a yearly limit: the same for all years, or as the table says."""
    return paths.stepped(name, years, np.inf) if fixed is None else np.full(len(years), fixed)


def _works(
    row: FacilityRow, tables: Tables, years: IntArray, fuel_heat: FloatArray, faults: FaultList
) -> tuple[Work, ...]:
    """Return the works that a facility can do: those that change anything in it and are not done yet."""
    done = set(names_in(row.done))
    own = [one for one in measure_of(tables.measures, row.building_use) if one.id not in done and matters(one, row)]
    if len(own) > MOST_WORKS:
        problem = Text(
            "too many measures for one facility; list those that are done or do not fit under “done”",
            "1事業所の対策が多すぎます。実施済み・対象外の対策を「実施済みの対策」に記入してください",
        )
        faults.add(row.id, problem, len(own), f"≤ {MOST_WORKS}")
        return ()
    places = {measure.id: place for place, measure in enumerate(own)}
    windows = numbers_in(row.shutdown_years, row.id, FaultList())
    ready = {one.id: tables.prepared.get((row.id, one.id), int(years[0]) + one.lead_time) for one in own}
    return tuple(_work(row, one, years, places, windows, done, fuel_heat, ready[one.id]) for one in own)


def _fuel_heat(rules: Rules) -> FloatArray:
    """Return the heat of a unit of each fuel [GJ a unit], zero for what is not burnt; dims (carrier)."""
    values = rules.beside("report_small_existing")
    return np.array([0.0, values.number("city_gas_heat"), 0.0, values.number("fuel_heat_values", "heavy_oil_a_kl")])


def _work(
    row: FacilityRow,
    measure: MeasureRow,
    years: IntArray,
    places: dict[str, int],
    windows: Sequence[int],
    done: set[str],
    fuel_heat: FloatArray,
    ready: int,
) -> Work:
    """Return one measure as it would be in one facility."""
    area = row.roof_area_m2 if measure.equipment == "roof" else row.floor_area_m2
    full = measure.unit_cost * area
    installed = getattr(row, f"{measure.equipment}_from", None)
    worn = np.zeros(len(years)) if installed is None else worn_share(installed, measure.life, years.astype(np.float64))
    share = measure.renewal_share if installed is not None else 0.0
    allowed = years >= ready
    if measure.shutdown and windows:
        allowed &= np.isin(years, windows)
    needs = [places[name] for name in names_in(measure.requires) if name in places]
    missing = [name for name in names_in(measure.requires) if name not in places and name not in done]
    return Work(
        measure=measure.id,
        saving=np.array([measure.saving_electricity, measure.saving_fuel, measure.saving_heat, measure.saving_fuel]),
        fuel_replaced=measure.fuel_replaced,
        electricity_per_fuel=measure.electricity_per_fuel * fuel_heat,
        generation_mwh=measure.generation * row.roof_area_m2,
        off_site_share=measure.off_site_share,
        off_site_premium=measure.off_site_premium * 1000,
        cost=outlay(full, share, worn),
        renewal_cost=full * (1.0 - share),
        annual_cost=measure.annual_cost * row.floor_area_m2,
        life=measure.life,
        allowed=allowed & (not missing),
        requires=needs[0] if needs else -1,
        excludes=tuple(places[name] for name in names_in(measure.excludes) if name in places),
    )


def _factors(
    tables: Tables, periods: Periods, years: IntArray, rules: Rules
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return emissions by carrier (facility, carrier, year), off site (facility, year), cuts (option, …)."""
    rows, paths = tables.facilities, tables.paths
    path = paths.at("electricity_factor", years)
    own = np.array([np.nan if row.supplier_factor is None else row.supplier_factor for row in rows])
    scale = np.where(np.isnan(own), 1.0, own / path[0]) if path[0] > 0 else np.ones(len(rows))
    supplier = supplied_factors(rows, tables.supplies, years, scale[:, np.newaxis] * path)
    heat, gas = paths.at("heat_factor", years), paths.at("gas_factor", years)
    carriers = np.zeros((len(rows), len(CARRIERS), len(years)))
    off_site, cut = np.zeros((len(rows), len(years))), np.zeros((len(RENEWABLES), len(rows), len(years)))
    for place, year in enumerate(years):
        period = int(periods.of_years([year])[0])
        now = standing(rules, periods.last_years[period])
        found = factors(periods.numbers[period], period == 0, now, supplier[:, place], heat[place], gas[place])
        carriers[:, :, place], off_site[:, place], cut[:, :, place] = found.carrier.T, found.off_site, found.cut
    return carriers, off_site, cut


def _prices(paths: Paths, years: IntArray) -> FloatArray:
    """Return the price of each carrier [JPY a unit], dims (carrier, year)."""
    per_unit = {"electricity_price": 1000.0, "city_gas_price": 1000.0, "heat_price": 1.0, "heavy_oil_price": 1000.0}
    return np.array([paths.at(name, years) * scale for name, scale in per_unit.items()])


def _last_places(period: IntArray) -> IntArray:
    """Return the position of the last year of each period of the plan."""
    return np.array([np.flatnonzero(period == one)[-1] for one in range(int(period[-1]) + 1)])


# Prices and supplies are of certified tonnes; the duty is met with tonnes that count.
def _credits(paths: Paths, years: IntArray, period: IntArray, rules: Rules, settings: Settings) -> dict[str, Credit]:
    """Return the kinds of credits that have a price."""
    last = years[_last_places(period)]
    found = {}
    for kind, name in _CREDITS.items():
        if f"{name}_price" in paths.series:
            counts = np.ones(len(last))
            if kind == "renewable" and settings.renewable_source != "other":
                ends = [standing(rules, int(year)) for year in last]
                counts = np.array([renewable_multiplier(settings.renewable_source, now) for now in ends])
            price = settings.scale_credits * paths.at(f"{name}_price", last) / counts
            found[kind] = Credit(price, paths.at(f"{name}_supply", last, np.inf) * counts, counts)
    return found


def _slots(
    paths: Paths, years: IntArray, period: IntArray, past: int, rule: Practice, scale: float
) -> tuple[Slot, ...]:
    """Return the moments of sale: each year from the second of a period on results so far, then its end."""
    if not rule.sale or "excess_sale_price" not in paths.series:
        return ()
    prices = scale * paths.at("excess_sale_price", years)
    slots = []
    for one in range(int(period[-1]) + 1):
        places = np.flatnonzero(period == one)
        for number, place in enumerate(places):
            if rule.early_sale and (number > 0 or (one == 0 and past > 0)):
                slots.append(Slot(one, int(place), number, float(prices[place])))
        slots.append(Slot(one, int(places[-1]), len(places), float(prices[places[-1]])))
    return tuple(slots)
