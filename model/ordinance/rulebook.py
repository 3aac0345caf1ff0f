"""The rulebook: every parameter of every programme, by rule set and date, read once and checked as a whole.

A function of a programme asks a `Rules` for what it needs. A parameter that is not known in the rule set asked for
stops the work with what is missing and what the other rule set says; using that instead is a choice (`fallback`) that
stays visible in every result.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from model.faults import BadInput, FaultList
from model.language import Language, Text
from model.ordinance.rule_words import QUALITY_NAMES, rule_words, value_text
from model.paths import data_folder

RuleSet = Literal["seed_2022", "adopted_2025"]
Quality = Literal["published", "read_from_chart", "derived", "estimate"]

RULE_SETS: tuple[RuleSet, ...] = get_args(RuleSet)

#: Files of the folder that hold something else than the parameters of one programme.
_NOT_PROGRAMMES = {"rule_sets", "worked_examples"}


class _Row(BaseModel):
    """A frozen row of a rule file; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Row):
    """One parameter of a programme in one rule set, as the rule file states it."""

    id: str
    value: Any
    unit: str
    valid_from: date
    valid_to: date | None = None
    rule_set: RuleSet
    source_id: str
    quality: Quality
    term_ja: str
    note: str = ""

    def in_force(self, day: date) -> bool:
        """Say whether the row holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Formula(_Row):
    """One formula as the documents state it; for the reader, never evaluated."""

    id: str
    expr: str
    inputs: tuple[str, ...]
    unit: str
    rule_set: RuleSet
    source_id: str
    quality: Quality
    note: str = ""


class Rulebook(_Row):
    """Everything the rule file of one programme says."""

    programme: str
    title_ja: str
    title_en: str
    schema_version: Literal[1]
    parameters: tuple[Parameter, ...]
    formulas: tuple[Formula, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> Text:
        """The programme's name in both languages."""
        return Text(self.title_en, self.title_ja)


class RuleSetDates(_Row):
    """A rule set and the day from which it stands."""

    id: RuleSet
    title_en: str
    title_ja: str
    valid_from: date


@dataclass(frozen=True)
class UsedParameter:
    """A parameter that entered a result: what was read, from which rule file, and whether it was a fallback."""

    programme: str
    parameter: Parameter
    fallback: bool


