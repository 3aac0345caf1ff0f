"""Winner determination as a mixed-integer model in Pyomo: one model for every kind of bid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from model.optimise.joint_purchase.auction import Auction, Award, IntArray, signatures
from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solver import Proof, SolverOptions

if TYPE_CHECKING:
    from pyomo.core.base.PyomoModel import ConcreteModel

#: A value of a yes-or-no variable above this means yes.
_YES = 0.5
#: Parts of a facility smaller than this are noise of the solver.
_NOISE = 1e-9


@dataclass
class WinnerModel:
    """A model that can be solved again after rules were added to it.

    `share[f, s]` is the part of a facility that a supplier serves by a single offer, `taken[p]` says whether a package
    is awarded, `alone[g]` whether the facilities of one signature are awarded one by one, `holds[t]` which step of a
    price schedule holds and `quantity[t]` how much falls into it.
    """

    auction: Auction
    model: ConcreteModel
    solver: PyomoSolver

    def solve(self, options: SolverOptions) -> tuple[Proof, Award | None]:
        """Return the proof and the award, or None where no award meets every rule."""
        proof = self.solver.solve(options)
        return proof, self._award() if proof.has_answer else None

    def _award(self) -> Award:
        """Return the award in the variables, parts of indivisible facilities made whole."""
        auction, model = self.auction, self.model
        shares = np.zeros(auction.prices.shape)
        for facility, supplier in model.OFFERS:
            value = model.share[facility, supplier].value or 0.0
            if not auction.divisible[facility]:
                value = float(value > _YES)
            shares[facility, supplier] = value if value > _NOISE else 0.0
        packages = tuple(p for p in model.PACKAGES if (model.taken[p].value or 0.0) > _YES)
        segments = np.full(len(auction.suppliers), -1, dtype=np.int64)
        for step in model.STEPS:
            if (model.holds[step].value or 0.0) > _YES:
                segments[auction.segments[step].supplier] = step
        return Award(shares, packages, segments)


def winner_model(auction: Auction) -> WinnerModel:
    """Return the model of an auction.

    Minimise the price of single offers, packages and price schedules, such that
    every facility is served once, by its parts if it is divisible and else by one supplier;
    no supplier serves more contract power than he can;
    what a supplier serves falls into at most one step of his price schedule.

    Source of the formulation: single-source facility location with fixed charges (Holmberg et al. 1999), package bids
    as set partitioning, price schedules as in the bid evaluation of Bracken and McCormick (1968).
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel()
    group = signatures(auction)
    rows, columns = np.nonzero(np.isfinite(auction.prices))
    offers = list(zip(rows.tolist(), columns.tolist(), strict=True))
    model.OFFERS = pyo.Set(initialize=offers, dimen=2)
    model.PACKAGES = pyo.RangeSet(0, len(auction.packages) - 1)
    model.STEPS = pyo.RangeSet(0, len(auction.segments) - 1)
    model.GROUPS = pyo.RangeSet(0, int(group.max(initial=-1)))

    model.share = pyo.Var(model.OFFERS, bounds=(0, 1))
    for facility, supplier in offers:
        if not auction.divisible[facility]:
            model.share[facility, supplier].domain = pyo.Binary
    model.taken = pyo.Var(model.PACKAGES, domain=pyo.Binary)
    model.alone = pyo.Var(model.GROUPS, bounds=(0, 1))
    model.holds = pyo.Var(model.STEPS, domain=pyo.Binary)
    model.quantity = pyo.Var(model.STEPS, bounds=(0, None))

    model.total = pyo.Objective(expr=_total(auction, model))
    _cover(auction, model, group, pyo)
    _limits(auction, model, pyo)
    _schedules(auction, model, pyo)
    return WinnerModel(auction, model, PyomoSolver(model))


def _total(auction: Auction, model: Any) -> Any:
    """Return the price of everything awarded."""
    coefficients = [float(auction.prices[key]) for key in model.OFFERS]
    coefficients += [package.price for package in auction.packages]
    coefficients += [segment.setup for segment in auction.segments]
    coefficients += [segment.price for segment in auction.segments]
    variables = [model.share[key] for key in model.OFFERS]
    variables += [*model.taken.values(), *model.holds.values(), *model.quantity.values()]
    return weighted(zip(coefficients, variables, strict=True))


