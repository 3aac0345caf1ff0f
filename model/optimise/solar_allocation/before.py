"""The plan before: what it planned on a house is taken as planned so far where the list does not say, and so is how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.solar_allocation.houses import Portfolio
from model.optimise.solar_allocation.inputs import FIXED_STATES, WAYS_TO_PAY
from model.optimise.solar_allocation.reread import RawList

#: The file of an answer that holds its plan.
PLAN_FILE = "plan.nc"
_NO_PLAN = Text(
    "there is no plan of `allocate` here; name a folder that it wrote, or the plan.nc in it",
    "`allocate` の計画がありません。出力フォルダー又はその中の plan.nc を指定してください",
)
_NOT_THIS_SUPPLIER = Text("the plan before has other suppliers", "前回計画にこの供給事業者がありません")


@dataclass(frozen=True)
class PlanBefore:
    """What was planned on the houses of a supplier.

    Args:
        kw: capacity by id of the house [kW].
        way: way to pay by id, of houses with panels.
    """

    kw: Mapping[str, float]
    way: Mapping[str, str]


def plan_files(path: Path) -> list[Path]:
    """Return the files of plans in a folder that `allocate` wrote; a file itself."""
    return [path] if path.is_file() else sorted((*path.glob(PLAN_FILE), *path.glob(f"*/{PLAN_FILE}")))


def read_before(path: Path) -> dict[str, PlanBefore]:
    """Return the plans before by supplier.

    Args:
        path: a folder that `allocate` wrote, for one supplier or for many, or the file of a plan in it.

    Raises:
        BadInput: there is no such plan.
    """
    import xarray as xr

    faults = FaultList()
    files = plan_files(path)
    found: dict[str, PlanBefore] = {}
    for file in files:
        try:
            with xr.open_dataset(file, engine="h5netcdf") as plan:
                ids, kw = plan["house"].values.astype(str).tolist(), plan["capacity"].values.tolist()
                ways = plan["way_to_pay"].values.astype(str).tolist()
                found[str(plan.attrs["supplier"])] = PlanBefore(
                    dict(zip(ids, kw, strict=True)),
                    {house: way for house, way in zip(ids, ways, strict=True) if way in WAYS_TO_PAY},
                )
        except (OSError, KeyError, ValueError):
            faults.add(str(file), _NO_PLAN)
    if not files:
        faults.add(str(path), _NO_PLAN)
    faults.raise_if_any()
    return found


def of_suppliers(
    before: Mapping[str, PlanBefore], portfolios: Sequence[Portfolio], alone: bool
) -> dict[str, PlanBefore]:
    """Return the plan before of each list.

    Args:
        before: plans by supplier.
        portfolios: lists of a file.
        alone: no other file is read; then a single plan is that of a single list, whatever its supplier is called.

    Raises:
        BadInput: a supplier had no plan.
    """
    if alone and len(before) == len(portfolios) == 1:
        return {portfolios[0].supplier: next(iter(before.values()))}
    faults = FaultList()
    for one in portfolios:
        if one.supplier not in before:
            faults.add(f"{one.source} ({one.supplier})", _NOT_THIS_SUPPLIER, allowed=list(before))
    faults.raise_if_any()
    return {one.supplier: before[one.supplier] for one in portfolios}


def planned_before(portfolio: Portfolio, before: PlanBefore) -> Portfolio:
    """Return a list in which what was planned before stands where it says nothing itself."""
    cells, ids = dict(portfolio.cells), portfolio.ids.tolist()
    kw = np.array([before.kw.get(house, np.nan) for house in ids])
    silent = np.isnan(cells["kw"]) & ~np.isnan(kw)
    cells["kw"] = np.where(silent, kw, cells["kw"])
    way = np.array([before.way.get(house, "decide") for house in ids], dtype=object)
    built = np.isin(cells["state"], FIXED_STATES) & (cells["way_to_pay"] == "decide")
    cells["way_to_pay"] = np.where(built, way, cells["way_to_pay"])
    return replace(portfolio, cells=cells, before=int(silent.sum()))


def reread_with(raw: RawList, before: PlanBefore) -> RawList:
    """Return the rows of the file with what was planned before, where they say nothing themselves."""
    built = np.isin(raw.choices("state"), FIXED_STATES) & (raw.choices("way_to_pay") == "decide")
    kw = {house: repr(amount) for house, amount in before.kw.items()}
    silent = ~raw.numbers("kw").known
    return raw.completed("kw", kw, silent).completed("way_to_pay", before.way, built)
