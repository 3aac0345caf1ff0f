"""Results with their reasons: the steps that a civil servant would write on paper, and every parameter behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from model.language import Language, Text, fiscal_year
from model.ordinance.rulebook import Quality, Rules, RuleSet, UsedParameter

Value = float | int | bool | str | Text | None
_Any = TypeVar("_Any", bound=Value)

#: From the firmest to the weakest.
_QUALITIES: tuple[Quality, ...] = ("published", "read_from_chart", "derived", "estimate")


class Verdict(Enum):
    """How a question of the ordinance is answered."""

    OBLIGED = Text("obliged", "義務対象")
    VOLUNTARY = Text("may take part voluntarily", "任意参加可")
    NOT_OBLIGED = Text("not obliged", "義務対象外")
    COMPLIES = Text("complies", "適合")
    FALLS_SHORT = Text("falls short", "不適合")
    NOT_ASSESSED = Text("not assessed: facts or rule values are missing", "判定不可（事実又は規定値が不足）")
    FOR_INFORMATION = Text("for information", "参考")

    @classmethod
    def on(cls, complies: bool) -> Verdict:
        """Return the verdict on a standard that is met or not."""
        return cls.COMPLIES if complies else cls.FALLS_SHORT


#: Units that are words and therefore differ between the languages; all others are shown as they are.
_UNIT_NAMES = {
    "buildings": Text("buildings", "棟"),
    "chargers": Text("chargers", "基"),
    "facilities": Text("facilities", "事業所"),
    "households": Text("households", "世帯"),
    "points": Text("points", "点"),
    "spaces": Text("spaces", "区画"),
    "works": Text("works", "件"),
    "year": Text("years", "年"),
    "years": Text("years", "年"),
}
#: Parts of units that are words in Japanese.
_JAPANESE_PARTS = {"JPY": "円", "/year": "/年", "/yr": "/年", "/month": "/月"}
_ONE_OF = {"facilities": "facility"}


def unit_name(unit: str, language: Language, value: Value = None) -> str:
    """Return a unit as people write it in a language, in English with the ending that the number asks for."""
    if unit not in _UNIT_NAMES:
        for part, japanese in _JAPANESE_PARTS.items() if language == "ja" else ():
            unit = unit.replace(part, japanese)
        return unit
    if language == "en" and value == 1:
        return _ONE_OF.get(unit, unit.removesuffix("s"))
    return _UNIT_NAMES[unit](language)


def named(name: str) -> Text:
    """Return a name that a user gave, the same in both languages."""
    return Text(name, name)


def subject_of_years(name: Text | str, first: int, last: int | None = None) -> Text:
    """Return whose obligation of a fiscal year, or of several, it is: S FY2025, S FY2025–2029."""
    both = named(name) if isinstance(name, str) else name
    until = f"–{last}" if last is not None else ""
    end = fiscal_year(first if last is None else last, "ja")
    begin = "" if last is None else f"{fiscal_year(first, 'ja').removesuffix('年度')}～"
    return Text(f"{both.en} FY{first}{until}", f"{both.ja} {begin}{end}")


@dataclass(frozen=True)
class Step:
    """One line of the working: what is worked out, with the numbers filled in, and what comes out."""

    text: Text
    formula: str
    value: Value
    unit: str = ""


@dataclass(frozen=True)
class Finding:
    """The answer to one question about one subject, with its working.

    Args:
        name: stable name for machines, for example "required_capacity".
        question: what is asked, in both languages.
        verdict: the answer.
        value: the number behind the answer, if there is one.
        unit: its unit.
        steps: the working, in order.
        parameters: every rule parameter read on the way.
    """

    name: str
    question: Text
    verdict: Verdict
    value: Value
    unit: str
    steps: tuple[Step, ...]
    parameters: tuple[UsedParameter, ...]

    @property
    def amount(self) -> float:
        """The value as a number; 0 where there is none."""
        return float(self.value) if isinstance(self.value, (int, float)) else 0.0

    @property
    def quality(self) -> Quality:
        """The weakest quality among the parameters used."""
        return max((used.parameter.quality for used in self.parameters), key=_QUALITIES.index, default="published")

    @property
    def fallbacks(self) -> tuple[UsedParameter, ...]:
        """The parameters that came from a rule set other than the one asked for."""
        return tuple(used for used in self.parameters if used.fallback)


@dataclass(frozen=True)
class Obligation:
    """Everything one subject (building, supplier, facility) owes under one programme and rule set.

    Args:
        subject: whose obligation it is.
        programme: name of the programme.
        rule_set: the rule set asked for.
        findings: the answers.
        report: rows of the report or plan that the subject files, if the programme has one; headings are the keys.
    """

    subject: Text
    programme: str
    rule_set: RuleSet
    findings: tuple[Finding, ...]
    report: tuple[Mapping[Text, Value], ...] = ()

    def finding(self, name: str) -> Finding:
        """Return the finding of that name."""
        return next(finding for finding in self.findings if finding.name == name)


@dataclass
class Working:
    """A sheet of paper: takes down steps as they are worked out and closes with a finding."""

    rules: Rules
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def under(cls, rules: Rules) -> Working:
        """Return an empty sheet whose memory of parameters starts fresh."""
        return cls(rules.fresh())

    def step(self, text: Text, formula: str, value: _Any, unit: str = "") -> _Any:
        """Write down one step and hand its value on."""
        self.steps.append(Step(text, formula, value, unit))
        return value

    def finding(self, name: str, question: Text, verdict: Verdict, value: Value = None, unit: str = "") -> Finding:
        """Close the sheet with the answer."""
        return Finding(name, question, verdict, value, unit, tuple(self.steps), self.rules.used)


def number(value: float, digits: int = 6) -> str:
    """Return a number as people write it in a working: thousands separated, no trailing zeros."""
    shown = f"{value:,.{digits}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown
