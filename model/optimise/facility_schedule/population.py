"""A made-up portfolio like the real population of large facilities: totals and spread as published, names marked.

No row stands for a real facility. Number, base emissions, emissions today and the share that fell short in the second
period are those published; sizes, ages and energy are drawn from the spreads in procurement/facility_population.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.inputs import Data
from model.optimise.facility_schedule.problem import FloatArray
from model.optimise.facility_schedule.rows import BuildingUse, FacilityRow
from model.optimise.facility_schedule.tables import PATHS
from model.ordinance.energy_facts import fixed_factors
from model.ordinance.rulebook import rules

_TABLE = "procurement/facility_population"
#: Period whose fixed factors the emissions of the population are counted by.
_COUNTED_BY = 3
#: Marks every made-up facility.
MARK = "SYNTHETIC"

_USES: tuple[BuildingUse, ...] = ("office", "shop", "hotel", "hospital", "school", "public")


def population(data: Data, seed: int, facilities: int | None = None, first_year: int = 2025) -> list[FacilityRow]:
    """Return a portfolio of made-up facilities.

    Args:
        data: the tables that ship.
        seed: seed of every draw.
        facilities: how many; as many as there are in the real population if None. Totals scale with the number.
        first_year: first fiscal year of the plan that it is made for.
    """
    draw = np.random.default_rng(seed)
    real = int(data.number(_TABLE, "facilities"))
    count = real if facilities is None else facilities
    base = base_emissions(data, draw, count)
    reduction = reductions(data, draw, base, 2023)
    factory = draw.random(count) < data.number(_TABLE, "share_of_factories")
    district = ~factory & (draw.random(count) < data.number(_TABLE, "share_with_district_supply"))
    top = draw.random(count) < data.number(_TABLE, "share_top_level")
    use = draw.choice(len(_USES), size=count, p=[data.number(_TABLE, f"share_of_{one}s") for one in _USES])
    spread = data.number(_TABLE, "area_spread")
    area = base / data.number(_TABLE, "emissions_per_area") * draw.uniform(1.0 - spread, 1.0 + spread, count)
    age = draw.integers(0, int(data.number(_TABLE, "oldest_equipment")) + 1, size=(count, 3))
    largest = int(data.number(_TABLE, "largest_owner"))
    owner = np.repeat(np.arange(count), draw.integers(1, largest + 1, size=count))[:count]
    emitted = base * (1.0 - reduction)
    drawn = draw.normal(0, data.number(_TABLE, "electric_share_spread"), count)
    least, most = (data.number(_TABLE, f"{end}_electric_share") for end in ("least", "most"))
    electric = np.clip(data.number(_TABLE, "electric_share_of_emissions") + drawn, least, most)
    supplied, by_heat = (data.number(_TABLE, name) for name in ("district_share", "district_heat_share"))
    roof = data.number(_TABLE, "roof_share_of_area")
    # The published emissions are counted by the factors fixed for the third period.
    fixed = fixed_factors(rules("cap_and_trade", "seed_2022"), _COUNTED_BY)
    gas = float(data.series(PATHS, "gas_factor")[1][0])
    rows = []
    for place in range(count):
        power = emitted[place] * electric[place] / fixed.electricity_t_per_mwh
        rest = emitted[place] * (1.0 - electric[place])
        rows.append(
            FacilityRow(
                id=f"{MARK}-{place + 1:04d}",
                owner=f"{MARK}-owner-{owner[place] + 1:04d}",
                building_use="factory" if factory[place] else _USES[use[place]],
                kind="factory" if factory[place] else "office",
                district_share=supplied if district[place] else 0.0,
                floor_area_m2=round(float(area[place])),
                roof_area_m2=round(float(area[place]) * roof),
                base_t=round(float(base[place])),
                electricity_mwh=round(float(power)),
                heat_gj=round(float(rest * by_heat / fixed.heat_t_per_gj)) if district[place] else 0.0,
                city_gas_1000m3=round(float(rest * (1.0 - by_heat if district[place] else 1.0) / gas), 1),
                lighting_from=first_year - int(age[place, 0]),
                air_conditioning_from=first_year - int(age[place, 1]),
                heat_source_from=first_year - int(age[place, 2]),
                recognition="top_level" if top[place] else "none",
            )
        )
    return rows


def base_emissions(data: Data, draw: np.random.Generator, count: int) -> FloatArray:
    """Return base emissions that sum to the published total, scaled to the number of facilities [t-CO2]."""
    total = data.number(_TABLE, "base_emissions") * 1e6 * count / data.number(_TABLE, "facilities")
    drawn = np.exp(draw.normal(0.0, data.number(_TABLE, "size_spread"), count))
    least = data.number(_TABLE, "least_base")
    free = total - least * count
    return np.asarray(least + drawn * free / drawn.sum())


def reductions(data: Data, draw: np.random.Generator, base_t: FloatArray, year: int) -> FloatArray:
    """Return reductions against the base that give the published total of a year [1]."""
    spread = draw.normal(0.0, data.number(_TABLE, "reduction_spread"), len(base_t))
    wanted = _published(data, "reduction", year)
    centred = spread - float(base_t @ spread) / float(base_t.sum())
    least, most = (data.number(_TABLE, f"{end}_reduction") for end in ("least", "most"))
    return np.asarray(np.clip(wanted + centred, least, most))


def period_reductions(data: Data, draw: np.random.Generator, base_t: FloatArray, years: Sequence[int]) -> FloatArray:
    """Return reductions against the base that give the published emissions of each year [1], dims (facility, year)."""
    total = data.number(_TABLE, "base_emissions")
    spread = draw.normal(0.0, data.number(_TABLE, "reduction_spread"), len(base_t))
    centred = spread - float(base_t @ spread) / float(base_t.sum())
    wanted = np.array([1.0 - _published(data, "emissions", year) / total for year in years])
    return np.asarray(np.minimum(wanted + centred[:, np.newaxis], 1.0))


def _published(data: Data, quantity: str, year: int) -> float:
    """Return a published figure of one year."""
    return float(data.by_year(_TABLE, quantity, np.array([float(year)]))[0])
