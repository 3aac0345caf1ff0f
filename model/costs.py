"""What a pathway costs, year by year: who pays for what, and which subsidies pass between them.

Costs are counted from the projection on, against nothing: the net cost of a scenario is the difference between two
runs. Works are money in the year they are done (`expenditure`) and an annuity over their life (`annual_cost`), so that
works near the last year do not look dearer than they are. Energy saved shows as smaller bills. Subsidies move money and
cost nothing, so they stand apart in `transfer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR, PROJECTION_FROM, Axes
from model.cost_equations import annuity, discount_factors, rising_cost, spread_over_life, value_forgone
from model.emissions import FACTOR_VIEWS
from model.inputs import Data
from model.levers import Levers
from model.policy.homes import Grants
from model.survival_families import Array
from model.year_path import path_values

_GJ_PER_TJ = 1e3
_KWH_PER_TJ = 1e6 / 3.6
_KWH_PER_TWH = 1e9
_TONNES_PER_MT = 1e6
#: Item of the bill of each carrier.
_BILLS = {
    "electricity": "electricity", "city_gas": "city_gas", "lpg": "other_fuels", "oil": "other_fuels",
    "district_heat": "district_heat",
}  # fmt: skip
#: Sectors that are not buildings, and those of them that buy electricity.
_OTHER_SECTORS = ("industry", "transport", "waste", "other_gases")
_ELECTRIC_SECTORS = ("industry", "transport")


@dataclass
class _Books:
    """Costs as they are entered: each kind of money by year, payer and item, and transfers by year and payer."""

    axes: Axes
    expenditure: Array
    annual_cost: Array
    transfer: Array

    def enter(self, item: str, cost: Array, spent: Array | None = None) -> None:
        """Add a cost [JPY/year] [year, payer]; `spent` where the money leaves at other times than cost counts."""
        position = self.axes.cost_items.index(item)
        self.annual_cost[:, :, position] += cost
        self.expenditure[:, :, position] += cost if spent is None else spent


def pathway_costs(
    levers: Levers, data: Data, axes: Axes, values: Mapping[str, Array], grants: Grants | None = None
) -> dict[str, Array]:
    """Return what a pathway costs from the projection on, 0 before.

    Args:
        levers: of the scenario.
        data: input tables.
        axes: axes of the run.
        values: result variables of the run, in the units of `model.schema`.
        grants: what homes are granted; None for nothing.

    Returns:
        `expenditure` and `annual_cost` [JPY/year] [year, payer, cost_item], `transfer` [JPY/year] [year, payer].
    """
    shape = (len(axes.years), len(axes.payers))
    by_item = (*shape, len(axes.cost_items))
    books = _Books(axes, np.zeros(by_item), np.zeros(by_item), np.zeros(shape))
    works, bills = (_payers_of_segments(data, axes, name) for name in ("share_of_works", "share_of_bills"))
    projected = (axes.years >= PROJECTION_FROM).astype(np.float64)
    _enter_buildings(books, data, values, works, projected)
    _enter_equipment(books, levers, data, values, works, projected)
    _enter_panels(books, data, values, works, projected)
    _enter_operation(books, data, values, works, projected)
    _enter_credits(books, data, values, works, projected)
    _enter_energy(books, levers, data, values, bills, projected)
    _enter_other_sectors(books, data, values, projected)
    if grants is not None:
        _enter_grants_of_homes(books, grants, data, values, works, projected)
    return {"expenditure": books.expenditure, "annual_cost": books.annual_cost, "transfer": books.transfer}


def present_value(data: Data, axes: Axes, flow: Array) -> Array:
    """Return a flow of the projection as worth at its start: Σ_y flow[y] · (1 + i)^−(y − first) over the first dim."""
    rate = data.number("economics/parameters", "discount_rate")
    weights = discount_factors(rate, axes.years - PROJECTION_FROM) * (axes.years >= PROJECTION_FROM)
    return np.asarray(np.tensordot(weights, flow, axes=(0, 0)))


def _payers_of_segments(data: Data, axes: Axes, quantity: str) -> Array:
    """Return the share that each payer bears in each segment [segment, payer]."""
    tenures = axes.attribute("tenure")
    by_tenure = {
        name: data.along("economics/payers", quantity, "payer", axes.payers, missing=0.0, tenure=name)
        for name in dict.fromkeys(tenures)
    }
    return np.stack([by_tenure[name] for name in tenures])


def _by_class(data: Data, axes: Axes, quantity: str) -> Array:
    """Return a cost of better buildings [JPY/m²] [segment, standard]."""
    classes = axes.attribute("equipment_class")
    table = "economics/building_costs"
    known = {
        name: data.along(table, quantity, "standard", axes.standards, equipment_class=name)
        for name in dict.fromkeys(classes)
    }
    return np.stack([known[name] for name in classes])


def _enter_buildings(books: _Books, data: Data, values: Mapping[str, Array], works: Array, projected: Array) -> None:
    """Enter renovation and what makes new buildings better: floor area by level reached × cost of the level."""
    rate = data.number("economics/parameters", "discount_rate")
    for item, area, quantity, life in (
        ("renovation", "renovated_floor_area_by_standard", "renovation_cost", "renovation_life"),
        ("new_building", "built_floor_area_by_standard", "new_premium", "new_building_life"),
    ):
        by_segment = np.einsum("ysk,sk->ys", values[area], _by_class(data, books.axes, quantity))
        spent = projected[:, None] * (by_segment @ works)
        years = int(data.number("economics/parameters", life))
        books.enter(item, spread_over_life(spent, rate, years), spent)


def _enter_equipment(
    books: _Books, levers: Levers, data: Data, values: Mapping[str, Array], works: Array, projected: Array
) -> None:
    """Enter equipment, its subsidies and what running them costs.

    spent = share of floor area equipped in the year · useful energy at full use · investment per yearly useful
    energy: who saves in use buys no smaller unit.
    """
    axes, rate = books.axes, data.number("economics/parameters", "discount_rate")
    use = _service(levers, axes) * values["energy_left_by_programmes"]
    full = values["useful_energy"] / use[:, :, None] * _GJ_PER_TJ
    serves = np.zeros((len(axes.end_uses), len(axes.technologies)))
    for number, end_use in enumerate(axes.end_uses):
        serves[number, axes.technologies_of(end_use)] = 1.0
    investment = data.along("energy/technologies", "investment", "technology", axes.technologies)
    by_segment = values["technology_installed"] * (full @ serves) * investment * projected[:, None, None]
    spent = np.einsum("yst,sp->ypt", by_segment, works)
    lives = data.along("energy/technologies", "lifetime_mean", "technology", axes.technologies)
    cost = sum(spread_over_life(spent[:, :, t], rate, round(life)) for t, life in enumerate(lives.tolist()))
    books.enter("equipment", np.asarray(cost), spent.sum(axis=2))
    subsidy = np.stack([path_values(levers.equipment.subsidy[name], axes.years) for name in axes.technologies], axis=1)
    _enter_grant(books, data, np.einsum("ypt,yt->yp", spent, subsidy))


def _enter_grant(books: _Books, data: Data, received: Array) -> None:
    """Enter a grant of the metropolis [JPY/year] [year, payer]: money moves, and running it costs something."""
    metropolis = books.axes.payers.index("metropolis")
    paid = np.zeros_like(received)
    paid[:, metropolis] = received.sum(axis=1)
    books.transfer += received - paid
    books.enter("administration", data.number("economics/parameters", "administration_share") * paid)


def _enter_grants_of_homes(
    books: _Books, grants: Grants, data: Data, values: Mapping[str, Array], works: Array, projected: Array
) -> None:
    """Enter grants for new dwellings by level, for renovation up to its cap, and for panels of homes."""
    dwellings = values["dwellings"].sum(axis=2)
    area = np.divide(
        values["floor_area"].sum(axis=2), dwellings, out=np.full_like(dwellings, np.inf), where=dwellings > 0
    )
    new = values["built_floor_area_by_standard"]
    whole = new.sum(axis=2, keepdims=True)
    mix = np.divide(new, whole, out=np.zeros_like(new), where=whole > 0)
    built = values["built_dwellings"].sum(axis=2)[:, :, None] * mix
    share = grants.renovation_share[:, None] * _by_class(data, books.axes, "renovation_cost")
    per_area = np.minimum(share[None], grants.renovation_cap / area[:, :, None])
    installed, on_new = values["solar_installed"].sum(axis=2), values["solar_installed_on_new"]
    paid = (built * grants.per_new_dwelling).sum(axis=2)
    paid += (values["renovated_floor_area_by_standard"] * per_area).sum(axis=2)
    paid += on_new * grants.per_panel_new + (installed - on_new) * grants.per_panel_existing
    uptake = data.number("economics/parameters", "grant_uptake")
    _enter_grant(books, data, uptake * projected[:, None] * (paid @ works))


def _enter_panels(books: _Books, data: Data, values: Mapping[str, Array], works: Array, projected: Array) -> None:
    """Enter panels, one exchange of the inverter for each of its lives within that of the panels, and upkeep.

    The owner of the panels is paid for what is fed in; what is used on site shows as a smaller bill.
    """
    axes, rate = books.axes, data.number("economics/parameters", "discount_rate")
    ratio, inverter, upkeep, worth = (
        data.number("economics/solar", name)
        for name in ("existing_roof_ratio", "inverter_cost", "upkeep", "export_value")
    )
    life = round(data.number("solar/parameters", "lifetime_mean"))
    inverter_life = int(data.number("economics/solar", "inverter_life"))
    installed, on_new = values["solar_installed"].sum(axis=2), values["solar_installed_on_new"]
    price = projected * data.by_year("economics/solar", "panel_cost", axes.years.astype(np.float64))
    spent = price[:, None] * ((on_new + ratio * (installed - on_new)) @ works)
    exchanged = np.zeros_like(installed)
    for age in range(inverter_life, life, inverter_life):
        exchanged[age:] += installed[:-age]
    exchange = inverter * projected[:, None] * (exchanged @ works)
    kept = upkeep * projected[:, None] * (values["solar_capacity"].sum(axis=2) @ works)
    cost = spread_over_life(spent, rate, life) + spread_over_life(exchange, rate, inverter_life) + kept
    books.enter("panels", cost, spent + exchange + kept)
    fed_in = projected[:, None] * (values["solar_export"].sum(axis=2) @ works) * 1e3
    books.enter("exported_power", -worth * fed_in)


def _enter_operation(books: _Books, data: Data, values: Mapping[str, Array], works: Array, projected: Array) -> None:
    """Enter what saves energy in buildings in use: controls, tuning, exchange of parts; the further, the dearer.

    What stands for it is paid as an annuity; money is spent on what is added and, evenly, on what wears out.
    """
    rate = data.number("economics/parameters", "discount_rate")
    life = int(data.number("economics/parameters", "operation_life"))
    first, last = (data.number("economics/parameters", f"operation_cost_{name}") for name in ("first", "last"))
    per_area = rising_cost(1.0 - values["energy_left_by_programmes"], first, last) * projected[:, None]
    standing = (per_area * values["floor_area"].sum(axis=2)) @ works
    before = np.vstack([np.zeros_like(standing[:1]), standing[:-1]])
    books.enter("operation", annuity(rate, life) * standing, np.maximum(standing - before, 0.0) + before / life)


def _enter_credits(books: _Books, data: Data, values: Mapping[str, Array], works: Array, projected: Array) -> None:
    """Enter credits from outside the cap, paid by who owns the covered buildings in the last year of each period."""
    covered = books.axes.segments_where(size_class="cap_and_trade")
    price = data.number("economics/supply", "credit_price")
    tonnes = 1e3 * projected * values["capped_credits"]
    books.enter("credits", price * tonnes[:, None] * works[covered].mean(axis=0))


def _enter_energy(
    books: _Books, levers: Levers, data: Data, values: Mapping[str, Array], bills: Array, projected: Array
) -> None:
    """Enter energy bills of buildings, what cleaner supply adds to them, and the worth of service forgone."""
    axes = books.axes
    bought = values["purchased_energy"] * projected[:, None, None]
    paid = bought * _tariffs(data, axes)
    for position, carrier in enumerate(axes.carriers):
        books.enter(_BILLS[carrier], paid[:, :, position] @ bills)
    premium = _clean_premium(data, axes, values)
    cleaner = (bought * premium[:, None, :]).sum(axis=2)
    others = np.stack([_share_of_sector(data, axes, sector) for sector in _ELECTRIC_SECTORS])
    used = values["sector_electricity"][:, [axes.sectors.index(sector) for sector in _ELECTRIC_SECTORS]]
    of_others = premium[:, axes.carriers.index("electricity"), None] * used * _KWH_PER_TWH / _KWH_PER_TJ
    books.enter("clean_supply", cleaner @ bills + projected[:, None] * (of_others @ others))
    free, elasticity = (
        data.number("economics/parameters", name) for name in ("free_service_share", "service_elasticity")
    )
    lost = value_forgone(paid.sum(axis=2) + cleaner, _service(levers, axes), free, elasticity) @ bills
    books.enter("service_forgone", lost, np.zeros_like(lost))


def _tariffs(data: Data, axes: Axes) -> Array:
    """Return what each segment pays for energy [JPY/TJ] [segment, carrier]."""
    of_sector = {
        sector: data.along("energy/prices", quantity, "carrier", axes.carriers) * _GJ_PER_TJ
        for sector, quantity in (("residential", "price"), ("commercial", "business_price"))
    }
    return np.stack([of_sector[sector] for sector in axes.attribute("sector")])


def _service(levers: Levers, axes: Axes) -> Array:
    """Return the service level that the scenario sets [1] [year, segment]; 1 before the projection."""
    paths = {name: path_values(getattr(levers.service, name), axes.years) for name in ("residential", "commercial")}
    level = np.stack([paths[sector] for sector in axes.attribute("sector")], axis=1)
    return np.where((axes.years >= PROJECTION_FROM)[:, None], level, 1.0)


def _clean_premium(data: Data, axes: Axes, values: Mapping[str, Array]) -> Array:
    """Return what cleaner supply adds to each unit bought [JPY/TJ] [year, carrier].

    Renewable power and a lower factor of the rest are counted from the last published year, gas and heat from their
    base factors; cost rises with the share of what can be done (`rising_cost`). All is read from what the run came to,
    so that it does not matter whether a lever or a programme brought it about.
    """
    first, last, thermal_last, heat_last = (
        data.number("economics/supply", name)
        for name in (
            "renewable_premium_first", "renewable_premium_last", "thermal_abatement_last", "heat_abatement_last",
        )
    )  # fmt: skip
    grid, rest = _grid(values)
    then = axes.year_index(LAST_PUBLISHED_YEAR)
    renewable = (1.0 - grid[then]) * rising_cost((grid - grid[then]) / (1.0 - grid[then]), first, last)
    avoided = rest[then] / 1e3 * rising_cost(1.0 - rest / rest[then], 0.0, thermal_last)
    cleaner = {name: 1.0 - _factor_against_base(data, axes, values, name) for name in ("city_gas", "district_heat")}
    gas_premium = data.by_year("economics/supply", "clean_gas_premium", axes.years.astype(np.float64))
    # kg/MJ are tonnes per GJ.
    heat_factor = data.number("inventory/carriers", "emission_factor", carrier="district_heat")
    premium = np.zeros((len(axes.years), len(axes.carriers)))
    premium[:, axes.carriers.index("electricity")] = (renewable + (1.0 - grid) * avoided) * _KWH_PER_TJ
    premium[:, axes.carriers.index("city_gas")] = np.maximum(cleaner["city_gas"], 0.0) * gas_premium * _GJ_PER_TJ
    heat = rising_cost(cleaner["district_heat"], 0.0, heat_last)
    premium[:, axes.carriers.index("district_heat")] = heat_factor * heat * _GJ_PER_TJ
    return premium


def _grid(values: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return the renewable share of what the grid supplies [1] [year] and the factor of its rest [kg/kWh] [year].

    grid share = (share of all use · (bought + own) − own) / bought, the definition of the share turned round
    """
    bought = values["sector_electricity"].sum(axis=1)
    own = values["solar_self_use"].sum(axis=(1, 2)) / 1e6
    grid = np.clip((values["renewable_share"] * (bought + own) - own) / bought, 0.0, 1.0)
    real = values["electricity_factor"][:, FACTOR_VIEWS.index("real")]
    return np.asarray(grid), np.divide(real, 1.0 - grid, out=np.zeros_like(real), where=grid < 1.0)


