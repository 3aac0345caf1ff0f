"""Anchors of the stock: dwellings, starts, sizes, ages, insulation, and the turnover that the metropolis expects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.lifetimes import office_cohorts
from model.observation import Observation, rows_of
from model.pathway import Pathway
from model.survival_families import Array
from model.turnover import Turnover, turnover_of

_STARTS = Text(
    "fitted in the mean of the years, as far as the longest lives of the literature allow: for apartments the fit stops"
    " there, and starts stay above the published ones. The driver is smooth, so booms and slumps are not followed",
    "校正に使用(各年の平均)。共同住宅は文献上最長の寿命で頭打ちとなり、着工は公表値を上回る。"
    "需要を平滑化しているため年ごとの好不況は追わない",
)

_STARTS_BY_KIND = Text(
    "independent; sizes and shares of owner-occupied flats are estimates", "校正に不使用。分譲・賃貸の構成と規模は推計"
)

_RECONSTRUCTED = Text(
    "independent; the figure is a reconstruction with lives of its own (54, 44, 43.7 and 68 years)",
    "校正に不使用。比較対象は寿命(54・44・43.7・68年)を仮定した復元値",
)

_OFFICES = Text(
    "fitted as far as the longest life of the literature allows; what is left is scaled away in the base year",
    "校正に使用。文献上最長の寿命で頭打ちとなり、残る差は基準年で比例調整",
)

_SURVEY = Text(
    "fitted; the driver is a parabola through the surveys", "校正に使用。住宅・土地統計調査に二次曲線を当てはめた需要"
)

_OCCUPIED = Text(
    "independent; the published figure is of occupied dwellings, the model's of all, and vacant ones are small flats",
    "校正に不使用。公表値は居住住宅、モデルは空き家(小規模な共同住宅が多い)を含む全住宅",
)

_BUILDINGS = Text(
    "closed; sizes of buildings and the split of houses were chosen with the starts of 2020 in view",
    "入力の設定時に参照。建物規模と戸建の内訳は2020年の着工を見て設定",
)

_INSULATION = Text(
    "closed; performance of new buildings by year was set with this estimated mix in view",
    "入力の設定時に参照。新築の性能構成はこの推計値を見て設定",
)


def _dwellings(pathway: Pathway, data: Data) -> Iterator[Observation]:
    name = Text("dwellings", "住宅総数")
    total = pathway.values["dwellings"].sum(axis=(1, 2)) / 1e6
    for year, value, quality, source in rows_of(pathway, data, "buildings/dwellings", "dwellings"):
        if year >= pathway.axes.years[0]:
            modelled = float(total[pathway.axes.year_index(year)])
            yield Observation("dwellings", year, "million", value / 1e6, modelled, quality, source, name, _SURVEY)


def _starts(pathway: Pathway, data: Data) -> Iterator[Observation]:
    names = {
        "all": Text("dwellings started", "新設住宅着工戸数"),
        "detached_custom": Text("custom-built houses started", "注文戸建の着工戸数"),
        "detached_for_sale": Text("houses for sale started", "分譲戸建の着工戸数"),
        "condominium": Text("flats for sale started", "分譲マンションの着工戸数"),
        "rental": Text("rental dwellings started", "貸家の着工戸数"),
    }
    rental = pathway.axes.segments_where(sector="residential", tenure="rental")
    chosen = {
        "all": np.ones(len(pathway.axes.segments), bool),
        "detached_custom": pathway.axes.segments_where(policy_group="detached_custom"),
        "detached_for_sale": pathway.axes.segments_where(policy_group="detached_for_sale"),
        "condominium": pathway.axes.segments_where(building_type="condominium"),
        "rental": rental,
    }
    built = pathway.values["built_dwellings"].sum(axis=2) / 1e3
    for category, name in names.items():
        rows = [
            row
            for row in rows_of(pathway, data, "buildings/turnover", "dwellings_started", category=category)
            if row[0] <= LAST_PUBLISHED_YEAR
        ]
        remark = _STARTS_BY_KIND if category in ("condominium", "rental") else _STARTS
        for year, value, quality, source in rows:
            modelled = float(built[pathway.axes.year_index(year), chosen[category]].sum())
            quantity = f"dwellings_started.{category}"
            yield Observation(quantity, year, "thousand/year", value / 1e3, modelled, quality, source, name, remark)
    yield _mean_starts(built.sum(axis=1), pathway, data)


def _mean_starts(built: Array, pathway: Pathway, data: Data) -> Observation:
    """Return the mean of all published years of starts, which is what the fit sees."""
    years, started = data.series("buildings/turnover", "dwellings_started", category="all")
    seen = years <= LAST_PUBLISHED_YEAR
    modelled = built[[pathway.axes.year_index(int(year)) for year in years[seen]]].mean()
    name = Text("dwellings started, mean of the years", "新設住宅着工戸数(各年平均)")
    return Observation(
        "dwellings_started.mean", int(years[seen][-1]), "thousand/year", float(started[seen].mean() / 1e3),
        float(modelled), "derived", "cohort_est", name, _STARTS,
    )  # fmt: skip


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
        "residential_large": (
            large & axes.segments_where(sector="residential"),
            Text("residential buildings of 2,000 m2 or more started", "2,000㎡以上の住宅の着工棟数"),
        ),
        "commercial_large": (
            large & axes.segments_where(sector="commercial"),
            Text("other buildings of 2,000 m2 or more started", "2,000㎡以上の非住宅の着工棟数"),
        ),
        "detached_custom": (
            axes.segments_where(policy_group="detached_custom"),
            Text("custom-built houses started (buildings)", "注文戸建の着工棟数"),
        ),
        "detached_for_sale": (
            axes.segments_where(policy_group="detached_for_sale"),
            Text("houses for sale started (buildings)", "分譲戸建の着工棟数"),
        ),
        "row_and_apartment": (
            axes.segments_where(sector="residential") & ~axes.segments_where(building_type="detached"),
            Text("row and apartment buildings started", "長屋・共同住宅の着工棟数"),
        ),
    }
    for category, (inside, name) in names.items():
        for year, value, quality, source in rows_of(
            pathway, data, "buildings/turnover", "buildings_started", category=category
        ):
            modelled = float(built[axes.year_index(year), inside].sum())
            quantity = f"buildings_started.{category}"
            yield Observation(quantity, year, "thousand/year", value / 1e3, modelled, quality, source, name, _BUILDINGS)


def _small_starts(pathway: Pathway, data: Data) -> Iterator[Observation]:
    """Yield the share of starts under 2,000 m2, from the counts of both."""
    axes = pathway.axes
    built = pathway.values["built_buildings"].sum(axis=2)
    small = axes.segments_where(size_class="small")
    name = Text("starts under 2,000 m2", "着工棟数に占める2,000㎡未満の割合")
    every = rows_of(pathway, data, "buildings/turnover", "buildings_started", category="all")
    large = rows_of(pathway, data, "buildings/turnover", "buildings_started", category="all_large")
    for (year, total, _, source), (_, part, _, _) in zip(every, large, strict=True):
        index = axes.year_index(year)
        modelled = float(built[index, small].sum() / built[index].sum())
        published = 1.0 - part / total
        yield Observation("small_starts", year, "1", published, modelled, "derived", source, name, _BUILDINGS)


def _stock(pathway: Pathway, data: Data) -> Iterator[Observation]:
    residential = pathway.axes.segments_where(sector="residential")
    buildings = pathway.values["buildings"][:, residential].sum(axis=(1, 2)) / 1e6
    name = Text("residential buildings", "住宅の棟数")
    for year, value, quality, source in rows_of(
        pathway, data, "buildings/turnover", "buildings", category="residential"
    ):
        modelled = float(buildings[pathway.axes.year_index(year)])
        yield Observation(
            "buildings.residential", year, "million", value / 1e6, modelled, quality, source, name, _BUILDINGS
        )
    area = pathway.values["floor_area"][:, residential].sum(axis=(1, 2))
    dwellings = pathway.values["dwellings"][:, residential].sum(axis=(1, 2))
    what = Text("private area of a dwelling", "1戸当たり専有面積")
    for year, value, quality, source in rows_of(pathway, data, "buildings/turnover", "mean_dwelling_floor_area"):
        index = pathway.axes.year_index(year)
        modelled = float(area[index] / dwellings[index])
        yield Observation("dwelling_floor_area", year, "m^2", value, modelled, quality, source, what, _OCCUPIED)


def _ages(pathway: Pathway, data: Data) -> Iterator[Observation]:
    """Yield the dwellings of before 1981 and the offices carried back to the base year."""
    axes = pathway.axes
    frame = data.rows("buildings/dwelling_vintages", "dwellings")
    old = np.array([int(last) < 1981 for last in axes.vintage_class_bounds()[1]])
    dwellings = pathway.values["dwellings_by_vintage_class"].sum(axis=1)
    name = Text("dwellings built before 1981", "1980年以前に建った住宅の割合")
    for year in sorted(set(frame["year"]) - {float(axes.years[0])}):
        here = frame[frame["year"] == year]
        published = here.loc[here["period"].isin(["pre1971", "1971-1980"]), "value"].sum() / here["value"].sum()
        standing = dwellings[axes.year_index(int(year))]
        yield Observation(
            "dwellings_before_1981", int(year), "1", float(published), float(standing[old].sum() / standing.sum()),
            "estimate", "cohort_est", name, _RECONSTRUCTED,
        )  # fmt: skip
    known = data.by_year(
        "buildings/non_residential", "floor_area", axes.years[:1].astype(np.float64), building_type="office"
    )[0]
    carried = office_cohorts(data, axes, pathway.lifetimes.curves["office"]).sum()
    what = Text("offices of the base year, carried back", "基準年の事務所床面積(後年調査から遡及)")
    yield Observation(
        "offices_carried_back", int(axes.years[0]), "Mm2", known / 1e6, float(carried / 1e6), "estimate",
        "nonres_est", what, _OFFICES,
    )  # fmt: skip


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
        name = Text(f"share of dwellings: {level['name_en']}", f"住宅に占める割合: {level['name_ja']}")
        yield Observation(
            f"insulation.{row.standard}", int(row.year), "1", float(row.value), modelled, str(row.quality),  # type: ignore[arg-type]
            str(row.source_id), name, _INSULATION,
        )  # fmt: skip


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
        for year, value, quality, source in rows_of(
            pathway, data, "buildings/turnover", "share_built_after_2022", category=category
        ):
            if year <= axes.years[-1]:
                standing = pathway.values["buildings_by_vintage_class"][axes.year_index(year), inside].sum(axis=0)
                modelled = float(standing[new].sum() / standing.sum())
                quantity = f"share_built_after_2022.{category}"
                yield Observation(quantity, year, "1", value, modelled, quality, source, name, remark)


def _turnover_of_run(pathway: Pathway, counted: int) -> Turnover:
    """Return the turnover of dwellings that the run itself came to."""
    axes, inside = pathway.axes, pathway.axes.segments_where(sector="residential")
    new = np.array([int(first) > LAST_PUBLISHED_YEAR for first in axes.vintage_class_bounds()[0]])
    shares = {}
    for counting in ("buildings", "dwellings"):
        standing = pathway.values[f"{counting}_by_vintage_class"][-1, inside].sum(axis=0)
        shares[counting] = float(standing[new].sum() / standing.sum())
    started = float(pathway.values["built_buildings"][axes.year_index(counted), inside].sum())
    return Turnover(**shares, started=started, detached_mean=pathway.lifetimes.mean["detached"])


def _turnover_remark(pathway: Pathway, data: Data) -> Text:
    """Return why the outlook's turnover and the published starts cannot both hold, with both numbers."""
    counted, started, _, _ = next(
        rows_of(pathway, data, "buildings/turnover", "buildings_started", category="residential")
    )
    run = _turnover_of_run(pathway, counted)
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


#: Every group of anchors, in the order in which people ask for them.
GROUPS = (_dwellings, _starts, _building_starts, _small_starts, _stock, _ages, _insulation, _turnover)
