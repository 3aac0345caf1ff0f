"""What each facility of a schedule owes, year by year, by the equations of the cap-and-trade programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Practice, Recognition
from model.optimise.facility_schedule.rows import FacilityRow
from model.optimise.facility_schedule.tables import Paths, base_columns
from model.ordinance.cap_and_trade.equations import (
    CATEGORIES,
    KINDS,
    Periods,
    base_emissions_t,
    carbon_half_rates,
    category_index,
    obligation_rate,
)
from model.ordinance.energy_equations import (
    EnergyUse,
    emissions_by_actual_factors_t,
    emissions_by_fixed_factors_t,
)
from model.ordinance.energy_facts import fixed_factors, fuel_factors
from model.ordinance.rule_gaps import rules_standing_on
from model.ordinance.rulebook import Rules

_POWER_LAW_STEPS = {"first_step": 0, "second_step": 1}


def plan_periods(rules: Rules, paths: Paths, last_year: int) -> Periods:
    """Return the periods up to the last year of a plan: those the rules know, then those the user assumes."""
    known = Periods.read(rules)
    numbers, rates = list(known.numbers), list(known.rates)
    firsts, lasts = list(known.first_years), list(known.last_years)
    length = int(rules_standing_on(rules, date(2010, 4, 1)).number("period_length"))
    while lasts[-1] < last_year:
        first = lasts[-1] + 1
        offices, factories = (float(paths.at(name, first)) for name in ("rate_offices", "rate_factories"))
        numbers.append(numbers[-1] + 1)
        firsts.append(first)
        lasts.append(first + length - 1)
        rates.append((offices, factories, factories))
    return Periods(tuple(numbers), tuple(firsts), tuple(lasts), tuple(rates))


def standing(rules: Rules, last_year: int) -> Rules:
    """Return the rules that stand in a period that ends with a fiscal year."""
    return rules_standing_on(rules, date(last_year + 1, 3, 31))


@dataclass(frozen=True)
class Rates:
    """Rates of every facility [1]; dims (facility, year) each."""

    owed: FloatArray
    issued_from: FloatArray


def rates(rows: Sequence[FacilityRow], periods: Periods, years: IntArray, rules: Rules) -> Rates:
    """Return the rate owed and the rate from which excess is issued, with every relief.

    Args:
        rows: facilities.
        periods: periods up to the last year.
        years: fiscal years, dims (year).
        rules: rules of "cap_and_trade".
    """
    place = periods.of_years(years)
    now = standing(rules, periods.last_years[int(place[0])])
    shares = np.array([row.district_share for row in rows])
    threshold = now.number("category_I2_share_threshold") if shares.any() else 1.0
    kinds = np.array([KINDS.index(row.kind) for row in rows])
    category = category_index(kinds, shares, threshold)[:, np.newaxis]
    valid = _recognised(rows, periods, years)
    relief, points = np.ones(valid.shape), np.zeros(valid.shape)
    for position, row in enumerate(rows):
        if row.recognition in ("near_top_level", "top_level"):
            relief[position, valid[position]] = now.number("top_level_relief", row.recognition)
        if row.power_law_relief != "none":
            points[position] = now.number("power_law_relief_points", _POWER_LAW_STEPS[row.power_law_relief])
    rate = obligation_rate(periods.rate_table, place, category, relief, points)
    half = valid & np.array([row.recognition == "carbon_half" for row in rows])[:, np.newaxis]
    if not half.any():
        return Rates(rate, rate)
    owed = now.number("carbon_half_incentive", "reduction_rate")
    ordinary = obligation_rate(periods.rate_table, place, category)
    return Rates(*carbon_half_rates(rate, ordinary, half, owed, now.number("carbon_half_excess_rate_share")))


def recognition_offered(
    rows: Sequence[FacilityRow], base_t: FloatArray, owed: Rates, paths: Paths, years: IntArray, rules: Rules
) -> Recognition:
    """Return the recognition as carbon half that a plan may choose, where nothing else is recognised or relieved.

    No source says when it is granted: the user assumes the level of emissions against the base, by fiscal year.

    Args:
        rows: facilities.
        base_t: base emissions [t-CO2], dims (facility, year).
        owed: rates of the years of the plan.
        paths: assumptions by year; `carbon_half_level` 0 or absent: no recognition in the year.
        years: fiscal years of the plan, dims (year).
        rules: rules of "cap_and_trade".
    """
    level = base_t * paths.at("carbon_half_level", years, 0.0)
    every = np.ones(level.shape, dtype=np.bool_)
    rate = rules.number("carbon_half_incentive", "reduction_rate")
    less, issued = carbon_half_rates(owed.owed, owed.owed, every, rate, rules.number("carbon_half_excess_rate_share"))
    plain = np.array([row.recognition == "none" and row.power_law_relief == "none" for row in rows])
    offered = plain[:, np.newaxis] & (level > 0) & np.isclose(issued, owed.issued_from)
    return Recognition(level, np.where(offered, base_t * (owed.owed - less), 0.0))


def _recognised(rows: Sequence[FacilityRow], periods: Periods, years: IntArray) -> BoolArray:
    """Return the years in which the recognition of each facility holds, dims (facility, year)."""
    running = periods.last_years[int(periods.of_years(years[:1])[0])]
    until = np.array([running if row.recognition_until is None else row.recognition_until for row in rows])
    return np.asarray(years[np.newaxis, :] <= until[:, np.newaxis])


def category_names(rows: Sequence[FacilityRow], threshold: float) -> list[str]:
    """Return the category of each facility."""
    kinds = np.array([KINDS.index(row.kind) for row in rows])
    return [CATEGORIES[one] for one in category_index(kinds, np.array([row.district_share for row in rows]), threshold)]


def base_t(rows: Sequence[FacilityRow], rules: Rules) -> FloatArray:
    """Return base emissions of every facility [t-CO2]: as determined, else the highest mean of consecutive years."""
    length = int(rules.value("base_year_window")["years"])
    means = (float(base_emissions_t(base_columns(row), length)) for row in rows)
    found = (mean if row.base_t is None else row.base_t for row, mean in zip(rows, means, strict=True))
    return np.array(list(found), dtype=np.float64)


@dataclass(frozen=True)
class Factors:
    """Emissions by energy in one year: by carrier (carrier, facility), off site and cuts (option, facility)."""

    carrier: FloatArray
    off_site: FloatArray
    cut: FloatArray


# Emissions are linear in energy, so a unit of each carrier through the programme's own equation gives its factor.
def factors(period_number: int, first: bool, rules: Rules, supplier: FloatArray, heat: float, gas: float) -> Factors:
    """Return emissions of a unit of each carrier in one year [t-CO2 a unit].

    Args:
        period_number: number of the period.
        first: whether it is the first period of the programme.
        rules: rules as they stand in the period.
        supplier: factor of each facility's electricity [t-CO2/MWh], dims (facility).
        heat: factor of heat supplied [t-CO2/GJ].
        gas: factor of city gas supplied [t-CO2/1,000 m³].
    """
    facilities = len(supplier)

    def emitted(actual: FloatArray, **amounts: float) -> FloatArray:
        use = _unit_use(facilities, actual, heat, gas, amounts)
        fixed = rules.stated("electricity_factor") and any(
            row["period"] == period_number for row in rules.value("electricity_factor")
        )
        if fixed:
            fuels = fuel_factors(use, rules, first_period=first, gas_by_supplier=False)
            return emissions_by_fixed_factors_t(use, fixed_factors(rules, period_number), fuels)
        rules.value("supplier_factors")
        return emissions_by_actual_factors_t(
            use, fuel_factors(use, _with_fuels(rules), first_period=first, gas_by_supplier=True)
        )

    grid = emitted(supplier, electricity_mwh=1.0)
    carriers = [grid, emitted(supplier, city_gas_1000m3=1.0), emitted(supplier, heat_gj=1.0),
                emitted(supplier, heavy_oil_a_kl=1.0)]  # fmt: skip
    with_certificate = emitted(supplier, electricity_mwh=1.0, certificates_mwh=1.0)
    green = emitted(np.zeros(facilities), electricity_mwh=1.0)
    return Factors(
        np.array(carriers), emitted(supplier, off_site_mwh=1.0), np.array([grid - with_certificate, grid - green])
    )


def _with_fuels(rules: Rules) -> Rules:
    """Return rules that know the carbon content of fuels: the later rule set does not repeat it."""
    return rules if rules.known("fuel_factors") else rules_standing_on(rules, date(2020, 4, 1))


def _unit_use(facilities: int, supplier: FloatArray, heat: float, gas: float, amounts: dict[str, float]) -> EnergyUse:
    """Return the energy of facilities that all use the same amounts."""

    def all_of(name: str) -> FloatArray:
        return np.full(facilities, amounts.get(name, 0.0))

    fuels = {name: all_of(name) for name in ("heavy_oil_a_kl",) if name in amounts}
    return EnergyUse(
        electricity_mwh=all_of("electricity_mwh"),
        supplier_factor=supplier,
        own_renewable_mwh=all_of(""),
        value_sold_mwh=all_of(""),
        off_site_mwh=all_of("off_site_mwh"),
        certificates_mwh=all_of("certificates_mwh"),
        heat_gj=all_of("heat_gj"),
        heat_factor=np.full(facilities, heat),
        city_gas_1000m3=all_of("city_gas_1000m3"),
        gas_factor=np.full(facilities, gas),
        fuels=fuels,
        other_t=all_of(""),
    )


def practice(rules: Rules, seller_cap: float | None = None) -> Practice:
    """Return the rules of trade that a plan goes by; what the rule set does not know is read as `Rules` allows.

    Args:
        rules: rules of the programme.
        seller_cap: share of the base beyond which a year's reduction cannot be sold, as the user assumes it [1]; None:
            as the rules say.
    """
    rules.value("banking")
    rules.value("excess_trade_start")
    return Practice(
        seller_cap_share=rules.number("excess_cap_share_of_base") if seller_cap is None else seller_cap,
        outside_share=rules.number("outside_tokyo_limit"),
        order_multiplier=rules.number("penalty_multiplier"),
    )
