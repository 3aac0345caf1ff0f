"""Existing large facilities (キャップ&トレード制度): cover, base, rate and the cumulative test, on plain arrays.

Arrays by year have the dims (…, year), by compliance period (…, period); the leading dims are usually (facility).
Duty and base may change from year to year, so everything is worked out by year and added up by period. Whole tonnes
stay whole: sums and differences of whole numbers are exact in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import BoolArray, FloatArray, beyond, reaches, scaled
from model.ordinance.fiscal import fiscal_year_of
from model.ordinance.rule_gaps import rules_standing_on
from model.ordinance.rulebook import Rules

IntArray = npt.NDArray[np.int64]

#: Categories of facilities, in the order of the rate tables.
CATEGORIES = ("I-1", "I-2", "II")
#: Kinds of facilities: only offices and the like can be in category I-2.
KINDS = ("office", "district_plant", "factory")


@dataclass(frozen=True)
class Periods:
    """The compliance periods that the rules know.

    Args:
        numbers: number of each period.
        first_years: its first fiscal year.
        last_years: its last fiscal year.
        rates: rate of reduction by category [1], one row a period.
    """

    numbers: tuple[int, ...]
    first_years: tuple[int, ...]
    last_years: tuple[int, ...]
    rates: tuple[tuple[float, ...], ...]

    @classmethod
    def read(cls, rules: Rules) -> Periods:
        """Read the periods: those that are over as they stood then, the fourth as adopted or as the outlook had it."""
        begun = min(row.valid_from for row in rules.book.parameters if row.id == "periods")
        past = rules if rules.stated("periods") else rules_standing_on(rules, begun)
        rows: list[tuple[int, int, int, tuple[float, ...]]] = [
            (
                int(row["period"]),
                fiscal_year_of(date.fromisoformat(row["start"])),
                fiscal_year_of(date.fromisoformat(row["end"])),
                (float(row["rate_I1"]), float(row["rate_I2"]), float(row["rate_II"])),
            )
            for row in past.value("periods")
        ]
        rows.append(_fourth(rules, rows[-1][0] + 1, rows[-1][2] + 1))
        return cls(*(tuple(column) for column in zip(*rows, strict=True)))

    @property
    def rate_table(self) -> FloatArray:
        """The rates, dims (period, category)."""
        return np.array(self.rates, dtype=np.float64)

    def of_years(self, years: npt.ArrayLike) -> IntArray:
        """Return the position of the period of each fiscal year, −1 outside all periods."""
        given = np.asarray(years, dtype=np.int64)
        place = np.searchsorted(np.array(self.first_years), given, side="right") - 1
        return np.where(given <= np.array(self.last_years)[place], place, -1).astype(np.int64)

    def years(self, place: int) -> range:
        """Return the fiscal years of the period at a position."""
        return range(self.first_years[place], self.last_years[place] + 1)


def _fourth(rules: Rules, number: int, first_year: int) -> tuple[int, int, int, tuple[float, ...]]:
    """Return the fourth period: the outlook gave one rate for all and no days; the adopted rule gives both."""
    if not rules.stated("period_4"):
        outlook = rules.number("period_4_outlook")
        return number, first_year, first_year + int(rules.number("period_length")) - 1, (outlook,) * len(CATEGORIES)
    said = rules.value("period_4")
    rates = (float(said["rate_offices"]), rules.number("period_4_rate_I2"), float(said["rate_factories"]))
    start, end = (fiscal_year_of(date.fromisoformat(said[day])) for day in ("start", "end"))
    return int(said["period"]), start, end, rates


# A facility that used as much as the line in one year is designated in the next, and files its plan.
def designated(crude_oil_kl: FloatArray, threshold_kl: float) -> BoolArray:
    """Return the years in which facilities are designated (source: cap_and_trade.designated_facility_rule).

    Args:
        crude_oil_kl: energy [kL crude-oil equivalent], dims (…, year); NaN where unknown. Consecutive years.
        threshold_kl: line of the programme [kL].

    Returns:
        dims (…, year); false in the first year, whose year before is not known.
    """
    large = np.asarray(reaches(crude_oil_kl, threshold_kl))
    return np.concatenate([np.zeros_like(large[..., :1]), large[..., :-1]], axis=-1)


# After so many years in a row at or above the line the duty begins, in the year that follows; a year that was not
# run in full does not count. Once begun it stays: no rule on leaving was seen.
def duty_begun(
    crude_oil_kl: FloatArray, threshold_kl: float, consecutive: int, full_year: BoolArray | None = None
) -> BoolArray:
    """Return the years in which the reduction duty runs (source: cap_and_trade.obliged_facility_rule).

    Args:
        crude_oil_kl: energy [kL], dims (…, year); NaN where unknown. Consecutive years.
        threshold_kl: line of the programme [kL].
        consecutive: years in a row that bring the duty.
        full_year: whether the facility ran all year, dims (…, year); all if None.

    Returns:
        dims (…, year).
    """
    large = np.asarray(reaches(crude_oil_kl, threshold_kl))
    counted = large if full_year is None else large & full_year
    begun = np.zeros(counted.shape, dtype=np.bool_)
    run = np.zeros(counted.shape[:-1], dtype=np.int64)
    for year in range(counted.shape[-1] - 1):
        run = np.where(counted[..., year], run + 1, 0)
        begun[..., year + 1] = begun[..., year] | (run >= consecutive)
    return begun


# Base emissions are the mean of consecutive years that the facility chooses; the highest mean asks least of it.
def base_emissions_t(emissions_t: FloatArray, length: int, chosen: IntArray | None = None) -> FloatArray:
    """Return base-year emissions [t-CO2] (source: cap_and_trade.base_year_rule).

    Args:
        emissions_t: emissions of the years to choose from [t-CO2], dims (…, year); NaN where unknown.
        length: number of consecutive years.
        chosen: position of the first chosen year, dims (…); the highest mean if None.

    Returns:
        dims (…); NaN where no full run of years is known.
    """
    runs = np.lib.stride_tricks.sliding_window_view(emissions_t, length, axis=-1).sum(axis=-1) / length
    if chosen is not None:
        return np.asarray(np.take_along_axis(runs, np.asarray(chosen)[..., np.newaxis], axis=-1)[..., 0])
    best = np.max(np.where(np.isnan(runs), -np.inf, runs), axis=-1)
    return np.asarray(np.where(np.isneginf(best), np.nan, best))


# A change of floor area or the like moves the base once it weighs enough.
def base_after_change_t(base_t: npt.ArrayLike, change_t: npt.ArrayLike, threshold: float) -> FloatArray:
    """Return base emissions after a change of the facility [t-CO2] (source: cap_and_trade.base_change_threshold).

    Args:
        base_t: base emissions so far [t-CO2].
        change_t: change of base emissions that goes with the new floor area, use or supply [t-CO2].
        threshold: least share of the base that allows a new one [1].
    """
    base, change = np.asarray(base_t, dtype=np.float64), np.asarray(change_t, dtype=np.float64)
    enough = np.asarray(reaches(np.abs(change), scaled(base, threshold)))
    return np.asarray(np.where(enough, np.maximum(base + change, 0.0), base))


# Offices that live on district heating and cooling can save less themselves and have their own category.
def category_index(kind: npt.ArrayLike, district_share: npt.ArrayLike, threshold: float) -> IntArray:
    """Return the category of facilities as a position in `CATEGORIES` (source: cap_and_trade.categories).

    Args:
        kind: position in `KINDS`.
        district_share: share of energy from district supply [1].
        threshold: share from which on it is "much" [1].
    """
    what = np.asarray(kind)
    much = np.asarray(reaches(np.asarray(district_share, dtype=np.float64), threshold))
    office = np.where((what == KINDS.index("office")) & much, CATEGORIES.index("I-2"), CATEGORIES.index("I-1"))
    return np.where(what == KINDS.index("factory"), CATEGORIES.index("II"), office).astype(np.int64)


# The rate of the category in the period, less the points of a relief, times the factor of a certificate. No source
# says how the two reliefs combine; of the two ways this one eases less.
def obligation_rate(
    rate_table: FloatArray,
    period: IntArray,
    category: IntArray,
    relief: npt.ArrayLike = 1.0,
    points: npt.ArrayLike = 0.0,
) -> FloatArray:
    """Return the rate of reduction owed in each year [1] (source: cap_and_trade.effective_rate).

    Args:
        rate_table: rates, dims (period, category).
        period: position of the period of each year, −1 outside all periods, dims (year).
        category: position of the category, broadcast to (…, year); (facility, 1) where it never changes.
        relief: factor of a certificate (1, 0.75, 0.5, 0), broadcast to (…, year).
        points: points taken off the rate before (0.02 means two), broadcast to (…, year).

    Returns:
        dims (…, year); zero outside all periods.
    """
    by_year = np.where((period >= 0)[:, np.newaxis], rate_table[np.maximum(period, 0)], 0.0)
    which = np.asarray(category)
    # Where the category never changes, whole rows are taken at once, which is much faster.
    rates = by_year.T[which[..., 0]] if which.shape[-1] == 1 else by_year[np.arange(len(period)), which]
    return np.asarray(np.maximum(rates - np.asarray(points), 0.0) * np.asarray(relief))


# A facility recognised as carbon half owes the rate of the recognition; what it reduces beyond that is not all issued,
# but only from a share of the ordinary rate on.
def carbon_half_rates(
    rate: FloatArray,
    ordinary_rate: FloatArray,
    recognised: BoolArray,
    recognised_rate: float,
    excess_share: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the rate owed and the rate that excess is issued from [1] (source: cap_and_trade.carbon_half_incentive).

    Args:
        rate: rate owed without the recognition, dims (…, year).
        ordinary_rate: rate without any relief, dims (…, year).
        recognised: years of the recognition, dims (…, year).
        recognised_rate: rate owed in these years.
        excess_share: share of the ordinary rate from which on excess is issued in these years.
    """
    owed = np.where(recognised, np.minimum(rate, recognised_rate), rate)
    return owed, np.where(recognised, np.maximum(ordinary_rate * excess_share, owed), rate)


