"""The rules of an auction: what the officers decide before bids come in, with defaults from the data."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase_rows import Rule
from model.optimise.procurement_data import procurement

_UNKNOWN = Text("there is no such rule", "この規則はありません")
_BAD = Text("this value does not suit the rule", "この規則に合わない値です")


def _default(quantity: str) -> Any:
    return Field(default_factory=lambda: procurement().parameter(quantity), ge=0)


class AuctionRules(BaseModel):
    """Rules of an auction; a rule that is not given has the default of `data/procurement/`.

    Attributes:
        evaluation: `price` takes the lowest price, `overall` the most points of the ward formula.
        overlapping_packages: whether packages of one supplier may overlap outside exclusive groups: `refuse` them, or
            let any that are `disjoint` win.
        supplier_share_cap: most of all contract power for one supplier [1].
        emission_factor_cutoff: suppliers above it are not admitted [kg/kWh].
        environmental_points_cutoff: suppliers below it are not admitted [points].
        reserve_unit_price: single offers must be below it [JPY/kWh].
        last_resort_multiple: last-resort supply against the reference tariff [1].
        market: whose prices the reference tariff has.
        fuel_adjustment: added to energy charges that do not contain it [JPY/kWh].
        levy: added to energy charges that do not contain it [JPY/kWh].
        stage_one: whether a ward may stay with its own offer of stage 1.
        supply_start: first day of supply; facilities still under contract are not taken.
        fiscal_year: the year that half-hourly files without dates stand for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    evaluation: Literal["price", "overall"] = "price"
    overlapping_packages: Literal["refuse", "disjoint"] = "refuse"
    supplier_share_cap: float = Field(default_factory=lambda: procurement().parameter("supplier_share_cap"), gt=0, le=1)
    emission_factor_cutoff: float | None = Field(default=None, ge=0)
    environmental_points_cutoff: float | None = Field(default=None, ge=0)
    reserve_unit_price: float | None = Field(default=None, gt=0)
    last_resort_multiple: float = _default("last_resort_multiple")
    market: Literal["before_crisis", "crisis"] = "crisis"
    fuel_adjustment: float = Field(default_factory=lambda: procurement().parameter("fuel_adjustment"))
    levy: float = _default("levy")
    stage_one: bool = True
    supply_start: datetime.date = datetime.date(2027, 4, 1)
    fiscal_year: int = Field(default=2025, ge=2000, le=2060)


def rules_of(rows: Sequence[Rule], place: str, faults: FaultList) -> AuctionRules:
    """Return the rules that rows state, recording every unknown rule and every value that does not suit."""
    given: dict[str, Any] = {}
    for row in rows:
        if row.id not in AuctionRules.model_fields:
            faults.add(f"{place} › {row.id}", _UNKNOWN, row.id, list(AuctionRules.model_fields))
        else:
            given[row.id] = row.value
    try:
        return AuctionRules.model_validate(given)
    except ValidationError as problem:
        for detail in problem.errors(include_url=False):
            name = str(detail["loc"][0])
            faults.add(f"{place} › {name}", _BAD, given.get(name), str(detail["msg"]))
        return AuctionRules.model_validate({})
