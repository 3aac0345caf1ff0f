"""Existing large facilities (キャップ&トレード制度): one facility's years as arrays, under the rules of each period.

Every function reads just the parameters it needs, so that a finding that calls it lists them and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.ordinance.cap_and_trade.credits import (
    OUTSIDE_TOKYO,
    Ledger,
    after_sale_t,
    credit_limits_t,
    renewable_credit_t,
    settle,
)
from model.ordinance.cap_and_trade.equations import (
    KINDS,
    Balance,
    IntArray,
    Periods,
    balance_by_period,
    base_emissions_t,
    carbon_half_rates,
    category_index,
    designated,
    duty_begun,
    obligation_rate,
)
from model.ordinance.cap_and_trade.facts import CREDIT_COLUMNS, Facility, FacilityYear, RenewableSource
from model.ordinance.energy_equations import (
    FixedFactors,
    FuelFactors,
    emissions_by_actual_factors_t,
    emissions_by_fixed_factors_t,
)
from model.ordinance.energy_facts import energy_use, fixed_factors, fuel_factors, row_crude_oil_kl
from model.ordinance.exact import BoolArray, FloatArray, reaches
from model.ordinance.rule_gaps import rules_standing_on
from model.ordinance.rulebook import Rules

#: The kind of a facility's own excess, used before what it bought of other kinds.
OWN = "excess_reduction"
_POWER_LAW_STEPS = {"first_step": 0, "second_step": 1}


@dataclass(frozen=True)
class Period:
    """One compliance period of one facility."""

    facility: Facility
    periods: Periods
    place: int

    @property
    def number(self) -> int:
        """Number of the period."""
        return self.periods.numbers[self.place]

    @property
    def years(self) -> range:
        """Its fiscal years."""
        return self.periods.years(self.place)

    @property
    def rows(self) -> dict[int, FacilityYear]:
        """The rows of its years."""
        return {year: self.facility.rows[year] for year in self.years if year in self.facility.rows}

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.years[-1] + 1, 3, 31)

    def rules(self, rules: Rules) -> Rules:
        """Return the rules that stand in the period, sharing the memory of those given."""
        return rules_standing_on(rules, self.last_day)


def crude_oil(facility: Facility, years: range, rules: Rules) -> FloatArray:
    """Return the facility's energy in each year [kL], NaN where there is no row; dims (year)."""
    values = np.full(len(years), np.nan)
    for place, year in enumerate(years):
        if year in facility.rows:
            row = facility.rows[year]
            given = row.crude_oil_kl
            conversion = rules.beside("report_small_existing")
            values[place] = row_crude_oil_kl(row, year, conversion) if given is None else given
    return values


def plan_years(period: Period, rules: Rules) -> BoolArray:
    """Return the years of the period in which the facility is designated; dims (year)."""
    span = range(min(period.facility.years[0], period.years[0] - 1), period.years[-1] + 1)
    large = designated(crude_oil(period.facility, span, rules), rules.number("threshold_crude_oil"))
    return large[-len(period.years) :]


def duty_years(period: Period, rules: Rules) -> BoolArray:
    """Return the years of the period in which the reduction duty runs; dims (year)."""
    start = duty_start(period, rules)
    runs = np.array([start is not None and year >= start for year in period.years])
    return np.asarray(runs & ~sme_years(period, rules))


def duty_start(period: Period, rules: Rules) -> int | None:
    """Return the fiscal year from which the duty runs by size, None if it has not begun by the end of the period."""
    facility = period.facility
    if facility.obliged_since is not None:
        return facility.obliged_since
    span = range(min(facility.years[0], period.years[0]), period.years[-1] + 1)
    begun = duty_begun(
        crude_oil(facility, span, rules),
        rules.number("threshold_crude_oil"),
        int(rules.number("obliged_consecutive_years")),
        np.array([year not in facility.rows or facility.rows[year].full_year for year in span]),
    )
    # The programme did not oblige anyone before its first period.
    first = next((year for year, on in zip(span, begun, strict=True) if on), None)
    return None if first is None else max(first, period.periods.first_years[0])


def sme_years(period: Period, rules: Rules) -> BoolArray:
    """Return the years in which small and mid-size enterprises own enough to lift the duty; dims (year)."""
    shares = np.array([period.facility.standing_in(year).sme_owned_share for year in period.years])
    if not shares.any():
        return np.zeros(shares.shape, dtype=np.bool_)
    return np.asarray(reaches(shares, period.rules(rules).number("sme_owned_share_min")))


