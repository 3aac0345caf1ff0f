"""Anchors of energy and emissions: the inventory, electricity, solar, facilities under the cap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR
from model.calibration import published_energy
from model.inputs import Data
from model.language import Text
from model.observation import Observation, rows_of
from model.pathway import Pathway
from model.survival_families import Array

_FITTED = Text("fitted", "校正に使用")

_GIVEN = Text("given; read by the model", "モデルへの入力値")

_INDEPENDENT = Text("independent of the fit", "校正に不使用")

_CLOSED = Text(
    "closed; electricity shares, an electricity factor or other gases in the data were worked out from this figure",
    "入力の逆算元。電力比率・電力係数・その他ガスのいずれかをこの値から逆算している",
)

_FACTOR = Text(
    "independent; electricity factors between the published years are recollected or interpolated",
    "校正に不使用。公表年以外の電力係数は記憶値または補間",
)

_SUM = Text("partly fitted; transport is the remainder of published totals", "一部校正に使用。運輸は公表合計からの残差")

_CAPPED = Text(
    "fitted; the published series includes factories and changes its factor in FY2015, the model's is CO2 at the later"
    " factor",
    "校正に使用。公表値は工場を含み2015年度に係数が変わる。モデルは後の係数によるCO2",
)

_CAPPED_LEVEL = Text(
    "closed; shares of floor area were chosen with this in view; published emissions less an estimated factory share",
    "入力の設定時に参照。対象事業所の床面積割合はこの値を見て設定。公表値から工場等(推計)を除く",
)


def _closed(data: Data) -> set[tuple[str, int]]:
    """Return sector and year of the published emissions that numbers in the data were worked out from."""
    rows = data.rows("inventory/emissions", "closed_by_data")
    return {(str(row.sector), int(row.year)) for row in rows.itertuples()}  # type: ignore[arg-type]


def _greenhouse_gas(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("all greenhouse gases", "温室効果ガス総排出量")
    total, closed = pathway.values["greenhouse_gas_total"], _closed(data)
    for year, value, quality, source in rows_of(pathway, data, "inventory/emissions", "greenhouse_gas", sector="all"):
        modelled = float(total[pathway.axes.year_index(year)])
        remark = _CLOSED if ("all", year) in closed else _FACTOR
        yield Observation("greenhouse_gas_total", year, "Mt/year", value, modelled, quality, source, name, remark)


def _sector_emissions(pathway: Pathway, data: Data) -> Iterator[Observation]:
    names = {
        "residential": Text("CO2 of dwellings", "家庭部門CO2"),
        "commercial": Text("CO2 of other buildings", "業務部門CO2"),
        "industry": Text("CO2 of industry", "産業部門CO2"),
        "transport": Text("CO2 of transport", "運輸部門CO2"),
        "waste": Text("CO2 of waste", "廃棄物部門CO2"),
    }
    closed = _closed(data)
    for sector, name in names.items():
        column = pathway.values["greenhouse_gas"][:, pathway.axes.sectors.index(sector)]
        for year, value, quality, source in rows_of(pathway, data, "inventory/emissions", "co2", sector=sector):
            modelled = float(column[pathway.axes.year_index(year)])
            remark = _GIVEN if sector == "waste" else _CLOSED if (sector, year) in closed else _FACTOR
            yield Observation(
                f"greenhouse_gas.{sector}", year, "Mt/year", value, modelled, quality, source, name, remark
            )


def _commercial_energy(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("energy of other buildings", "業務部門エネルギー")
    column = pathway.values["sector_energy"][:, pathway.axes.sectors.index("commercial")]
    for year, value, quality, source in rows_of(pathway, data, "inventory/energy", "final_energy", sector="commercial"):
        modelled = float(column[pathway.axes.year_index(year)])
        yield Observation("sector_energy.commercial", year, "PJ/year", value, modelled, quality, source, name, _FITTED)


def _residential_energy(pathway: Pathway, data: Data) -> Iterator[Observation]:
    column = pathway.values["sector_energy"][:, pathway.axes.sectors.index("residential")]
    level = Text("energy of dwellings", "家庭部門エネルギー")
    weak = Text(
        "fitted; no published level was found, only its changes", "校正に使用。水準の公表値はなく増減率のみ公表"
    )
    for year, value, quality, source in rows_of(
        pathway, data, "inventory/energy", "final_energy", sector="residential"
    ):
        modelled = float(column[pathway.axes.year_index(year)])
        yield Observation("sector_energy.residential", year, "PJ/year", value, modelled, quality, source, level, weak)
    name = Text("energy of dwellings against FY2000", "家庭部門エネルギー(2000年度比)")
    base = published_energy(data, "residential", np.array([float(pathway.axes.years[0])]))[0]
    for year, value, quality, source in rows_of(
        pathway, data, "inventory/energy", "final_energy_change", sector="residential"
    ):
        modelled = float(column[pathway.axes.year_index(year)]) / base
        yield Observation("residential_energy_index", year, "1", 1.0 + value, modelled, quality, source, name, _FITTED)


def _all_energy(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("final energy of all sectors", "最終エネルギー(全部門)")
    total = pathway.values["sector_energy"].sum(axis=1)
    for year, value, quality, source in rows_of(pathway, data, "inventory/energy", "final_energy", sector="all"):
        modelled = float(total[pathway.axes.year_index(year)])
        yield Observation("final_energy_total", year, "PJ/year", value, modelled, quality, source, name, _SUM)


def _electricity(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("electricity used in Tokyo", "都内電力消費量")
    used = pathway.values["sector_electricity"].sum(axis=1)
    own = pathway.values["solar_self_use"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in rows_of(pathway, data, "inventory/electricity", "consumption"):
        index = pathway.axes.year_index(year)
        modelled = float(used[index] + own[index])
        yield Observation("electricity", year, "TWh/year", value, modelled, quality, source, name, _INDEPENDENT)
    share = pathway.values["renewable_share"]
    what = Text("renewable share of electricity", "電力の再エネ割合")
    for year, value, quality, source in rows_of(pathway, data, "inventory/electricity", "renewable_share"):
        if quality == "published":
            modelled = float(share[pathway.axes.year_index(year)])
            yield Observation("renewable_share", year, "1", value, modelled, quality, source, what, _GIVEN)


def _solar(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("rooftop solar capacity", "太陽光発電設備容量")
    capacity = pathway.values["solar_capacity"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in rows_of(pathway, data, "solar/capacity", "capacity"):
        if quality != "estimate":
            modelled = float(capacity[pathway.axes.year_index(year)])
            yield Observation("solar_capacity", year, "GW", value / 1e6, modelled, quality, source, name, _GIVEN)


def _cap_and_trade(pathway: Pathway, data: Data) -> Iterator[Observation]:
    emissions = _capped_emissions(pathway, data)
    years, _ = data.series("inventory/cap_and_trade", "base_period")
    first, last = (pathway.axes.year_index(int(year)) for year in years)
    base = emissions[first : last + 1].mean()
    name = Text("emissions under the cap against their base", "総量削減義務対象の基準比排出量")
    seen = [
        row for row in rows_of(pathway, data, "inventory/cap_and_trade", "reduction") if row[0] <= LAST_PUBLISHED_YEAR
    ]
    for year, value, quality, source in seen:
        modelled = float(emissions[pathway.axes.year_index(year)] / base)
        yield Observation("cap_and_trade_index", year, "1", 1.0 - value, modelled, quality, source, name, _CAPPED)
    what = Text("emissions of buildings under the cap", "総量削減義務対象(建物)の排出量")
    buildings = 1.0 - data.number("inventory/cap_and_trade", "factory_share")
    published = data.number("inventory/cap_and_trade", "base_emissions") * buildings
    for year, value, _, source in seen:
        wanted, modelled = published * (1.0 - value), float(emissions[pathway.axes.year_index(year)])
        yield Observation("cap_and_trade", year, "Mt/year", wanted, modelled, "estimate", source, what, _CAPPED_LEVEL)


def _capped_emissions(pathway: Pathway, data: Data) -> Array:
    """Return CO2 under the cap with the factor of its later periods in every year [Mt/year] [year]."""
    capped = pathway.axes.segments_where(sector="commercial", size_class="cap_and_trade")
    bought = pathway.values["purchased_energy"][:, capped].sum(axis=1)
    factors = pathway.supply.carriers[0, :, 0].copy()
    electricity = pathway.axes.carriers.index("electricity")
    factors[electricity] = data.series("inventory/electricity", "fixed_factor")[1][-1] / 3.6
    return np.asarray(bought @ factors / 1e3)


#: Every group of anchors, in the order in which people ask for them.
GROUPS = (
    _greenhouse_gas, _sector_emissions, _all_energy, _commercial_energy, _residential_energy, _electricity, _solar,
    _cap_and_trade,
)  # fmt: skip
