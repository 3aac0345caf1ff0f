"""Every lever of a scenario, once: name, kind, unit, allowed range and meaning in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict

from model.axes import PROJECTION_FROM
from model.language import Text
from model.lever_kinds import Lever, choice, labels, last_year, number, path, share_path, whole
from model.year_path import ByLabel, SharePath, YearPath

GROUP: Final = "policy_group"


class Section(BaseModel):
    """A frozen group of levers that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Years(Section):
    """Span of the run."""

    last: Annotated[int, whole(PROJECTION_FROM, 2050, "year", "last fiscal year of the run", "計算の最終年度")]


class Demand(Section):
    """How much floor area is wanted."""

    households: Annotated[
        str,
        choice(
            "series of household numbers", "世帯数の系列",
            tmg_2024=("metropolis, 2024, from the 2020 census", "都2024年推計(2020年国勢調査基準)"),
            tmg_2015_base=("metropolis, earlier, from the 2015 census", "都の旧推計(2015年国勢調査基準)"),
        ),
    ]  # fmt: skip
    households_factor: Annotated[
        YearPath,
        path(
            0.5,
            2,
            "1",
            "factor on the household series, from the projection on",
            "世帯数系列に掛ける係数(将来推計期間)",
        ),
    ]
    vacancy_rate: Annotated[
        YearPath, path(0, 0.5, "1", "share of dwellings that stand vacant", "住宅総数に占める空き家の割合")
    ]
    floor_area_per_dwelling_factor: Annotated[
        YearPath,
        path(0.5, 2, "1", "factor on the floor area per dwelling against 2022", "1戸当たり床面積の係数(2022年度比)"),
    ]
    non_residential_factor: Annotated[
        YearPath,
        path(
            0.5,
            2,
            "1",
            "factor on the reference non-residential floor area by type",
            "非住宅の基準床面積(用途別)に掛ける係数",
        ),
    ]


class LifetimeFactor(Section):
    """Factors on the mean lifetime of buildings."""

    residential: Annotated[
        float, number(0.5, 2, "1", "factor on the mean lifetime of dwellings", "住宅の平均寿命に掛ける係数")
    ]
    non_residential: Annotated[
        float, number(0.5, 2, "1", "factor on the mean lifetime of other buildings", "非住宅の平均寿命に掛ける係数")
    ]


class Stock(Section):
    """How buildings are demolished."""

    falling: Annotated[
        str,
        choice(
            "what happens where more stands than is wanted", "需要を上回る床面積の扱い",
            stop=("stop and name the years and places", "計算を止め、年度と地域を示す"),
            vacant=("it stands vacant", "空き家・空室として残る"),
            demolish_oldest=("the oldest are demolished", "古い建物から除却する"),
        ),
    ]  # fmt: skip
    lifetime: Annotated[
        str,
        choice(
            "lifetimes of buildings", "建物の寿命",
            fitted=("calibrated to starts and stock", "着工と総量に合わせた推定値"),
            literature=("as surveys of building lives found", "建物寿命調査の文献値"),
            outlook=("as the turnover outlook of the metropolis implies", "都の建替え見通しから逆算した値"),
        ),
    ]  # fmt: skip
    survival_family: Annotated[
        str,
        choice(
            "shape of the survival curves of buildings; mean and spread stay",
            "建物の残存曲線の形(平均とばらつきは同じ)",
            weibull=("Weibull", "ワイブル分布"),
            log_normal=("log-normal", "対数正規分布"),
            gamma=("gamma", "ガンマ分布"),
            normal=("normal, cut off at age 0", "正規分布(0年で切断)"),
        ),
    ]
    lifetime_factor: LifetimeFactor


class Renovation(Section):
    """Renovation of standing buildings to a better performance level."""

    rate: Annotated[
        ByLabel[YearPath],
        path(0, 0.2, "1/year", "share of the eligible floor area renovated in a year",
             "対象床面積のうち1年間に省エネ改修される割合", per=GROUP),
    ]  # fmt: skip
    target: Annotated[
        ByLabel[SharePath],
        share_path("standard", "levels that renovation reaches, as shares of the renovated floor area",
                   "改修後の性能水準の内訳(改修床面積に占める割合)", per=GROUP),
    ]  # fmt: skip
    minimum_age: Annotated[
        ByLabel[float],
        number(0, 100, "year", "age from which floor area is eligible", "改修の対象となる築年数の下限", per=GROUP),
    ]
    rate_of_level: Annotated[
        ByLabel[float],
        number(0, 5, "1", "factor on the rate by the performance level that floor area has before",
               "改修前の省エネ性能水準別に改修率へ掛ける係数", per="standard"),
    ]  # fmt: skip


