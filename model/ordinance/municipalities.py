"""The 62 municipalities of Tokyo, found by code or by either name, with the zone rate of the report programme."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, cast

from pydantic import AfterValidator

from model.language import Text
from model.ordinance.programme import row_fault
from model.ordinance.rulebook import Parameter, Quality, Rules, rule_set_dates, rules_folder

Kind = Literal["ward", "city", "town", "village"]


@dataclass(frozen=True)
class Municipality:
    """A ward, city, town or village with its zone rate [share of eligible buildings] and how well that is known."""

    code: str
    name_ja: str
    name_en: str
    kind: Kind
    zone_rate: float
    source_id: str
    quality: Quality
    zone_basis: str

    def zone_parameter(self, rules: Rules) -> Parameter:
        """Return the zone rate as a parameter, so that a result can list its source and quality."""
        start = next(dates.valid_from for dates in rule_set_dates() if dates.id == rules.rule_set)
        return Parameter(
            id=f"municipalities.{self.code}",
            value=self.zone_rate,
            unit="share of eligible buildings",
            valid_from=start,
            rule_set=rules.rule_set,
            source_id=self.source_id,
            quality=self.quality,
            term_ja=f"{self.name_ja}の算定基準率",
            note=self.zone_basis,
        )


@cache
def municipalities() -> dict[str, Municipality]:
    """Return every municipality by its five-digit code."""
    with (rules_folder() / "municipalities.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: Municipality(
                row["code"],
                row["name_ja"],
                row["name_en"],
                cast(Kind, row["kind"]),
                float(row["zone_rate"]),
                row["source_id"],
                cast(Quality, row["quality"]),
                row["zone_basis"],
            )
            for row in csv.DictReader(lines)
        }


def municipality_names() -> dict[str, Text]:
    """Return the names of every municipality by code, for the choices of a column."""
    return {place.code: Text(place.name_en, place.name_ja) for place in municipalities().values()}


def find_municipality(given: str) -> Municipality | None:
    """Return the municipality with this code or name (Japanese, or English in any case), or None."""
    return _by_name().get(given.strip().lower())


def _known(given: str) -> str:
    """Return the code of the municipality named in a row; pydantic calls this."""
    found = find_municipality(given)
    if found is None:
        names = [name for place in municipalities().values() for name in (place.name_ja, place.name_en)]
        raise row_fault(Text("there is no such municipality in Tokyo", "都内にこの区市町村はありません"), names)
    return found.code


#: Type of a row's column that names a municipality by code or name; the row then holds the code.
MunicipalityCode = Annotated[str, AfterValidator(_known)]


@cache
def _by_name() -> dict[str, Municipality]:
    """Return every code and name, in lower case, with its municipality."""
    return {
        name.lower(): place
        for place in municipalities().values()
        for name in (place.code, place.name_ja, place.name_en)
    }
