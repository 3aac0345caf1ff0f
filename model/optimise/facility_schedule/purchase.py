"""What a joint purchase of electricity gives the facilities of a schedule: the factor that counts, and the price.

The result of `auction plan` (menus before any bid) or of `auction clear` (the award) is read; a facility is found in it
by its id. From the start of supply on its electricity has the factor of that supply: the share that is renewable counts
as zero, the rest as the supplier states it, or as the path does where he states nothing. The supply is taken to be
renewed on the same terms every year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from model.faults import FaultList
from model.language import Text
from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.facility_schedule.rows import FacilityRow
from model.yaml_reader import NO_SUCH_FILE

#: Results of a joint purchase in their folder: the award before the plan, if both are there.
FILES = ("award.nc", "plan.nc")
#: What a result must say of each facility.
NEEDED = ("energy", "bill", "renewable_share", "supplier_factor")
_NO_RESULT = Text(
    "this is not a result of auction plan or auction clear of this version (plan.nc or award.nc); make it anew",
    "auction plan 又は auction clear の（この版による）結果（plan.nc・award.nc）ではありません。再作成してください",
)
_NOBODY = Text(
    "no facility of the schedule is in this purchase; both tables must use the same ids",
    "計画の事業所がこの共同購入に含まれていません。両方の表で同じIDを使ってください",
)


@dataclass(frozen=True)
class Supply:
    """Electricity of one facility under a joint purchase.

    Args:
        first_year: first fiscal year of supply.
        renewable_share: share of the electricity that is renewable [1].
        factor: factor of the rest as the supplier states it [t-CO2/MWh]; NaN where he states none.
        price: bill by electricity [JPY/MWh].
    """

    first_year: int
    renewable_share: float
    factor: float
    price: float


def purchase_file(path: Path) -> Path:
    """Return the file that says the result of a joint purchase: the award or the plan in a folder, else the path."""
    return next((path / name for name in FILES if (path / name).is_file()), path)


def read_purchase(path: Path) -> dict[str, Supply]:
    """Return the supply of each facility of a joint purchase by its id.

    Args:
        path: folder that `auction plan` or `auction clear` wrote, or the plan.nc or award.nc in it.

    Raises:
        BadInput: there is no such result.
    """
    faults = FaultList()
    file = purchase_file(path)
    if not file.is_file():
        faults.add(str(path), _NO_RESULT if path.is_dir() else NO_SUCH_FILE)
    faults.raise_if_any()
    try:
        with xr.open_dataset(file, engine="h5netcdf") as found:
            result = found.load()
    except (OSError, ValueError):
        result = xr.Dataset()
    if "supply_from" not in result.attrs or any(name not in result for name in NEEDED):
        faults.add(str(file), _NO_RESULT)
    faults.raise_if_any()
    energy, bill, share, factor = (result[name].to_numpy() for name in NEEDED)
    first = int(result.attrs["supply_from"])
    return {
        str(name): Supply(first, float(share[n]), float(factor[n]), 1000.0 * float(bill[n]) / float(energy[n]))
        for n, name in enumerate(result["facility"].to_numpy())
        if energy[n] > 0 and not np.isnan(share[n])
    }


def check_purchase(supplies: Mapping[str, Supply], rows: Sequence[FacilityRow], path: Path, faults: FaultList) -> None:
    """Check that a purchase supplies at least one facility of the schedule."""
    if not {row.id for row in rows} & set(supplies):
        faults.add(str(path), _NOBODY, ", ".join(list(supplies)[:3]), ", ".join([row.id for row in rows][:3]))


def supplied_factors(
    rows: Sequence[FacilityRow], supplies: Mapping[str, Supply], years: IntArray, without: FloatArray
) -> FloatArray:
    """Return the factor of each facility's electricity [t-CO2/MWh], dims (facility, year).

    Args:
        rows: facilities.
        supplies: supply of facilities by id.
        years: fiscal years, dims (year).
        without: factors without the purchase, dims (facility, year).
    """
    found = without.copy()
    for place, row in enumerate(rows):
        supply = supplies.get(row.id)
        if supply is not None:
            rest = without[place] if np.isnan(supply.factor) else np.full(len(years), supply.factor)
            found[place] = np.where(years >= supply.first_year, (1.0 - supply.renewable_share) * rest, without[place])
    return found


def extra_prices(
    rows: Sequence[FacilityRow], supplies: Mapping[str, Supply], years: IntArray, price: FloatArray
) -> FloatArray:
    """Return what a MWh costs more under the purchase than on the path [JPY/MWh], dims (facility, year).

    Args:
        rows: facilities.
        supplies: supply of facilities by id.
        years: fiscal years, dims (year).
        price: price of electricity on the path [JPY/MWh], dims (year).
    """
    extra = np.zeros((len(rows), len(years)))
    for place, row in enumerate(rows):
        supply = supplies.get(row.id)
        if supply is not None:
            extra[place] = np.where(years >= supply.first_year, supply.price - price, 0.0)
    return extra