class Equipment(Section):
    """What equipment may be installed, and what helps it."""

    last_year: Annotated[
        ByLabel[int | None],
        last_year("last year in which it may be installed in existing buildings; null: no end",
                  "既存建物に設置できる最終年度(nullは期限なし)", per="technology"),
    ]  # fmt: skip
    last_year_new: Annotated[
        ByLabel[int | None],
        last_year("last year in which it may be installed in new buildings; null: no end",
                  "新築建物に設置できる最終年度(nullは期限なし)", per="technology"),
    ]  # fmt: skip
    subsidy: Annotated[
        ByLabel[YearPath],
        path(0, 1, "1", "share of the investment paid by subsidy", "設備投資に対する補助率", per="technology"),
    ]


class Solar(Section):
    """Solar panels on roofs."""

    new_building_share: Annotated[
        ByLabel[YearPath],
        path(0, 1, "1", "share of new buildings that get panels", "太陽光発電を設置する新築建物の割合", per=GROUP),
    ]
    kw_per_building: Annotated[
        ByLabel[YearPath],
        path(
            0, 500, "kW", "capacity on each new building that gets panels", "設置する新築建物1棟当たりの容量", per=GROUP
        ),
    ]
    retrofit_mw: Annotated[
        YearPath,
        path(0, 2000, "MW/year", "capacity installed on existing roofs in a year", "既存建物の屋根への年間設置容量"),
    ]
    full_roofs: Annotated[
        str,
        choice(
            "what happens where roofs can carry no more panels", "屋根に設置の余地がなくなった場合の扱い",
            stop=("stop and name the year", "計算を止め、年度を示す"),
            wait=("panels wait until old ones leave", "古いパネルが撤去されるまで設置を待つ"),
        ),
    ]  # fmt: skip


class Electricity(Section):
    """Electricity as supplied to Tokyo."""

    renewable_share: Annotated[
        YearPath,
        path(
            0,
            1,
            "1",
            "renewable share of electricity that the grid supplies, own panels apart",
            "系統電力に占める再エネの割合(自家消費を除く)",
        ),
    ]
    thermal_factor: Annotated[
        YearPath,
        path(
            0, 1, "kg/kWh", "CO2 per kWh of the part of supply that is not renewable", "再エネ以外の電力のCO2排出係数"
        ),
    ]
    fixed_factor_after: Annotated[
        float,
        number(0, 1, "kg/kWh", "the fixed view of the factor after the last period it is published for",
               "公表された最後の計画期間より後の固定排出係数"),
    ]  # fmt: skip


class Fuel(Section):
    """Fuels and heat that replace fossil ones within the same carrier."""

    city_gas_factor: Annotated[
        YearPath,
        path(0, 1.5, "1", "CO2 factor of city gas against the base factor", "都市ガスのCO2排出係数(基準値に対する比)"),
    ]
    district_heat_factor: Annotated[
        YearPath,
        path(
            0, 1.5, "1", "CO2 factor of district heat against the base factor", "地域熱のCO2排出係数(基準値に対する比)"
        ),
    ]


class Service(Section):
    """How much service people take from energy: temperatures, hours, hot water, lighting."""

    residential: Annotated[
        YearPath,
        path(0.3, 2, "1", "service level of dwellings against the last calibrated year",
             "住宅のエネルギーサービス水準(較正最終年度比)"),
    ]  # fmt: skip
    commercial: Annotated[
        YearPath,
        path(0.3, 2, "1", "service level of other buildings against the last calibrated year",
             "非住宅のエネルギーサービス水準(較正最終年度比)"),
    ]  # fmt: skip


class OtherSectors(Section):
    """What is not buildings, as its own stated paths, so that all greenhouse gases can be summed."""

    industry_energy_pj: Annotated[
        YearPath, path(0, 500, "PJ/year", "final energy of industry", "産業部門の最終エネルギー消費")
    ]
    transport_energy_pj: Annotated[
        YearPath, path(0, 500, "PJ/year", "final energy of transport", "運輸部門の最終エネルギー消費")
    ]
    industry_electric_share: Annotated[
        YearPath, path(0, 1, "1", "share of electricity in the energy of industry", "産業部門の電力比率")
    ]
    transport_electric_share: Annotated[
        YearPath, path(0, 1, "1", "share of electricity in the energy of transport", "運輸部門の電力比率")
    ]
    waste_mt: Annotated[YearPath, path(0, 20, "Mt/year", "CO2 of waste", "廃棄物部門のCO2排出量")]
    other_gases_mt: Annotated[
        YearPath,
        path(0, 20, "Mt/year", "greenhouse gases other than CO2, in CO2 equivalents", "CO2以外の温室効果ガス(CO2換算)"),
    ]


