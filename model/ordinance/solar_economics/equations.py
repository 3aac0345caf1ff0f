"""Economics of panels on a home: the equations, on plain arrays, every assumption passed in.

The findings and the solar allocation optimiser call these functions. `kw` and `grant_jpy` are one number or arrays over
houses, sizes or both that broadcast together; results have their shape. A system without capacity costs and earns
nothing. Money is JPY, years count from the first year of operation.

Lifetime value is linear in capacity: what a kWh of first-year generation earns by year is a short vector that is summed
once, so a benefit takes a few operations on the arrays whatever the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, exact, ratio, reaches, scaled, total
from model.ordinance.rulebook import Rules


@dataclass(frozen=True)
class Assumptions:
    """Everything that the pay-back of a home system rests on.

    Costs have a part for the system as such and a part that grows with its capacity; the documents print one size only,
    so that `read` lets all of it grow.

    Args:
        yield_kwh_per_kw: generation of the first year [kWh/kW].
        self_use_share: share of generation used in the home [1].
        retail_jpy_per_kwh: price of the electricity that is not bought.
        fit_jpy_per_kwh: price of what is sold in the first `fit_years`.
        fit_years: years of the fixed price.
        post_fit_jpy_per_kwh: price of what is sold later.
        cost_jpy_per_kw: initial cost that grows with capacity.
        inverter_jpy_per_kw: cost of a new inverter that grows with capacity.
        inverter_years: years in which the inverter is replaced.
        cost_fixed_jpy: initial cost of any system.
        inverter_fixed_jpy: cost of any new inverter.
        inspection_jpy: cost of an inspection.
        inspection_interval: years between inspections; 0 for none.
        degradation: yearly loss of yield [1].
        discount_rate: yearly discount [1]; flows fall due at the end of their year.
    """

    yield_kwh_per_kw: float
    self_use_share: float
    retail_jpy_per_kwh: float
    fit_jpy_per_kwh: float
    fit_years: int
    post_fit_jpy_per_kwh: float
    cost_jpy_per_kw: float
    inverter_jpy_per_kw: float
    inverter_years: tuple[int, ...]
    cost_fixed_jpy: float = 0.0
    inverter_fixed_jpy: float = 0.0
    inspection_jpy: float = 0.0
    inspection_interval: int = 0
    degradation: float = 0.0
    discount_rate: float = 0.0

    @classmethod
    def read(cls, rules: Rules) -> Assumptions:
        """Read the assumptions that reproduce the published figures from the rules of "pv_economics"."""
        size = rules.number("capacity")
        cost = "initial_cost_2025" if rules.stated("initial_cost_2025") else "initial_cost"
        other = rules.value("assumed_other")
        interval = int(rules.number("inverter_interval"))
        return cls(
            yield_kwh_per_kw=ratio(rules.number("assumed_annual_generation"), size),
            self_use_share=rules.number("assumed_self_consumption_share"),
            retail_jpy_per_kwh=rules.number("assumed_retail_price"),
            fit_jpy_per_kwh=rules.number("assumed_fit_price"),
            fit_years=int(rules.number("fit_years")),
            post_fit_jpy_per_kwh=rules.number("assumed_post_fit_price"),
            cost_jpy_per_kw=ratio(rules.number(cost), size),
            inverter_jpy_per_kw=ratio(rules.number("inverter_cost"), size),
            inverter_years=tuple(interval * (turn + 1) for turn in range(int(other["inverter_replacements"]))),
            inspection_jpy=rules.number("inspection_cost"),
            degradation=float(other["degradation"]),
            discount_rate=float(other["discount_rate"]),
        )


@dataclass(frozen=True)
class Financing:
    """Who pays, who earns and who owns, during a contract of so many years and after it.

    Args:
        years: length of the contract; 0 for none.
        pays_initial_cost: whether the household buys the system, and so receives the grant.
        keeps_saving: whether it has the used electricity for free during the contract.
        keeps_sale: whether it sells the surplus during the contract.
        keeps_upkeep: whether it pays inverters and inspections during the contract.
        fee_jpy: what it pays each year of the contract; negative for a rent that it receives.
        fee_jpy_per_kw: the same by capacity.
        price_jpy_per_kwh: what it pays for each kWh used during the contract.
        takes_over: whether the system is its own after the contract; otherwise it is taken away.
    """

    years: int
    pays_initial_cost: bool
    keeps_saving: bool
    keeps_sale: bool
    keeps_upkeep: bool
    fee_jpy: float = 0.0
    fee_jpy_per_kw: float = 0.0
    price_jpy_per_kwh: float = 0.0
    takes_over: bool = True


#: The household buys the system, uses and sells its electricity, and keeps it up.
PURCHASE = Financing(0, pays_initial_cost=True, keeps_saving=True, keeps_sale=True, keeps_upkeep=True)


def lease(years: int, fee_jpy: float = 0.0, fee_jpy_per_kw: float = 0.0) -> Financing:
    """Return a lease: no initial cost, a yearly fee, saving and sale stay with the household."""
    return Financing(years, False, True, True, False, fee_jpy, fee_jpy_per_kw)


def power_purchase(years: int, price_jpy_per_kwh: float) -> Financing:
    """Return a sale of electricity on site (PPA): the provider owns and sells, the household pays what it uses."""
    return Financing(years, False, True, False, False, price_jpy_per_kwh=price_jpy_per_kwh)


def roof_rent(years: int, rent_jpy: float = 0.0, rent_jpy_per_kw: float = 0.0) -> Financing:
    """Return a rented roof: the provider owns the system and all its electricity, the household receives rent."""
    return Financing(years, False, False, False, False, -rent_jpy, -rent_jpy_per_kw)


def sale_right(years: int) -> Financing:
    """Return a transfer of the right to sell: the household uses for free, the provider is paid by the surplus."""
    return Financing(years, False, True, False, False)


# Generation is the capacity times the yield.
def generation_kwh(kw: npt.ArrayLike, yield_kwh_per_kw: float) -> FloatArray:
    """Return generation of the first year [kWh]."""
    return scaled(np.asarray(kw, dtype=np.float64), yield_kwh_per_kw)


# The initial cost of a system that there is.
def cost_of_system(kw: npt.ArrayLike, assumptions: Assumptions) -> FloatArray:
    """Return the initial cost [JPY] before grants, 0 without capacity."""
    capacity = np.asarray(kw, dtype=np.float64)
    return np.where(capacity > 0, assumptions.cost_fixed_jpy + scaled(capacity, assumptions.cost_jpy_per_kw), 0.0)


# What is used in the home saves its price; it is the generation times the share used.
def saving_per_kwh(assumptions: Assumptions) -> float:
    """Return what a kWh generated saves [JPY] (source: pv_economics.annual_self_saving)."""
    return scaled(assumptions.retail_jpy_per_kwh, assumptions.self_use_share)


# The rest is sold, at the fixed price in its years and at a lower one later.
def sale_per_kwh(assumptions: Assumptions, fixed_price: bool) -> float:
    """Return what a kWh generated earns by sale [JPY] (source: pv_economics.annual_sale)."""
    price = assumptions.fit_jpy_per_kwh if fixed_price else assumptions.post_fit_jpy_per_kwh
    return scaled(price, 1 - exact(assumptions.self_use_share))


# By year: saving and sale, as far as the contract leaves them to the household, from panels that lose yield.
def income_per_kwh(assumptions: Assumptions, years: int, financing: Financing = PURCHASE) -> FloatArray:
    """Return the household's income by year for each kWh of first-year generation [JPY], dims (year,), undiscounted."""
    year = np.arange(1, years + 1)
    under_contract = year <= financing.years
    owns = ~under_contract & (financing.takes_over or financing.years == 0)
    sale = np.where(year <= assumptions.fit_years, sale_per_kwh(assumptions, True), sale_per_kwh(assumptions, False))
    saving = saving_per_kwh(assumptions)
    paid = scaled(financing.price_jpy_per_kwh, assumptions.self_use_share)
    in_contract = (saving if financing.keeps_saving else 0.0) - paid + (sale if financing.keeps_sale else 0.0)
    output = (1.0 - assumptions.degradation) ** (year - 1)
    return np.asarray(output * np.where(under_contract, in_contract, np.where(owns, saving + sale, 0.0)))


# By year: new inverters and inspections, as far as they fall to the household, and the fee of the contract.
def expense(assumptions: Assumptions, years: int, financing: Financing = PURCHASE) -> tuple[FloatArray, FloatArray]:
    """Return yearly expenses of any system [JPY] and by capacity [JPY/kW], dims (year,), undiscounted."""
    year = np.arange(1, years + 1)
    under_contract = year <= financing.years
    owns = ~under_contract & (financing.takes_over or financing.years == 0)
    keeps_up = owns | (under_contract & financing.keeps_upkeep)
    replaced = keeps_up & np.isin(year, assumptions.inverter_years)
    interval = assumptions.inspection_interval
    inspected = keeps_up & (year % interval == 0) if interval else np.zeros_like(keeps_up)
    fixed = (
        replaced * assumptions.inverter_fixed_jpy
        + inspected * assumptions.inspection_jpy
        + under_contract * financing.fee_jpy
    )
    return fixed, replaced * assumptions.inverter_jpy_per_kw + under_contract * financing.fee_jpy_per_kw


def discount_factors(rate: float, years: int) -> FloatArray:
    """Return the present worth of one yen at the end of each year, dims (year,)."""
    return np.asarray((1.0 + rate) ** -np.arange(1.0, years + 1))


# At the start the household pays the cost less the grant, if it is the one who buys.
def initial_payment(
    kw: npt.ArrayLike, assumptions: Assumptions, grant_jpy: npt.ArrayLike = 0.0, financing: Financing = PURCHASE
) -> FloatArray:
    """Return what the household pays at the start [JPY]; a grant beyond the cost is not paid out."""
    if not financing.pays_initial_cost:
        return np.zeros(np.broadcast_shapes(np.shape(kw), np.shape(grant_jpy)))
    return np.maximum(cost_of_system(kw, assumptions) - np.asarray(grant_jpy, dtype=np.float64), 0.0)