@dataclass(frozen=True)
class Rules:
    """The rules of one programme under one rule set, or on one day; remembers what was read.

    Make one with `rules` or `rules_at`. Read values once, before a vectorised kernel; `fresh` starts a new memory.
    """

    book: Rulebook
    rule_set: RuleSet
    day: date | None = None
    fallback: bool = False
    _used: dict[tuple[str, str], UsedParameter] = field(default_factory=dict, repr=False, compare=False)

    @property
    def used(self) -> tuple[UsedParameter, ...]:
        """Every parameter read so far, in the order of first reading."""
        return tuple(self._used.values())

    def fresh(self) -> Rules:
        """Return the same rules with an empty memory of what was read."""
        return Rules(self.book, self.rule_set, self.day, self.fallback)

    def beside(self, programme: str) -> Rules:
        """Return the rules of another programme under the same rule set, day and choice, sharing this memory."""
        return Rules(rulebook(programme), self.rule_set, self.day, self.fallback, self._used)

    def record(self, parameter: Parameter) -> None:
        """Remember a value that came from another table than the rule file, so that a result lists it too."""
        self._remember(parameter, fallback=False)

    def stated(self, parameter_id: str) -> bool:
        """Say whether this rule set itself has a value; for rules whose absence means that there is no such rule."""
        chosen, fallback = self._choose(parameter_id)
        return chosen is not None and not fallback

    def known(self, parameter_id: str) -> bool:
        """Say whether `value` would answer, if need be by the fallback, without reading."""
        chosen, fallback = self._choose(parameter_id)
        return chosen is not None and (self.fallback or not fallback)

    def value(self, parameter_id: str, *path: str | int) -> Any:
        """Return a value as the rule file holds it: scalar, list or mapping.

        Args:
            parameter_id: id of the parameter in the rule file.
            path: keys or positions inside a nested value.

        Raises:
            BadInput: the parameter is not known under these rules; says what the other rule set holds.
        """
        chosen, fallback = self._choose(parameter_id)
        if chosen is None or (fallback and not self.fallback):
            raise self._missing(parameter_id, chosen)
        self._remember(chosen, fallback)
        return _inside(chosen.value, path)

    def number(self, parameter_id: str, *path: str | int) -> float:
        """Return a numeric value; arguments and faults as `value`."""
        return float(self.value(parameter_id, *path))

    def text(self, parameter_id: str, *path: str | int) -> str:
        """Return a value as text; arguments and faults as `value`."""
        return str(self.value(parameter_id, *path))

    def flag(self, parameter_id: str, *path: str | int) -> bool:
        """Return a yes-or-no value; arguments and faults as `value`."""
        return bool(self.value(parameter_id, *path))

    def date_of(self, parameter_id: str, *path: str | int) -> date:
        """Return a value that is a day; arguments and faults as `value`."""
        return date.fromisoformat(self.text(parameter_id, *path))

    def start(self, parameter_id: str, *path: str | int) -> date | None:
        """Return the first day that a parameter states, or None where the rule set fixed none.

        Rules on a day know the first day even if it is still to come, so that nobody is held to a rule ahead of it.
        """
        if self.day is None:
            return self.date_of(parameter_id, *path) if self.known(parameter_id) else None
        known = [row for row in self.book.parameters if row.id == parameter_id and row.value is not None]
        newest = max(known, key=lambda row: row.valid_from)
        self._remember(newest, fallback=False)
        return date.fromisoformat(_inside(newest.value, path))

    def _remember(self, parameter: Parameter, fallback: bool) -> None:
        """Note that a parameter was read."""
        self._used[self.book.programme, parameter.id] = UsedParameter(self.book.programme, parameter, fallback)

    def _choose(self, parameter_id: str) -> tuple[Parameter | None, bool]:
        """Return the row that answers and whether it comes from a rule set other than the one asked for."""
        rows = [row for row in self.book.parameters if row.id == parameter_id]
        if not rows:
            raise KeyError(f"{self.book.programme} has no parameter {parameter_id!r}")
        if self.day is not None:
            day = self.day
            rows = [row for row in rows if row.in_force(day)]
        known = [row for row in rows if row.value is not None]
        newest = sorted(known, key=lambda row: (row.rule_set == self.rule_set, row.valid_from), reverse=True)
        if self.day is not None:
            # A rule that starts ahead of its rule set is already the rule on its day.
            early = [row for row in newest if RULE_SETS.index(row.rule_set) > RULE_SETS.index(self.rule_set)]
            if early:
                return early[0], False
        return (newest[0], newest[0].rule_set != self.rule_set) if newest else (None, False)

    def _missing(self, parameter_id: str, other: Parameter | None) -> BadInput:
        """Return the fault for a parameter that these rules do not know."""
        rows = [row for row in self.book.parameters if row.id == parameter_id]
        starts = [row.valid_from for row in rows if row.value is not None]
        when = f" on {self.day}" if self.day else ""
        when_ja = f"（{self.day}時点）" if self.day else ""
        if other is None and self.day is not None and starts and self.day < min(starts):
            remedy = Text(f"it starts on {min(starts)}", f"{min(starts)} から適用されます")
        elif other is None:
            remedy = Text("no other rule set gives a value either", "他のルールセットにも値がありません")
        else:
            remedy = Text(
                f"{other.rule_set} says {_said(other, 'en')}; use it with --fallback",
                f"{other.rule_set} では {_said(other, 'ja')}。--fallback を付けるとこの値を使います",
            )
        faults = FaultList()
        faults.add(
            f"{self.book.programme}, {self.rule_set}, {parameter_id}",
            Text(
                f"the value of {parameter_id} is not known in {self.rule_set}{when}: {remedy.en}",
                f"{rows[0].term_ja}（{parameter_id}）の値は {self.rule_set}{when_ja} では不明です。{remedy.ja}",
            ),
        )
        return BadInput(faults.faults)


def _said(row: Parameter, language: Language) -> str:
    """Return value, unit, quality and source of a parameter in one line."""
    words = value_text(row.value, language), rule_words(row.unit)(language)
    return f"{words[0]} [{words[1]}], {QUALITY_NAMES[row.quality](language)}, {row.source_id}"