class Programmes(Section):
    """Which programmes of the ordinance act, under which rules."""

    rule_set: Annotated[
        str,
        choice(
            "dated rules that the programmes follow; where they are silent the other set speaks",
            "制度のルールセット(値のない項目は他方の値を使用)",
            seed_2022=("proposal of August 2022", "2022年8月の改正案"),
            adopted_2025=("as adopted, in force from April 2025", "2025年4月施行の規定"),
        ),
    ]
    form: Annotated[
        ByLabel[str],
        choice(
            "how the programme takes part",
            "制度の扱い",
            per="programme",
            absent=("it does not act", "対象としない"),
            rule=("by its rules, as all obliged just meet them", "ルールどおり(全員がちょうど守る)"),
            optimised=("by the optimiser of those obliged, where there is one", "義務者の最適化による(ある制度のみ)"),
        ),
    ]
    cap_rate: Annotated[
        YearPath,
        path(0, 1, "1", "reduction owed under cap-and-trade after the last period that the rules print",
             "総量削減義務の、公表された最後の計画期間より後の削減義務率"),
    ]  # fmt: skip


class Levers(Section):
    """All levers of a scenario."""

    years: Years
    demand: Demand
    stock: Stock
    new_building_standard: Annotated[
        ByLabel[SharePath],
        share_path("standard", "performance levels of new floor area", "新築床面積の性能水準の内訳", per=GROUP),
    ]
    renovation: Renovation
    equipment: Equipment
    solar: Solar
    electricity: Electricity
    fuel: Fuel
    service: Service
    other_sectors: OtherSectors
    programmes: Programmes


#: What each section is about, for templates and schemas.
SECTIONS: Final[Mapping[str, Text]] = {
    "years": Text("Span of the run", "計算期間"),
    "demand": Text("How much floor area is wanted", "床面積の需要"),
    "stock": Text("How buildings are demolished", "建物の除却"),
    "stock.lifetime_factor": Text("Factors on mean lifetimes", "平均寿命の係数"),
    "new_building_standard": Text("Performance of new buildings", "新築建物の性能"),
    "renovation": Text("Renovation of standing buildings", "既存建物の省エネ改修"),
    "equipment": Text("What equipment may be installed, and what helps it", "設備の設置制限と補助"),
    "solar": Text("Solar panels on roofs", "屋根の太陽光発電"),
    "electricity": Text("Electricity as supplied to Tokyo", "都内に供給される電力"),
    "fuel": Text("Cleaner fuel and heat within the same carrier", "同一エネルギー種別内の低炭素化"),
    "service": Text("How much service people take from energy", "エネルギーサービスの水準"),
    "other_sectors": Text("Industry, transport, waste and other gases", "産業・運輸・廃棄物・その他ガス"),
    "programmes": Text("Programmes of the ordinance", "条例の制度"),
}


def _families(section: type[Section], prefix: str = "") -> Iterator[tuple[str, Lever]]:
    """Yield dotted name and description of every lever below a section; one entry for all labels of a lever."""
    for name, info in section.model_fields.items():
        description = next((item for item in info.metadata if isinstance(item, Lever)), None)
        if description is not None:
            yield f"{prefix}{name}", description
        elif isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            yield from _families(info.annotation, f"{prefix}{name}.")


#: Levers by dotted name, those given for each label once: `renovation.rate`.
LEVER_FAMILIES: Final[Mapping[str, Lever]] = dict(_families(Levers))


def _expanded() -> Iterator[tuple[str, str]]:
    for family, lever in LEVER_FAMILIES.items():
        for name in [f"{family}.{label}" for label in labels(lever.per)] if lever.per else [family]:
            yield name, family


#: Family of every single lever: `renovation.rate.public` → `renovation.rate`.
FAMILY_OF: Final[Mapping[str, str]] = dict(_expanded())


def plain(value: Any) -> Any:
    """Return levers, or a value of one, as plain dicts and numbers: the one canonical form that hashes come from."""
    if isinstance(value, Section):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, ByLabel):
        return {label: plain(item) for label, item in value.items()}
    if isinstance(value, YearPath):
        years = {str(year): number for year, number in value.points}
        return years if len(years) > 1 else value.points[0][1]
    if isinstance(value, SharePath):
        return {str(year): dict(shares) for year, shares in value.points}
    return value


def lever_value(levers: Levers, name: str) -> Any:
    """Return the value of one lever by its dotted name, as `plain` gives it."""
    value: Any = plain(levers)
    for part in name.split("."):
        value = value[part]
    return value
