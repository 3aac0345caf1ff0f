"""The best choice among given plans of works under all rules, as arrays: whole portfolios in one program.

The rules are those of the readable model (`rules`), one method each in the same order, for all
facilities at once. Renewables, trade and the signs of positions stay free; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model.optimise.facility_schedule.arrays import Gathered
from model.optimise.facility_schedule.ledger import saleable
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import MILLION, BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.rules import PURCHASES, missing_price, past_saleable, worthwhile
from model.optimise.facility_schedule.settled_trade import TRADE_GAP, TRADE_SECONDS, settled_trade
from model.optimise.solver import ArrayAnswer, ArrayModel, Proof, SolverOptions, solve_arrays


@dataclass(frozen=True)
class Chosen:
    """What was chosen.

    Args:
        proof: how good the choice is among the plans offered [JPY, or t-CO2 if emissions are looked at].
        plan: position of the plan of each facility, dims (facility); zeros where there is no answer.
        amounts: what is bought, sold, kept and moved, by name; nothing where there is no answer.
    """

    proof: Proof
    plan: IntArray
    amounts: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Standing:
    """Works of all facilities, their value, and the prices that tonnes have there.

    Args:
        value: least cost with all trade [JPY, or t-CO2 if emissions are looked at].
        starts: works of each facility.
        shared: prices of each owner's transfers, of credits and of limited credits [JPY/t-CO2], dims (row, period).
        sells: whether each owner sells in each period, and so buys nothing, or may buy, and sells nothing, dims
            (owner, period); None: not known.
    """

    value: float
    starts: list[IntArray]
    shared: FloatArray
    sells: BoolArray | None = None


class Choice:
    """The program that chooses one of the given plans of works for each facility.

    Args:
        problem: the schedule.
        plans: plans of works of each facility; their renewables are left aside.
    """

    def __init__(self, problem: Problem, plans: Sequence[Sequence[Plan]]) -> None:
        self.problem, self.plans = problem, plans
        self.size = problem.facilities, problem.periods
        self._charged: list[tuple[IntArray, FloatArray]] = []
        self._now: list[IntArray] = []
        #: Rows that a yes or no opens or shuts.
        self._opened: list[IntArray] = []
        self._all = [plan for own in plans for plan in own]
        self._of = np.repeat(np.arange(len(plans)), [len(own) for own in plans])
        self._firsts = np.concatenate([[0], np.cumsum([len(own) for own in plans])])
        self._raw = np.array([plan.raw_emissions_t for plan in self._all])
        self._grid = np.array([plan.grid_mwh for plan in self._all])
        self._made = Gathered()
        #: Rows of owners and of credits, each by period.
        self._tying: list[IntArray] = []
        #: Rows of limits.
        self._limiting: list[IntArray] = []
        #: Whether each owner sells in each period.
        self._sells = np.zeros((0, problem.periods), dtype=np.int64)
        self._choices()
        self._renewables()
        self._positions()
        self._recognition()
        self._cover()
        self._sales()
        self._banks()
        self._transfers()
        self._credits()
        self._limits()

    def solve(
        self, options: SolverOptions, target: float | None = None, likely: Sequence[Plan] | None = None
    ) -> Chosen:
        """Return the best choice.

        Args:
            options: limits, gap, seed.
            target: value at which the search may stop [JPY, or t-CO2].
            likely: a plan of each facility, with its renewables: only choices are looked at in which a facility has
                excess, and sells by each moment, where it does so in this plan; None: all choices.
        """
        unit = self.problem.unit
        further = {} if target is None else {"objective_target": target / unit}
        asked = replace(options, further={**options.further, **further})
        model = self._made.model()
        answer = self._answer(model if likely is None else self._as_in(model, likely), asked)
        proof, values = answer.proof, answer.values
        proof = replace(proof, objective=proof.objective * unit, bound=proof.bound * unit)
        plan = np.zeros(len(self.plans), dtype=np.int64)
        if not proof.has_answer:
            values = np.zeros(self._made.columns)
        taken = np.flatnonzero(values[self._chosen] > 0.5)
        plan[self._of[taken]] = taken - self._firsts[self._of[taken]]
        if self._recognised is not None:
            self._used["recognised"] = self._recognised
        blocks = {**self._used, "given": self._given, "received": self._received, "sold": self._sold,
                  "renewable": self._bought}  # fmt: skip
        return Chosen(proof, plan, {name: np.maximum(values[block], 0.0) for name, block in blocks.items()})

    def standing(self, seconds: float = TRADE_SECONDS) -> Standing:
        """Return what settled works come to with all trade, and the prices of tonnes there.

        Args:
            seconds: time limit [s].
        """
        model, unit = self._made.model(), self.problem.unit
        none = np.zeros_like(model.integer)
        answer = self._answer(model, SolverOptions(seconds, TRADE_GAP))
        value, lower, upper = answer.proof.objective, model.lower.copy(), model.upper.copy()
        if answer.proof.has_answer:
            # With what each owner does in each period as it is, the rest is a program of amounts, and has prices.
            lower[self._sells] = upper[self._sells] = np.round(answer.values[self._sells])
        mixed = solve_arrays(replace(model, lower=lower, upper=upper, integer=none), SolverOptions())
        prices = np.maximum(-mixed.prices[np.array(self._tying)], 0.0) * unit
        sells = lower[self._sells] > 0.5 if answer.proof.has_answer else None
        starts = [own[0].starts for own in self.plans]
        return Standing((value if answer.proof.has_answer else mixed.proof.objective) * unit, starts, prices, sells)

    def _answer(self, model: ArrayModel, options: SolverOptions) -> ArrayAnswer:
        """Return the best choice and trade."""
        if len(self._all) > len(self.plans):
            return solve_arrays(model, options)
        return settled_trade(model, [*self._tying[len(self._groups) :], *self._limiting], len(self.plans), options)

    def _as_in(self, model: ArrayModel, likely: Sequence[Plan]) -> ArrayModel:
        """Return the program with excess and sales only where facilities have them in some plans."""
        position = np.array([plan.position_t for plan in likely])
        emissions = np.array([plan.emissions_t for plan in likely])
        lower, upper = model.lower.copy(), model.upper.copy()
        signs = [(self._sign, (position > 0) & (position >= self.problem.withheld_t()))]
        signs += [(now, saleable(self.problem, number, emissions) > 0) for number, now in enumerate(self._now)]
        for columns, above in signs:
            value = np.clip(above.astype(np.float64), lower[columns], upper[columns])
            lower[columns] = upper[columns] = value
        return replace(model, lower=lower, upper=upper)

    def _paid(self, shape: tuple[int, ...], upper: npt.ArrayLike, price: npt.ArrayLike) -> IntArray:
        """Add columns that cost money [JPY] and return their positions."""
        cost = np.broadcast_to(np.asarray(price, dtype=np.float64), shape) / MILLION
        columns = self._made.block(shape, upper, cost * (self.problem.aim == "cost"))
        self._charged.append((columns, cost))
        return columns

    # One plan for each facility.
    def _choices(self) -> None:
        made = self._made
        cost = np.array([plan.works_cost + plan.energy_cost for plan in self._all])
        self._chosen = self._paid(cost.shape, 1.0, cost)
        made.whole[-1] = np.ones(len(cost), dtype=np.bool_)
        if self.problem.aim == "emissions":
            made.costs[-1] = self._raw.sum(axis=1)
        made.put(made.limits((len(self.plans),), 1.0, 1.0)[self._of], self._chosen, 1.0)

    # Renewables are bought for what is still taken from the grid.
    def _renewables(self) -> None:
        problem, made = self.problem, self._made
        offered = worthwhile(problem)
        self._cut = np.where(offered, problem.renewable_cut, 0.0)
        price = np.where(np.isfinite(problem.renewable_price), problem.renewable_price, 0.0) * problem.discount[:-1]
        self._bought = self._paid(offered.shape, np.where(offered, np.inf, 0.0), price[:, np.newaxis, :])
        if problem.aim == "emissions":
            made.costs[-1] = -self._cut.ravel()
        rows = made.limits(offered.shape[1:])
        made.put(rows, self._bought, 1.0)
        made.put(rows[self._of], self._chosen[:, np.newaxis], -self._grid)

    # What is counted over each period: excess above what is withheld, or a shortfall, never both.
    def _positions(self) -> None:
        problem, made, size = self.problem, self._made, self.size
        reduced = problem.by_period(np.where(problem.duty[self._of], problem.base_t[self._of] - self._raw, 0.0))
        reduced[:, 0] += (problem.past_base_t - problem.past_emissions_t)[self._of]
        self._position = reduced - problem.required_t()[self._of]
        self._counts = np.where(problem.duty, self._cut, 0.0)
        renewables = problem.by_period(self._counts.max(axis=0)[self._of] * self._grid)
        self._most_excess = np.maximum(self._highest(self._position + renewables), 0.0)
        least, withheld = self._lowest(self._position), problem.withheld_t()
        self._most_short = np.maximum(-least, 0.0)
        self._excess, self._short = made.block(size), made.block(size)
        self._sign = sign = made.block(size, self._most_excess > 0, lower=(least > 0) & (least >= withheld), whole=True)
        short, excess = made.limits(size), made.limits(size)
        self._counting = np.stack([short, excess])
        for rows in (short, excess):
            made.put(rows[self._of], self._chosen[:, np.newaxis], -self._position)
            made.put(rows[:, problem.period], self._bought, -self._counts)
            made.put(rows, self._short, -1.0)
        made.put(excess, self._excess, 1.0)
        made.put(excess, sign, withheld)
        only = made.limits(size)
        self._opened.append(only)
        made.put(only, self._excess, 1.0)
        made.put(only, sign, -self._most_excess)
        only = made.limits(size, self._most_short)
        self._opened.append(only)
        made.put(only, self._short, 1.0)
        made.put(only, sign, self._most_short)

    # In a year in which emissions stay below the level a facility may be recognised, and owes less.
    def _recognition(self) -> None:
        problem, made = self.problem, self._made
        offer = problem.recognition
        self._recognised: IntArray | None = None
        if offer is None:
            return
        offered = offer.forgiven_t > 0
        self._recognised = made.block(offered.shape, offered, whole=True)
        worst = np.maximum(self._highest(self._raw) - offer.aim_t, 0.0) * offered
        rows = made.limits(offered.shape, np.where(offered, offer.aim_t + worst, np.inf))
        made.put(rows[self._of], self._chosen[:, np.newaxis], self._raw)
        made.put(rows, self._bought, -self._cut)
        made.put(rows, self._recognised, worst)

    def _lowest(self, values: FloatArray) -> FloatArray:
        """Return the least value among the plans of each facility."""
        return np.asarray(np.minimum.reduceat(values, self._firsts[:-1]))

    def _highest(self, values: FloatArray) -> FloatArray:
        """Return the greatest value among the plans of each facility."""
        return np.asarray(np.maximum.reduceat(values, self._firsts[:-1]))

    # A shortfall is covered by what was kept, by own facilities, by credits, or by an order where that is an option.
    def _cover(self) -> None:
        problem, made, practice, size = self.problem, self._made, self.problem.practice, self.size
        last = [problem.last_year(p) for p in range(problem.periods)]
        offered = np.isfinite(problem.order_price)
        order = np.where(offered, problem.order_price, 0.0) * practice.order_multiplier * problem.discount[last]
        held = np.where(np.arange(problem.periods) > 0, np.inf, 0.0) if practice.banking else np.zeros(problem.periods)
        bank = np.broadcast_to(held, size).copy()
        bank[:, 0] = problem.bank_t * practice.banking
        limited = np.inf if problem.limited() is not None else 0.0
        tops: dict[str, FloatArray | float] = {"kept": bank, "bought": np.inf, "bought_kept": held, "outside": limited,
                "outside_kept": np.minimum(held, limited)}  # fmt: skip
        self._used = {name: made.block(size, top) for name, top in tops.items()}
        if problem.recognition is not None and self._recognised is not None:
            self._used["forgiven"] = made.block(size, problem.forgivable_t())
            rows = made.limits(size)
            made.put(rows, self._used["forgiven"], 1.0)
            made.put(rows[:, problem.period], self._recognised, -problem.recognition.forgiven_t)
        self._used["ordered"] = self._paid(size, np.where(offered, np.inf, 0.0), order)
        price = missing_price(problem)
        option = bool(np.isfinite(price))
        self._used["missing"] = made.block(size, np.inf if option else 0.0, price if option else 0.0)
        self._groups = problem.members() if practice.transfer else []
        shared = np.zeros((problem.facilities, 1))
        shared[[f for group in self._groups for f in group]] = np.inf
        self._received, self._given = made.block(size, shared), made.block(size, shared)
        rows = made.limits(size)
        made.put(rows, self._short, 1.0)
        for column in (*self._used.values(), self._received):
            made.put(rows, column, -1.0)

    # What may be sold counts each year's reduction up to a share of the base, less the duty so far.
    def _sales(self) -> None:
        problem, made, slots = self.problem, self._made, self.problem.slots
        cap = np.inf if problem.practice.seller_cap_share is None else problem.practice.seller_cap_share
        income = np.array([problem.discount[slot.year] * slot.price for slot in slots])
        self._sold = self._paid((problem.facilities, len(slots)), np.inf, -income)
        self._counted: IntArray | None = None
        if not slots:
            return
        counted = made.block(problem.base_t.shape, cap * problem.base_t, lower=-np.inf)
        self._counted = rows = made.limits(counted.shape, problem.base_t)
        made.put(rows, counted, 1.0)
        made.put(rows[self._of], self._chosen[:, np.newaxis], self._raw)
        made.put(rows, self._bought, -self._cut)
        for number in range(len(slots)):
            self._one_slot(number, counted, cap)

    def _one_slot(self, number: int, counted: IntArray, cap: float) -> None:
        """Limit what every facility has sold up to one moment by its results up to then."""
        problem, made, slot = self.problem, self._made, self.problem.slots[number]
        places = np.flatnonzero(problem.period == slot.period)[: slot.results]
        before, owed = past_saleable(problem, slot.period)
        base = problem.base_t[:, places]
        beyond = before - owed - (problem.issue_rate[:, places] * base).sum(axis=1)
        ceiling = np.minimum(cap * base, base)[self._of]
        reduced = problem.base_t[self._of][:, places] - self._raw[:, places]
        renewables = self._cut.max(axis=0)[self._of][:, places] * self._grid[:, places]
        least = beyond + self._lowest(np.minimum(reduced, ceiling).sum(axis=1))
        most = np.maximum(beyond + self._highest(np.minimum(reduced + renewables, ceiling).sum(axis=1)), 0.0)
        now = made.block(beyond.shape, most > 0, lower=(least >= 0) & (most > 0), whole=True)
        self._now.append(now)
        taken = [self._sold[:, n] for n in range(number + 1) if problem.slots[n].period == slot.period]
        if problem.is_final(number):
            taken.append(self._given[:, slot.period])
        below = np.maximum(-least, 0.0)
        only, earned = made.limits(now.shape), made.limits(now.shape, beyond + below)
        self._opened.append(only)
        for column in taken:
            made.put(only, column, 1.0)
            made.put(earned, column, 1.0)
        made.put(only, now, -most)
        made.put(earned[:, np.newaxis], counted[:, places], -1.0)
        made.put(earned, now, below)

    # Excess is sold, given to own facilities, or kept for the next period; what is not used then expires.
    def _banks(self) -> None:
        problem, made = self.problem, self._made
        rows = made.limits(self.size)
        made.put(rows, self._excess, -1.0)
        made.put(rows, self._given, 1.0)
        made.put(rows[:, :-1], self._used["kept"][:, 1:], 1.0)
        for number, slot in enumerate(problem.slots):
            made.put(rows[:, slot.period], self._sold[:, number], 1.0)
        if problem.limited() is not None:
            share = problem.practice.outside_share or 0.0
            rows = made.limits(self.size, share * problem.required_t())
            made.put(rows, self._used["outside"], 1.0)
            made.put(rows, self._used["outside_kept"], 1.0)
            if problem.recognition is not None and self._recognised is not None:
                made.put(rows[:, problem.period], self._recognised, share * problem.recognition.forgiven_t)

    # An owner's facilities help each other, and the owner sells nothing while one of them buys.
    def _transfers(self) -> None:
        problem, made = self.problem, self._made
        for group in self._groups:
            sells = made.block((problem.periods,), 1.0, whole=True)
            self._sells = np.concatenate([self._sells, sells[np.newaxis]])
            moved, selling = made.limits(sells.shape), made.limits(sells.shape)
            self._tying.append(moved)
            made.put(moved, self._received[group], 1.0)
            made.put(moved, self._given[group], -1.0)
            for number, slot in enumerate(problem.slots):
                made.put(selling[slot.period], self._sold[group, number], 1.0)
            made.put(selling, sells, -self._most_excess[group].sum(axis=0))
            short = self._most_short[group].sum(axis=0)
            buying = made.limits(sells.shape, short)
            self._opened += [selling, buying]
            for name in PURCHASES:
                made.put(buying, self._used[name][group], 1.0)
            made.put(buying, sells, short)

    # Credits are bought for use in the period or the next, up to what is on offer.
    def _credits(self) -> None:
        problem, made = self.problem, self._made
        last = [problem.last_year(p) for p in range(problem.periods)]
        limited = problem.limited()
        kinds = (("bought", list(problem.ordinary().values())), ("outside", [limited] if limited else []))
        for name, offers in kinds:
            rows = made.limits((problem.periods,))
            self._tying.append(rows)
            made.put(rows, self._used[name], 1.0)
            made.put(rows[:-1], self._used[f"{name}_kept"][:, 1:], 1.0)
            for credit in offers:
                bought = self._paid(rows.shape, credit.supply, credit.price * problem.discount[last])
                made.put(rows, bought, -1.0)

    # Works cost no more than the money there is and need no more hands; if the least extra money is looked for, money
    # beyond a budget is what counts.
    def _limits(self) -> None:
        problem, made = self.problem, self._made
        paid = np.array([plan.paid for plan in self._all]) / MILLION
        begun = np.array([plan.begun for plan in self._all])
        for limit in problem.limits():
            own = limit.members[self._of]
            for amount, ceiling in ((paid, limit.budget / MILLION), (begun, limit.capacity)):
                years = np.flatnonzero(np.isfinite(ceiling))
                rows = made.limits(years.shape, ceiling[years])
                made.put(rows, self._chosen[own][:, np.newaxis], amount[own][:, years])
                self._limiting.append(rows)
                if amount is paid and problem.aim == "money":
                    made.put(rows, made.block(rows.shape, cost=1.0), -1.0)
        if np.isfinite(problem.cost_limit):
            row = made.limits((1,), problem.cost_limit / MILLION)
            self._limiting.append(row)
            for columns, cost in self._charged:
                made.put(row, columns.ravel(), cost.ravel())