# The reduction owed is base times rate, year by year.
def required_reduction_t(base_t: npt.ArrayLike, rate: npt.ArrayLike) -> FloatArray:
    """Return the reduction owed for one year [t-CO2] (source: cap_and_trade.required_reduction)."""
    return np.asarray(np.asarray(base_t, dtype=np.float64) * np.asarray(rate, dtype=np.float64))


# What may be emitted over several years is the base less the reduction owed.
def cumulative_allowance_t(base_t: npt.ArrayLike, rate: npt.ArrayLike, years: int) -> FloatArray:
    """Return the emissions allowed over years of the same base and rate [t-CO2] (source: cap_and_trade.allowance)."""
    base = np.asarray(base_t, dtype=np.float64)
    return np.asarray((base - required_reduction_t(base, rate)) * years)


def by_period(values: FloatArray, period: IntArray, periods: int) -> FloatArray:
    """Return sums over the years of each period, dims (…, year) to (…, period); years outside are left out."""
    membership = (np.asarray(period)[:, np.newaxis] == np.arange(periods)).astype(np.float64)
    return np.asarray(values @ membership)


@dataclass(frozen=True)
class Balance:
    """The cumulative test of each period before any credit; all dims (…, period), all in t-CO2.

    allowance_t − emissions_t = excess_t + not_issued_t − shortfall_t.

    Args:
        emissions_t: emissions of the years under duty.
        allowance_t: emissions allowed in these years.
        required_t: reduction owed.
        reduction_t: reduction made.
        shortfall_t: what is still owed.
        excess_t: what was reduced beyond the duty and is the facility's own to bank.
        saleable_t: the part of it that may be sold.
        not_issued_t: reduction beyond the duty that a recognition keeps from being issued.
    """

    emissions_t: FloatArray
    allowance_t: FloatArray
    required_t: FloatArray
    reduction_t: FloatArray
    shortfall_t: FloatArray
    excess_t: FloatArray
    saleable_t: FloatArray
    not_issued_t: FloatArray


