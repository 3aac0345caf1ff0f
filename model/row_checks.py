"""What must hold between the rows of the input tables: nothing missing, shares that sum to 1, numbers in order.

A single row is checked in `model.inputs`; here is what only all rows of a quantity show. `ROWS` says which labels each
quantity of the pathway's tables must have; without them a run would take 0 for what nobody gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Final

import pandas as pd

from model.axes import BASE_YEAR, PROJECTION_FROM, period_bounds
from model.faults import FaultList
from model.labels import classification
from model.language import Text
from model.ordinance.municipalities import municipalities
from model.tables import CLASSIFIED, LAST_YEAR, TABLES, labels_of

#: How far from 1 shares may sum.
SHARE_TOLERANCE = 1e-6

#: Tables whose quantity sums to 1 over a dim, for each label of the others: table, quantity, dim, grouped by.
SETS_OF_SHARES: Final = (
    ("buildings/segments", "share_of_building_type", "segment", "building_type"),
    ("buildings/segment_shares", "share_of_stock_type", "segment", "stock_type"),
    ("buildings/standards_of_new", "share_of_new", "standard", None),
    ("buildings/insulation_mix", "share_of_dwellings", "standard", None),
    ("energy/commercial_intensity", "end_use_share_of_final", "end_use", None),
    ("energy/technology_shares", "stock_share", "technology", "end_use"),
    ("energy/technology_shares", "choice_share", "technology", "end_use"),
    ("solar/capacity_shares", "share_of_installed", "policy_group", None),
    ("economics/other_sectors", "share_of_cost", "payer", None),
    ("economics/payers", "share_of_works", "payer", None),
    ("economics/payers", "share_of_bills", "payer", None),
)

#: Quantities of one table that rise in this order for each label of a dim.
_RISING = (("buildings/lifetimes", "building_type", ("lowest_mean", "mean", "highest_mean")),)

#: Fiscal years that every run covers.
_COVERED = (BASE_YEAR, PROJECTION_FROM)


@dataclass(frozen=True)
class Rows:
    """Rows that a quantity must have.

    Args:
        labels: dim → labels that must occur, each with each label of the other dims named; a word stands for a set:
            `every` label of the dim, or those of `residential` or `commercial` buildings, or the `wards`.
        least: fewest rows of each combination.
        most: most rows of each combination.
        years: first and last fiscal year that a row may speak of; None where a row has no year.
    """

    labels: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    least: int = 1
    most: int | None = None
    years: tuple[int, int] | None = None

    def required(self) -> dict[str, tuple[str, ...]]:
        """Return the labels that must occur, by dim."""
        return {dim: _labels(dim, which) for dim, which in self.labels.items()}


_DWELLINGS: Final = Rows({"segment": "residential"})
_OTHERS: Final = Rows({"segment": "commercial"})
_BOTH_SECTORS: Final = {"sector": ("residential", "commercial")}
_OTHER_SECTORS: Final = ("industry", "transport", "waste", "other_gases")

#: What each quantity needs that a run cannot do without: table → quantity → rows.
ROWS: Final[dict[str, dict[str, Rows]]] = {
    "inventory/energy": {
        "final_energy": Rows({"sector": ("residential", "commercial", "industry", "transport")}, years=_COVERED),
        "final_energy_change": Rows({"sector": ("residential",)}, years=_COVERED),
    },
    "inventory/emissions": {name: Rows(least=0, years=_COVERED) for name in ("greenhouse_gas", "co2")},
    "inventory/electricity": {
        "co2_factor": Rows(),
        "renewable_share": Rows(),
        "consumption": Rows(least=0, years=_COVERED),
        "fixed_factor": Rows(),
        "fixed_factor_last_year": Rows(most=1),
    },
    "inventory/cap_and_trade": {
        "base_period": Rows(least=2, most=2, years=_COVERED),
        "base_emissions": Rows(most=1),
        "factory_share": Rows(),
        "reduction": Rows(years=(BASE_YEAR, LAST_YEAR)),
    },
    "inventory/carriers": {
        "emission_factor": Rows({"carrier": ("city_gas", "lpg", "oil", "district_heat")}),
        "primary_energy_factor": Rows({"carrier": "every"}),
        "crude_oil_equivalent": Rows({"carrier": ("",)}, most=1),
    },
    "inventory/other_sectors": {
        "electric_share": Rows({"sector": ("industry", "transport")}),
        "fuel_factor": Rows({"sector": ("industry", "transport")}, most=1),
        "emissions": Rows({"sector": ("waste", "other_gases")}),
    },
    "buildings/dwellings": {"dwellings": Rows(least=3), "vacancy_rate": Rows(), "years_to_outlook": Rows(most=1)},
    "buildings/stock_types": {"share_of_dwellings": Rows({"stock_type": ("detached", "row_house", "apartment_wood")})},
    "buildings/households": {"households": Rows({"household_series": "every"}, least=2)},
    "buildings/population_outlook": {"population": Rows({"area_group": "every"}, least=2)},
    "buildings/segments": {
        "floor_area_per_dwelling_existing": _DWELLINGS,
        "floor_area_per_dwelling_new": _DWELLINGS,
        "dwellings_per_building_existing": _DWELLINGS,
        "dwellings_per_building_new": _DWELLINGS,
        "floor_area_per_building_existing": _OTHERS,
        "floor_area_per_building_new": _OTHERS,
        "share_of_building_type": _OTHERS,
    },
    "buildings/segment_shares": {"share_of_stock_type": _DWELLINGS},
    "buildings/non_residential": {"floor_area": Rows({"building_type": "commercial"}, least=2)},
    "buildings/lifetimes": {
        **dict.fromkeys(("mean", "lowest_mean", "highest_mean", "weibull_shape"), Rows({"building_type": "every"})),
        "oldest_vintage_years": Rows({"building_type": ("",)}, most=1),
    },
    "buildings/municipalities": {
        "population": Rows({"region": "every"}, most=1),
        "households": Rows({"region": "every"}, most=1),
        "detached_share": Rows({"region": "wards"}, most=1),
        "office_floor_area": Rows({"region": "wards"}, most=1),
    },
    "buildings/region_weights": {
        "office_weight": Rows({"building_type": "commercial"}),
        "office_floor_area_beyond_wards": Rows({"building_type": ("office",)}),
    },
    "buildings/turnover": {
        "dwellings_started": Rows({"category": ("all", "detached_custom", "detached_for_sale")}, years=_COVERED),
        "buildings_started": Rows({"category": ("all", "all_large", "residential")}, years=_COVERED),
    },
    "buildings/standards_of_new": {"share_of_new": Rows({"segment_sector": "every"})},
    "buildings/insulation_mix": {"share_of_dwellings": Rows(least=0, years=_COVERED)},
    "energy/residential_intensity": {
        "final_energy_per_dwelling": Rows({"building_type": "residential", "end_use": "every"}),
    },
    "energy/commercial_intensity": {
        "primary_intensity": Rows({"building_type": "commercial", "end_use": ("",)}),
        "electricity_share_of_primary": Rows({"building_type": "commercial", "end_use": ("",)}),
        "end_use_share_of_final": Rows({"building_type": "commercial", "end_use": "every"}),
    },
    "energy/size_intensity": {"relative_intensity": Rows({"size_class": "every"})},
    "energy/standard_factors": {
        "factor": Rows({"segment_sector": "every", "standard": "every", "end_use": "every"}),
    },
    "energy/technologies": {
        "efficiency": Rows({"technology": "every"}),
        **dict.fromkeys(("lifetime_mean", "lifetime_shape", "investment"), Rows({"technology": "every"}, most=1)),
    },
    "energy/technology_shares": {
        "stock_share": Rows({"equipment_class": "every", "technology": "every"}, most=1),
        "choice_share": Rows({"equipment_class": "every", "technology": "every"}),
    },
    "energy/prices": {
        **dict.fromkeys(("price", "business_price"), Rows({"carrier": "every"}, most=1)),
        "discount_rate": Rows({"carrier": ("",)}),
        "choice_sensitivity": Rows({"carrier": ("",)}),
    },
    "energy/calibration": {
        "electricity_share": Rows(_BOTH_SECTORS, years=_COVERED),
        "intensity_year": Rows(_BOTH_SECTORS, most=1),
        "service_knot": Rows(_BOTH_SECTORS, years=_COVERED),
        "capped_service_knot": Rows({"sector": ("commercial",)}, years=_COVERED),
        "pandemic_profile": Rows(_BOTH_SECTORS),
    },
    "energy/load_moments": {
        "ratio_to_mean": Rows({"load_moment": "every", "segment_sector": "every", "end_use": "every"}, most=1),
        "panel_output": Rows({"load_moment": "every"}, most=1),
    },
    "solar/capacity": {"capacity": Rows()},
    "solar/parameters": dict.fromkeys(
        ("yield", "degradation", "lifetime_mean", "lifetime_shape", "rooftop_potential"), Rows()
    ),
    "solar/self_use": {"self_use_share": Rows({"segment_sector": "every"})},
    "solar/capacity_shares": {"share_of_installed": Rows({"policy_group": "every"})},
    "economics/building_costs": dict.fromkeys(
        ("renovation_cost", "new_premium"), Rows({"equipment_class": "every", "standard": "every"}, most=1)
    ),
    "economics/parameters": dict.fromkeys(
        (
            "price_year",
            "discount_rate",
            "renovation_life",
            "new_building_life",
            "free_service_share",
            "service_elasticity",
            "administration_share",
            "grant_uptake",
            "operation_cost_first",
            "operation_cost_last",
            "operation_life",
            "target_tolerance",
        ),
        Rows(most=1),
    ),
    "economics/solar": {
        "panel_cost": Rows(),
        **dict.fromkeys(
            ("existing_roof_ratio", "inverter_cost", "inverter_life", "upkeep", "export_value"), Rows(most=1)
        ),
    },
    "economics/supply": {
        "clean_gas_premium": Rows(),
        **dict.fromkeys(
            (
                "renewable_premium_first",
                "renewable_premium_last",
                "thermal_abatement_last",
                "heat_abatement_last",
                "credit_price",
            ),
            Rows(most=1),
        ),
    },
    "economics/other_sectors": {
        "abatement_last": Rows({"sector": _OTHER_SECTORS, "payer": ("",)}, most=1),
        "share_of_cost": Rows({"sector": _OTHER_SECTORS}),
    },
    "economics/payers": dict.fromkeys(("share_of_works", "share_of_bills"), Rows({"tenure": "every"})),
    "policy/new_buildings": {
        name: Rows({"policy_group": ("detached_custom", "detached_for_sale", "rental_small", "condominium_small")})
        for name in ("obliged_share", "eligible_share")
    },
    "policy/standards": {
        "bei": Rows({"segment_sector": "every", "standard": "every"}),
        "ua": Rows({"segment_sector": ("residential",), "standard": "every"}),
    },
    "policy/building_types": {
        "storeys": Rows({"building_type": ("apartment_rental", "condominium")}),
        "use_class": Rows({"building_type": "commercial"}),
    },
    "policy/paths": {name: Rows(least=2, years=(BASE_YEAR, LAST_YEAR)) for name in TABLES["policy/paths"].quantities},
    "policy/known_grants": dict.fromkeys(("renovation_share", "panels_existing"), Rows(most=1)),
    "policy/credits": {"supply": Rows({"credit_kind": "every"}, most=1)},
    "policy/parameters": {name: Rows() for name in TABLES["policy/parameters"].quantities},
}


def check_rows(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every row that is missing, speaks of a wrong year or stands once too often."""
    for table, quantities in ROWS.items():
        if table in frames:
            for quantity, rows in quantities.items():
                if quantity in TABLES[table].quantities:
                    _check_quantity(table, quantity, rows, frames[table], faults)
    _check_periods("buildings/dwelling_vintages", "stock_type", BASE_YEAR, frames, faults)
    _check_periods("buildings/office_vintages", None, None, frames, faults)