# A year's flow is the income of the generation less the expenses; the start counts as year 0.
def yearly_cash_flow(
    kw: npt.ArrayLike,
    assumptions: Assumptions,
    years: int,
    grant_jpy: npt.ArrayLike = 0.0,
    financing: Financing = PURCHASE,
) -> FloatArray:
    """Return the household's cash flow by year [JPY], undiscounted.

    Args:
        kw: capacity [kW], dims (…).
        assumptions: yields, prices and costs.
        years: horizon [years].
        grant_jpy: grant for the system [JPY], dims (…).
        financing: who pays and earns.

    Returns:
        dims (…, year), year 0 to `years`.
    """
    start = initial_payment(kw, assumptions, grant_jpy, financing)
    capacity = np.broadcast_to(np.asarray(kw, dtype=np.float64), start.shape)[..., np.newaxis]
    fixed, per_kw = expense(assumptions, years, financing)
    income = generation_kwh(capacity, assumptions.yield_kwh_per_kw) * income_per_kwh(assumptions, years, financing)
    flow = income - capacity * per_kw - np.where(capacity > 0, fixed, 0.0)
    return np.concatenate([-start[..., np.newaxis], flow], axis=-1)


# The benefit is all income of the years less all expenses and the initial payment, discounted.
def benefit(
    years: int,
    kw: npt.ArrayLike,
    assumptions: Assumptions,
    grant_jpy: npt.ArrayLike = 0.0,
    financing: Financing = PURCHASE,
) -> FloatArray:
    """Return the household's net benefit over a horizon [JPY] (source: pv_economics.net_benefit).

    Args:
        years: horizon [years].
        kw: capacity [kW], dims (…).
        assumptions: yields, prices and costs.
        grant_jpy: grant for the system [JPY], dims (…).
        financing: who pays and earns.

    Returns:
        dims (…).
    """
    capacity = np.asarray(kw, dtype=np.float64)
    weights = discount_factors(assumptions.discount_rate, years)
    fixed, per_kw = (total(weights * part) for part in expense(assumptions, years, financing))
    per_kwh = total(weights * income_per_kwh(assumptions, years, financing))
    earned = generation_kwh(capacity, assumptions.yield_kwh_per_kw) * per_kwh - capacity * per_kw
    start = initial_payment(capacity, assumptions, grant_jpy, financing)
    return np.asarray(earned - np.where(capacity > 0, fixed, 0.0) - start)


