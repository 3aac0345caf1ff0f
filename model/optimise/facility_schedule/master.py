"""The linear master of the decomposition: mixtures of plans, tied by tonnes, money, works, owners and credits.

Each facility mixes plans that add up to one. The rules are those of the whole model with its yes-or-no parts relaxed,
so the value of the master is no more than that of any schedule. New plans are added as columns to the same solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.cells import COLUMNS, COVERS, best_income, cell_costs, most_saleable
from model.optimise.facility_schedule.own_trade import Market
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.problem import MILLION, BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.rules import missing_price
from model.optimise.solver import SolverError, SolverOptions

#: Charge on a tonne that nothing covers where that is no option, in units of the program: far above all others.
_NEVER = 1e3


@dataclass(frozen=True)
class MasterAnswer:
    """What the master says: its value, the prices it puts on everything, and the weight of each plan.

    Args:
        value: value of the mixture of plans [JPY or t-CO2].
        prices: prices for each facility.
        convexity: what each facility is charged [JPY or t-CO2], dims (facility).
        weights: weight of each plan.
        money: what 1 JPY more of each limit saves in each year [1], dims (limit, year).
        work: what one more work within each limit saves in each year [JPY or t-CO2], dims (limit, year).
    """

    value: float
    prices: tuple[Prices, ...]
    convexity: FloatArray
    weights: FloatArray
    money: FloatArray
    work: FloatArray


class Master:
    """The master as one growing linear program.

    Args:
        problem: the schedule.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.size = problem.facilities, problem.periods
        self.columns: list[tuple[int, Plan]] = []
        self.value = np.inf
        self._index = {name: place for place, name in enumerate(COLUMNS)}
        self._build()

    def column(self, name: str, facility: int, period: int) -> int:
        """Return the position of one of the columns of a facility and period."""
        return (facility * self.size[1] + period) * len(COLUMNS) + self._index[name]

    def _build(self) -> None:
        """Put the rows and all columns but the plans into the solver."""
        from highspy import Highs

        problem, (facilities, periods) = self.problem, self.size
        cells = facilities * periods
        self._first_plan_row = 2 * cells
        entries: list[tuple[int, int, float]] = []
        lower, upper = [0.0] * (2 * cells), [np.inf] * (2 * cells)
        lower += [1.0] * facilities
        upper += [1.0] * facilities
        for cell in range(cells):
            facility, period = divmod(cell, periods)
            entries += self._cell_entries(facility, period, cell, cells + cell)
        count = cells * len(COLUMNS)
        costs_of_cells, cell_tops = cell_costs(self.problem)
        extra_costs, extra_tops = [], []
        self._shared_row = 2 * cells + facilities
        for row, limit, columns, bought in self._shared_rows(count, self._shared_row):
            lower.append(-np.inf)
            upper.append(limit)
            entries += [(row, column, value) for column, value in columns]
            for cost, top, column in bought:
                extra_costs.append(cost)
                extra_tops.append(top)
                entries.append((row, column, -1.0))
        self._money_row = len(lower)
        for tie in problem.limits():
            upper += [*tie.budget / MILLION, *tie.capacity]
        upper.append(problem.cost_limit / MILLION)
        lower += [-np.inf] * (len(upper) - len(lower))
        self._limit_row = len(lower) - 1
        costs, self._tops = np.array([*costs_of_cells, *extra_costs]), np.array([*cell_tops, *extra_tops])
        if np.isfinite(problem.cost_limit):
            entries += [(self._limit_row, place, value) for place, value in enumerate(costs) if abs(value) > 0]
        self._market_costs = costs
        charged = costs * (problem.aim == "cost")
        price = missing_price(problem)
        charged[self._index["missing"] : count : len(COLUMNS)] = price if np.isfinite(price) else _NEVER
        if problem.aim == "money":
            years = len(problem.years)
            for number in range(len(problem.limits())):
                for place in range(years):
                    entries.append((self._money_row + 2 * years * number + place, len(charged) + place, -1.0))
                charged, self._tops = np.append(charged, np.ones(years)), np.append(self._tops, np.full(years, np.inf))
        self._charged = charged
        self._solver: Highs = Highs()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._pass(charged, self._tops, np.array(lower), np.array(upper), entries)

    def _pass(
        self, costs: FloatArray, tops: FloatArray, lower: FloatArray, upper: FloatArray,
        entries: Sequence[tuple[int, int, float]],
    ) -> None:  # fmt: skip
        """Give the first program to the solver."""
        from highspy import HighsLp, MatrixFormat
        from scipy.sparse import csc_array

        rows, columns, values = (np.array(part) for part in zip(*entries, strict=True))
        matrix = csc_array((values.astype(np.float64), (rows, columns)), shape=(len(lower), len(costs)))
        program = HighsLp()
        program.num_row_, program.num_col_ = matrix.shape
        program.col_cost_, program.col_lower_, program.col_upper_ = costs, np.zeros(len(costs)), tops
        program.row_lower_, program.row_upper_ = lower, upper
        program.a_matrix_.format_ = MatrixFormat.kColwise
        program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
        program.a_matrix_.value_ = matrix.data
        self._solver.passModel(program)
        self._before_plans = len(costs)

    # Excess is sold, given or kept for the next period; what is kept, received and bought covers the shortfall.
    def _cell_entries(self, f: int, p: int, balance: int, cover: int) -> Iterator[tuple[int, int, float]]:
        yield balance, self.column("sold", f, p), -1.0
        yield balance, self.column("given", f, p), -1.0
        if p + 1 < self.size[1]:
            yield balance, self.column("kept", f, p + 1), -1.0
        for name in COVERS:
            yield cover, self.column(name, f, p), 1.0

    def _shared_rows(
        self, first_column: int, first_row: int
    ) -> Iterator[tuple[int, float, list[tuple[int, float]], list[tuple[float, float, int]]]]:
        """Yield rows of owners, of credits of each kind with what can be bought, and of what facilities could sell."""
        problem, periods = self.problem, range(self.size[1])
        every, row, column = range(self.size[0]), first_row, first_column
        for group in problem.members() if problem.practice.transfer else []:
            for p in periods:
                inside = [(self.column("received", f, p), 1.0) for f in group]
                yield row, 0.0, inside + [(self.column("given", f, p), -1.0) for f in group], []
                row += 1
        limited = problem.limited()
        kinds = (("bought", list(problem.ordinary().values())), ("outside", [limited] if limited else []))
        for name, credits in kinds:
            for p in periods:
                used = [(self.column(name, f, p), 1.0) for f in every]
                if p + 1 < self.size[1]:
                    used += [(self.column(f"{name}_kept", f, p + 1), 1.0) for f in every]
                end = problem.discount[problem.last_year(p)] / MILLION
                offers = [(end * one.price[p], one.supply[p], column + place) for place, one in enumerate(credits)]
                column += len(offers)
                yield row, 0.0, used, offers
                row += 1
        # What a facility gives away counts against what it could sell.
        for f, most in enumerate(most_saleable(self.problem) if problem.slots else []):
            for p in periods:
                yield row, float(most[p]), [(self.column("sold", f, p), 1.0), (self.column("given", f, p), 1.0)], []
                row += 1

    def add(self, plans: Sequence[tuple[int, Plan]]) -> None:
        """Add plans of facilities as columns."""
        costs: list[float] = []
        starts, places, values = [0], [], []
        for facility, plan in plans:
            rows, entries = self._plan_entries(facility, plan)
            costs.append(self._objective(plan))
            places.append(rows)
            values.append(entries)
            starts.append(starts[-1] + len(rows))
        none, free = np.zeros(len(plans)), np.full(len(plans), np.inf)
        index, value = np.concatenate(places).astype(np.int32), np.concatenate(values).astype(np.float64)
        first = np.array(starts[:-1], dtype=np.int32)
        self._solver.addCols(len(plans), np.array(costs), none, free, len(index), first, index, value)
        self.columns += plans

    def _objective(self, plan: Plan) -> float:
        """Return what a plan counts for in what is looked for [unit of programs]."""
        if self.problem.aim == "emissions":
            return float(plan.emissions_t.sum())
        return plan.cost / MILLION if self.problem.aim == "cost" else 0.0

    def _plan_entries(self, facility: int, plan: Plan) -> tuple[FloatArray, FloatArray]:
        """Return rows and values of a plan's column."""
        problem, (facilities, periods) = self.problem, self.size
        cells = facility * periods + np.arange(periods)
        excess = np.maximum(plan.position_t - problem.withheld_t(facility), 0.0)
        short = plan.short_t
        rows = [cells, facilities * periods + cells, np.array([self._first_plan_row + facility])]
        values = [excess, -short, np.ones(1)]
        years = len(problem.years)
        amounts = np.concatenate([plan.paid / MILLION, plan.begun])
        used = np.flatnonzero(amounts)
        for number, limit in enumerate(problem.limits()):
            if limit.members[facility]:
                rows.append(self._money_row + 2 * years * number + used)
                values.append(amounts[used])
        if np.isfinite(problem.cost_limit):
            rows.append(np.array([self._limit_row]))
            values.append(np.array([plan.cost / MILLION]))
        return np.concatenate(rows), np.concatenate(values)

    # Rows of excess and of cover have nothing on their right side, so their prices may move as long as no column gains:
    # a shortfall costs as much as its cheapest cover, and excess is worth no more than its best use.
    def _sharpened(self, dual: FloatArray, reduced: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the worth of excess and of less shortfall [objective a tonne], dims (facility, period) each."""
        facilities, periods = self.size
        excess, short = dual[: 2 * facilities * periods].reshape(2, facilities, periods).copy()
        cells = facilities * periods * len(COLUMNS)
        spare = reduced[:cells].reshape(facilities, periods, len(COLUMNS)).copy()
        usable = self._tops[:cells].reshape(spare.shape) > 0
        covers = [self._index[name] for name in COVERS]
        rise = np.where(usable, spare, np.inf)[:, :, covers].min(axis=2)
        rise = np.where(np.isfinite(rise), np.maximum(rise, 0.0), 0.0)
        short += rise
        kept = self._index["kept"]
        spare[:, :, kept] -= rise
        uses = np.where(usable, spare, np.inf)[:, :, [self._index["sold"], self._index["given"]]].min(axis=2)
        uses[:, :-1] = np.minimum(uses[:, :-1], np.where(usable, spare, np.inf)[:, 1:, kept])
        fall = np.clip(np.where(np.isfinite(uses), uses, excess), 0.0, excess)
        return (excess - fall) * self.problem.unit, short * self.problem.unit

    def solve(self) -> MasterAnswer:
        """Solve the program as it stands.

        Raises:
            SolverError: the solver failed.
        """
        from highspy import HighsModelStatus

        self._solver.run()
        if self._solver.getModelStatus() != HighsModelStatus.kOptimal:
            # Rounding can spoil the basis that is left of the program before; another way leads round that.
            self._solver.clearSolver()
            self._solver.run()
        if self._solver.getModelStatus() != HighsModelStatus.kOptimal:
            raise SolverError(f"HiGHS ended with {self._solver.getModelStatus()}")
        solution = self._solver.getSolution()
        dual = np.array(solution.row_dual)
        facilities = self.size[0]
        excess, short = self._sharpened(dual, np.array(solution.col_dual))
        unit, years = self.problem.unit, len(self.problem.years)
        limits = -dual[self._money_row : self._limit_row].reshape(-1, 2, years) * unit
        money, work = limits[:, 0] / MILLION, limits[:, 1]
        cost = -dual[self._limit_row] * unit / MILLION + (self.problem.aim == "cost")
        emission = 1.0 if self.problem.aim == "emissions" else 0.0
        value = self._solver.getInfo().objective_function_value * unit
        members = np.array([limit.members for limit in self.problem.limits()], dtype=np.float64).reshape(-1, facilities)
        charges = zip(excess, short, members.T @ money, members.T @ work, strict=True)
        first = self._first_plan_row
        return MasterAnswer(
            value,
            tuple(Prices(e, s, paid, begun, cost, emission) for e, s, paid, begun in charges),
            dual[first : first + facilities] * unit,
            np.array(solution.col_value)[self._before_plans :],
            money,
            work,
        )

    def market(self, shared: FloatArray | None = None, sells: BoolArray | None = None) -> Market:
        """Return the prices at which facilities trade with others.

        Args:
            shared: prices of the rows that tie facilities [JPY/t-CO2], dims (row, period); None: as it was solved last.
            sells: whether each owner sells in each period, and so buys nothing, or may buy, and sells nothing, dims
                (owner, period); None: both at once.
        """
        problem, practice = self.problem, self.problem.practice
        by_row = self.shared_prices() if shared is None else shared
        groups = problem.members() if practice.transfer else []
        ends = problem.discount[[problem.last_year(p) for p in range(self.size[1])]]
        price = practice.order_multiplier * problem.order_price * ends
        if problem.ordinary():
            price = np.minimum(price, by_row[len(groups)])
        price = np.minimum(price, problem.unit * min(missing_price(problem), _NEVER))
        if practice.banking and problem.ordinary():
            price[1:] = np.minimum(price[1:], by_row[len(groups)][:-1])
        cover, use = np.tile(price, (self.size[0], 1)), np.tile(best_income(self.problem), (self.size[0], 1))
        for group, moved in zip(groups, by_row, strict=False):
            cover[group], use[group] = np.minimum(cover[group], moved), np.maximum(use[group], moved)
        for group, moved, selling in zip(groups, by_row, () if sells is None else sells, strict=False):
            cover[group], use[group] = np.where(selling, moved, cover[group]), np.where(selling, use[group], moved)
        return Market(cover, use, most_saleable(self.problem) * bool(problem.slots))

    def shared_prices(self) -> FloatArray:
        """Return the prices of the rows that tie facilities, as solved last [JPY/t-CO2], dims (row, period)."""
        dual = np.array(self._solver.getSolution().row_dual)[self._shared_row : self._money_row]
        return np.asarray(np.maximum(-dual.reshape(-1, self.size[1]), 0.0) * self.problem.unit)

    def cells(self) -> tuple[FloatArray, FloatArray]:
        """Return costs [JPY/t-CO2] and upper limits [t-CO2] of cells, dims (facility, period, column)."""
        shape = (*self.size, len(COLUMNS))
        count = int(np.prod(shape))
        return self._charged[:count].reshape(shape) * self.problem.unit, self._tops[:count].reshape(shape)

    def hold(self, taken: IntArray, usable: Sequence[bool]) -> None:
        """Fix the plans of some facilities and leave aside plans of the others that cannot be used.

        Args:
            taken: column of each facility, -1 where it is not fixed.
            usable: whether each plan can be used by a facility that is not fixed.
        """
        facility = np.array([f for f, _ in self.columns])
        held = taken[facility]
        own = held == np.arange(len(held))
        upper = np.where(held >= 0, own, np.asarray(usable)).astype(np.float64)
        self._bounds(own.astype(np.float64), np.where(upper > 0, np.inf, 0.0))

    def _bounds(self, lower: FloatArray, upper: FloatArray) -> None:
        """Put limits on the weights of plans."""
        count = len(lower)
        places = np.arange(self._before_plans, self._before_plans + count, dtype=np.int32)
        self._solver.changeColsBounds(count, places, lower, upper)

    def held(self, taken: IntArray) -> float:
        """Return the value with a plan fixed for every facility [JPY or t-CO2]; infinite if they cost too much."""
        from highspy import HighsModelStatus

        self.hold(taken, [False] * len(self.columns))
        try:
            return self.solve().value
        except SolverError:
            if self._solver.getModelStatus() == HighsModelStatus.kInfeasible:
                return np.inf
            raise

    def position(self, taken: IntArray) -> FloatArray:
        """Return the values of all columns with a plan fixed for every facility."""
        self.held(taken)
        return np.array(self._solver.getSolution().col_value)

    def choose(self, options: SolverOptions, start: FloatArray) -> FloatArray | None:
        """Choose one whole plan for each facility, the rules still relaxed; None if none was found in time.

        Args:
            options: limits, gap, seed.
            start: values of all columns to start from.

        Returns:
            1 for each plan that is chosen, in the order in which they were added; its value is `value`.
        """
        from highspy import HighsSolution, HighsVarType

        count = len(self.columns)
        places = np.arange(self._before_plans, self._before_plans + count, dtype=np.int32)
        self._solver.changeColsIntegrality(count, places, np.full(count, HighsVarType.kInteger))
        asked = {"objective_target": -np.inf, **options.named()}
        for name, value in asked.items():
            self._solver.setOptionValue(name, value)
        given = HighsSolution()
        given.col_value = start.tolist()
        self._solver.setSolution(given)
        self._solver.run()
        values = np.array(self._solver.getSolution().col_value)[self._before_plans :]
        ones = self._solver.getInfo().primal_solution_status == 2
        self.value = self._solver.getInfo().objective_function_value * self.problem.unit
        self._solver.changeColsIntegrality(count, places, np.full(count, HighsVarType.kContinuous))
        self._solver.setOptionValue("time_limit", np.inf)
        return np.round(values) if ones and len(values) == count else None