def check_relations(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every set of shares that does not sum to 1, and numbers in the wrong order."""
    _check_sums(frames, faults)
    _check_order(frames, faults)


def _labels(dim: str, which: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that a word of `Rows.labels` stands for."""
    if isinstance(which, tuple):
        return which
    if which == "every":
        return labels_of(dim)
    if which == "wards":
        return tuple(code for code, place in municipalities().items() if place.kind == "ward")
    rows = classification("segments").items()
    names = (row.get(dim, name) for name, row in rows if row["sector"] == which)
    return tuple(dict.fromkeys(names))


def _check_quantity(table: str, quantity: str, rows: Rows, frame: pd.DataFrame, faults: FaultList) -> None:
    """Record what is missing or too much of one quantity."""
    place, unit = f"{table}.csv, {quantity}", TABLES[table].quantities[quantity].unit
    chosen, required = frame[frame["quantity"] == quantity], rows.required()
    found: dict[tuple[str, ...], int] = {}
    for key in zip(*(chosen[dim] for dim in required), strict=True) if required else [()] * len(chosen):
        found[key] = found.get(key, 0) + 1
    wanted = list(product(*required.values()))
    if missing := [key for key in wanted if found.get(key, 0) < rows.least]:
        labels = _named(missing, required)
        needed = Text(
            f"rows are missing: {labels.en}; add {_a_row(rows.least).en} for each, with its value in {unit}",
            f"行がありません: {labels.ja}。それぞれ{_a_row(rows.least).ja}追加し、値の単位は{unit}としてください",
        )
        faults.add(place, needed if required else _none(rows.least, unit), given=None)
    if rows.most is not None and (many := [key for key in wanted if found.get(key, 0) > rows.most]):
        labels = _named(many, required)
        faults.add(
            place,
            Text(
                f"too many rows {labels.en}; leave {rows.most} of them".replace("  ", " "),
                f"行が多すぎます {labels.ja}。{rows.most}行だけ残してください".replace("  ", " "),
            ),
            given="; ".join(str(found[key]) for key in many),
            allowed=str(rows.most),
        )
    if rows.years is not None:
        first, last = rows.years
        for line, year in zip(chosen.index, chosen["year"], strict=True):
            if not first <= year <= last:
                faults.add(
                    f"{table}.csv, row {line + 2}",
                    Text(f"{quantity} is used in these years only", f"{quantity}はこの期間の年度だけが有効です"),
                    given="" if pd.isna(year) else int(year),
                    allowed=f"{first}…{last}",
                )


def _a_row(least: int) -> Text:
    return Text("a row" if least == 1 else f"at least {least} rows", "行を" if least == 1 else f"{least}行以上を")


def _none(least: int, unit: str) -> Text:
    return Text(
        f"rows are missing; add {_a_row(least).en}, with its value in {unit}",
        f"行がありません。{_a_row(least).ja}追加し、値の単位は{unit}としてください",
    )


def _named(keys: list[tuple[str, ...]], required: Mapping[str, tuple[str, ...]]) -> Text:
    """Return combinations of labels in words: by dim where every label occurs with every other, else one by one."""
    by_dim = {dim: tuple(dict.fromkeys(key[i] for key in keys)) for i, dim in enumerate(required)}
    if prod(map(len, by_dim.values())) != len(keys):
        each = "; ".join(" / ".join(filter(None, key)) for key in keys)
        return Text(each, each)
    english, japanese = [], []
    for dim, labels in by_dim.items():
        named = ", ".join(filter(None, labels))
        whole = len(labels) == len(required[dim]) > 1
        english.append(f"every {dim}" if whole else named)
        japanese.append(f"すべての{dim}" if whole else named)
    return Text(" × ".join(filter(None, english)), " × ".join(filter(None, japanese)))


def _check_periods(
    table: str, dim: str | None, year: int | None, frames: Mapping[str, pd.DataFrame], faults: FaultList
) -> None:
    """Record periods of construction that leave a gap, overlap, or differ from label to label of a dim.

    Args:
        table: a table with the dims period and year.
        dim: each of its labels must have all periods; None where the table has no such dim.
        year: the year whose periods are used; None where the table may hold one year only.
        frames: every table read.
        faults: list to add to.
    """
    if table not in frames:
        return
    frame = frames[table]
    years = [year] if year is not None else sorted(frame["year"].dropna().unique())
    if len(years) != 1:
        faults.add(f"{table}.csv", Text("one year is needed, the same in every row", "全行を同じ1年度にしてください"),
                   given=", ".join(f"{one:.0f}" for one in years))  # fmt: skip
        return
    rows = frame[frame["year"] == years[0]]
    for label, periods in _periods_of(rows, dim):
        first, last = period_bounds(periods, 0)
        order = first.argsort()
        first, last = first[order], last[order]
        opened = any(name.startswith("pre") for name in periods)
        if opened and all(first[1:] == last[:-1] + 1) and years[0] - 1 <= last[-1]:
            continue
        faults.add(
            f"{table}.csv, {years[0]:.0f} {label}".strip(),
            Text(
                "the periods of construction must follow each other from an open one (pre…) to the year, without gap"
                " or overlap; add the rows that are missing",
                "建築時期は、最古の区分(pre…)から当該年度まで切れ目や重なりなく並べ、足りない行を追加してください",
            ),
            given=", ".join(periods) or "-",
        )


def _periods_of(rows: pd.DataFrame, dim: str | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each label of a dim with its periods of construction."""
    if dim is None:
        yield "", list(rows["period"])
        return
    for label in labels_of(dim):
        yield label, list(rows.loc[rows[dim] == label, "period"])


def _check_sums(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every set of shares that does not sum to 1; nothing is normalised silently."""
    for name, quantity, dim, attribute in SETS_OF_SHARES:
        if name not in frames:
            continue
        frame = frames[name][frames[name]["quantity"] == quantity]
        group = [other for other in TABLES[name].dims if other != dim]
        if attribute is not None:
            table = classification(CLASSIFIED[dim])
            frame = frame.assign(**{attribute: frame[dim].map(lambda label, t=table, a=attribute: t[label][a])})
            group = [*group, attribute]
        sums = frame.groupby(group, dropna=False)["value"].sum() if group else pd.Series({"": frame["value"].sum()})
        for label, total in sums.items():
            if abs(total - 1.0) > SHARE_TOLERANCE:
                words = " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
                faults.add(f"{name}.csv, {quantity} {words}".strip(),
                           Text(f"shares over {dim} must sum to 1", f"{dim}の割合の合計を1にしてください"),
                           given=f"{total:g}", allowed="1 ± 0.000001")  # fmt: skip


def _check_order(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record numbers that should rise from one quantity to the next and do not."""
    for name, dim, quantities in _RISING:
        if name not in frames:
            continue
        values = frames[name].pivot_table(index=dim, columns="quantity", values="value", aggfunc="first")
        for label, row in values.reindex(columns=list(quantities)).dropna().iterrows():
            if not row.is_monotonic_increasing:
                faults.add(
                    f"{name}.csv, {label}",
                    Text(
                        f"these must not fall in this order: {', '.join(quantities)}",
                        f"次の順に小さくならないようにしてください: {', '.join(quantities)}",
                    ),
                    given=", ".join(f"{value:g}" for value in row),
                )