def _cover(auction: Auction, model: Any, group: IntArray, pyo: Any) -> None:
    """Add the rows that serve every facility once, and those that let one package of a group win at most."""
    first = {int(number): facility for facility, number in reversed(list(enumerate(group)))}
    holding: dict[int, list[Any]] = {number: [] for number in first}
    for position, package in enumerate(auction.packages):
        for number in sorted(set(group[package.facilities].tolist())):
            holding[number].append(model.taken[position])
    # Either a package serves the facilities of a signature, or single offers do.
    model.once = pyo.Constraint(model.GROUPS, rule=lambda m, g: total_of([*holding[g], m.alone[g]]) == 1)
    single: list[list[Any]] = [[] for _ in auction.facilities]
    for facility, supplier in model.OFFERS:
        single[facility].append(model.share[facility, supplier])
    model.served = pyo.Constraint(
        range(len(auction.facilities)),
        rule=lambda m, f: total_of(single[f]) - m.alone[int(group[f])] == 0,
    )
    groups: dict[tuple[int, str], list[Any]] = {}
    for position, package in enumerate(auction.packages):
        if package.group:
            groups.setdefault((package.supplier, package.group), []).append(model.taken[position])
    model.exclusive = pyo.ConstraintList()
    for members in groups.values():
        model.exclusive.add(total_of(members) <= 1)


def power_used(auction: Auction, model: Any) -> list[list[tuple[float, Any]]]:
    """Return for each supplier the variables that use his contract power, each with how much [kW]."""
    used: list[list[tuple[float, Any]]] = [[] for _ in auction.suppliers]
    for facility, supplier in model.OFFERS:
        used[supplier].append((float(auction.power[facility]), model.share[facility, supplier]))
    for position, package in enumerate(auction.packages):
        used[package.supplier].append((float(auction.power[package.facilities].sum()), model.taken[position]))
    return used


def _limits(auction: Auction, model: Any, pyo: Any) -> None:
    """Add the rows that keep every supplier within the contract power that he can serve."""
    model.capacity = pyo.Constraint(pyo.RangeSet(0, len(auction.suppliers) - 1))
    for supplier, parts in enumerate(power_used(auction, model)):
        limit = float(auction.power_limit[supplier])
        if parts and isfinite(limit) and sum(size for size, _ in parts) > limit:
            model.capacity[supplier] = weighted(parts) <= limit


def _schedules(auction: Auction, model: Any, pyo: Any) -> None:
    """Add the rows of price schedules: one step holds, the quantity lies in it, and nothing is served without."""
    steps: dict[int, list[int]] = {}
    for position, segment in enumerate(auction.segments):
        steps.setdefault(segment.supplier, []).append(position)
    model.rows = pyo.ConstraintList()
    for supplier, positions in sorted(steps.items()):
        on = total_of([model.holds[step] for step in positions])
        model.rows.add(on <= 1)
        offers = [facility for facility, one in model.OFFERS if one == supplier]
        energy = [(float(auction.energy[facility]), model.share[facility, supplier]) for facility in offers]
        packages = [position for position, package in enumerate(auction.packages) if package.supplier == supplier]
        for position in packages:
            amount = float(auction.energy[auction.packages[position].facilities].sum())
            energy.append((amount, model.taken[position]))
        model.rows.add(
            weighted(energy) - total_of([model.quantity[step] for step in positions]) == 0
        )  # the steps share what is served
        for step in positions:
            segment = auction.segments[step]
            most = min(segment.most, sum(amount for amount, _ in energy))
            model.rows.add(model.quantity[step] - most * model.holds[step] <= 0)
            if segment.least > 0:
                model.rows.add(model.quantity[step] - segment.least * model.holds[step] >= 0)
        # Serving a single facility already needs a step: far tighter than the sums above when a step has a setup.
        for facility in offers:
            model.rows.add(model.share[facility, supplier] - on <= 0)


def total_of(variables: Iterable[Any]) -> Any:
    """Return a plain sum of variables."""
    return weighted((1.0, one) for one in variables)


def weighted(parts: Iterable[tuple[float, Any]]) -> Any:
    """Return a weighted sum of variables, built at once because long sums are slow to add up one by one."""
    from pyomo.core.expr.numeric_expr import LinearExpression

    listed = list(parts)
    return LinearExpression(linear_coefs=[size for size, _ in listed], linear_vars=[one for _, one in listed])
