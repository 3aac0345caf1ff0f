"""New small and mid-size buildings (建築物環境報告書制度): the facts a supplier reports, building by building."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from model.language import Text
from model.ordinance.exact import FloatArray
from model.ordinance.municipalities import MunicipalityCode, municipality_names
from model.ordinance.programme import Row, column, row_fault

HouseType = Literal[
    "custom_detached",
    "for_sale_detached",
    "rental_apartment",
    "for_sale_condominium",
    "other_housing",
    "non_residential",
]
Role = Literal["new_building", "existing_house", "off_site"]

ROLE_NAMES = {
    "new_building": Text("new building", "新築"),
    "existing_house": Text("existing house", "既存住宅への設置"),
    "off_site": Text("off site", "敷地外"),
}
HOUSE_TYPE_NAMES = {
    "custom_detached": Text("custom-built detached houses", "注文住宅"),
    "for_sale_detached": Text("detached houses for sale", "建売分譲住宅"),
    "rental_apartment": Text("rental apartments", "賃貸アパート"),
    "for_sale_condominium": Text("condominiums for sale", "分譲マンション"),
    "other_housing": Text("other housing", "上記以外の住宅"),
    "non_residential": Text("non-residential buildings", "非住宅"),
}


class Building(Row):
    """One building that a supplier delivered in Tokyo, or one substitute installation elsewhere."""

    id: str = column("building", "建物番号", min_length=1)
    supplier: str = column("supplier", "供給事業者", min_length=1)
    supplied_on: date = column("day of delivery", "供給日")
    role: Role = column(
        "new building, or panels on an existing house or off site as a substitute",
        "区分（新築・既存住宅への設置・敷地外）",
        default="new_building",
        choices=ROLE_NAMES,
    )
    house_type: HouseType = column("house type", "建物種別", default="custom_detached", choices=HOUSE_TYPE_NAMES)
    municipality: MunicipalityCode = column("municipality", "区市町村", choices=municipality_names())
    floor_area_m2: float = column("total floor area", "延床面積", "m²", default=0.0, ge=0)
    standardised: bool = column("built to the supplier's own standard specification", "規格建築物", default=True)
    roof_largest_m2: float | None = column(
        "largest usable roof, horizontal projection", "最大の南面等屋根の水平投影面積", "m²", default=None, ge=0
    )
    roof_second_m2: float | None = column(
        "second largest usable roof", "2番目の南面等屋根の水平投影面積", "m²", default=None, ge=0
    )
    restricted: bool = column("local building limits rule panels out", "建築制限等により設置不可", default=False)
    exclusion_requested: bool = column("supplier asks to leave it out of the count", "算定除外の申出", default=False)
    pv_kw: float = column("solar power", "太陽光発電設備", "kW", default=0.0, ge=0)
    solar_heat_gj: float = column(
        "solar heat, primary energy saved", "太陽熱利用（一次エネルギー）", "GJ/yr", default=0.0, ge=0
    )
    ground_heat_gj: float = column(
        "ground-source heat, primary energy saved", "地中熱利用（一次エネルギー）", "GJ/yr", default=0.0, ge=0
    )
    ua: float | None = column("UA of the weakest dwelling", "UA値（最も低い性能の住戸）", "W/(m²K)", default=None, gt=0)
    design_gj: float | None = column(
        "design primary energy before generation", "設計一次エネルギー（創エネ控除前）", "GJ/yr", default=None, ge=0
    )
    generation_gj: float = column("of which own generation", "うち創エネ", "GJ/yr", default=0.0, ge=0)
    standard_gj: float | None = column("standard primary energy", "基準一次エネルギー", "GJ/yr", default=None, gt=0)
    parking_spaces: int = column("parking spaces", "駐車区画数", default=0, ge=0)
    chargers: int = column("chargers installed", "充電設備（実装）", default=0, ge=0)
    conduits: int = column("further spaces with conduit", "配管等のみ整備した区画", default=0, ge=0)
    v2h: int = column("V2H or V2B units", "V2H・V2B", default=0, ge=0)
    explained: bool = column("environmental performance explained", "環境性能の説明実施", default=False)
    supplier_approved: bool = column(
        "supplier takes part by approval", "供給事業者が任意参加の承認を受けている", default=False
    )
    steps_taken: int = column("enforcement steps the supplier has had", "供給事業者が受けた措置の数", default=0, ge=0)

    @model_validator(mode="after")
    def _has_floor_area(self) -> Self:
        """Refuse a new building without floor area; substitutes need none."""
        if self.role == "new_building" and self.floor_area_m2 <= 0:
            raise row_fault(
                Text(
                    "a new building needs a floor area above 0",
                    "新築建物の延床面積は0より大きい値が必要です",
                )
            )
        return self


@dataclass(frozen=True)
class Supply:
    """What one supplier delivered in one fiscal year: new buildings in scope, and substitutes."""

    supplier: str
    fiscal_year: int
    buildings: tuple[Building, ...]
    existing_houses: tuple[Building, ...]
    off_site: tuple[Building, ...]
    out_of_scope: tuple[Building, ...]

    @property
    def rows(self) -> tuple[Building, ...]:
        """Everything reported for the supplier and year."""
        return (*self.buildings, *self.out_of_scope, *self.existing_houses, *self.off_site)

    @property
    def floor_area_m2(self) -> float:
        """Floor area delivered in scope [m²]."""
        return float(sum(building.floor_area_m2 for building in self.buildings))

    def of_type(self, house_type: str) -> tuple[Building, ...]:
        """Return the buildings of one house type."""
        return tuple(building for building in self.buildings if building.house_type == house_type)


def column_of(buildings: Sequence[Building], name: str) -> FloatArray:
    """Return one fact of all buildings as an array, NaN where it is unknown."""
    values = [getattr(building, name) for building in buildings]
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def renewable_heat_gj(buildings: Sequence[Building], kinds: Sequence[str]) -> FloatArray:
    """Return the heat of each building [GJ/yr] of those kinds that the rules name (`eligible_renewables`)."""
    columns = {"solar_thermal": "solar_heat_gj", "ground_source_heat": "ground_heat_gj"}
    named = [column_of(buildings, column) for kind, column in columns.items() if kind in kinds]
    return np.asarray(np.sum(named, axis=0) if named else np.zeros(len(buildings)))
