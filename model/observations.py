"""How well the model meets what is published: every anchor with the model's figure, its quality and the likely cause.

An anchor is `fitted` (the calibration saw it), `given` (the model reads it) or `independent` (neither); only
independent ones test the model, and the remark says which is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR, Axes
from model.calibration import published_energy
from model.demand import segment_dwellings, sizes
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.levers import Levers
from model.lifetimes import base_periods, dwellings_built, lifetimes
from model.pathway import Pathway
from model.survival import survival_table
from model.survival_families import Array


@dataclass(frozen=True)
class Observation:
    """One published figure and the model's figure for it.

    Args:
        quantity: what it is, a schema variable and label where there is one.
        year: fiscal year.
        unit: of both figures.
        published: the published figure.
        modelled: the model's.
        quality: of the published figure.
        source_id: of the published figure.
        name: what it is, in words.
        remark: whether the fit saw it, and the likely cause of a miss.
    """

    quantity: str
    year: int
    unit: str
    published: float
    modelled: float
    quality: str
    source_id: str
    name: Text
    remark: Text

    @property
    def residual(self) -> float:
        """Modelled less published, as a share of published."""
        return self.modelled / self.published - 1.0


_FITTED = Text("fitted", "校正に使用")
_GIVEN = Text("given; read by the model", "モデルへの入力値")
_INDEPENDENT = Text("independent of the fit", "校正に不使用")
_FACTOR = Text(
    "independent; electricity factors between the published years are recollected or interpolated",
    "校正に不使用。公表年以外の電力係数は記憶値または補間",
)
_STARTS = Text(
    "independent; only the mean of all years is fitted. The driver is smooth, so booms and slumps of starts are not"
    " followed, and even the longest lives of the literature leave apartments' starts above the published ones",
    "年別は校正に不使用(平均は校正)。需要を平滑化しているため着工の好不況は追わない。共同住宅は文献上最長の寿命でも"
    "着工が公表値を上回る",
)
_SURVEY = Text(
    "fitted; the driver is a parabola through the surveys", "校正に使用。住宅・土地統計調査に二次曲線を当てはめた需要"
)
_OCCUPIED = Text(
    "independent; the published figure is of occupied dwellings, the model's of all, and vacant ones are small flats",
    "校正に不使用。公表値は居住住宅、モデルは空き家(小規模な共同住宅が多い)を含む全住宅",
)
_BUILDINGS = Text(
    "independent; dwellings are surveyed, buildings follow from estimated dwellings a building, and the published"
    " figure is rounded",
    "校正に不使用。棟数は1棟当たり戸数(推計)から換算。公表値は概数",
)
_CAPPED = Text(
    "fitted; the published series includes factories and changes its factor in FY2015",
    "校正に使用。公表値は工場を含み、2015年度に係数が変わる",
)
_INSULATION = Text(
    "independent; performance of new buildings by year is an estimate, and so is the published mix",
    "校正に不使用。新築の性能構成も比較対象も推計",
)


def observations(pathway: Pathway, data: Data) -> list[Observation]:
    """Return every anchor that the run's years cover, in the order in which people ask for them."""
    sources: tuple[Callable[[Pathway, Data], Iterator[Observation]], ...] = (
        _greenhouse_gas, _sector_emissions, _commercial_energy, _residential_energy, _electricity, _solar,
        _cap_and_trade, _dwellings, _starts, _building_starts, _small_starts, _stock, _insulation, _turnover,
    )  # fmt: skip
    return [one for source in sources for one in source(pathway, data) if one.year <= pathway.axes.years[-1]]


def _rows(data: Data, table: str, quantity: str, **labels: str) -> Iterator[tuple[int, float, str, str]]:
    """Yield year, value, quality and source of each row of a quantity."""
    for row in data.rows(table, quantity, **labels).sort_values("year").itertuples():
        yield int(row.year), float(row.value), str(row.quality), str(row.source_id)  # type: ignore[arg-type]


