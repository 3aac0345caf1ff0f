"""Subsidies for homes: the facts of one home and of the works that its owner plans."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.programme import Row, column, row_fault

Kind = Literal["detached", "apartment", "condominium"]
RetrofitLevel = Literal["standard", "zeh"]

KIND_NAMES = {
    "detached": Text("detached house", "戸建住宅"),
    "apartment": Text("apartment house", "共同住宅"),
    "condominium": Text("condominium", "マンション"),
}
RETROFIT_NAMES = {
    "standard": Text("energy standard", "省エネ基準適合レベル"),
    "zeh": Text("ZEH level", "ZEHレベル"),
}
#: What panels are granted together with, as the rule file names it.
COMPANION_NAMES = {
    "window_and_door_retrofit": Text("windows and doors", "高断熱窓・ドアへの改修"),
    "battery": Text("battery", "蓄電池"),
    "v2h": Text("V2H", "V2H"),
    "rental_retrofit": Text("rental home retrofit", "賃貸住宅の断熱改修"),
    "heat_pump_water_heater": Text("heat-pump water heater", "ヒートポンプ給湯器"),
}


def _cost(en: str, ja: str) -> float:
    """Return a column for the cost of one measure; empty is none."""
    cost: float = column(en, ja, "JPY", default=0.0, ge=0)
    return cost


def _fact(en: str, ja: str) -> bool:
    """Return a yes-or-no column; empty is no."""
    fact: bool = column(en, ja, default=False)
    return fact


class Home(Row):
    """One home with the works planned; money before tax relief and grants."""

    id: str = column("home", "住宅番号", min_length=1)
    kind: Kind = column("kind of home", "住宅の種類", choices=KIND_NAMES)
    new: bool = column("new building", "新築", default=True)
    floor_area_m2: float | None = column("floor area", "延床面積", "m²", default=None, gt=0)
    ua: float | None = column("UA (new)", "外皮平均熱貫流率UA値（新築）", "W/(m²K)", default=None, gt=0)
    energy_saving: float | None = column(
        "energy saving against the national standard, renewables excluded (new)",
        "国基準からの省エネ率（再エネを除く・新築）",
        "1",
        default=None,
        le=1,
    )
    all_electric: bool = _fact("all-electric", "オール電化")
    acquisition_tax_jpy: float = _cost("real-estate acquisition tax", "不動産取得税")
    pv_kw: float = column("solar power", "太陽光発電設備", "kW", default=0.0, ge=0)
    heat_pump_water_heater: bool = _fact("heat-pump water heater with the panels", "ヒートポンプ給湯器の同時設置")
    pv_functional_addon_jpy_per_kw: float = column(
        "functional panels: add-on of the product", "機能性PVの上乗せ額", "JPY/kW", default=0.0, ge=0
    )
    flat_roof_waterproofing: bool = _fact("waterproofing of a flat roof", "陸屋根の防水工事")
    flat_roof_mount: bool = _fact("mount on a flat roof", "陸屋根の架台設置")
    battery_kwh: float = column("battery", "蓄電池容量", "kWh", default=0.0, ge=0)
    battery_cost_jpy: float = _cost("cost of the battery", "蓄電池の機器費")
    battery_added: bool = _fact("battery units added to one that is there", "蓄電池ユニットの増設")
    demand_response: bool = _fact("takes part in demand response", "デマンドレスポンス実証への参加")
    renewable_contract: bool = _fact("contract for renewable power", "再エネ電力契約")
    v2h_cost_jpy: float = _cost("cost of the V2H charger", "V2Hの費用")
    electric_car: bool = _fact("electric or plug-in hybrid car", "EV・PHVの所有")
    window_cost_jpy: float = _cost("well insulated windows (existing)", "高断熱窓の工事費（既存）")
    door_cost_jpy: float = _cost("well insulated doors (existing)", "高断熱ドアの工事費（既存）")
    opening_amounts_jpy: float = column(
        "sum of the fixed amounts per opening (from FY2025)",
        "窓・ドアの定額単価の合計（令和7年度以降）",
        "JPY",
        default=0.0,
        ge=0,
    )
    security_windows: bool = _fact("registered security windows", "防犯窓")
    units_of_management_body: int = column(
        "dwellings of the management body that applies", "申請する管理組合の戸数", default=0, ge=0
    )
    insulation_cost_jpy: float = _cost("insulation material (existing)", "断熱材の工事費（既存）")
    bath_cost_jpy: float = _cost("well insulated bath (existing)", "高断熱浴槽の工事費（既存）")
    rental_retrofit_cost_jpy: float = _cost("insulation of a rental home (existing)", "賃貸住宅の断熱改修費（既存）")
    solar_thermal_cost_jpy: float = _cost("solar heat", "太陽熱利用システムの費用")
    ground_heat_cost_jpy: float = _cost("ground heat", "地中熱利用システムの費用")
    diagnosis_cost_jpy: float = _cost("energy diagnosis and design (existing)", "省エネ診断・設計の費用（既存）")
    retrofit_level: RetrofitLevel | None = column(
        "level of the energy retrofit (existing)", "省エネ改修の水準（既存）", default=None, choices=RETROFIT_NAMES
    )
    retrofit_insulation_cost_jpy: float = _cost("retrofit: openings and envelope", "省エネ改修：開口部・躯体の断熱化")
    retrofit_equipment_cost_jpy: float = _cost("retrofit: equipment", "省エネ改修：設備の効率化")
    retrofit_openings: int = column(
        "retrofit: places of openings insulated", "断熱化する開口部の箇所数", default=0, ge=0
    )
    retrofit_partial: bool = _fact("retrofit of a part only", "部分改修")
    earthquake_safe: bool = _fact("earthquake-safe after the works", "改修後の耐震性の確保")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse works that an existing home alone, or a new one alone, can have."""
        existing_only = (
            self.window_cost_jpy + self.door_cost_jpy + self.opening_amounts_jpy + self.insulation_cost_jpy
        ) + (self.bath_cost_jpy + self.rental_retrofit_cost_jpy + self.diagnosis_cost_jpy)
        if self.new and (existing_only > 0 or self.retrofit_level is not None):
            raise row_fault(
                Text(
                    "retrofit works belong to existing homes", "改修工事は既存住宅に限ります（新築欄をご確認ください）"
                )
            )
        if self.retrofit_level is not None and self.kind != "detached" and self.floor_area_m2 is None:
            raise row_fault(
                Text(
                    "the cap of this retrofit is per m²: fill in the floor area",
                    "補助限度額が㎡単価のため延床面積を記入してください",
                )
            )
        return self

    @property
    def goes_with(self) -> tuple[str, ...]:
        """The measures on top of which panels are granted, as the rule file names them."""
        present = {
            "window_and_door_retrofit": self.window_cost_jpy + self.door_cost_jpy + self.opening_amounts_jpy > 0,
            "battery": self.battery_kwh > 0,
            "v2h": self.v2h_cost_jpy > 0,
            "rental_retrofit": self.rental_retrofit_cost_jpy > 0,
            "heat_pump_water_heater": self.heat_pump_water_heater,
        }
        return tuple(name for name, there in present.items() if there)
