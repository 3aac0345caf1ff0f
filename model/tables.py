"""Every input table once: its dims, its quantities with unit, range and meaning.

All tables share one form, one value a row: quantity, dims…, value, unit, source_id, quality, note. `model.inputs`
checks each file against what stands here; `list` and `explain` show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.language import Text

#: Columns that every table has after its dims.
VALUE_COLUMNS: Final = ("value", "unit", "source_id", "quality", "note")

#: Fiscal years that a table may speak of.
FIRST_YEAR, LAST_YEAR = 1900, 2060

_ANY = float("inf")


@dataclass(frozen=True)
class Quantity:
    """One kind of number in a table; `whole` where only whole numbers make sense."""

    unit: str
    meaning: Text
    lower: float = 0.0
    upper: float = _ANY
    whole: bool = False


@dataclass(frozen=True)
class Table:
    """One file under `data/`: `name` is its path without `.csv`."""

    name: str
    dims: tuple[str, ...]
    meaning: Text
    quantities: dict[str, Quantity]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together occur once."""
        return ("quantity", *self.dims)


def _table(name: str, dims: tuple[str, ...], en: str, ja: str, **quantities: Quantity) -> Table:
    return Table(name, dims, Text(en, ja), quantities)


def _q(unit: str, en: str, ja: str, lower: float = 0.0, upper: float = _ANY) -> Quantity:
    return Quantity(unit, Text(en, ja), lower, upper)


def _share(en: str, ja: str) -> Quantity:
    return _q("1", en, ja, 0.0, 1.0)


def _whole(unit: str, en: str, ja: str, lower: float, upper: float) -> Quantity:
    return Quantity(unit, Text(en, ja), lower, upper, whole=True)


TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        # -- inventory: what was published on energy and emissions ---------------------------------------------
        _table("inventory/energy", ("sector", "year"), "final energy by sector", "部門別最終エネルギー消費",
               final_energy=_q("PJ", "final energy in the fiscal year", "年度の最終エネルギー消費"),
               final_energy_change=_q("1", "change of final energy against FY2000", "2000年度比の増減率", -1.0, 2.0)),
        _table("inventory/emissions", ("sector", "year"), "emissions by sector", "部門別排出量",
               greenhouse_gas=_q("Mt", "all greenhouse gases in CO2 equivalents", "温室効果ガス総排出量(CO2換算)"),
               co2=_q("Mt", "CO2 with the yearly electricity factor", "CO2排出量(各年度の電力係数)"),
               closed_by_data=_share("1 where the data hold a remainder or an inversion of the figure",
                                     "入力データがこの値の残差・逆算を含む場合は1")),
        _table("inventory/electricity", ("year",), "electricity supply", "電力供給",
               co2_factor=_q("kg/kWh", "CO2 per kWh of all supply to Tokyo", "都内供給電力のCO2排出係数", 0.0, 1.0),
               renewable_share=_share("renewable share of electricity used", "電力利用に占める再エネ割合"),
               consumption=_q("TWh", "electricity used in Tokyo", "都内電力消費量"),
               fixed_factor=_q("kg/kWh", "factor fixed for cap-and-trade from this year on",
                               "総量削減義務で固定した係数(当該年度以降)", 0.0, 1.0),
               fixed_factor_last_year=_whole("year", "last year with a fixed factor", "係数を固定する最終年度", 2000, 2060)),
        _table("inventory/cap_and_trade", ("year",), "facilities under cap-and-trade", "総量削減義務対象事業所",
               base_emissions=_q("Mt", "sum of base-year emissions", "基準排出量の合計"),
               factory_share=_share("factories and the like in covered emissions", "対象排出量に占める工場等の割合"),
               base_period=_q("1", "first and last year of base-year emissions", "基準排出量の対象期間(最初と最後の年度)"),
               reduction=_share("reduction of emissions against the base", "基準排出量からの削減率")),
        _table("inventory/carriers", ("carrier",), "energy carriers", "エネルギー種別の係数",
               emission_factor=_q("kg/MJ", "CO2 per energy used", "CO2排出係数", 0.0, 0.5),
               primary_energy_factor=_q("1", "primary energy per final energy", "一次エネルギー換算係数", 0.1, 10.0),
               crude_oil_equivalent=_q("kL/GJ", "crude oil per primary energy", "原油換算係数", 0.001, 1.0)),
        _table("inventory/other_sectors", ("sector", "year"), "sectors beyond buildings", "建物以外の部門",
               electric_share=_share("electricity in final energy", "最終エネルギーに占める電力の割合"),
               fuel_factor=_q("kg/MJ", "CO2 per energy of the fuels used", "燃料のCO2排出係数", 0.0, 0.5),
               emissions=_q("Mt", "emissions in CO2 equivalents", "排出量(CO2換算)")),
        # -- buildings --------------------------------------------------------------------------------------------
        _table("buildings/dwellings", ("year",), "dwellings and vacancy", "住宅総数と空き家",
               dwellings=_q("dwelling", "dwellings, vacant ones included", "住宅総数"),
               vacancy_rate=_share("share of dwellings that are vacant", "空き家率"),
               years_to_outlook=_q("year", "years over which growth passes from surveys to the outlook",
                                   "調査の伸びから世帯予測の伸びへ移行する年数", 1, 30)),
        _table("buildings/dwelling_vintages", ("stock_type", "period", "year"), "dwellings by period of construction",
               "建築時期別住宅数",
               dwellings=_q("dwelling", "dwellings standing in the year", "当該年の住宅数")),
        _table("buildings/stock_types", ("stock_type", "year"), "types of dwelling in the stock", "住宅種別の構成",
               share_of_dwellings=_share("share of all dwellings", "住宅総数に占める割合")),
        _table("buildings/households", ("household_series", "year"), "private households, history and outlook",
               "一般世帯数(実績と予測)", households=_q("household", "private households", "一般世帯数")),
        _table("buildings/population_outlook", ("area_group", "year"), "population outlook", "人口予測",
               population=_q("person", "population", "人口")),
        _table("buildings/segments", ("segment",), "sizes of dwellings and buildings", "住戸・建物の規模",
               floor_area_per_dwelling_existing=_q("m^2", "private area of a dwelling built to the base year",
                                                   "基準年までの住宅の1戸当たり専有面積", 1.0, 500.0),
               floor_area_per_dwelling_new=_q("m^2", "private area of a dwelling built later",
                                              "基準年より後の住宅の1戸当たり専有面積", 1.0, 500.0),
               dwellings_per_building_existing=_q("1", "dwellings in a building, base year", "1棟当たり戸数(既存)", 1.0),
               dwellings_per_building_new=_q("1", "dwellings in a building built later", "1棟当たり戸数(新築)", 1.0),
               floor_area_per_building_existing=_q("m^2", "floor area of a building, base year",
                                                   "1棟当たり床面積(既存)", 1.0),
               floor_area_per_building_new=_q("m^2", "floor area of a building built later", "1棟当たり床面積(新築)", 1.0),
               share_of_building_type=_share("segment's share of the floor area of its building type",
                                             "用途別床面積に占める区分の割合")),
        _table("buildings/segment_shares", ("segment", "year"), "segments within dwelling types", "住宅種別内の区分割合",
               share_of_stock_type=_share("segment's share of the dwellings of its type", "住宅種別に占める区分の割合")),
        _table("buildings/non_residential", ("building_type", "year"), "non-residential floor area", "非住宅床面積",
               floor_area=_q("m^2", "gross floor area", "延床面積")),
        _table("buildings/office_vintages", ("period", "year"), "offices by period of construction", "事務所の建築時期別床面積",
               floor_area=_q("m^2", "floor area standing in the year", "当該年の床面積")),
        _table("buildings/lifetimes", ("building_type",), "how long buildings stand", "建物の寿命",
               mean=_q("year", "mean lifetime, central value", "平均寿命(中央値)", 1.0, 200.0),
               lowest_mean=_q("year", "lowest mean lifetime in the literature", "平均寿命(文献の下限)", 1.0, 200.0),
               highest_mean=_q("year", "highest mean lifetime in the literature", "平均寿命(文献の上限)", 1.0, 200.0),
               weibull_shape=_q("1", "shape of the Weibull survival curve", "ワイブル形状パラメータ", 0.5, 10.0),
               oldest_vintage_years=_whole("year", "length given to the open first period", "最古の建築時期に割り当てる年数", 1.0, 70.0)),
        _table("buildings/municipalities", ("region", "year"), "municipalities", "区市町村",
               population=_q("person", "population", "人口"),
               households=_q("household", "households", "世帯数"),
               detached_share=_share("detached houses in all dwellings", "住宅に占める戸建の割合"),
               office_floor_area=_q("m^2", "office floor area", "事務所床面積")),
        _table("buildings/region_weights", ("building_type",), "how floor area is shared out to municipalities",
               "床面積の区市町村への按分",
               office_weight=_share("weight of offices against people", "事務所床面積の重み(残りは人口)"),
               office_floor_area_beyond_wards=_q("m^2", "office floor area outside the wards", "区部以外の事務所床面積")),
        _table("buildings/turnover", ("category", "year"), "starts and turnover as published", "着工と建替えの公表値",
               dwellings_started=_q("dwelling/year", "dwellings started", "着工戸数"),
               buildings_started=_q("building/year", "buildings started", "着工棟数"),
               buildings=_q("building", "buildings standing", "棟数"),
               mean_dwelling_floor_area=_q("m^2", "mean private area of dwellings", "1戸当たり専有面積"),
               share_built_after_2022=_share("buildings of the year that were built after 2022", "2022年より後に建つ建物の割合")),
        _table("buildings/standards_of_new", ("segment_sector", "standard", "year"), "performance of new buildings to 2022",
               "新築の省エネ性能(2022年まで)", share_of_new=_share("share of floor area built", "新築床面積に占める割合")),
        _table("buildings/insulation_mix", ("standard", "year"), "performance of the dwelling stock", "住宅ストックの断熱性能",
               share_of_dwellings=_share("share of dwellings", "住宅に占める割合")),
        # -- energy -----------------------------------------------------------------------------------------------
        _table("energy/load_moments", ("load_moment", "segment_sector", "end_use"), "load at the hours in which it is highest",
               "負荷最大時刻の電力需要",
               ratio_to_mean=_q("1", "power at the hour over the mean of the year", "年平均に対する当該時刻の電力の比", 0.0, 50.0),
               panel_output=_q("kW/kW", "power of panels at the hour", "当該時刻の太陽光出力", 0.0, 1.0)),
        _table("energy/residential_intensity", ("building_type", "end_use"), "energy of a household", "世帯当たりエネルギー",
               final_energy_per_dwelling=_q("GJ/year", "final energy of an occupied dwelling", "居住住宅1戸の最終エネルギー")),
        _table("energy/commercial_intensity", ("building_type", "end_use"), "energy of non-residential floor area",
               "非住宅の床面積当たりエネルギー",
               primary_intensity=_q("MJ/m^2/year", "primary energy per floor area", "一次エネルギー消費原単位"),
               electricity_share_of_primary=_share("electricity in primary energy", "一次エネルギーに占める電力"),
               end_use_share_of_final=_share("end use in final energy", "最終エネルギーに占める用途")),
        _table("energy/size_intensity", ("size_class",), "energy per floor area by size of facility", "規模別の原単位比",
               relative_intensity=_q("1", "intensity against a small building of the same type",
                                     "同一用途の中小建物に対する原単位の比", 0.2, 5.0)),
        _table("energy/standard_factors", ("segment_sector", "standard", "end_use"), "energy by performance level",
               "性能水準別のエネルギー比",
               factor=_q("1", "useful energy against the reference level", "有効エネルギーの基準比", 0.0, 2.0)),
        _table("energy/technologies", ("technology", "year"), "equipment", "設備機器",
               efficiency=_q("1", "useful per final energy of units sold in the year", "当該年販売機器の効率", 0.05, 10.0),
               lifetime_mean=_q("year", "mean lifetime", "平均寿命", 1.0, 60.0),
               lifetime_shape=_q("1", "shape of the Weibull survival curve", "ワイブル形状パラメータ", 0.5, 10.0),
               investment=_q("JPY/(GJ/year)", "investment per yearly useful energy", "年間有効エネルギー当たり投資額")),
        _table("energy/technology_shares", ("equipment_class", "technology", "year"), "who uses what equipment",
               "設備方式のシェア",
               stock_share=_share("share of floor area served in the base year", "基準年に設置済みの割合"),
               choice_share=_share("share of units installed in the year", "当該年の設置に占める割合")),
        _table("energy/prices", ("carrier",), "energy prices and choice of equipment", "エネルギー価格と設備選択",
               price=_q("JPY/GJ", "price to the user", "需要家価格", 1.0),
               business_price=_q("JPY/GJ", "price to firms and public bodies", "事業者・公共施設の価格", 1.0),
               discount_rate=_q("1/year", "discount rate of those who choose", "設備選択の割引率", 0.0001, 0.5),
               choice_sensitivity=_q("GJ/JPY", "sensitivity of choice to yearly cost", "年間費用に対する選択の感度")),
        _table("energy/calibration", ("sector", "year"), "what the fit of energy rests on", "エネルギー校正の前提",
               electricity_share=_q("1", "electricity in final energy", "最終エネルギーに占める電力", 0.05, 0.95),
               intensity_year=_whole("year", "year in which the intensities hold", "原単位の基準年度", 2000, 2022),
               service_knot=_q("1", "year in which the slope of the service level may change", "利用水準の傾きが変わりうる年度"),
               capped_service_knot=_q("1", "the same for facilities under the cap", "同(総量削減義務対象)"),
               pandemic_profile=_share("share of the pandemic's effect present", "感染症流行の影響の残存割合")),
        # -- solar ------------------------------------------------------------------------------------------------
        _table("solar/capacity", ("year",), "rooftop solar to date", "太陽光発電設備容量の実績",
               capacity=_q("kW", "capacity at the end of the year", "年度末設備容量")),
        _table("solar/parameters", (), "rooftop solar", "太陽光発電の諸元",
               **{"yield": _q("kWh/kW/year", "yearly generation per capacity", "年間発電量", 1.0, 8760.0)},
               degradation=_q("1/year", "yearly loss of yield", "出力低下率", 0.0, 0.1),
               lifetime_mean=_q("year", "mean lifetime of panels", "パネルの平均寿命", 1.0, 60.0),
               lifetime_shape=_q("1", "shape of the Weibull survival curve", "ワイブル形状パラメータ", 0.5, 10.0),
               rooftop_potential=_q("kW", "technical potential of roofs", "屋根の技術的ポテンシャル")),
        _table("solar/self_use", ("segment_sector",), "use of rooftop electricity on site", "太陽光の自家消費",
               self_use_share=_share("share of generation used in the building", "発電量に占める自家消費割合")),
        _table("solar/capacity_shares", ("policy_group",), "who has panels", "太陽光の設置先",
               share_of_installed=_share("share of capacity installed", "設置容量に占める割合")),
        # -- programmes of the ordinance: how far they reach ---------------------------------------------------------
        _table("policy/new_buildings", ("policy_group",), "reach of the report programme", "報告書制度の対象範囲",
               obliged_share=_share("share of starts by obliged suppliers", "着工棟数に占める義務対象事業者の割合"),
               eligible_share=_share("buildings left after exclusions", "除外後に算定対象となる建物の割合")),
        _table("policy/standards", ("segment_sector", "standard"), "performance levels in the terms of the rules",
               "省エネ性能水準の制度上の値",
               bei=_q("1", "design over standard primary energy, panels apart", "BEI(太陽光を除く)", 0.1, 3.0),
               ua=_q("W/m^2/K", "mean heat loss of the envelope", "外皮平均熱貫流率UA", 0.1, 5.0)),
        _table("policy/building_types", ("building_type",), "large new buildings by type", "大規模新築建物の用途別の値",
               storeys=_q("1", "floor area over building area", "延床面積/建築面積", 1.0, 60.0),
               use_class=_whole("1", "use of the plan programme: 1, 2 or 3", "計画書制度の用途区分(1～3)", 1, 3)),
        _table("policy/paths", ("year",), "reach of programmes by year", "制度の浸透の経路",
               sme_adoption=_share("small firms that the wards' support reaches", "区の支援が届く中小企業の割合"),
               zeb_adoption=_share("new ward buildings at ZEB level", "新築区有施設のZEB化率"),
               ward_renewable_share=_share("renewable share of what wards buy", "区が調達する電力の再エネ割合"),
               metropolitan_renewable_share=_share("renewable share of what the metropolis buys", "都が調達する電力の再エネ割合"),
               district_heat_factor=_q("1", "factor of district heat against today", "地域熱の排出係数(現状比)", 0.0, 1.5),
               forest_area=_q("ha", "forest tended by the wards", "区が整備する森林面積")),
        _table("policy/known_grants", ("dwelling_kind", "standard"), "grants that choices of the last published year knew",
               "公表最終年度の選択に含まれる補助",
               new_dwelling=_q("JPY", "grant for a new dwelling of a level", "当該水準の新築住宅への補助額"),
               renovation_share=_share("share of the cost of renovation that was granted", "改修費用に対する補助率"),
               panels_existing=_q("JPY/kW", "grant for panels on standing homes", "既存住宅の太陽光への補助額")),
        _table("policy/credits", ("credit_kind",), "credits from outside the cap", "総量削減義務の対象外からのクレジット",
               supply=_q("t-CO2", "credits on offer in a compliance period", "計画期間当たりのクレジット供給量")),
        _table("policy/parameters", (), "response to programmes", "制度への反応",
               over_compliance=_share("obliged suppliers install more than they owe by", "義務対象事業者の超過設置の割合"),
               sme_saving=_share("saving of a firm that support reaches", "支援を受けた中小企業の省エネ率"),
               attaining_share=_share("reported energy that comes to the attained level", "報告対象のうち達成水準に到達する割合"),
               reported_share_of_supply=_share("share of the way to their level that suppliers go", "供給事業者が目標水準に近づく割合"),
               additionality=_share("renewable electricity that a green purchase adds", "再エネ購入による追加性"),
               payback_sensitivity=_q("1/year", "panels on existing homes by pay-back", "投資回収年数に対する設置の感度"),
               renovation_sensitivity=_q("1", "renovation by the share that is granted", "補助率に対する改修率の感度"),
               grant_sensitivity=_q("1/MJPY", "odds of a level by its grant", "補助額に対する水準選択の感度"),
               home_capacity=_q("kW", "panels of a typical home", "標準的な住宅の太陽光容量", 0.5, 50.0),
               sample_suppliers=_whole("1", "portfolios solved for each year", "各年に最適化する事業者数", 1, 100),
               sample_facilities=_whole("1", "facilities scheduled", "最適化する事業所数", 2, 2000),
               sample_ward_facilities=_whole("1", "facilities of each ward", "各区の施設数", 1, 200),
               optimiser_gap=_q("1", "gap to which samples are solved", "最適化の許容差", 0.0, 0.1),
               own_saving_limit=_q("1/year", "saving that capped facilities can add in a year", "総量削減義務対象が1年に上積みできる省エネ率", 0.0, 0.2)),
        # -- economics --------------------------------------------------------------------------------------------
        _table("economics/building_costs", ("equipment_class", "standard"), "cost of better buildings", "建物の性能向上の費用",
               renovation_cost=_q("JPY/m^2", "works that bring a standing building to the level", "当該水準への改修費用"),
               new_premium=_q("JPY/m^2", "extra cost of a new building over the national standard",
                              "国の基準を超える新築の追加費用")),
        _table("economics/parameters", (), "how costs are counted", "費用計算の前提",
               price_year=_whole("year", "fiscal year of whose money all costs are", "費用の価格基準年度", 2000, 2060),
               discount_rate=_q("1/year", "discount rate of costs and tonnes", "費用・削減量の割引率", 0.0, 0.5),
               renovation_life=_whole("year", "life of renovation works", "改修の耐用年数", 1, 100),
               new_building_life=_whole("year", "life of what makes a new building better", "新築性能向上分の耐用年数", 1, 100),
               operation_cost_first=_q("JPY/m^2", "cost of the first saving in use, for all energy saved",
                                       "運用改善の最初の削減費用(全量削減当たり)"),
               operation_cost_last=_q("JPY/m^2", "cost of the last saving in use, for all energy saved",
                                      "運用改善の最後の削減費用(全量削減当たり)"),
               operation_life=_whole("year", "life of controls and tuning", "運用改善の耐用年数", 1, 100),
               target_tolerance=_q("Mt", "by how much a target may be missed and count as reached", "目標達成とみなす許容差"),
               free_service_share=_share("use of services saved without loss to anyone", "便益を損なわずに減らせる利用の割合"),
               service_elasticity=_q("1", "elasticity of service use to price", "エネルギーサービス利用の価格弾力性", 0.01, 5.0),
               grant_uptake=_share("works that a grant is applied for and paid", "補助の対象となり支給される工事の割合"),
               administration_share=_share("cost of running a grant over what it pays out", "補助額に対する事務費の割合")),
        _table("economics/solar", ("year",), "cost of rooftop solar", "太陽光発電の費用",
               panel_cost=_q("JPY/kW", "panels installed on a new building, inverter included", "新築への設置費用(パワコン込み)"),
               existing_roof_ratio=_q("1", "cost on existing roofs over new ones", "既存屋根への設置費用の比", 0.1, 10.0),
               inverter_cost=_q("JPY/kW", "one exchange of the inverter", "パワコン交換費用"),
               inverter_life=_whole("year", "life of an inverter", "パワコンの耐用年数", 1, 100),
               upkeep=_q("JPY/kW/year", "inspections", "点検費用"),
               export_value=_q("JPY/kWh", "worth of power fed into the grid", "余剰電力の価値")),
        _table("economics/supply", ("year",), "cost of cleaner supply", "供給側の低炭素化の費用",
               renewable_premium_first=_q("JPY/kWh", "extra cost of renewable power just beyond the last published share",
                                          "公表最終年度の割合を超える最初の再エネの追加費用"),
               renewable_premium_last=_q("JPY/kWh", "extra cost of the last kWh of an all-renewable supply",
                                         "再エネ100%に達する最後の1kWhの追加費用"),
               thermal_abatement_last=_q("JPY/tonne", "marginal cost where the rest of supply emits nothing",
                                         "再エネ以外の電力の排出が0になる点の限界費用"),
               heat_abatement_last=_q("JPY/tonne", "marginal cost where district heat emits nothing",
                                      "地域熱の排出が0になる点の限界費用"),
               credit_price=_q("JPY/tonne", "price of credits from outside the cap", "総量削減義務の対象外からのクレジット価格"),
               clean_gas_premium=_q("JPY/GJ", "extra cost of gas without emissions", "合成メタン等の追加費用")),
        _table("economics/other_sectors", ("sector", "payer"), "cost of measures beyond buildings", "建物以外の対策費用",
               abatement_last=_q("JPY/tonne", "marginal cost where nothing is left, rising from zero",
                                 "排出が0になる点の限界費用(0から直線的に上昇)"),
               share_of_cost=_share("share that a payer bears", "負担割合")),
        _table("economics/payers", ("tenure", "payer"), "who pays for buildings", "建物の費用負担",
               share_of_works=_share("share of works and equipment", "工事・設備費の負担割合"),
               share_of_bills=_share("share of energy bills", "光熱費の負担割合")),
        # -- uncertainty ------------------------------------------------------------------------------------------
        _table("uncertainty/ranges", ("of_quality", "factor"), "how uncertain inputs are", "入力の不確実性の幅",
               half_range=_q("1", "half-range as a share of the value, by quality or of one factor",
                             "値に対する幅(片側)。品質区分別、または要因別", 0.0, 0.9),
               full_year=_whole("year", "year in which the range of a lever has its full width",
                                "レバーの幅が全開となる年度", 2023, 2060)),
        # -- procurement ------------------------------------------------------------------------------------------
        _table("procurement/reduction_measures", ("measure", "building_use"), "measures of large facilities",
               "大規模事業所の削減対策",
               saving_electricity=_share("saving of the electricity left", "電気の削減率(残余に対する)"),
               saving_fuel=_share("saving of the gas and oil left", "ガス・油の削減率(残余に対する)"),
               saving_heat=_share("saving of the bought heat left", "購入熱の削減率(残余に対する)"),
               fuel_replaced=_share("share of gas and oil replaced by electricity", "電化による燃料の代替率"),
               electricity_per_fuel=_q("MWh/GJ", "electricity used for fuel replaced", "代替燃料当たり電気使用量"),
               generation=_q("MWh/m^2/year", "generation of panels per roof area", "屋根面積当たり発電量"),
               off_site_share=_share("share of bought electricity supplied off site", "オフサイト再エネの割合"),
               off_site_premium=_q("JPY/kWh", "extra price of off-site supply", "オフサイト再エネの割増単価"),
               unit_cost=_q("JPY/m^2", "cost by floor area (solar: by roof area)", "床面積(太陽光は屋根面積)当たり費用"),
               annual_cost=_q("JPY/m^2/year", "yearly cost", "年間費用"),
               life=_q("year", "life", "耐用年数", 1.0, 100.0),
               lead_time=_q("year", "lead time", "準備期間", 0.0, 30.0),
               renewal_share=_share("part that a renewal due anyway would cost", "通常更新でも生じる費用の割合")),
        _table("procurement/schedule_paths", ("year",), "what a schedule of reductions assumes by year",
               "削減計画の年度別前提",
               electricity_price=_q("JPY/kWh", "price of electricity", "電気料金"),
               city_gas_price=_q("JPY/m^3", "price of city gas", "都市ガス料金"),
               heat_price=_q("JPY/GJ", "price of heat", "熱料金"),
               heavy_oil_price=_q("JPY/L", "price of heavy oil A", "A重油価格"),
               electricity_factor=_q("t-CO2/MWh", "factor of electricity supplied", "電気の排出係数"),
               heat_factor=_q("t-CO2/GJ", "factor of heat supplied", "熱の排出係数"),
               gas_factor=_q("t-CO2/1000m3", "factor of city gas supplied", "都市ガスの排出係数"),
               certificate_price=_q("JPY/kWh", "price of renewable certificates", "再エネ証書価格"),
               green_menu_premium=_q("JPY/kWh", "extra price of a green power menu", "再エネ電力メニューの割増単価"),
               excess_price=_q("JPY/t-CO2", "price of excess reductions bought", "超過削減量の購入価格"),
               excess_sale_price=_q("JPY/t-CO2", "price of excess reductions sold", "超過削減量の売却価格"),
               renewable_price=_q("JPY/t-CO2", "price of renewable credits", "再エネクレジット価格"),
               tokyo_small_mid_price=_q("JPY/t-CO2", "price of small and mid credits", "都内中小クレジット価格"),
               tokyo_small_mid_supply=_q("t-CO2", "small and mid credits on offer in a period", "都内中小クレジットの供給量(期間)"),
               outside_tokyo_price=_q("JPY/t-CO2", "price of credits from outside Tokyo", "都外クレジット価格"),
               outside_tokyo_supply=_q("t-CO2", "outside credits on offer in a period", "都外クレジットの供給量(期間)"),
               saitama_link_price=_q("JPY/t-CO2", "price of Saitama credits", "埼玉連携クレジット価格"),
               saitama_link_supply=_q("t-CO2", "Saitama credits on offer in a period", "埼玉連携クレジットの供給量(期間)"),
               carbon_half_level=_q("1", "emissions against the base at which recognition is granted", "カーボンハーフ認定の基準排出量比"),
               rate_offices=_share("assumed rate of reduction, category I-1", "区分I-1の削減義務率の想定"),
               rate_factories=_share("assumed rate of reduction, categories I-2 and II", "区分I-2・IIの削減義務率の想定"),
               discount_rate=_q("1/year", "discount rate of a plan", "計画の割引率", 0.0, 0.5),
               change_charge=_q("JPY", "charge of a change against the plan before", "前回計画からの変更1件の負担")),
        _table("procurement/facility_population", ("year",), "facilities under cap-and-trade as a population",
               "総量削減義務対象事業所の全体像",
               facilities=_q("facility", "facilities", "事業所数"),
               base_emissions=_q("Mt-CO2/year", "sum of base emissions", "基準排出量の合計"),
               emissions=_q("Mt-CO2/year", "emissions", "排出量"),
               reduction=_share("reduction against the base", "基準排出量比削減率"),
               met_by_own_measures=_q("facility", "met the duty by own measures", "自らの対策で義務を履行した事業所"),
               met_with_credits=_q("facility", "met the duty with credits", "クレジット等で義務を履行した事業所"),
               excess=_q("kt-CO2", "excess reductions of the period", "超過削減量"),
               shortfall=_q("kt-CO2", "what was owed beyond own reductions", "義務不足量"),
               share_of_factories=_share("share of factories", "工場等の割合"),
               share_with_district_supply=_share("share in category I-2", "区分I-2の割合"),
               share_top_level=_share("share recognised as top level", "トップレベル事業所の割合"),
               size_spread=_q("1", "standard deviation of the logarithm of base emissions", "基準排出量の対数標準偏差"),
               reduction_spread=_share("standard deviation of reductions against the base", "削減率の標準偏差"),
               emissions_per_area=_q("t-CO2/m^2", "base emissions per floor area", "床面積当たり基準排出量"),
               least_base=_q("t-CO2/year", "least base emissions of a facility", "事業所の最小基準排出量"),
               electric_share_of_emissions=_share("electricity in emissions", "排出量に占める電力の割合"),
               electric_share_spread=_share("standard deviation of the share of electricity", "電力の割合の標準偏差"),
               least_electric_share=_share("least share of electricity", "電力の割合の下限"),
               most_electric_share=_share("greatest share of electricity", "電力の割合の上限"),
               share_of_offices=_share("offices, of those that are no factories", "事務所の割合(工場等以外)"),
               share_of_shops=_share("shops, of those that are no factories", "商業施設の割合(工場等以外)"),
               share_of_hotels=_share("hotels, of those that are no factories", "宿泊施設の割合(工場等以外)"),
               share_of_hospitals=_share("hospitals, of those that are no factories", "医療施設の割合(工場等以外)"),
               share_of_schools=_share("schools, of those that are no factories", "教育施設の割合(工場等以外)"),
               share_of_publics=_share("public offices, of those that are no factories", "官公庁の割合(工場等以外)"),
               area_spread=_share("greatest deviation of floor area from its mean", "床面積の平均からの最大偏差"),
               roof_share_of_area=_share("roof free for panels by floor area", "床面積に対する太陽光設置可能屋根の割合"),
               district_share=_share("energy from district supply where there is any", "地域冷暖房等からの受入割合(受入事業所)"),
               district_heat_share=_share("heat bought in what is not electricity there", "受入事業所の電力以外に占める購入熱の割合"),
               largest_owner=_q("facility", "most facilities of one owner", "同一所有者の最大事業所数"),
               oldest_equipment=_q("year", "greatest age of equipment", "設備の最大経過年数"),
               least_reduction=_q("1", "least reduction against the base", "削減率の下限", -1.0, 1.0),
               most_reduction=_share("greatest reduction against the base", "削減率の上限")),
    )
}  # fmt: skip