# The initial payment is back in the year in which the flows so far first reach it; within a year they come evenly.
def payback_years(
    kw: npt.ArrayLike,
    assumptions: Assumptions,
    grant_jpy: npt.ArrayLike = 0.0,
    financing: Financing = PURCHASE,
    horizon: int = 100,
) -> FloatArray:
    """Return the years until the initial payment is back, undiscounted (source: pv_economics.simple_payback).

    Args:
        kw: capacity [kW], dims (…).
        assumptions: yields, prices and costs; an expense before the payment is back delays it.
        grant_jpy: grant for the system [JPY], dims (…).
        financing: who pays and earns.
        horizon: years to look ahead.

    Returns:
        dims (…); 0 where nothing was paid, infinite where the payment is not back within the horizon.
    """
    start = initial_payment(kw, assumptions, grant_jpy, financing)
    capacity = np.broadcast_to(np.asarray(kw, dtype=np.float64), start.shape).ravel()
    fixed, per_kw = expense(assumptions, horizon, financing)
    per_kwh = income_per_kwh(assumptions, horizon, financing)
    years = np.where(reaches(0.0, start), 0.0, np.inf).ravel()
    # Only systems whose payment is not back yet are looked at again; one that was paid for has a capacity.
    waiting = np.flatnonzero(np.isinf(years))
    capacity, still_open = capacity[waiting], start.ravel()[waiting]
    generation = generation_kwh(capacity, assumptions.yield_kwh_per_kw)
    for index in range(horizon):
        if not waiting.size:
            break
        flow = generation * per_kwh[index] - capacity * per_kw[index] - fixed[index]
        back = (flow > 0) & np.asarray(reaches(flow, still_open))
        years[waiting[back]] = index + still_open[back] / flow[back]
        still_open = still_open - flow
        if back.any():
            waiting, capacity, generation, still_open = (
                part[~back] for part in (waiting, capacity, generation, still_open)
            )
    return years.reshape(start.shape)


# A fee at cost returns to the provider what it spends on the system, with its return, in the years of the contract.
def fee_at_cost_jpy(
    kw: npt.ArrayLike,
    assumptions: Assumptions,
    years: int,
    grant_jpy: npt.ArrayLike = 0.0,
    provider_return: float = 0.0,
) -> FloatArray:
    """Return the yearly lease fee at which a provider just earns its return [JPY].

    Args:
        kw: capacity [kW], dims (…).
        assumptions: costs; the provider keeps the system up during the contract.
        years: length of the contract.
        grant_jpy: grant that the provider receives [JPY], dims (…).
        provider_return: yearly return [1].
    """
    weights = discount_factors(provider_return, years)
    return np.asarray(_provider_cost(kw, assumptions, years, grant_jpy, weights) / weights.sum())


# A price at cost covers what the sale of the surplus leaves open.
def price_at_cost_jpy_per_kwh(
    kw: npt.ArrayLike,
    assumptions: Assumptions,
    years: int,
    grant_jpy: npt.ArrayLike = 0.0,
    provider_return: float = 0.0,
) -> FloatArray:
    """Return the price of used electricity at which a PPA provider just earns its return [JPY/kWh]; never negative.

    Args:
        kw: capacity [kW], above 0, dims (…).
        assumptions: yields, prices of sale and costs.
        years: length of the contract.
        grant_jpy: grant that the provider receives [JPY], dims (…).
        provider_return: yearly return [1].
    """
    weights = discount_factors(provider_return, years)
    output = weights * (1.0 - assumptions.degradation) ** np.arange(years)
    sold = np.where(np.arange(1, years + 1) <= assumptions.fit_years, sale_per_kwh(assumptions, True),
                    sale_per_kwh(assumptions, False))  # fmt: skip
    generation = generation_kwh(kw, assumptions.yield_kwh_per_kw)
    still_open = _provider_cost(kw, assumptions, years, grant_jpy, weights) - generation * total(output * sold)
    used = generation * assumptions.self_use_share * total(output)
    return np.asarray(np.maximum(still_open / used, 0.0))


def _provider_cost(
    kw: npt.ArrayLike, assumptions: Assumptions, years: int, grant_jpy: npt.ArrayLike, weights: FloatArray
) -> FloatArray:
    """Return the present worth of what a system costs its provider during a contract [JPY]."""
    capacity = np.asarray(kw, dtype=np.float64)
    fixed, per_kw = (total(weights * part) for part in expense(assumptions, years))
    upkeep = capacity * per_kw + np.where(capacity > 0, fixed, 0.0)
    return np.asarray(initial_payment(capacity, assumptions, grant_jpy) + upkeep)


# Electricity counts as the primary energy that the grid would have needed.
def primary_energy_gj(kwh: npt.ArrayLike, gj_per_mwh: float) -> FloatArray:
    """Return primary energy [GJ]."""
    return scaled(np.asarray(kwh, dtype=np.float64), gj_per_mwh, 0.001)
