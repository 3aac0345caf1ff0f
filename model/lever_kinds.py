"""Kinds of levers: what a value of each kind looks like, how it is checked and what it means to a reader.

A lever stands in `model.levers` as `Annotated[type, path(…)]`. From that one annotation come the check by pydantic,
the JSON Schema for editors, the commented template and what `list` and `explain` print.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema
from pydantic_core.core_schema import CoreSchema

from model.labels import classification
from model.language import Text
from model.year_path import FIRST_YEAR, LAST_YEAR, ByLabel, SharePath, YearPath

Kind = Literal["whole", "number", "choice", "last_year", "path", "share_path"]

#: Shares of a year must sum to one within this.
SHARE_TOLERANCE: Final = 1e-6

#: Classification table of each dimension that levers are given for or share out.
TABLES: Final = {
    "policy_group": "policy_groups",
    "standard": "standards",
    "technology": "technologies",
    "programme": "programmes",
}

#: A year as a key: four digits.
_YEAR = re.compile(r"[0-9]{4}")


def labels(dimension: str) -> tuple[str, ...]:
    """Return the labels of a dimension that levers use, in the order of its classification table."""
    return tuple(classification(TABLES[dimension]))


@dataclass(frozen=True)
class Lever:
    """What one lever (or one lever for each label of a dimension) is.

    Args:
        kind: what a value looks like.
        meaning: what it changes, with the base it refers to.
        unit: unit of the values, readable by pint.
        lower, upper: allowed range, both ends included.
        choices: allowed words and their meaning, for a choice.
        per: dimension whose every label has a value of its own; None for a single lever.
        shares_of: dimension whose labels share out each year, for a share path.
    """

    kind: Kind
    meaning: Text
    unit: str = "1"
    lower: float | None = None
    upper: float | None = None
    choices: dict[str, Text] = field(default_factory=dict)
    per: str | None = None
    shares_of: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the check that pydantic runs for the annotated field."""
        value = _CHECKS[self.kind](self)
        return value if self.per is None else _by_label(value, labels(self.per))

    def span(self) -> str:
        """Return the allowed range of one number, with its unit."""
        unit = "" if self.unit in ("1", "year") else f" [{self.unit}]"
        return f"{self.lower:g}{unit}" if self.lower == self.upper else f"{self.lower:g}-{self.upper:g}{unit}"

    def allowed(self) -> str:
        """Return the allowed values in one line, for faults and templates."""
        if self.kind == "choice":
            return ", ".join(self.choices)
        return {
            "whole": self.span(),
            "number": self.span(),
            "last_year": f"{self.span()}, null",
            "path": f"{self.span()}, {{{FIRST_YEAR}-{LAST_YEAR}: {self.span()}}}",
            "share_path": f"{{{FIRST_YEAR}-{LAST_YEAR}: {{{self.shares_of}: 0-1, Σ = 1}}}}",
        }[self.kind]


def whole(lower: int, upper: int, unit: str, en: str, ja: str) -> Lever:
    """Return a lever whose value is a whole number."""
    return Lever("whole", Text(en, ja), unit, lower, upper)


def number(lower: float, upper: float, unit: str, en: str, ja: str, per: str | None = None) -> Lever:
    """Return a lever whose value is one number for all years."""
    return Lever("number", Text(en, ja), unit, lower, upper, per=per)


def path(lower: float, upper: float, unit: str, en: str, ja: str, per: str | None = None) -> Lever:
    """Return a lever whose value is a number, or a number at some years."""
    return Lever("path", Text(en, ja), unit, lower, upper, per=per)


def choice(en: str, ja: str, per: str | None = None, **choices: tuple[str, str]) -> Lever:
    """Return a lever whose value is one of a few words, each with its meaning in English and Japanese."""
    words = {word: Text(*meaning) for word, meaning in choices.items()}
    return Lever("choice", Text(en, ja), choices=words, per=per)


def last_year(en: str, ja: str, per: str) -> Lever:
    """Return a lever whose value is the last year of something, or null for no end."""
    return Lever("last_year", Text(en, ja), "year", FIRST_YEAR, LAST_YEAR, per=per)


def share_path(of: str, en: str, ja: str, per: str) -> Lever:
    """Return a lever whose value shares out each year over the labels of `of`."""
    return Lever("share_path", Text(en, ja), "1", 0, 1, per=per, shares_of=of)


