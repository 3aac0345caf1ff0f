"""What a programme shows to the commands: the row a user fills in, worked rows, and the function that assesses rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from model.faults import FaultList
from model.language import Language, Text
from model.ordinance.derivation import Obligation
from model.ordinance.rulebook import Rules

#: Packages of `model.ordinance`, each with `PROGRAMME` in its `programme`, in the order in which a person meets them.
PROGRAMMES: tuple[str, ...] = (
    "building_report",
    "building_plan",
    "cap_and_trade",
    "small_facilities",
    "district",
    "electricity_suppliers",
    "subsidies",
    "solar_economics",
    "joint_purchase",
    "forest_offset",
    "own_facilities",
    "ward_support",
    "targets",
)


class Row(BaseModel):
    """One row of a user's table; unknown columns are faults, and `unique` names the columns that identify a row."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    unique: ClassVar[tuple[str, ...]] = ("id",)
    #: Another model whose columns are names that this table's cells may hold; the help sheet lists them too.
    explains: ClassVar[type[Row] | None] = None


_Row = TypeVar("_Row", bound=Row)


def row_fault(problem: Text, allowed: Sequence[str] | None = None) -> PydanticCustomError:
    """Return what a validator of a `Row` raises: the problem in both languages, and names that would be right."""
    return PydanticCustomError("row_fault", "{en}", {"en": problem.en, "ja": problem.ja, "allowed": allowed})


def column(
    en: str,
    ja: str,
    unit: str = "",
    default: Any = ...,
    choices: Mapping[Any, Text] | None = None,
    meaning: Text | None = None,
    **limits: Any,
) -> Any:
    """Return a column of a `Row`: heading in both languages, unit, and limits such as ge=0.

    Args:
        en: heading in English.
        ja: heading in Japanese.
        unit: unit shown beside the heading and in the template.
        default: value of an empty cell; without it the column must be filled.
        choices: how people write the values of a `Literal` column; each name in both languages is read.
        meaning: what to know to fill the column in, for the help sheet.
        limits: passed to pydantic (ge, gt, le, lt, min_length, default_factory, …).
    """
    extra: Any = {"ja": ja, "unit": unit, "choices": dict(choices or {}), "meaning": meaning}
    if "default_factory" in limits:
        return Field(title=en, json_schema_extra=extra, **limits)
    return Field(default, title=en, json_schema_extra=extra, **limits)


#: Names of the worked rows, with their English.
_ENGLISH_NAMES = {
    "見本住宅": "Sample Homes",
    "見本ビル": "Sample Building",
    "見本工場": "Sample Works",
    "見本モール": "Sample Mall",
    "見本不動産": "Sample Estates",
    "排熱回収": "heat recovery",
    "夜間設定の見直し": "night setback",
    "見本商事": "Sample Trading",
    "本社": "head office",
    "支店": "branch",
    "店舗（加盟店）": "shop (franchise)",
    "見本地区再開発": "Sample District Renewal",
    "A棟": "Building A",
    "B棟": "Building B",
    "C棟": "Building C",
    "見本熱供給": "Sample Heat Supply",
    "見本電力": "Sample Power",
    "都内太陽光": "Solar in Tokyo",
    "標準": "standard",
    "再エネ100％": "100 % renewable",
    "本庁舎": "ward office",
    "小学校": "primary school",
    "区民館": "community hall",
    "多摩の森": "Tama forest",
    "沼田の森": "Numata forest",
    "知事部局等": "governor's bureaus",
    "空調更新": "new air conditioning",
    "ZEH普及": "spread of ZEH",
    "再エネ": "renewable electricity",
    "太陽光": "solar power",
    "家庭": "households",
}


@dataclass(frozen=True)
class Programme(Generic[_Row]):
    """One programme of the ordinance, as the commands see it.

    Args:
        name: its package in `model.ordinance` and its name on the command line.
        rulebook: its rule file.
        title: its name in both languages.
        row: the model of one input row.
        examples: worked rows for the template; they must pass through `assess`.
        assess: rows and rules to one obligation a subject.
    """

    name: str
    rulebook: str
    title: Text
    row: type[_Row]
    examples: tuple[_Row, ...]
    assess: Callable[[Sequence[_Row], Rules], list[Obligation]]

    def examples_in(self, language: Language) -> tuple[_Row, ...]:
        """Return the worked rows with the names of a language."""
        return self.examples if language == "ja" else tuple(in_english(row) for row in self.examples)


def in_english(row: _Row) -> _Row:
    """Return a worked row with English names.

    Args:
        row: a worked row with the Japanese names of made-up businesses.
    """
    given = {name: getattr(row, name) for name in row.model_fields_set}
    return row.model_copy(
        update={
            name: _ENGLISH_NAMES[value]
            for name, value in given.items()
            if isinstance(value, str) and value in _ENGLISH_NAMES
        }
    )


def programme(name: str) -> Programme[Any]:
    """Return a programme by name.

    Raises:
        BadInput: no such programme; names the nearest.
    """
    if name not in PROGRAMMES:
        faults = FaultList()
        faults.add("PROGRAMME", Text("there is no such programme", "この名前の制度はありません"), name, PROGRAMMES)
        faults.raise_if_any()
    found: Programme[Any] = importlib.import_module(f"model.ordinance.{name}.programme").PROGRAMME
    return found
