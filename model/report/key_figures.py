"""The few numbers that answer a policy person's questions; figures, tables and pages share them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr

from model.summary_table import by_building_sector
from model.targets import BASE_YEAR, base_emissions, published_final_energy, targets_of

#: What happened to the stock since the projection began, in the order in which it is drawn.
STOCK_STATES: Final = ("new", "renovated", "as_before")


@dataclass(frozen=True)
class HindcastError:
    """How far the model was from what is known, at most.

    Args:
        size: the largest absolute difference [unit of the quantity].
        first: first fiscal year that was compared.
        last: last one.
    """

    size: float
    first: int
    last: int


@dataclass(frozen=True)
class Verdict:
    """Emissions or energy of a year against its target.

    Args:
        year: fiscal year.
        value: what the model gives [unit/year].
        base: the published value of `BASE_YEAR` [unit/year].
        target: the target of the year [unit/year], None where there is none.
        error: what the hindcast of the quantity missed, None where nothing is known to compare it with.
    """

    year: int
    value: float
    base: float
    target: float | None
    error: HindcastError | None = None

    @property
    def change(self) -> float:
        """Return the change against the base year as a share of it."""
        return self.value / self.base - 1

    @property
    def target_change(self) -> float | None:
        """Return the change against the base year that the target asks for."""
        return None if self.target is None else self.target / self.base - 1

    @property
    def gap(self) -> float | None:
        """Return what is above the target [unit/year]; negative where the target is met."""
        return None if self.target is None else self.value - self.target

    @property
    def met(self) -> bool | None:
        """Return whether the target is met, or None where there is none."""
        return None if self.gap is None else self.gap <= 0

    @property
    def within_error(self) -> bool:
        """Return whether the distance to the target is smaller than what the hindcast missed."""
        return self.gap is not None and self.error is not None and abs(self.gap) < self.error.size


def emission_targets() -> dict[int, float]:
    """Return the greenhouse gases that each target year allows [Mt/year]."""
    base = base_emissions().value
    return {year: base * (1 + row.value) for year, row in targets_of("greenhouse_gas_change").items()}


def energy_targets(dataset: xr.Dataset, sector: str = "all") -> dict[int, float]:
    """Return the final energy that each target year allows a sector, or all of them together [PJ/year].

    The base year is the published one for all sectors and the modelled one for a single sector, whose level is not
    published for each.

    Args:
        dataset: a result of `assemble`.
        sector: label of a sector, or "all".
    """
    if BASE_YEAR not in dataset["year"]:
        return {}
    base = (
        published_final_energy()[BASE_YEAR].value
        if sector == "all"
        else float(dataset["sector_energy"].sel(sector=sector, year=BASE_YEAR))
    )
    targets = targets_of("final_energy_change", sector)
    return {year: base * (1 + row.value) for year, row in targets.items() if year in dataset["year"]}


def key_years(dataset: xr.Dataset) -> list[int]:
    """Return the years a reader asks for: the base, the last published one, each year with a target."""
    wanted = {BASE_YEAR, last_published_year(dataset), *emission_targets()}
    return [int(year) for year in dataset["year"].to_numpy() if int(year) in wanted]


def last_published_year(dataset: xr.Dataset) -> int:
    """Return the last year of the hindcast."""
    return int(dataset.attrs["projection_from"]) - 1


def reference_year(dataset: xr.Dataset) -> int:
    """Return the year that changes are counted from: the last published one, or the first of a run without it."""
    years = [int(year) for year in dataset["year"].to_numpy()]
    return last_published_year(dataset) if last_published_year(dataset) in years else years[0]


def shown_year(dataset: xr.Dataset) -> int:
    """Return the first year with a target, or the last of the run where it ends before."""
    years = dataset["year"].to_numpy()
    return min(*emission_targets(), int(years[-1]))


def verdict(dataset: xr.Dataset, year: int) -> Verdict:
    """Return the emissions of a year against the base year and the target."""
    value = float(dataset["greenhouse_gas_total"].sel(year=year))
    here = dataset.isel(observation=dataset["quantity"].to_numpy() == "greenhouse_gas_total")
    missed = (here["modelled"] - here["published"]).to_numpy()
    error = _largest(here["observation_year"].to_numpy(), missed)
    return Verdict(year, value, base_emissions().value, emission_targets().get(year), error)


def energy_verdict(dataset: xr.Dataset, year: int) -> Verdict:
    """Return the final energy of all sectors in a year [PJ/year] against the base year and the target."""
    energy = dataset["sector_energy"].sum("sector")
    known = published_final_energy()
    years = [y for y, row in known.items() if row.quality != "estimate" and y in dataset["year"]]
    missed = energy.sel(year=years).to_numpy() - [known[y].value for y in years]
    target = energy_targets(dataset).get(year)
    return Verdict(year, float(energy.sel(year=year)), known[BASE_YEAR].value, target, _largest(years, missed))


def _largest(years: Sequence[int] | np.ndarray, missed: np.ndarray) -> HindcastError | None:
    """Return the largest of the differences of some years, or None where there is none."""
    if len(missed) == 0:
        return None
    return HindcastError(float(np.abs(missed).max()), int(min(years)), int(max(years)))


def residential_levels(dataset: xr.Dataset) -> dict[int, float]:
    """Return the energy of dwellings by year, from published changes and the level of the base year [PJ/year].

    level[y] = index[y] · level[base year]: the changes are published, the level is an estimate, so are the results.
    """
    quantity, years = dataset["quantity"].to_numpy(), dataset["observation_year"].to_numpy()
    published = dataset["published"].to_numpy()
    level = published[(quantity == "sector_energy.residential") & (years == BASE_YEAR)]
    if len(level) == 0:
        return {}
    index = quantity == "residential_energy_index"
    return {int(year): float(value * level[0]) for year, value in zip(years[index], published[index], strict=True)}


def solar_capacity_gw(dataset: xr.Dataset) -> xr.DataArray:
    """Return rooftop solar capacity of Tokyo by year and sector of the building [GW]."""
    return by_building_sector(dataset, "solar_capacity").sum("region") / 1e6


def stock_by_state(dataset: xr.Dataset, counted: str) -> xr.DataArray:
    """Return the stock split into new, renovated and unchanged since the projection began.

    renovated[y] = old[y] · min(1, Σ_{t ≤ y} renovated floor area[t] / old floor area[t]), per segment: what is
    renovated is demolished at the rate of everything old, and a building renovated twice counts twice, so the share
    is an upper bound.

    Args:
        dataset: a result of `assemble`.
        counted: `buildings`, `dwellings` or `floor_area`.

    Returns:
        [unit of `counted`] with dims year, segment, state.
    """
    start = int(dataset.attrs["projection_from"])
    is_new = dataset["first_vintage"] >= start
    stock = dataset[f"{counted}_by_vintage_class"]
    new = stock.where(is_new, 0.0).sum("vintage_class")
    old = stock.where(~is_new, 0.0).sum("vintage_class")
    old_floor = dataset["floor_area_by_vintage_class"].where(~is_new, 0.0).sum("vintage_class")
    renovated_floor = dataset["renovated_floor_area"].where(dataset["year"] >= start, 0.0)
    renovated = old * (renovated_floor / old_floor.where(old_floor > 0, np.inf)).cumsum("year").clip(max=1.0)
    states = {"new": new, "renovated": renovated, "as_before": old - renovated}
    together = xr.concat([states[name] for name in STOCK_STATES], dim="state", coords="minimal", compat="override")
    return together.assign_coords(state=list(STOCK_STATES)).transpose("year", "segment", "state")


def new_share(dataset: xr.Dataset, counted: str, sector: str | None = None) -> xr.DataArray:
    """Return the share of the stock of each year that was built since the projection began [1].

    Args:
        dataset: a result of `assemble`.
        counted: `buildings`, `dwellings` or `floor_area`.
        sector: `residential` or `commercial`; None for both.
    """
    states = stock_by_state(dataset, counted)
    if sector is not None:
        states = of_sector(states, sector)
    by_state = states.sum("segment")
    return by_state.sel(state="new", drop=True) / by_state.sum("state")


def of_sector(array: xr.DataArray, sector: str) -> xr.DataArray:
    """Return the segments of one sector."""
    return array.isel(segment=np.flatnonzero(array["segment_sector"].to_numpy() == sector))


def largest_residuals(dataset: xr.Dataset, count: int) -> list[int]:
    """Return the positions of the largest relative residuals, one a quantity, largest first."""
    size = np.abs(dataset["residual"].to_numpy())
    quantity = dataset["quantity"].to_numpy()
    worst: dict[str, int] = {}
    for position in np.argsort(-size, kind="stable"):
        worst.setdefault(str(quantity[position]), int(position))
    return list(worst.values())[:count]