def _factor_against_base(data: Data, axes: Axes, values: Mapping[str, Array], carrier: str) -> Array:
    """Return the factor of a carrier as bought over that of the data [1] [year]; 1 where nobody buys it."""
    position = axes.carriers.index(carrier)
    base = data.number("inventory/carriers", "emission_factor", carrier=carrier)
    bought = values["purchased_energy"][:, :, position].sum(axis=1)
    emitted = values["co2"][:, :, position, FACTOR_VIEWS.index("real")].sum(axis=1)
    return np.asarray(np.divide(emitted, base * bought, out=np.ones_like(bought), where=bought > 0))


def _share_of_sector(data: Data, axes: Axes, sector: str) -> Array:
    """Return the share that each payer bears of what a sector beyond buildings pays [payer]."""
    return data.along("economics/other_sectors", "share_of_cost", "payer", axes.payers, missing=0.0, sector=sector)


def _enter_other_sectors(books: _Books, data: Data, values: Mapping[str, Array], projected: Array) -> None:
    """Enter measures of the other sectors: what they burn or emit less than in the last published year, ever dearer."""
    axes = books.axes
    for sector in _OTHER_SECTORS:
        column = axes.sectors.index(sector)
        if sector in _ELECTRIC_SECTORS:
            fuel = values["sector_energy"][:, column] - 3.6 * values["sector_electricity"][:, column]
            emitted = fuel * data.number("inventory/other_sectors", "fuel_factor", sector=sector)
        else:
            emitted = values["greenhouse_gas"][:, column]
        then = emitted[axes.year_index(LAST_PUBLISHED_YEAR)]
        last = data.number("economics/other_sectors", "abatement_last", sector=sector, payer="")
        cost = projected * then * _TONNES_PER_MT * rising_cost(1.0 - emitted / then, 0.0, last)
        books.enter("other_sectors", cost[:, None] * _share_of_sector(data, axes, sector))