def _greenhouse_gas(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("all greenhouse gases", "温室効果ガス総排出量")
    total = pathway.values["greenhouse_gas_total"]
    for year, value, quality, source in _rows(data, "inventory/emissions", "greenhouse_gas", sector="all"):
        modelled = float(total[pathway.axes.year_index(year)])
        yield Observation("greenhouse_gas_total", year, "Mt/year", value, modelled, quality, source, name, _FACTOR)


def _sector_emissions(pathway: Pathway, data: Data) -> Iterator[Observation]:
    names = {
        "residential": Text("CO2 of dwellings", "家庭部門CO2"),
        "commercial": Text("CO2 of other buildings", "業務部門CO2"),
        "industry": Text("CO2 of industry", "産業部門CO2"),
        "transport": Text("CO2 of transport", "運輸部門CO2"),
        "waste": Text("CO2 of waste", "廃棄物部門CO2"),
    }
    for sector, name in names.items():
        column = pathway.values["greenhouse_gas"][:, pathway.axes.sectors.index(sector)]
        for year, value, quality, source in _rows(data, "inventory/emissions", "co2", sector=sector):
            modelled = float(column[pathway.axes.year_index(year)])
            remark = _GIVEN if sector == "waste" else _FACTOR
            yield Observation(
                f"greenhouse_gas.{sector}", year, "Mt/year", value, modelled, quality, source, name, remark
            )


def _commercial_energy(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("energy of other buildings", "業務部門エネルギー")
    column = pathway.values["sector_energy"][:, pathway.axes.sectors.index("commercial")]
    for year, value, quality, source in _rows(data, "inventory/energy", "final_energy", sector="commercial"):
        modelled = float(column[pathway.axes.year_index(year)])
        yield Observation("sector_energy.commercial", year, "PJ/year", value, modelled, quality, source, name, _FITTED)


def _residential_energy(pathway: Pathway, data: Data) -> Iterator[Observation]:
    column = pathway.values["sector_energy"][:, pathway.axes.sectors.index("residential")]
    level = Text("energy of dwellings", "家庭部門エネルギー")
    weak = Text(
        "fitted; no published level was found, only its changes", "校正に使用。水準の公表値はなく増減率のみ公表"
    )
    for year, value, quality, source in _rows(data, "inventory/energy", "final_energy", sector="residential"):
        modelled = float(column[pathway.axes.year_index(year)])
        yield Observation("sector_energy.residential", year, "PJ/year", value, modelled, quality, source, level, weak)
    name = Text("energy of dwellings against FY2000", "家庭部門エネルギー(2000年度比)")
    base = published_energy(data, "residential", np.array([float(pathway.axes.years[0])]))[0]
    for year, value, quality, source in _rows(data, "inventory/energy", "final_energy_change", sector="residential"):
        modelled = float(column[pathway.axes.year_index(year)]) / base
        yield Observation("residential_energy_index", year, "1", 1.0 + value, modelled, quality, source, name, _FITTED)


def _electricity(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("electricity used in Tokyo", "都内電力消費量")
    used = pathway.values["sector_electricity"].sum(axis=1)
    own = pathway.values["solar_self_use"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in _rows(data, "inventory/electricity", "consumption"):
        index = pathway.axes.year_index(year)
        modelled = float(used[index] + own[index])
        yield Observation("electricity", year, "TWh/year", value, modelled, quality, source, name, _INDEPENDENT)
    share = pathway.values["renewable_share"]
    what = Text("renewable share of electricity", "電力の再エネ割合")
    for year, value, quality, source in _rows(data, "inventory/electricity", "renewable_share"):
        if quality == "published":
            modelled = float(share[pathway.axes.year_index(year)])
            yield Observation("renewable_share", year, "1", value, modelled, quality, source, what, _GIVEN)


def _solar(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("rooftop solar capacity", "太陽光発電設備容量")
    capacity = pathway.values["solar_capacity"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in _rows(data, "solar/capacity", "capacity"):
        if quality != "estimate":
            modelled = float(capacity[pathway.axes.year_index(year)])
            yield Observation("solar_capacity", year, "GW", value / 1e6, modelled, quality, source, name, _GIVEN)


def _cap_and_trade(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("emissions under the cap against their base", "総量削減義務対象の基準比排出量")
    capped = pathway.axes.segments_where(sector="commercial", size_class="cap_and_trade")
    energy = pathway.values["final_energy"][:, capped].sum(axis=(1, 2, 3))
    years, _ = data.series("inventory/cap_and_trade", "base_period")
    first, last = (pathway.axes.year_index(int(year)) for year in years)
    base = energy[first : last + 1].mean()
    for year, value, quality, source in _rows(data, "inventory/cap_and_trade", "reduction"):
        if year <= LAST_PUBLISHED_YEAR:
            modelled = float(energy[pathway.axes.year_index(year)] / base)
            yield Observation("cap_and_trade_index", year, "1", 1.0 - value, modelled, quality, source, name, _CAPPED)


def _dwellings(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("dwellings", "住宅総数")
    total = pathway.values["dwellings"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in _rows(data, "buildings/dwellings", "dwellings"):
        if year >= pathway.axes.years[0]:
            modelled = float(total[pathway.axes.year_index(year)])
            yield Observation("dwellings", year, "million", value / 1e6, modelled, quality, source, name, _SURVEY)


def _starts(pathway: Pathway, data: Data) -> Iterator[Observation]:
    names = {
        "all": Text("dwellings started", "新設住宅着工戸数"),
        "detached_custom": Text("custom-built houses started", "注文戸建の着工戸数"),
        "detached_for_sale": Text("houses for sale started", "分譲戸建の着工戸数"),
    }
    built = pathway.values["built_dwellings"].sum(axis=2) / 1e3
    for category, name in names.items():
        inside = (
            np.ones(built.shape[1], bool) if category == "all" else pathway.axes.segments_where(policy_group=category)
        )
        for year, value, quality, source in _rows(data, "buildings/turnover", "dwellings_started", category=category):
            if year <= LAST_PUBLISHED_YEAR:
                modelled = float(built[pathway.axes.year_index(year), inside].sum())
                quantity = f"dwellings_started.{category}"
                yield Observation(
                    quantity, year, "thousand/year", value / 1e3, modelled, quality, source, name, _STARTS
                )


def _building_starts(pathway: Pathway, data: Data) -> Iterator[Observation]:
    built = pathway.values["built_buildings"].sum(axis=2) / 1e3
    axes = pathway.axes
    large = ~axes.segments_where(size_class="small")
    names = {
        "all": (np.ones(len(axes.segments), bool), Text("buildings started", "着工棟数")),
        "residential": (
            axes.segments_where(sector="residential"),
            Text("residential buildings started", "住宅の着工棟数"),
        ),
        "commercial": (axes.segments_where(sector="commercial"), Text("other buildings started", "非住宅の着工棟数")),
        "all_large": (large, Text("buildings of 2,000 m2 or more started", "2,000㎡以上の着工棟数")),
    }
    for category, (inside, name) in names.items():
        for year, value, quality, source in _rows(data, "buildings/turnover", "buildings_started", category=category):
            modelled = float(built[axes.year_index(year), inside].sum())
            quantity = f"buildings_started.{category}"
            yield Observation(quantity, year, "thousand/year", value / 1e3, modelled, quality, source, name, _BUILDINGS)


def _small_starts(pathway: Pathway, data: Data) -> Iterator[Observation]:
    """Yield the share of starts under 2,000 m2, from the counts of both."""
    axes = pathway.axes
    built = pathway.values["built_buildings"].sum(axis=2)
    small = axes.segments_where(size_class="small")
    name = Text("starts under 2,000 m2", "着工棟数に占める2,000㎡未満の割合")
    every = _rows(data, "buildings/turnover", "buildings_started", category="all")
    large = _rows(data, "buildings/turnover", "buildings_started", category="all_large")
    for (year, total, _, source), (_, part, _, _) in zip(every, large, strict=True):
        index = axes.year_index(year)
        modelled = float(built[index, small].sum() / built[index].sum())
        published = 1.0 - part / total
        yield Observation("small_starts", year, "1", published, modelled, "derived", source, name, _BUILDINGS)


def _stock(pathway: Pathway, data: Data) -> Iterator[Observation]:
    residential = pathway.axes.segments_where(sector="residential")
    buildings = pathway.values["buildings"][:, residential].sum(axis=(1, 2)) / 1e6
    name = Text("residential buildings", "住宅の棟数")
    for year, value, quality, source in _rows(data, "buildings/turnover", "buildings", category="residential"):
        modelled = float(buildings[pathway.axes.year_index(year)])
        yield Observation(
            "buildings.residential", year, "million", value / 1e6, modelled, quality, source, name, _BUILDINGS
        )
    area = pathway.values["floor_area"][:, residential].sum(axis=(1, 2))
    dwellings = pathway.values["dwellings"][:, residential].sum(axis=(1, 2))
    what = Text("private area of a dwelling", "1戸当たり専有面積")
    for year, value, quality, source in _rows(data, "buildings/turnover", "mean_dwelling_floor_area"):
        index = pathway.axes.year_index(year)
        modelled = float(area[index] / dwellings[index])
        yield Observation("dwelling_floor_area", year, "m^2", value, modelled, quality, source, what, _OCCUPIED)


def _insulation(pathway: Pathway, data: Data) -> Iterator[Observation]:
    axes = pathway.axes
    residential = axes.segments_where(sector="residential")
    per_dwelling = pathway.values["dwellings"].sum(axis=2) / pathway.values["floor_area"].sum(axis=2)
    dwellings = (pathway.values["floor_area_by_standard"] * per_dwelling[:, :, None])[:, residential].sum(axis=1)
    rows = data.rows("buildings/insulation_mix", "share_of_dwellings")
    best = list(axes.standards).index("s1999")
    for row in rows.itertuples():
        index = axes.year_index(int(row.year))  # type: ignore[arg-type]
        position = axes.standards.index(str(row.standard))
        chosen = slice(best, None) if position == best else slice(position, position + 1)
        modelled = float(dwellings[index, chosen].sum() / dwellings[index].sum())
        level = classification("standards")[str(row.standard)]
        name = Text(f"dwellings at {level['name_en']}", f"{level['name_ja']}の住宅割合")
        yield Observation(
            f"insulation.{row.standard}", int(row.year), "1", float(row.value), modelled, str(row.quality),  # type: ignore[arg-type]
            str(row.source_id), name, _INSULATION,
        )  # fmt: skip


@dataclass(frozen=True)
class Turnover:
    """What a choice of lifetimes makes of the residential stock.

    Args:
        buildings: share of the residential buildings of the last year that were built after the last published year.
        dwellings: the same in dwellings.
        started: residential buildings started in the year of the published count [building/year].
        detached_mean: mean life of detached houses [years].
    """

    buildings: float
    dwellings: float
    started: float
    detached_mean: float


def turnover_of(data: Data, levers: Levers, axes: Axes, choice: str, counted: int) -> Turnover:
    """Return the turnover of dwellings under `stock.lifetime: choice`, in the metropolis as a whole."""
    levers = levers.model_copy(update={"stock": levers.stock.model_copy(update={"lifetime": choice})})
    wanted = segment_dwellings(data, levers, axes)
    life = lifetimes(data, levers, axes, wanted)
    residential = np.flatnonzero(axes.segments_where(sector="residential"))
    curves = [life.of_segments(axes)[i] for i in residential]
    built = dwellings_built(curves, wanted[:, residential], base_periods(data, axes, residential), axes)
    standing = survival_table(curves, axes.vintages, axes.years)
    later = axes.years > LAST_PUBLISHED_YEAR
    left: Array = standing[-1][:, axes.vintage_index(int(axes.years[0])) :].T
    per_dwelling = sizes(data, levers, axes).buildings[residential]
    standing_built = built * left
    new, since_base = standing_built[later].sum(axis=0), standing_built.sum(axis=0)
    old = wanted[-1, residential] - new
    new_buildings = (new * per_dwelling[:, -1]).sum()
    old_buildings = ((since_base - new) * per_dwelling[:, -1]).sum()
    old_buildings += ((wanted[-1, residential] - since_base) * per_dwelling[:, 0]).sum()
    return Turnover(
        buildings=float(new_buildings / (new_buildings + old_buildings)),
        dwellings=float(new.sum() / (new.sum() + old.sum())),
        started=float((built[axes.year_index(counted)] * per_dwelling[:, -1]).sum()),
        detached_mean=life.mean["detached"],
    )


def _turnover(pathway: Pathway, data: Data) -> Iterator[Observation]:
    """Yield the outlook's turnover beside the model's, in buildings, with what each would need."""
    axes = pathway.axes
    residential = axes.segments_where(sector="residential")
    new = np.array([int(bound) > LAST_PUBLISHED_YEAR for bound in axes.vintage_class_bounds()[0]])
    remark = _turnover_remark(pathway, data)
    names = {
        "all": (np.ones(len(axes.segments), bool), Text("buildings built after 2022", "2022年より後に建つ建物の割合")),
        "residential": (
            residential,
            Text("residential buildings built after 2022", "2022年より後に建つ住宅(棟)の割合"),
        ),
    }
    for category, (inside, name) in names.items():
        for year, value, quality, source in _rows(
            data, "buildings/turnover", "share_built_after_2022", category=category
        ):
            if year <= axes.years[-1]:
                standing = pathway.values["buildings_by_vintage_class"][axes.year_index(year), inside].sum(axis=0)
                modelled = float(standing[new].sum() / standing.sum())
                quantity = f"share_built_after_2022.{category}"
                yield Observation(quantity, year, "1", value, modelled, quality, source, name, remark)


def _turnover_remark(pathway: Pathway, data: Data) -> Text:
    """Return why the outlook's turnover and the published starts cannot both hold, with both numbers."""
    counted, started, _, _ = next(_rows(data, "buildings/turnover", "buildings_started", category="residential"))
    run = turnover_of(data, pathway.levers, pathway.axes, pathway.levers.stock.lifetime, counted)
    fast = turnover_of(data, pathway.levers, pathway.axes, "outlook", counted)
    return Text(
        f"independent; this run: houses stand {run.detached_mean:.0f} years, {run.started / 1e3:.0f} thousand"
        f" residential buildings started in {counted} ({started / 1e3:.0f} published), {run.buildings:.0%} of buildings"
        f" and {run.dwellings:.0%} of dwellings new by the last year. The shortest lives of the literature"
        f" ({fast.detached_mean:.0f} years) give {fast.buildings:.0%} and {fast.dwellings:.0%}, but"
        f" {fast.started / 1e3:.0f} thousand starts. The outlook carries past starts on; here they fall with household"
        " growth",
        f"校正に不使用。本計算: 戸建の平均寿命{run.detached_mean:.0f}年、"
        f"{counted}年の住宅着工{run.started / 1e3:.0f}千棟(公表{started / 1e3:.0f}千棟)、"
        f"最終年に新築が占める割合は棟数で{run.buildings:.0%}、戸数で{run.dwellings:.0%}。"
        f"文献上最短の寿命({fast.detached_mean:.0f}年)なら{fast.buildings:.0%}・{fast.dwellings:.0%}となるが、"
        f"着工は{fast.started / 1e3:.0f}千棟に達する。"
        "都の見通しは過去の着工数が続く前提、本計算は世帯の伸びとともに減る",
    )