# Over the period as a whole, reductions must reach what is owed; there is no test of a single year. What goes beyond
# may be kept for the next period; what may be sold counts only reductions up to a share of the base in each year.
def balance_by_period(
    emissions_t: FloatArray,
    base_t: FloatArray,
    rate: FloatArray,
    period: IntArray,
    periods: int,
    *,
    under_duty: BoolArray | None = None,
    sale_cap_share: float | None = None,
    issue_rate: FloatArray | None = None,
) -> Balance:
    """Return the cumulative test of every facility and period.

    Args:
        emissions_t: yearly emissions [t-CO2], dims (…, year).
        base_t: base emissions [t-CO2], broadcast to (…, year).
        rate: rate owed [1], broadcast to (…, year).
        period: position of the period of each year, dims (year).
        periods: number of periods.
        under_duty: years that count, dims (…, year); all if None.
        sale_cap_share: share of the base beyond which a year's reduction cannot be sold [1]; no cap if None.
        issue_rate: rate from which on excess is issued [1], where it is not the rate owed (carbon-half recognition).

    Source: cap_and_trade.allowance, .required_reduction, .shortfall, .excess_to_date.
    """
    emitted = emissions_t if under_duty is None else np.where(under_duty, emissions_t, 0.0)
    base = np.broadcast_to(base_t if under_duty is None else np.where(under_duty, base_t, 0.0), emitted.shape)
    reduction = base - emitted
    required = by_period(required_reduction_t(base, rate), period, periods)
    issued_from = required if issue_rate is None else by_period(required_reduction_t(base, issue_rate), period, periods)
    capped = reduction if sale_cap_share is None else np.minimum(reduction, base * sale_cap_share)
    made = by_period(reduction, period, periods)
    excess = beyond(made, np.maximum(required, issued_from))
    return Balance(
        emissions_t=by_period(emitted, period, periods),
        allowance_t=by_period(base, period, periods) - required,
        required_t=required,
        reduction_t=made,
        shortfall_t=beyond(required, made),
        excess_t=excess,
        saleable_t=np.minimum(beyond(by_period(capped, period, periods), np.maximum(required, issued_from)), excess),
        not_issued_t=beyond(made, required) - excess,
    )