def _inside(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return what stands at the end of a path of keys and positions."""
    for key in path:
        value = value[key]
    return value


def rules(programme: str, rule_set: RuleSet, *, fallback: bool = False) -> Rules:
    """Return the rules of a programme under one rule set, whatever the day.

    Args:
        programme: name of the rule file, for example "report_programme".
        rule_set: "seed_2022" or "adopted_2025".
        fallback: use the other rule set where this one has no value, and say so in the result.

    Raises:
        BadInput: no such programme.
    """
    return Rules(rulebook(programme), rule_set, fallback=fallback)


def rules_at(programme: str, day: date, *, fallback: bool = False) -> Rules:
    """Return the rules of a programme as they stand on a day: for each parameter the newest row in force.

    Args:
        programme: name of the rule file.
        day: the day that decides, for example that of the building confirmation.
        fallback: after the start of a newer rule set, still use rows of the older one that it does not repeat.

    Raises:
        BadInput: no such programme.
    """
    standing = [dates.id for dates in rule_set_dates() if dates.valid_from <= day]
    return Rules(rulebook(programme), standing[-1] if standing else RULE_SETS[0], day, fallback)


def rules_folder() -> Path:
    """Return the folder of the rule files."""
    return data_folder() / "rules"


def load_yaml(path: Path) -> Any:
    """Return the content of a rule file, read by libyaml where it is there."""
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


@cache
def rule_set_dates() -> tuple[RuleSetDates, ...]:
    """Return the rule sets with their first days, oldest first."""
    content = load_yaml(rules_folder() / "rule_sets.yaml")
    return tuple(RuleSetDates.model_validate(row) for row in content["rule_sets"])


def rulebook(programme: str) -> Rulebook:
    """Return the rule file of a programme.

    Raises:
        BadInput: no such programme, or any fault in any rule file.
    """
    books = rulebooks()
    if programme not in books:
        faults = FaultList()
        faults.add(
            str(rules_folder()),
            Text("there is no rule file for this programme", "この制度のルールファイルはありません"),
            programme,
            list(books),
        )
        faults.raise_if_any()
    return books[programme]


@cache
def rulebooks() -> dict[str, Rulebook]:
    """Return every rule file that ships with the model, read and checked once."""
    return read_rulebooks(rules_folder())


def read_rulebooks(folder: Path) -> dict[str, Rulebook]:
    """Return every rule file of a folder by name.

    Raises:
        BadInput: every fault of every file: unknown keys, wrong types, two rows of one parameter, unknown sources.
    """
    faults = FaultList()
    sources = source_ids(folder)
    books = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem not in _NOT_PROGRAMMES and (book := _read(path, sources, faults)) is not None:
            books[path.stem] = book
    faults.raise_if_any()
    return books


def source_ids(folder: Path) -> frozenset[str]:
    """Return the ids of the rule data's sources."""
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as lines:
        return frozenset(row["source_id"] for row in csv.DictReader(lines))


def _read(path: Path, sources: frozenset[str], faults: FaultList) -> Rulebook | None:
    """Read one rule file, adding what is wrong with it to the faults."""
    try:
        book = Rulebook.model_validate(load_yaml(path))
    except (ValidationError, yaml.YAMLError) as problem:
        details = problem.errors() if isinstance(problem, ValidationError) else [{"loc": (), "msg": str(problem)}]
        for detail in details:
            place = " → ".join(str(part) for part in (path.name, *detail["loc"]))
            faults.add(place, Text(f"rule file: {detail['msg']}", f"ルールファイルの誤り: {detail['msg']}"))
        return None
    seen: set[tuple[str, str]] = set()
    for row in book.parameters:
        place = f"{path.name} → {row.id} ({row.rule_set})"
        if (row.id, row.rule_set) in seen:
            faults.add(place, Text("stated twice in one rule set", "同じルールセットに二重に定義されています"))
        seen.add((row.id, row.rule_set))
        if row.source_id not in sources:
            faults.add(place, Text("unknown source", "出典が不明です"), row.source_id, sorted(sources))
    return book
