"""New large buildings (建築物環境計画書制度): the facts of one building as its client plans it."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.programme import Row, column, row_fault

Use = Literal["factories", "offices_schools_hotels_stores", "hospitals_restaurants_halls"]

USE_NAMES = {
    "factories": Text("factories", "用途①工場等"),
    "offices_schools_hotels_stores": Text(
        "offices, schools, hotels, stores", "用途②事務所等・学校等・ホテル等・百貨店等"
    ),
    "hospitals_restaurants_halls": Text("hospitals, restaurants, halls", "用途③病院等・飲食店等・集会所等"),
}
#: Keys of the rule file for the three groups of uses.
USE_KEYS = {
    "factories": "use_1_factories",
    "offices_schools_hotels_stores": "use_2_offices_schools_hotels_stores",
    "hospitals_restaurants_halls": "use_3_hospitals_restaurants_halls",
}


class LargeBuilding(Row):
    """One new building of 2,000 m² or more, or a smaller one that files voluntarily."""

    id: str = column("building", "建物番号", min_length=1)
    filed_on: date = column("day of filing the plan", "計画書の提出日")
    floor_area_m2: float = column("total floor area", "延床面積", "m²", gt=0)
    building_area_m2: float = column("building area (footprint)", "建築面積", "m²", gt=0)
    available_area_m2: float | None = column(
        "roof and site area that could take panels (empty: the building area)",
        "設置検討面積（屋根・敷地。空欄は建築面積）",
        "m²",
        default=None,
        ge=0,
    )
    greening_m2: float = column("of which greening", "うち緑化面積", "m²", default=0.0, ge=0)
    shade_m2: float = column("of which in the shade or unusable", "うち日陰等の面積", "m²", default=0.0, ge=0)
    non_residential_use: Use | None = column("non-residential use", "住宅以外の用途", default=None, choices=USE_NAMES)
    bpi: float | None = column("BPI of the non-residential part", "BPI（住宅以外）", default=None, ge=0)
    bei: float | None = column("BEI of the non-residential part", "BEI（住宅以外）", default=None, ge=0)
    residential: bool = column("has dwellings", "住宅部分の有無", default=False)
    ua: float | None = column("UA of the weakest dwelling", "UA値（最も低い性能の住戸）", "W/(m²K)", default=None, gt=0)
    residential_bei: float | None = column("BEI of the residential part", "BEI（住宅）", default=None, ge=0)
    on_site_difficult: bool = column(
        "installation on site is difficult", "敷地内設置が困難（代替措置を適用）", default=False
    )
    pv_kw: float = column("solar power on site", "太陽光発電設備（敷地内）", "kW", default=0.0, ge=0)
    other_renewable_kwh: float = column(
        "other renewable power on site", "太陽光以外の再エネ発電（敷地内）", "kWh/yr", default=0.0, ge=0
    )
    heat_gj: float = column(
        "renewable heat on site, primary energy", "再エネ熱利用（敷地内、一次エネルギー）", "GJ/yr", default=0.0, ge=0
    )
    off_site_kw: float = column("renewable power off site", "敷地外の再エネ発電設備", "kW", default=0.0, ge=0)
    contract_kwh: float = column(
        "renewable electricity by contract", "再エネ割合の高い電力契約", "kWh/yr", default=0.0, ge=0
    )
    certificate_kwh: float = column("renewable certificates", "再エネ証書", "kWh/yr", default=0.0, ge=0)
    dedicated_spaces: int = column("dedicated parking spaces", "専用駐車場の区画数", default=0, ge=0)
    dedicated_chargers: int = column("of which with charger", "専用：充電設備（実装）", default=0, ge=0)
    dedicated_conduits: int = column("of which with conduit only", "専用：配管等のみ整備", default=0, ge=0)
    shared_spaces: int = column("shared parking spaces", "共用駐車場の区画数", default=0, ge=0)
    shared_chargers: int = column("of which with charger, shared", "共用：充電設備（実装）", default=0, ge=0)
    shared_conduits: int = column("of which with conduit only, shared", "共用：配管等のみ整備", default=0, ge=0)
    inspected_on: date | None = column("day of the inspection certificate", "検査済証の交付日", default=None)
    contract_area_m2: float | None = column(
        "area of one sale or lease contract", "売買・賃貸等の契約面積", "m²", default=None, gt=0
    )

    @model_validator(mode="after")
    def _areas_fit(self) -> Self:
        """Refuse a building area above the total floor area, which no building has."""
        if self.building_area_m2 > self.floor_area_m2:
            raise row_fault(Text("building area exceeds total floor area", "建築面積が延床面積を超えています"))
        return self
