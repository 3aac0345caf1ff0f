"""A supplier's list as arrays of facts: sizes each roof takes, yields, energies, what the rules say of each house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.economics import relative_yield
from model.optimise.solar_allocation.heat import HeatOptions
from model.optimise.solar_allocation.inputs import FACES, FIXED_STATES, WAYS_TO_PAY, House
from model.optimise.solar_allocation.list_checks import check_list, check_suppliers
from model.optimise.solar_allocation.weather import PanelTerms, Weather
from model.ordinance.building_report.equations import (
    HOUSE_TYPES,
    CapacityStandard,
    RoofLimits,
    heat_as_pv_kw,
    required_capacity_kw,
    roof_too_small,
)
from model.ordinance.column_reader import ColumnReader, Columns
from model.ordinance.exact import reaches
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
ObjectArray = npt.NDArray[Any]

#: How many times as many sizes may be added so that the sizes planned so far stay among them.
_FINER = 2
#: A module more or less is decided on this much less than a whole one, so that 4.0 kW takes ten modules of 0.4 kW.
_ALMOST = 1e-9


@dataclass(frozen=True)
class Portfolio:
    """The houses of one supplier in the order of their ids, as the list states them.

    Args:
        supplier: its name.
        source: the file.
        cells: by field of `House`, one entry a house.
        lines: line of each house in the file.
        before: houses whose capacity planned so far is that of a plan before.
    """

    supplier: str
    source: str
    cells: Mapping[str, ObjectArray]
    lines: IntArray
    before: int = 0

    @property
    def size(self) -> int:
        """Number of houses."""
        return int(self.lines.size)

    @property
    def ids(self) -> ObjectArray:
        """Ids of the houses."""
        return self.cells["id"]

    def place(self, house: int) -> str:
        """Return where a house stands in the file."""
        return f"{self.source}:{self.lines[house]} ({self.ids[house]})"

    def part(self, kept: BoolArray) -> Portfolio:
        """Return the portfolio of some houses."""
        cells = {name: values[kept] for name, values in self.cells.items()}
        return Portfolio(self.supplier, self.source, cells, self.lines[kept], self.before)


def read_portfolios(path: Path, completed: Callable[[list[Portfolio]], list[Portfolio]] = list) -> list[Portfolio]:
    """Return the portfolios of a file, one a supplier, in the order of the suppliers' names.

    Args:
        path: the file.
        completed: adds to the lists what they do not say themselves, before they are checked.

    Raises:
        BadInput: every fault of the file.
    """
    reader = ColumnReader(House)
    table = reader.columns_from(path)
    reader.faults.raise_if_any()
    if table is None:
        raise AssertionError("a file that cannot be used has a fault")
    portfolios = completed(split_by_supplier(table))
    check_suppliers(table, reader.written, reader.faults)
    for portfolio in portfolios:
        check_list(portfolio.cells, portfolio.place, reader.written, reader.faults)
    reader.faults.raise_if_any()
    return portfolios


def split_by_supplier(table: Columns) -> list[Portfolio]:
    """Return one portfolio a supplier, houses in the order of their ids."""
    suppliers = table.cells["supplier"].astype(str)
    ids = table.cells["id"].astype(str)
    order = np.lexsort((ids, suppliers))
    starts = np.flatnonzero(np.append(True, suppliers[order][1:] != suppliers[order][:-1]))
    found = []
    for start, end in zip(starts, np.append(starts[1:], order.size), strict=True):
        rows = order[start:end]
        cells = {name: values[rows] for name, values in table.cells.items()}
        name = str(suppliers[rows[0]]) or Path(table.source).stem
        found.append(Portfolio(name, table.source, cells, table.lines[rows]))
    return found


@dataclass(frozen=True)
class Houses:
    """Facts of houses as arrays, dims (house); NaN where unknown.

    Args:
        portfolio: the houses as listed, those outside the programme left out.
        new: new buildings (the others are existing houses that stand in).
        fixed: panels can no longer change.
        done: panels are on the roof already.
        decided_kw: panels decided or planned so far [kW].
        module_kw: capacity of one module [kW].
        module_step_kw: capacity of one step of sizes [kW].
        steps: number of steps that the roof takes.
        sizes: numbers of steps that are sizes of every roof that takes them.
        face_kw: capacity of the faces, sunniest first [kW].
        face_yield: their yields [kWh/kW].
        may_leave: the rules let the supplier leave the house out of the count.
        must_leave: the supplier claims it.
        owed_uniform_kw: what the house adds to the requirement by the uniform rate [kW].
        owed_by_zone_kw: the same by the rate of its zone [kW].
        heat_kw: solar and ground heat that the house has anyway, as solar power [kW].
        heat_options: heat that it could have besides.
        house_type: position in `HOUSE_TYPES`.
        standard_gj: standard primary energy [GJ].
        design_gj: design primary energy before panels [GJ].
        ua: heat loss [W/(m²K)].
        quarter: quarter of the fiscal year of delivery, 0 to 3; -1 where the day is not known.
        consent: probability that the owner accepts panels.
        stated_way: way to pay that the list states, a position in `WAYS_TO_PAY`; -1 where the plan decides.
        roof_unknown: the capacity is given without roof areas, so that exclusion for a small roof cannot be claimed.
    """

    portfolio: Portfolio
    new: BoolArray
    fixed: BoolArray
    done: BoolArray
    decided_kw: FloatArray
    module_kw: float
    module_step_kw: FloatArray
    steps: IntArray
    sizes: IntArray
    face_kw: tuple[FloatArray, ...]
    face_yield: tuple[FloatArray, ...]
    may_leave: BoolArray
    must_leave: BoolArray
    owed_uniform_kw: FloatArray
    owed_by_zone_kw: FloatArray
    heat_kw: FloatArray
    heat_options: HeatOptions
    house_type: IntArray
    standard_gj: FloatArray
    design_gj: FloatArray
    ua: FloatArray
    quarter: IntArray
    consent: FloatArray
    stated_way: IntArray
    roof_unknown: BoolArray

    @property
    def size(self) -> int:
        """Number of houses."""
        return self.portfolio.size

    @cached_property
    def largest_kw(self) -> FloatArray:
        """Largest capacity that can be planned [kW]."""
        return np.where(self.fixed, self.decided_kw, self.module_step_kw * self.steps)

    @cached_property
    def stepped(self) -> BoolArray:
        """Say whose roof takes more than the sizes reach one by one, so that its largest capacity is a size of its own.

        Where the full roof is one of the sizes anyway it is not counted again.
        """
        return np.asarray(~self.fixed & (self.steps > 0) & ~np.isin(self.steps, self.sizes))

    @cached_property
    def in_steps(self) -> tuple[int, int]:
        """Number of houses for which some whole number of modules is no size, and the widest step there [modules]."""
        edges = np.unique(np.concatenate(([0], self.sizes, [self.steps.max(initial=0)])))
        gaps = np.diff(edges)
        if not np.any(gaps > 1):
            return 0, 1
        return int(np.sum(~self.fixed & (self.steps > edges[:-1][gaps > 1].min() + 1))), int(gaps.max())


def in_scope(portfolio: Portfolio, rules: Rules) -> BoolArray:
    """Say which houses the programme covers: existing houses, and new ones below its largest floor area."""
    new = portfolio.cells["role"] == "new_building"
    small = ~np.asarray(reaches(portfolio.cells["floor_area_m2"], rules.number("building_floor_area_max")))
    return np.asarray(~new | small)


def houses_of(portfolio: Portfolio, rules: Rules, assumed: Rules, weather: Weather | None = None) -> Houses:
    """Return the facts of a portfolio.

    Args:
        portfolio: houses in the scope of the programme.
        rules: rules of "report_programme".
        assumed: assumptions of "solar_allocation".
        weather: hours from which the yields of roof faces are worked out; by the table of directions if None.
    """
    cells = portfolio.cells
    new = np.asarray(cells["role"] == "new_building")
    fixed = np.isin(cells["state"], FIXED_STATES)
    decided = np.asarray(cells["kw"], dtype=np.float64)
    modules, face_kw, face_yield = _roofs(cells, assumed, weather)
    barred = cells["restricted"].astype(bool)
    modules = np.where(barred, 0, modules)
    module_kw = assumed.number("module_kw")
    step, steps = np.where(fixed, np.nan_to_num(decided), module_kw), np.where(fixed, 1, modules)
    planned = np.rint(decided[~fixed & (decided > 0)] / module_kw).astype(np.int64)
    largest, second, unknown = _usable_areas(cells, assumed.number("usable_azimuth"))
    small = roof_too_small(largest, second, RoofLimits.read(rules))
    restricted = barred & rules.flag("legal_restriction_exclusion")
    claim = cells["exclusion"]
    may_leave = new & (small | restricted) & (claim != "never")
    uniform, by_zone = _owed(portfolio, rules)
    standard = np.asarray(cells["standard_gj"], dtype=np.float64)
    by_area = np.asarray(cells["floor_area_m2"]) * assumed.number("standard_energy_per_floor_area")
    standard = np.where(np.isnan(standard), by_area, standard)
    heat = np.asarray(cells["solar_heat_gj"] + cells["ground_heat_gj"], dtype=np.float64)
    return Houses(
        portfolio=portfolio,
        new=new,
        fixed=fixed,
        done=np.asarray(cells["state"] == "done"),
        decided_kw=decided,
        module_kw=module_kw,
        module_step_kw=step,
        steps=steps.astype(np.int64),
        sizes=_sizes(int(steps.max(initial=1)), planned, fixed.size, assumed),
        face_kw=face_kw,
        face_yield=face_yield,
        may_leave=may_leave,
        must_leave=may_leave & (claim == "claim"),
        owed_uniform_kw=np.where(new, uniform, 0.0),
        owed_by_zone_kw=np.where(new, by_zone, 0.0),
        heat_kw=heat_as_pv_kw(heat, rules.number("heat_to_pv_conversion_factor")) if heat.any() else heat,
        heat_options=HeatOptions.read(cells, new & ~fixed),
        house_type=np.array([HOUSE_TYPES.index(one) for one in cells["house_type"]], dtype=np.int64),
        standard_gj=standard,
        design_gj=np.asarray(cells["bei"], dtype=np.float64) * standard,
        ua=np.asarray(cells["ua"], dtype=np.float64),
        quarter=_quarters(cells["delivered_on"]),
        consent=np.where(fixed, 1.0, np.asarray(cells["consent"], dtype=np.float64)),
        stated_way=_stated_ways(cells["way_to_pay"]),
        roof_unknown=unknown & new,
    )


def _roofs(
    cells: Mapping[str, ObjectArray], assumed: Rules, weather: Weather | None
) -> tuple[IntArray, tuple[FloatArray, ...], tuple[FloatArray, ...]]:
    """Return number of modules, and faces with capacity and yield, sunniest first."""
    module = assumed.number("module_kw")
    per_m2 = assumed.beside("plan_programme").number("capacity_per_area")
    best_yield, of_faces = face_yields(cells, assumed, weather)
    capacities, yields = [], []
    for face in FACES:
        area = np.nan_to_num(np.asarray(cells[f"face{face}_m2"], dtype=np.float64))
        capacities.append(np.floor(area * per_m2 / module + _ALMOST) * module)
        shade = np.asarray(cells[f"face{face}_shade"], dtype=np.float64)
        yields.append(of_faces[face - FACES[0]] * (1 - shade))
    face_kw, face_yield = np.stack(capacities), np.stack(yields)
    stated = np.asarray(cells["max_kw"], dtype=np.float64)
    by_faces = face_kw.sum(axis=0)
    # Without faces all panels are taken to be on one face in the best direction.
    bare = by_faces <= 0
    face_kw[0], face_yield[0] = (
        np.where(bare, np.nan_to_num(stated), face_kw[0]),
        np.where(bare, best_yield, face_yield[0]),
    )
    # A face without panels comes last, so that what exceeds the faces yields as the poorest face in use.
    order = np.argsort(np.where(face_kw > 0, -face_yield, np.inf), axis=0, kind="stable")
    face_kw, face_yield = np.take_along_axis(face_kw, order, 0), np.take_along_axis(face_yield, order, 0)
    for place in range(1, len(FACES)):
        face_yield[place] = np.where(face_kw[place] > 0, face_yield[place], face_yield[place - 1])
    modules = np.floor(np.where(np.isnan(stated), by_faces, stated) / module + _ALMOST)
    return modules.astype(np.int64), tuple(face_kw), tuple(face_yield)


# Every whole number of modules is a size where so many can be told apart; above, steps grow with the size.
def _sizes(largest: int, planned: IntArray, houses: int, assumed: Rules) -> IntArray:
    """Return the numbers of modules that are sizes of every roof that takes them.

    Args:
        largest: modules of the largest roof.
        planned: modules that are planned on houses so far; they stay sizes.
        houses: number of houses in the list.
        assumed: assumptions of "solar_allocation".
    """
    in_list = int(assumed.number("largest_number_of_sizes_in_a_list")) // houses
    most = max(1, min(int(assumed.number("largest_number_of_sizes")), in_list))
    if largest <= most:
        return np.arange(1, largest + 1)
    # A step is at most one part in so many of the size it is made from.
    finest = next(one for one in range(most, 0, -1) if _growing(largest, one).size <= most or one == 1)
    often, number = np.unique(planned[planned <= largest], return_counts=True)
    kept = often[np.argsort(-number, kind="stable")[: _FINER * most]]
    return np.union1d(_growing(largest, finest), kept).astype(np.int64)


def _growing(largest: int, parts: int) -> IntArray:
    """Return numbers from one up to the largest, each larger than the one before by one part in so many, or by one."""
    found = [1]
    while (after := found[-1] + max(1, found[-1] // parts)) <= largest:
        found.append(after)
    return np.array(found)


def face_yields(
    cells: Mapping[str, ObjectArray], assumed: Rules, weather: Weather | None
) -> tuple[float, list[FloatArray]]:
    """Return the yield of a face in the usual best direction, and of every face by its direction [kWh/kW].

    Args:
        cells: columns of the list.
        assumed: assumptions of "solar_allocation".
        weather: hours to work the yields out from; by the table of directions if None.
    """
    directions = [
        tuple(np.asarray(cells[f"face{face}_{name}"], dtype=np.float64) for name in ("azimuth", "tilt"))
        for face in FACES
    ]
    if weather is None:
        best = assumed.beside("pv_economics").number("yield")
        table = assumed.value("yield_by_orientation")
        return best, [best * relative_yield(azimuth, tilt, table) for azimuth, tilt in directions]
    terms = PanelTerms.read(assumed)
    south = weather.yields(np.zeros(1), np.array([assumed.number("best_tilt")]), terms)
    return float(south[0]), [weather.yields(azimuth, tilt, terms) for azimuth, tilt in directions]


# Faces to the east through south to the west, and flat ones, count as usable roof.
def _usable_areas(cells: Mapping[str, ObjectArray], farthest: float) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the largest and second largest usable roof [m²], and where no roof area is given at all."""
    areas = []
    for face in FACES:
        area = np.asarray(cells[f"face{face}_m2"], dtype=np.float64)
        azimuth, tilt = np.asarray(cells[f"face{face}_azimuth"]), np.asarray(cells[f"face{face}_tilt"])
        usable = (np.abs(azimuth) <= farthest) | (tilt == 0)
        areas.append(np.where(usable, area, np.where(np.isnan(area), np.nan, 0.0)))
    stacked = np.stack(areas)
    unknown = np.isnan(stacked).all(axis=0)
    ordered = np.sort(np.where(np.isnan(stacked), -1.0, stacked), axis=0)[::-1]
    largest, second = np.where(unknown, np.nan, ordered[0]), np.where(ordered[1] < 0, np.nan, ordered[1])
    return largest, second, unknown


def _owed(portfolio: Portfolio, rules: Rules) -> tuple[FloatArray, FloatArray]:
    """Return what each house adds to the requirement by the uniform rate and by its zone's rate [kW]."""
    standard = CapacityStandard.read(rules)
    places = municipalities()
    codes, position = np.unique(portfolio.cells["municipality"].astype(str), return_inverse=True)
    for code in codes:
        rules.record(places[str(code)].zone_parameter(rules))
    one = [float(required_capacity_kw(1, places[str(code)].zone_rate, standard.kw_per_building)) for code in codes]
    uniform = float(required_capacity_kw(1, standard.uniform_rate, standard.kw_per_building))
    return np.full(portfolio.size, uniform), np.array(one)[position]


def _stated_ways(stated: ObjectArray) -> IntArray:
    """Return the way to pay that is stated of each house, -1 where the plan decides."""
    found = np.full(stated.size, -1, dtype=np.int64)
    for position, way in enumerate(WAYS_TO_PAY):
        found[stated == way] = position
    return found


def _quarters(days: ObjectArray) -> IntArray:
    """Return the quarter of the fiscal year (April to March) of each day, -1 where there is none."""
    return np.array([-1 if day is None else (day.month - 4) % 12 // 3 for day in days], dtype=np.int64)