def yearly_emissions_t(facility: Facility, years: range, period: Period, rules: Rules) -> FloatArray:
    """Return emissions of years by the factors of a period [t-CO2], NaN where unknown; dims (year)."""
    values = np.full(len(years), np.nan)
    for place, year in enumerate(years):
        if year in facility.rows:
            row = facility.rows[year]
            values[place] = _emissions_t(row, period, rules) if row.emissions_t is None else row.emissions_t
    return values


def _emissions_t(row: FacilityYear, period: Period, rules: Rules) -> float:
    """Return the emissions of one row by the factors of a period [t-CO2]; NaN where a supplier's factor is missing."""
    fixed, fuels = factors(row, period, rules)
    if fixed is None:
        return float(emissions_by_actual_factors_t(energy_use([row]), fuels)[0])
    return float(emissions_by_fixed_factors_t(energy_use([row]), fixed, fuels)[0])


def factors(row: FacilityYear, period: Period, rules: Rules) -> tuple[FixedFactors | None, FuelFactors]:
    """Return the fixed factors of a period, None where the suppliers' own hold, and the factors of a row's fuels."""
    standing, use, first = period.rules(rules), energy_use([row]), period.number == 1
    if not fixed_factors_hold(period, rules):
        standing.value("supplier_factors")
        return None, fuel_factors(use, standing, first_period=first, gas_by_supplier=True)
    fixed = fixed_factors(standing, period.number)
    if fixed.low_carbon_line_t_per_mwh is not None and row.supplier_factor is not None:
        standing.value("low_carbon_supply_rule")
    return fixed, fuel_factors(use, standing, first_period=first, gas_by_supplier=False)


def fixed_factors_hold(period: Period, rules: Rules) -> bool:
    """Say whether the period has factors of its own; otherwise those of the suppliers hold."""
    standing = period.rules(rules)
    if not standing.stated("electricity_factor"):
        return False
    return any(row["period"] == period.number for row in standing.value("electricity_factor"))


def base_window(period: Period, rules: Rules) -> tuple[range, int]:
    """Return the years that base emissions may be taken from, and how many in a row.

    A facility that does not know enough years of the common window came under the duty later, and takes the years
    before its duty.
    """
    said = period.rules(rules).value("base_year_window")
    common, length = range(int(said["first"]), int(said["last"]) + 1), int(said["years"])
    if sum(year in period.facility.rows for year in common) >= length:
        return common, length
    late = period.rules(rules).value("base_year_window_later_entrant")
    start = duty_start(period, rules) or period.years[0]
    return range(start - int(late["years_before"]), start), int(late["years"])


def base_by_year_t(period: Period, rules: Rules) -> FloatArray:
    """Return base emissions of each year of the period [t-CO2], NaN where unknown; dims (year).

    Raises:
        BadInput: the facility chose a first base year that is none of the allowed ones.
    """
    given = [period.facility.given_base_t(year) for year in period.years]
    if None not in given:
        return np.array(given, dtype=np.float64)
    window, length = base_window(period, rules)
    emissions = yearly_emissions_t(period.facility, window, period, rules)
    chosen = chosen_place(period.facility, window, length)
    worked_out = float(base_emissions_t(emissions, length, chosen))
    return np.array([worked_out if one is None else one for one in given], dtype=np.float64)


def chosen_place(facility: Facility, window: range, length: int) -> IntArray | None:
    """Return the position of the chosen first base year, None where the facility did not choose.

    Raises:
        BadInput: it is none of the allowed ones.
    """
    if facility.base_from is None:
        return None
    allowed = window[: len(window) - length + 1]
    if facility.base_from not in allowed:
        faults = FaultList()
        faults.add(
            facility.name,
            Text("these base years cannot be chosen", "この基準年度は選択できません"),
            facility.base_from,
            f"{allowed[0]} … {allowed[-1]}",
        )
        faults.raise_if_any()
    return np.array(allowed.index(facility.base_from), dtype=np.int64)


def categories(period: Period, rules: Rules) -> IntArray:
    """Return the category of the facility in each year as a position in the rate table; dims (year)."""
    rows = [period.facility.standing_in(year) for year in period.years]
    shares = np.array([row.district_share for row in rows])
    kinds = np.array([KINDS.index(row.kind) for row in rows])
    if not shares.any():
        return category_index(kinds, shares, 1.0)
    return category_index(kinds, shares, period.rules(rules).number("category_I2_share_threshold"))


def relief_factors(period: Period, rules: Rules) -> tuple[FloatArray, FloatArray]:
    """Return the factor and the points of relief of each year [1]; dims (year) each."""
    standing = period.rules(rules)
    multipliers, points = np.ones(len(period.years)), np.zeros(len(period.years))
    for place, year in enumerate(period.years):
        row = period.facility.standing_in(year)
        if row.recognition in ("near_top_level", "top_level"):
            multipliers[place] = standing.number("top_level_relief", row.recognition)
        if row.power_law_relief != "none":
            points[place] = standing.number("power_law_relief_points", _POWER_LAW_STEPS[row.power_law_relief])
    return multipliers, points


