"""Every dimension and result variable once: name, dims, unit, range and meaning in both languages.

Reading, checking, the attributes of results, `list`, `explain` and the generated documentation all come from here.
Units are written so that pint reads them; `year` is the Japanese fiscal year, stocks stand at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from model.language import Text

Quality = Literal["published", "read_from_chart", "derived", "estimate"]

#: How sure a number is, from the best word to the weakest.
QUALITIES: Final[dict[str, Text]] = {
    "published": Text("read as a number in the text of its source", "出典の本文に数値として記載"),
    "read_from_chart": Text("digits read from a chart or a flattened table", "図表から読み取り"),
    "derived": Text("arithmetic on published numbers, shown in the note", "公表値からの計算(備考に記載)"),
    "estimate": Text("judgement or model; never seen in a text", "推計(公表値なし)"),
}


@dataclass(frozen=True)
class Dimension:
    """An axis of results: what its labels are."""

    name: str
    meaning: Text


@dataclass(frozen=True)
class Variable:
    """A result variable: where it lives, its unit and what a valid value is."""

    name: str
    dims: tuple[str, ...]
    unit: str
    meaning: Text
    lower: float = 0.0
    upper: float = float("inf")


def _dimensions(*rows: tuple[str, str, str]) -> dict[str, Dimension]:
    return {name: Dimension(name, Text(en, ja)) for name, en, ja in rows}


DIMENSIONS: Final = _dimensions(
    ("year", "Japanese fiscal year, April to March", "年度(4月～翌年3月)"),
    ("segment", "building type by size class and tenure", "建物区分(用途×規模×所有)"),
    ("region", "municipality, by national five-digit code", "区市町村(全国地方公共団体コード)"),
    ("vintage", "year of construction of single-year cohorts", "建築年(1年刻み)"),
    ("vintage_class", "period of construction", "建築時期"),
    ("standard", "performance level of envelope and systems", "省エネ性能水準"),
    ("end_use", "service that energy provides", "用途(エネルギー)"),
    ("carrier", "energy carrier bought from outside the building", "エネルギー種別"),
    ("technology", "equipment that serves an end use", "設備方式"),
    ("sector", "sector of the greenhouse gas inventory", "部門"),
    ("building_sector", "inventory sector that buildings belong to", "建物の属する部門"),
    ("building_class", "class of building by the programmes that reach it", "対象制度別の建物区分"),
    ("factor_view", "electricity factor: `real` follows supply, `fixed` is the one set for cap-and-trade",
     "電力排出係数の見方: real=実際の供給、fixed=総量削減義務で固定"),
    ("load_moment", "hour in which the load of buildings is highest", "負荷が最大となる時刻"),
    ("payer", "who pays", "負担者"),
    ("cost_item", "what is paid for", "費目"),
    ("observation", "published figure that the model is compared with", "モデルと比較する公表値"),
)  # fmt: skip

_CELL = ("year", "segment", "region")
_PAID = ("year", "payer", "cost_item")


#: Variables that no more than all of something can be.
_SHARES = frozenset({"technology_share", "technology_installed", "renewable_share", "energy_left_by_programmes"})


def _variables(*rows: tuple[str, tuple[str, ...], str, str, str]) -> dict[str, Variable]:
    return {
        name: Variable(name, dims, unit, Text(en, ja), upper=1.0 if name in _SHARES else float("inf"))
        for name, dims, unit, en, ja in rows
    }


VARIABLES: Final = _variables(
    # -- stock -------------------------------------------------------------------------------------------------
    ("floor_area", _CELL, "m^2", "floor area standing at the end of the year (dwellings: private area)",
     "年度末の床面積(住宅は専有面積)"),
    ("built_floor_area", _CELL, "m^2/year", "floor area built during the year", "年間の新築床面積"),
    ("demolished_floor_area", _CELL, "m^2/year", "floor area demolished during the year, all causes",
     "年間の除却床面積(全要因)"),
    ("surplus_demolished_floor_area", _CELL, "m^2/year", "part demolished only because demand fell",
     "需要減による追加除却床面積"),
    ("surplus_vacant_floor_area", _CELL, "m^2", "floor area standing beyond demand", "需要を超えて残る床面積"),
    ("floor_area_by_vintage_class", ("year", "segment", "vintage_class"), "m^2",
     "floor area by period of construction", "建築時期別床面積"),
    ("floor_area_by_standard", ("year", "segment", "standard"), "m^2", "floor area by performance level",
     "省エネ性能水準別床面積"),
    ("built_floor_area_by_standard", ("year", "segment", "standard"), "m^2/year",
     "floor area built during the year by performance level", "省エネ性能水準別の年間新築床面積"),
    ("renovated_floor_area", ("year", "segment"), "m^2/year", "floor area moved to a better performance level",
     "年間の省エネ改修床面積"),
    ("renovated_floor_area_by_standard", ("year", "segment", "standard"), "m^2/year",
     "floor area that renovation brought to each performance level", "改修で到達した性能水準別の年間改修床面積"),
    ("dwellings", _CELL, "dwelling", "dwellings standing, vacant ones included", "住宅戸数(空き家を含む)"),
    ("built_dwellings", _CELL, "dwelling/year", "dwellings built during the year", "年間の新築戸数"),
    ("buildings", _CELL, "building", "buildings standing", "棟数"),
    ("built_buildings", _CELL, "building/year", "buildings built during the year", "年間の新築棟数"),
    ("dwellings_by_vintage_class", ("year", "segment", "vintage_class"), "dwelling",
     "dwellings by period of construction", "建築時期別住宅戸数"),
    ("buildings_by_vintage_class", ("year", "segment", "vintage_class"), "building",
     "buildings by period of construction", "建築時期別棟数"),
    # -- equipment and energy ----------------------------------------------------------------------------------
    ("technology_share", ("year", "segment", "technology"), "1",
     "share of floor area served by each technology of its end use", "用途別の設備方式シェア(床面積)"),
    ("technology_installed", ("year", "segment", "technology"), "1",
     "share of floor area whose equipment was installed during the year, in new buildings or in place of old",
     "当該年に設置・更新された設備が担う床面積の割合"),
    ("service_level", ("year", "segment"), "1",
     "use of energy services per floor area against the calibrated mean: weather, behaviour, everything unexplained",
     "床面積当たりの利用水準(気象・行動など未説明分を含む、校正値)"),
    ("useful_energy", ("year", "segment", "end_use"), "TJ/year", "useful energy: service delivered", "有効エネルギー(サービス量)"),
    ("final_energy", ("year", "segment", "end_use", "carrier"), "TJ/year",
     "final energy used, rooftop electricity used on site included", "最終エネルギー消費(太陽光の自家消費を含む)"),
    ("purchased_energy", ("year", "segment", "carrier"), "TJ/year",
     "energy bought: final energy less rooftop electricity used on site", "購入エネルギー(自家消費を除く)"),
    ("purchased_energy_by_region", ("year", "region", "building_sector", "carrier"), "TJ/year",
     "energy bought by municipality, shared out by floor area of each segment", "区市町村別の購入エネルギー(区分別床面積で按分)"),
    ("primary_energy", ("year", "segment"), "TJ/year", "primary energy of what is bought", "一次エネルギー消費(購入分)"),
    ("crude_oil_equivalent", ("year", "segment"), "kL/year", "crude-oil equivalent of primary energy", "原油換算エネルギー使用量"),
    # -- solar -------------------------------------------------------------------------------------------------
    ("solar_capacity", _CELL, "kW", "rooftop solar capacity at the end of the year", "年度末の太陽光発電設備容量"),
    ("solar_installed", _CELL, "kW/year", "rooftop solar capacity installed during the year", "年間の太陽光発電設置容量"),
    ("solar_installed_on_new", ("year", "segment"), "kW/year", "the part of it that comes with new buildings",
     "うち新築建物への設置容量"),
    ("solar_generation", _CELL, "MWh/year", "electricity generated on roofs", "太陽光発電量"),
    ("solar_self_use", _CELL, "MWh/year", "rooftop electricity used in the same building", "太陽光の自家消費量"),
    ("solar_export", _CELL, "MWh/year", "rooftop electricity fed into the grid", "太陽光の系統への逆潮流量"),
    # -- emissions ---------------------------------------------------------------------------------------------
    ("electricity_factor", ("year", "factor_view"), "kg/kWh", "CO2 per kWh of electricity bought", "電力のCO2排出係数"),
    ("renewable_share", ("year",), "1", "renewable share of all electricity used, own use of panels included", "電力利用に占める再エネ割合(自家消費を含む)"),
    ("building_load", ("year", "load_moment"), "GW", "power that buildings draw at the hours of highest load",
     "負荷最大時刻の建物の電力需要"),
    ("building_load_after_panels", ("year", "load_moment"), "GW",
     "the same less what panels on roofs give at that hour", "同上(屋根の太陽光の出力を控除)"),
    ("co2", ("year", "segment", "carrier", "factor_view"), "kilotonne/year", "CO2 of the energy that buildings buy",
     "建物のエネルギー起源CO2"),
    ("co2_by_region", ("year", "region", "building_class", "factor_view"), "kilotonne/year",
     "CO2 of the energy that buildings buy, by municipality: energy of each segment shared out by floor area, less what the "
     "panels of the municipality give", "区市町村別・建物区分別のエネルギー起源CO2(区分別床面積で按分、域内の太陽光自家消費を控除)"),
    ("sector_energy", ("year", "sector"), "PJ/year", "final energy by sector", "部門別最終エネルギー消費"),
    ("sector_electricity", ("year", "sector"), "TWh/year", "electricity bought by sector", "部門別の購入電力量"),
    ("greenhouse_gas", ("year", "sector"), "Mt/year",
     "greenhouse gases in CO2 equivalents with the real electricity factor", "温室効果ガス排出量(CO2換算、実排出係数)"),
    ("greenhouse_gas_total", ("year",), "Mt/year", "all greenhouse gases, comparable with the 62.2 Mt of 2000",
     "温室効果ガス総排出量(2000年度6,220万tと比較)"),
    # -- programmes of the ordinance ----------------------------------------------------------------------------
    ("solar_required", ("year", "region"), "kW/year", "capacity that obliged suppliers owe for the year's new buildings",
     "義務対象事業者の年間の設置基準容量"),
    ("solar_of_obliged_suppliers", ("year", "region"), "kW/year", "capacity that obliged suppliers install",
     "義務対象事業者の年間の設置容量"),
    ("capped_emissions", ("year",), "kilotonne/year", "emissions of covered buildings in the account of cap-and-trade",
     "総量削減義務対象(建物)の算定排出量"),
    ("capped_allowance", ("year",), "kilotonne/year", "base emissions less the reduction owed under cap-and-trade",
     "総量削減義務の排出上限(基準排出量－削減義務量)"),
    ("capped_rate", ("year",), "1", "rate of reduction owed under cap-and-trade", "総量削減義務の削減義務率"),
    ("capped_electricity_factor", ("year",), "kg/kWh", "electricity factor that cap-and-trade counts",
     "総量削減義務で用いる電力の排出係数"),
    ("capped_banked", ("year",), "kilotonne", "excess reductions kept at the end of a compliance period",
     "計画期間末に繰り越す超過削減量"),
    ("capped_expired", ("year",), "kilotonne", "banked excess that ends unused at the end of a compliance period",
     "計画期間末に失効する超過削減量"),
    ("capped_credits", ("year",), "kilotonne", "credits bought from outside the cap for a compliance period",
     "計画期間に充当する対象外からのクレジット"),
    ("capped_uncovered", ("year",), "kilotonne",
     "what a compliance period is short of after all measures and credits of the model", "計画期間の義務不足量(モデルの対策・クレジット充当後)"),
    ("renewable_purchases", ("year", "segment"), "TWh/year", "electricity bought on purpose as renewable",
     "再エネ電力として選んで購入した電力量"),
    ("energy_left_by_programmes", ("year", "segment"), "1", "energy left by programmes on buildings in use",
     "運用段階の制度による削減後に残るエネルギーの割合"),
    ("forest_absorption", ("year",), "tonne/year", "absorption by forests that wards tend; never taken off emissions",
     "区の森林整備による吸収量(排出量から差し引かない)"),
    # -- cost --------------------------------------------------------------------------------------------------
    ("expenditure", _PAID, "JPY/year", "money spent in the year: works when they are done, bills when they fall due",
     "年間支出額(工事は実施年、料金は支払年に計上)"),
    ("annual_cost", _PAID, "JPY/year",
     "yearly cost: works spread over their life with interest, bills, and services forgone valued; from the projection on",
     "年間費用(投資は耐用年数で年価換算、料金、抑制した利用の価値を含む。将来推計期間)"),
    ("transfer", ("year", "payer"), "JPY/year", "subsidies received, or paid where below zero; sums to zero over payers",
     "補助金の受取(負の値は支払)。負担者間の合計は0"),
    # -- how well the model meets what is published ------------------------------------------------------------
    ("published", ("observation",), "1", "published figure, in the unit named by the coordinate `unit`", "公表値(単位は座標unit)"),
    ("modelled", ("observation",), "1", "the model's figure for the same quantity and year", "モデル値"),
    ("residual", ("observation",), "1", "modelled less published, as a share of published", "相対残差(モデル－公表値)/公表値"),
)  # fmt: skip

#: A residual may be negative, as may a transfer and what exported power costs; all else in results is at least zero.
SIGNED: Final = frozenset({"residual", "published", "modelled", "expenditure", "annual_cost", "transfer"})

#: Coordinates that go with a dimension, beyond its labels.
COORDINATES: Final[dict[str, tuple[str, ...]]] = {
    "segment": ("building_type", "size_class", "tenure", "segment_sector", "policy_group", "segment_ja", "segment_en"),
    "region": ("region_ja", "region_en", "region_kind", "zone_rate", "region_basis"),
    "vintage_class": ("first_vintage", "last_vintage", "vintage_class_ja", "vintage_class_en"),
    "standard": ("standard_ja", "standard_en"),
    "end_use": ("end_use_ja", "end_use_en"),
    "carrier": ("carrier_ja", "carrier_en"),
    "technology": ("technology_end_use", "technology_carrier", "technology_ja", "technology_en"),
    "sector": ("sector_ja", "sector_en"),
    "load_moment": ("load_moment_ja", "load_moment_en"),
    "payer": ("payer_ja", "payer_en"),
    "cost_item": ("cost_item_ja", "cost_item_en"),
    "building_class": ("building_class_sector", "building_class_ja", "building_class_en"),
    "observation": (
        "quantity", "observation_year", "unit", "quality", "source_id", "quantity_ja", "quantity_en", "remark_ja",
        "remark_en",
    ),
}  # fmt: skip
