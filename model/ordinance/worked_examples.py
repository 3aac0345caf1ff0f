"""The numeric examples that the documents print, and whether a number of ours agrees with them.

A programme maps each check to a call of its own functions in `REPRODUCED` of its `…_examples` module; nothing from
the example file is ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from model.language import Text
from model.ordinance.exact import half_up
from model.ordinance.rulebook import Quality, RuleSet, load_yaml, rules_folder

#: From the inputs of an example to our value.
Computation = Callable[[Mapping[str, Any]], Any]
#: (example, check) → how we compute it.
Reproduced = Mapping[tuple[str, str], Computation]


class Check(BaseModel):
    """One expected value: printed, derived from printed ones, or showing that two printed ones contradict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label_en: str
    label_ja: str
    expected: Any
    kind: Literal["published", "derived", "inconsistency"]
    round_to: int | None = None
    abs_tol: float | None = None

    @property
    def label(self) -> Text:
        """What is compared, with its unit, in both languages."""
        return Text(self.label_en, self.label_ja)

    def agrees(self, ours: Any) -> bool:
        """Say whether our value agrees: exactly, after rounding as printed, or within the tolerance."""
        if isinstance(self.expected, list):
            pairs = zip(self.expected, ours, strict=False)
            return len(self.expected) == len(ours) and all(self._agrees(expected, value) for expected, value in pairs)
        return self._agrees(self.expected, ours)

    def _agrees(self, expected: Any, ours: Any) -> bool:
        """Say whether one value agrees."""
        if self.abs_tol is not None:
            return bool(abs(ours - expected) <= self.abs_tol)
        if self.round_to is not None:
            return bool(half_up(float(ours), self.round_to) == expected)
        return bool(ours == expected)


class Example(BaseModel):
    """One worked example of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title_en: str
    title_ja: str
    programme: str
    rule_set: RuleSet
    source_id: str
    quality: Quality
    formula: str = ""
    inputs: Mapping[str, Any]
    checks: tuple[Check, ...]
    note: str = ""

    @property
    def title(self) -> Text:
        """The topic of the place in the document, in both languages."""
        return Text(self.title_en, self.title_ja)


class Contradiction(BaseModel):
    """Two printed values that contradict each other, and which of them is consistent with the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    source_id: str
    topic_en: str
    topic_ja: str
    printed_en: str
    printed_ja: str
    consistent_en: str
    consistent_ja: str
    reason_en: str
    reason_ja: str
    checks: tuple[str, ...]

    @property
    def topic(self) -> Text:
        """Where in the document, in both languages."""
        return Text(self.topic_en, self.topic_ja)

    @property
    def printed(self) -> Text:
        """What is printed."""
        return Text(self.printed_en, self.printed_ja)

    @property
    def consistent(self) -> Text:
        """Which value is consistent."""
        return Text(self.consistent_en, self.consistent_ja)

    @property
    def reason(self) -> Text:
        """Why."""
        return Text(self.reason_en, self.reason_ja)


@cache
def worked_examples() -> tuple[Example, ...]:
    """Return every example, in the order of the file."""
    return tuple(Example.model_validate(row) for row in _content()["examples"])


@cache
def contradictions() -> tuple[Contradiction, ...]:
    """Return every place where two printed values contradict each other."""
    return tuple(Contradiction.model_validate(row) for row in _content()["contradictions"])


@cache
def _content() -> Any:
    """Return the file of examples, read once."""
    return load_yaml(rules_folder() / "worked_examples.yaml")