def _whole_check(lever: Lever) -> CoreSchema:
    return core_schema.int_schema(strict=True, ge=_whole_bound(lever.lower), le=_whole_bound(lever.upper))


def _whole_bound(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _number_check(lever: Lever) -> CoreSchema:
    return core_schema.float_schema(strict=True, allow_inf_nan=False, ge=lever.lower, le=lever.upper)


def _choice_check(lever: Lever) -> CoreSchema:
    return core_schema.literal_schema(list(lever.choices))


def _last_year_check(lever: Lever) -> CoreSchema:
    return core_schema.nullable_schema(_whole_check(lever))


def _path_check(lever: Lever) -> CoreSchema:
    points = core_schema.dict_schema(_YEAR_KEY, _number_check(lever), min_length=1, strict=True)
    return core_schema.no_info_before_validator_function(
        _constant_as_point, core_schema.no_info_after_validator_function(YearPath.of, points)
    )


def _share_path_check(lever: Lever) -> CoreSchema:
    label = _label_key(labels(str(lever.shares_of)))
    shares = core_schema.dict_schema(label, _number_check(lever), min_length=1, strict=True)
    years = core_schema.dict_schema(
        _YEAR_KEY, core_schema.no_info_after_validator_function(_summing_to_one, shares), min_length=1, strict=True
    )
    return core_schema.no_info_before_validator_function(
        _shares_by_year, core_schema.no_info_after_validator_function(SharePath.of, years)
    )


_CHECKS: Final[dict[Kind, Callable[[Lever], CoreSchema]]] = {
    "whole": _whole_check,
    "number": _number_check,
    "choice": _choice_check,
    "last_year": _last_year_check,
    "path": _path_check,
    "share_path": _share_path_check,
}


def _constant_as_point(value: Any) -> Any:
    """Return a lone number as a path with one point; anything else must already be a mapping of years."""
    if isinstance(value, YearPath):
        return dict(value.points)
    if isinstance(value, dict):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {FIRST_YEAR: value}
    raise PydanticCustomError("path_type", "a number, or year: number")


def _shares_by_year(value: Any) -> Any:
    """Return a share path as a mapping of years."""
    if isinstance(value, SharePath):
        return {year: dict(shares) for year, shares in value.points}
    if not isinstance(value, dict):
        raise PydanticCustomError("share_path_type", "year: {label: share}")
    return value


def _year_of(key: Any) -> int:
    """Return the year that a key names."""
    if isinstance(key, int) and not isinstance(key, bool):
        year = key
    elif isinstance(key, str) and _YEAR.fullmatch(key):
        year = int(key)
    else:
        raise PydanticCustomError("year_key", "a year")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise PydanticCustomError("year_range", "a year within range")
    return year


_YEAR_KEY: Final = core_schema.no_info_plain_validator_function(_year_of)


def _label_key(allowed: tuple[str, ...]) -> CoreSchema:
    """Return the check that a key is one of the labels."""

    def known(key: Any) -> str:
        if key not in allowed:
            raise PydanticCustomError("label_key", "a known label", {"labels": allowed})
        return str(key)

    return core_schema.no_info_plain_validator_function(known)


def _summing_to_one(shares: dict[str, float]) -> dict[str, float]:
    """Return the shares of one year if they sum to one."""
    total = sum(shares.values())
    if abs(total - 1.0) > SHARE_TOLERANCE:
        raise PydanticCustomError("share_sum", "shares sum to one", {"total": f"{total:.10g}"})
    return shares


def _by_label(value: CoreSchema, allowed: tuple[str, ...]) -> CoreSchema:
    """Return the check of one value for each label, none missing, in the order of the classification."""

    def complete(values: dict[str, Any]) -> ByLabel[Any]:
        if missing := [label for label in allowed if label not in values]:
            raise PydanticCustomError("label_missing", "every label", {"labels": tuple(missing)})
        return ByLabel({label: values[label] for label in allowed})

    return core_schema.no_info_before_validator_function(
        lambda given: dict(given) if isinstance(given, ByLabel) else given,
        core_schema.no_info_after_validator_function(
            complete, core_schema.dict_schema(_label_key(allowed), value, strict=True)
        ),
    )