# Before the period is over, results so far are held against the duty so far; the first year's results can be sold in
# the second year.
def excess_to_date_t(
    reductions_t: FloatArray, base_t: FloatArray, rate: FloatArray, period: IntArray, sale_cap_share: float | None
) -> FloatArray:
    """Return what may be sold on the results up to and including each year, from the year after it on [t-CO2].

    Args:
        reductions_t: base less emissions of each year under duty [t-CO2], zero in other years, dims (…, year).
        base_t: base emissions [t-CO2], zero in years without duty, broadcast to (…, year).
        rate: rate owed [1], broadcast to (…, year).
        period: position of the period of each year, dims (year); every period starts anew.
        sale_cap_share: share of the base beyond which a year's reduction cannot be sold [1]; no cap if None.

    Returns:
        dims (…, year); zero outside all periods.

    Source: cap_and_trade.excess_to_date.
    """
    base = np.broadcast_to(np.asarray(base_t, dtype=np.float64), reductions_t.shape)
    capped = reductions_t if sale_cap_share is None else np.minimum(reductions_t, base * sale_cap_share)
    owed = required_reduction_t(base, rate)
    saleable = np.zeros(reductions_t.shape)
    for year, place in enumerate(period):
        if place >= 0:
            so_far = np.asarray(period[: year + 1]) == place
            made = capped[..., : year + 1][..., so_far].sum(axis=-1)
            saleable[..., year] = beyond(made, owed[..., : year + 1][..., so_far].sum(axis=-1))
    return saleable
