"""What panels cost and earn on each house and size, by the economics of home systems and the grants in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.heat import HeatTerms
from model.ordinance.exact import total
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics.equations import (
    PURCHASE,
    Assumptions,
    Financing,
    benefit,
    cost_of_system,
    discount_factors,
    expense,
    fee_at_cost_jpy,
    generation_kwh,
    income_per_kwh,
    lease,
    power_purchase,
    price_at_cost_jpy_per_kwh,
)
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Sums of money that differ by this share are the same.
_SAME = 1e-12


@dataclass(frozen=True)
class Money:
    """What systems cost and earn under some ways to pay, dims as the capacities given.

    Args:
        outlay: what is paid at the start after the grant [JPY]; 0 where a provider pays.
        cost: everything paid because of the panels over the horizon, or given up to a provider [JPY].
        benefit: saving and sale over the horizon less the cost [JPY].
        grant: grant for the system [JPY].
    """

    outlay: FloatArray
    cost: FloatArray
    benefit: FloatArray
    grant: FloatArray


@dataclass(frozen=True)
class Economics:
    """Prices, grants and contracts, read once.

    Args:
        assumptions: yields, prices and costs of the rule data; the initial cost has a part that any system costs.
        years: horizon [years].
        grant_new: grant on new homes.
        grant_existing: grant on existing homes.
        contract_years: length of lease and power purchase [years].
        provider_return: yearly return of a provider [1].
        reference_kw: capacity of the system on which a power purchase is priced [kW].
        emission_factor: CO₂ avoided [kg/kWh].
        heat: what added heat costs and saves.
        grant_factor: the grants are multiplied by this, for "what if the subsidy moves" [1].
        cost_factor: what single houses state as initial cost is multiplied by this, for "what if the cost moves" [1].
    """

    assumptions: Assumptions
    years: int
    grant_new: PanelGrant
    grant_existing: PanelGrant
    contract_years: int
    provider_return: float
    reference_kw: float
    emission_factor: float
    heat: HeatTerms
    grant_factor: float = 1.0
    cost_factor: float = 1.0

    @classmethod
    def read(cls, rules: Rules, years: int | None = None, discount_rate: float | None = None) -> Economics:
        """Read everything from the rules of "solar_allocation" and the rule files beside them.

        Args:
            rules: rules of "solar_allocation"; with fallback, since the documents print some values once only.
            years: horizon; the longest of the published ones if None.
            discount_rate: yearly discount [1]; as in the published figures if None.
        """
        economics, subsidies = rules.beside("pv_economics"), rules.beside("subsidies")
        reference = economics.number("capacity")
        printed = Assumptions.read(economics)
        whole = float(cost_of_system(reference, printed))
        fixed = whole * rules.number("cost_fixed_share")
        assumptions = replace(
            printed,
            cost_fixed_jpy=fixed,
            cost_jpy_per_kw=(whole - fixed) / reference,
            discount_rate=printed.discount_rate if discount_rate is None else discount_rate,
        )
        horizon = years or max(int(str(key).removesuffix("y")) for key in economics.value("net_benefit"))
        contract, its_return = int(rules.number("contract_years")), rules.number("provider_return")
        new, existing = PanelGrant.read(subsidies, new=True), PanelGrant.read(subsidies, new=False)
        factor = economics.number("emission_factor_implied")
        return cls(assumptions, horizon, new, existing, contract, its_return, reference, factor,
                   HeatTerms.read(rules))  # fmt: skip

    @cached_property
    def power_price(self) -> float:
        """Price of used electricity under a power purchase, at cost of the reference system [JPY/kWh].

        Like a lease it follows what the provider pays, is granted and earns by sale.
        """
        kw, grant = self.reference_kw, panel_grant_jpy(self.reference_kw, self.grant_new) * self.grant_factor
        return float(price_at_cost_jpy_per_kwh(kw, self.assumptions, self.contract_years, grant, self.provider_return))

    def moved(self, cost: float = 1.0, tariff: float = 1.0, grant: float = 1.0) -> Economics:
        """Return the economics with initial cost, prices of electricity or grants multiplied by a factor."""
        given = self.assumptions
        assumptions = replace(
            given,
            cost_fixed_jpy=given.cost_fixed_jpy * cost,
            cost_jpy_per_kw=given.cost_jpy_per_kw * cost,
            retail_jpy_per_kwh=given.retail_jpy_per_kwh * tariff,
            fit_jpy_per_kwh=given.fit_jpy_per_kwh * tariff,
            post_fit_jpy_per_kwh=given.post_fit_jpy_per_kwh * tariff,
        )
        heat = replace(self.heat, cost_factor=self.heat.cost_factor * cost)
        return replace(
            self, assumptions=assumptions, heat=heat, grant_factor=self.grant_factor * grant,
            cost_factor=self.cost_factor * cost,
        )  # fmt: skip

    def price_of(self, kw: FloatArray, fixed: FloatArray, per_kw: FloatArray) -> FloatArray:
        """Return the initial cost [JPY] with what single houses state in place of the rule data (NaN: nothing)."""
        given = self.assumptions
        price = cost_of_system(kw, given)
        if np.isnan(fixed).all() and np.isnan(per_kw).all():
            return price
        other_fixed = np.where(np.isnan(fixed), 0.0, self.cost_factor * fixed - given.cost_fixed_jpy)
        other_per_kw = np.where(np.isnan(per_kw), 0.0, self.cost_factor * per_kw - given.cost_jpy_per_kw)
        return np.where(kw > 0, price + other_fixed + other_per_kw * kw, 0.0)

    def money(
        self,
        kw: FloatArray,
        generation: FloatArray,
        way: str,
        existing: BoolArray,
        fixed: FloatArray,
        per_kw: FloatArray,
    ) -> Money:
        """Return what systems cost and earn when paid in one way.

        Args:
            kw: capacity [kW], dims (…, house).
            generation: generation of the first year [kWh], dims as `kw`.
            way: one of `inputs.WAYS_TO_PAY`.
            existing: which houses are existing ones, dims (house).
            fixed: stated cost of any system by house [JPY], NaN for none.
            per_kw: stated cost by capacity and house [JPY/kW], NaN for none.
        """
        grant = panel_grant_jpy(kw, self.grant_new)
        if existing.any():
            grant = np.where(existing, panel_grant_jpy(kw, self.grant_existing), grant)
        grant = grant * self.grant_factor
        initial = np.maximum(self.price_of(kw, fixed, per_kw) - grant, 0.0)
        free = self._earned(kw, generation, PURCHASE)
        gross = generation * self._income(PURCHASE)
        if way == "purchase":
            gain, outlay = free - initial, initial
        elif way == "lease":
            contract = self.contract_years
            upkeep = fee_at_cost_jpy(kw, self._without_initial, contract, 0.0, self.provider_return)
            fee = upkeep + initial / discount_factors(self.provider_return, contract).sum()
            paid = fee * float(discount_factors(self.assumptions.discount_rate, contract).sum())
            gain, outlay = self._earned(kw, generation, lease(contract)) - paid, np.zeros_like(initial)
        else:
            terms = power_purchase(self.contract_years, self.power_price)
            gain, outlay = self._earned(kw, generation, terms), np.zeros_like(initial)
        return Money(outlay, gross - gain, gain, grant)

    def payback_years(self, kw: FloatArray, generation: FloatArray, outlay: FloatArray) -> FloatArray:
        """Return the years until the outlay of a bought system is back, undiscounted, within the horizon.

        Args:
            kw: capacity [kW], dims (house).
            generation: generation of the first year [kWh].
            outlay: what was paid at the start [JPY].

        Returns:
            dims (house); NaN where nothing was paid, infinite where it is not back within the horizon.
        """
        fixed, per_kw = expense(self.assumptions, self.years)
        income = np.outer(generation, income_per_kwh(self.assumptions, self.years, PURCHASE))
        flows = income - np.outer(kw, per_kw) - np.where(kw > 0, 1.0, 0.0)[:, np.newaxis] * fixed
        so_far = np.cumsum(flows, axis=1)
        back = so_far >= outlay[:, np.newaxis] * (1.0 - _SAME)
        year = np.argmax(back, axis=1)
        houses = np.arange(kw.size)
        before = np.where(year > 0, so_far[houses, np.maximum(year - 1, 0)], 0.0)
        in_year = flows[houses, year]
        within = year + (outlay - before) / np.where(in_year > 0, in_year, 1.0)
        return np.where(outlay <= 0, np.nan, np.where(back.any(axis=1), within, np.inf))

    @property
    def _without_initial(self) -> Assumptions:
        """The assumptions with an initial cost of nothing, as that is worked out by house."""
        return replace(self.assumptions, cost_fixed_jpy=0.0, cost_jpy_per_kw=0.0)

    def _earned(self, kw: FloatArray, generation: FloatArray, terms: Financing) -> FloatArray:
        """Return income less upkeep [JPY], with the generation of the house in place of the usual one."""
        usual = benefit(self.years, kw, self._without_initial, 0.0, terms)
        other = generation - generation_kwh(kw, self.assumptions.yield_kwh_per_kw)
        return np.asarray(usual + other * self._income(terms))

    def _income(self, terms: Financing) -> float:
        """Return the income of a kWh of first-year generation over the horizon [JPY]."""
        weights = discount_factors(self.assumptions.discount_rate, self.years)
        return total(weights * income_per_kwh(self.assumptions, self.years, terms))


# Panels fill the faces of a roof from the sunniest on, so that each further kW yields no more than the one before.
def generation_by_faces(kw: FloatArray, face_kw: Sequence[FloatArray], face_yield: Sequence[FloatArray]) -> FloatArray:
    """Return generation of the first year [kWh].

    Args:
        kw: capacity [kW], dims (…, house).
        face_kw: capacity of each face, sunniest first, dims (house); what exceeds them all yields as the last.
        face_yield: yield of each face [kWh/kW], in the same order.
    """
    generation = np.zeros_like(kw)
    open_kw = kw
    for number, (capacity, of_face) in enumerate(zip(face_kw, face_yield, strict=True), start=1):
        placed = open_kw if number == len(face_kw) else np.minimum(open_kw, capacity)
        generation = generation + placed * of_face
        open_kw = open_kw - placed
    return generation


# The yield of a face against one to the south at 30 degrees: straight lines between the table's directions.
def relative_yield(azimuth: FloatArray, tilt: FloatArray, table: Mapping[str, Sequence[float]]) -> FloatArray:
    """Return the yield against the best direction [1].

    Args:
        azimuth: direction from south [degrees], either sign.
        tilt: slope [degrees]; above the table's last one as there.
        table: `yield_by_orientation` of the rule data.
    """
    away = np.abs(np.asarray(azimuth, dtype=np.float64))
    values = np.asarray(table["relative_yield"], dtype=np.float64)
    by_tilt = [np.interp(tilt, table["tilt"], row) for row in values]
    azimuths = np.asarray(table["azimuth_from_south"], dtype=np.float64)
    lower = np.clip(np.searchsorted(azimuths, away, side="right") - 1, 0, azimuths.size - 2)
    share = (away - azimuths[lower]) / (azimuths[lower + 1] - azimuths[lower])
    stacked, houses = np.stack(by_tilt), np.arange(away.size)
    return np.asarray((1 - share) * stacked[lower, houses] + share * stacked[lower + 1, houses])
