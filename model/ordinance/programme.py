"""What a programme shows to the commands: the row a user fills in, worked rows, and the function that assesses rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from model.faults import FaultList
from model.language import Text
from model.ordinance.derivation import Obligation
from model.ordinance.rulebook import Rules

#: Modules of `model.ordinance` that hold a `PROGRAMME`, in the order in which a person meets them.
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
    **limits: Any,
) -> Any:
    """Return a column of a `Row`: heading in both languages, unit, and limits such as ge=0.

    Args:
        en: heading in English.
        ja: heading in Japanese.
        unit: unit shown beside the heading and in the template.
        default: value of an empty cell; without it the column must be filled.
        choices: how people write the values of a `Literal` column; each name in both languages is read.
        limits: passed to pydantic (ge, gt, le, lt, min_length, …).
    """
    return Field(
        default, title=en, json_schema_extra={"ja": ja, "unit": unit, "choices": dict(choices or {})}, **limits
    )


@dataclass(frozen=True)
class Programme(Generic[_Row]):
    """One programme of the ordinance, as the commands see it.

    Args:
        name: its module in `model.ordinance` and its name on the command line.
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


def programme(name: str) -> Programme[Any]:
    """Return a programme by name.

    Raises:
        BadInput: no such programme; names the nearest.
    """
    if name not in PROGRAMMES:
        faults = FaultList()
        faults.add("PROGRAMME", Text("there is no such programme", "この名前の制度はありません"), name, PROGRAMMES)
        faults.raise_if_any()
    found: Programme[Any] = importlib.import_module(f"model.ordinance.{name}").PROGRAMME
    return found