def carbon_half_years(period: Period) -> BoolArray:
    """Return the years in which the facility is recognised as carbon half; dims (year)."""
    return np.array([period.facility.standing_in(year).recognition == "carbon_half" for year in period.years])


def rates_by_year(period: Period, rules: Rules) -> tuple[FloatArray, FloatArray]:
    """Return the rate owed in each year after all reliefs and the rate excess is issued from [1]; dims (year) each."""
    table, category = Periods.read(rules).rate_table, categories(period, rules)
    places = np.full(len(period.years), period.place)
    rate = obligation_rate(table, places, category, *relief_factors(period, rules))
    recognised, standing = carbon_half_years(period), period.rules(rules)
    if not recognised.any():
        return rate, rate
    owed = standing.number("carbon_half_incentive", "reduction_rate")
    share = standing.number("carbon_half_excess_rate_share")
    return carbon_half_rates(rate, obligation_rate(table, places, category), recognised, owed, share)


def known_duty_years(period: Period, rules: Rules) -> BoolArray:
    """Return the years under duty whose emissions are known; dims (year)."""
    emitted = yearly_emissions_t(period.facility, period.years, period, rules)
    return np.asarray(duty_years(period, rules) & ~np.isnan(emitted))


def balance(period: Period, rules: Rules, sale_cap_share: float | None = None) -> Balance:
    """Return the cumulative test of the period on the years that are known; each part has dims (1)."""
    rate, issue_rate = rates_by_year(period, rules)
    return balance_by_period(
        yearly_emissions_t(period.facility, period.years, period, rules),
        base_by_year_t(period, rules),
        rate,
        np.zeros(len(period.years), dtype=np.int64),
        1,
        under_duty=known_duty_years(period, rules),
        sale_cap_share=sale_cap_share,
        issue_rate=issue_rate,
    )


def bought_t(period: Period, rules: Rules) -> dict[str, float]:
    """Return the credits bought in the period by kind, renewable ones converted [t-CO2]; only kinds bought."""
    standing = period.rules(rules)
    found: dict[str, float] = {}
    for row in period.rows.values():
        for kind, name in CREDIT_COLUMNS.items():
            amount = float(getattr(row, name))
            if amount > 0:
                worth = (
                    float(renewable_credit_t(amount, renewable_multiplier(row.renewable_source, standing)))
                    if kind == "renewable"
                    else amount
                )
                found[kind] = found.get(kind, 0.0) + worth
    if found:
        allowed = standing.value("credit_kinds")
        found = {kind: found[kind] for kind in allowed if kind in found}
    return found


def renewable_multiplier(source: RenewableSource, rules: Rules) -> float:
    """Return how much a renewable credit of a source counts [1]."""
    favoured = source in rules.value("renewable_credit_multiplier_sources")
    return rules.number("renewable_credit_multiplier") if favoured else 1.0


def ledger(period: Period, rules: Rules) -> tuple[tuple[str, ...], Ledger]:
    """Return the kinds of credits and the ledger of the facility's periods up to this one, which is the last."""
    story = known_story(period, rules)
    bought = [bought_t(one, rules) for one in story]
    kinds = tuple(dict.fromkeys((OWN, *(kind for one in bought for kind in one))))
    fresh, needed = np.zeros((len(kinds), len(story))), np.zeros(len(story))
    limits = np.full(fresh.shape, np.inf)
    for column, one in enumerate(story):
        test = balance(one, rules)
        sold = np.array([sum(row.sold_t for row in one.rows.values())])
        left, owed = after_sale_t(test.excess_t, test.shortfall_t, sold)
        needed[column] = owed[0]
        fresh[:, column] = [bought[column].get(kind, 0.0) for kind in kinds]
        fresh[0, column] += left[0]
        if OUTSIDE_TOKYO in kinds:
            share = one.rules(rules).number("outside_tokyo_limit")
            limits[:, column] = credit_limits_t(test.required_t, kinds, share)[0]
    return kinds, settle(fresh, needed, limits)


def known_story(period: Period, rules: Rules) -> list[Period]:
    """Return the periods up to this one without a break, as far back as their rows and base emissions are known."""
    story = [period]
    for place in range(period.place - 1, -1, -1):
        one = Period(period.facility, period.periods, place)
        if not one.rows or np.isnan(base_by_year_t(one, rules)).any():
            break
        story.insert(0, one)
    return story
