"""Renewable menus or grey supply with certificates for each facility, at least cost for a share of the portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csc_array

from model.language import Text
from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.build import surcharges
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.tariffs import Tariff, monthly_bills
from model.optimise.procurement_data import procurement
from model.optimise.solver import ArrayModel, Proof, SolverOptions, solve_arrays

#: How far below the share asked for its last kWh is priced [1].
_BELOW = 1e-6


@dataclass(frozen=True)
class Option:
    """A way to supply a facility: a tariff, its own renewable share, and certificates up to a share."""

    name: Text
    tariff: Tariff
    own_share: float
    share: float


@dataclass(frozen=True)
class Menu:
    """The choice for every facility.

    Args:
        options: what could be chosen.
        choice: position of the option by facility.
        cost: yearly cost of each option, dims (facility, option) [JPY].
        share: renewable share reached [1].
        price_of_share: cost of the last renewable kWh up to the share asked for [JPY/kWh].
        proof: of the choice.
    """

    options: tuple[Option, ...]
    choice: IntArray
    cost: FloatArray
    share: float
    price_of_share: float
    proof: Proof

    @property
    def total(self) -> float:
        """Cost of the choice [JPY/year]."""
        return float(self.cost[np.arange(len(self.choice)), self.choice].sum())


def options(market: str) -> tuple[Option, ...]:
    """Return the options under the tariff structure of 2025: only the full menu keeps a low base charge."""
    data = procurement()
    base, summer, other = (
        data.number("market", name, market) for name in ("base_charge", "energy_charge_summer", "energy_charge_other")
    )
    new_base, new_energy = data.parameter("new_structure_base_change"), data.parameter("new_structure_energy_change")
    grey = Tariff(base + new_base, max(0.0, summer + new_energy), max(0.0, other + new_energy))
    half, full = data.parameter("half_plan_premium"), data.parameter("full_plan_premium")
    full_base = base + data.parameter("new_structure_base_change_full")
    certificates = tuple(
        Option(Text(f"grey supply, certificates for {share:.0%}", f"通常電力＋証書{share:.0%}"), grey, 0.0, share)
        for share in (0.0, 0.3, 0.5, 1.0)
    )
    return (
        *certificates,
        Option(Text("30 % menu", "再エネ30％メニュー"), grey, 0.3, 0.3),
        Option(Text("50 % menu", "再エネ50％メニュー"), Tariff(base, summer + half, other + half), 0.5, 0.5),
        Option(Text("100 % menu", "再エネ100％メニュー"), Tariff(full_base, summer + full, other + full), 1.0, 1.0),
    )


def choose_menus(purchase: Purchase, target: float, solver: SolverOptions) -> Menu:
    """Return the option of each facility that reaches a renewable share of all energy at least cost.

    Args:
        purchase: facilities; each needs at least its own share.
        target: renewable share of the portfolio [1].
        solver: seconds and gap.
    """
    listed = options(purchase.rules.market)
    energy = purchase.kwh.sum(axis=1)
    certificate = procurement().parameter("certificate_price")
    cost = np.column_stack([
        monthly_bills(one.tariff, purchase.contract_kw, purchase.power_factor, purchase.kwh,
                      surcharges(purchase)).sum(axis=1) + certificate * (one.share - one.own_share) * energy
        for one in listed
    ])  # fmt: skip
    share = np.array([one.share for one in listed])
    needed = np.array([row.renewable_share for row in purchase.facilities]) / 100.0
    allowed = share >= needed[:, None] - 1e-9
    model = _knapsack(cost, share, energy, allowed, target)
    # At the highest share there is no next kWh and its price has no bound: the last one is priced, a little below.
    just_below = _knapsack(cost, share, energy, allowed, target * (1.0 - _BELOW))
    relaxed = solve_arrays(replace(just_below, integer=np.zeros_like(model.integer)), replace(solver, relative_gap=0.0))
    answer = solve_arrays(model, solver)
    choice = answer.values.reshape(cost.shape).argmax(axis=1)
    reached = float((share[choice] * energy).sum() / energy.sum())
    return Menu(listed, choice, cost, reached, float(relaxed.prices[-1]), answer.proof)


def _knapsack(
    cost: FloatArray, share: FloatArray, energy: FloatArray, allowed: np.ndarray, target: float
) -> ArrayModel:
    """Return the model: one option a facility, and enough renewable energy together."""
    many, count = cost.shape
    columns = np.arange(many * count)
    rows = np.concatenate((np.repeat(np.arange(many), count), np.full(many * count, many)))
    values = np.concatenate((np.ones(many * count), (energy[:, None] * share).ravel()))
    shape = (many + 1, many * count)
    matrix = csc_array(coo_array((values, (rows, np.concatenate((columns, columns)))), shape=shape))
    lower = np.append(np.ones(many), target * energy.sum() * (1 - 1e-12))
    upper = np.append(np.ones(many), np.inf)
    return ArrayModel(cost.ravel(), np.zeros(many * count), allowed.ravel().astype(np.float64),
                      np.ones(many * count, dtype=np.bool_), matrix, lower, upper)  # fmt: skip


def choices_by_ward(purchase: Purchase, menu: Menu) -> Mapping[str, IntArray]:
    """Return how many facilities of each ward have each option."""
    ward = np.array(purchase.ward)
    return {code: np.bincount(menu.choice[ward == code], minlength=len(menu.options)) for code in purchase.wards}
