"""Obligations as tables that a person reads: answers with their working, steps, parameters, and the report's rows."""

from __future__ import annotations

from collections.abc import Sequence

from model.language import Language, Text
from model.ordinance.derivation import Finding, Obligation, Step, Value, number, unit_name
from model.ordinance.rule_sources import rule_sources
from model.ordinance.rule_words import QUALITY_NAMES, YES_NO, rule_words, value_text
from model.ordinance.rulebook import UsedParameter
from model.spreadsheet import Cell, Table

_SUBJECT = Text("subject", "対象")
_RULE_SET = Text("rule set", "ルールセット")
_QUESTION = Text("question", "確認事項")
_VERDICT = Text("verdict", "判定")
_VALUE = Text("value", "値")
_UNIT = Text("unit", "単位")
_QUALITY = Text("weakest quality of the rules used", "使用した規定値の質（最も弱いもの）")
_FALLBACK = Text("taken from another rule set", "他のルールセットから引用した規定値")
_WORKING = Text("working", "算定過程")
_STEP = Text("step", "手順")
_FORMULA = Text("formula", "計算式")

_PARAMETER_HEADINGS = tuple(
    Text(en, ja)
    for en, ja in (
        ("subject", "対象"),
        ("question", "確認事項"),
        ("rule file", "ルールファイル"),
        ("parameter", "パラメータ"),
        ("term", "用語"),
        ("value", "値"),
        ("unit", "単位"),
        ("rule set", "ルールセット"),
        ("valid from", "適用開始"),
        ("source", "出典"),
        ("quality", "質"),
        ("fallback", "他ルールセットの値"),
        ("note", "備考"),
    )
)


def shown(value: Value, language: Language) -> str:
    """Return a value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, Text):
        return value(language)
    if isinstance(value, bool):
        return YES_NO[value](language)
    return value if isinstance(value, str) else number(value, 4)


def with_unit(value: Value, unit: str, language: Language) -> str:
    """Return a value with its unit as people read it."""
    return f"{shown(value, language)} {unit_name(unit, language, value)}".strip()


def quality_text(finding: Finding, language: Language) -> str:
    """Return the weakest quality of the rules behind a finding; a dash where none was used."""
    return QUALITY_NAMES[finding.quality](language) if finding.parameters else shown(None, language)


def step_line(step: Step, language: Language) -> str:
    """Return one step of a working as a line; a remark has neither formula nor value."""
    if step.value is None and not step.formula:
        return step.text(language)
    outcome = with_unit(step.value, step.unit, language)
    sign = "→" if isinstance(step.value, bool) else "="
    working = f"{step.formula} {sign} {outcome}" if step.formula else outcome
    return f"{step.text(language)}: {working}"


def findings_table(obligations: Sequence[Obligation], language: Language) -> Table:
    """Return one row a finding, with its whole working in one cell."""
    headings = (_SUBJECT, _RULE_SET, _QUESTION, _VERDICT, _VALUE, _UNIT, _QUALITY, _FALLBACK, _WORKING)
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    for obligation in obligations:
        rows += [_finding_row(obligation, finding, language) for finding in obligation.findings]
    return rows


def _finding_row(obligation: Obligation, finding: Finding, language: Language) -> list[Cell]:
    """Return the row of one finding."""
    return [
        obligation.subject(language),
        obligation.rule_set,
        finding.question(language),
        finding.verdict.value(language),
        _cell(finding.value, language),
        unit_name(finding.unit, language),
        quality_text(finding, language),
        ", ".join(used.parameter.id for used in finding.fallbacks),
        "\n".join(step_line(step, language) for step in finding.steps),
    ]


def steps_table(obligations: Sequence[Obligation], language: Language) -> Table:
    """Return one row a step."""
    rows: list[list[Cell]] = [[heading(language) for heading in (_SUBJECT, _QUESTION, _STEP, _FORMULA, _VALUE, _UNIT)]]
    for obligation in obligations:
        for finding in obligation.findings:
            rows += [
                [
                    obligation.subject(language),
                    finding.question(language),
                    step.text(language),
                    step.formula,
                    _cell(step.value, language),
                    unit_name(step.unit, language),
                ]
                for step in finding.steps
            ]
    return rows


def parameters_table(obligations: Sequence[Obligation], language: Language) -> Table:
    """Return one row for each parameter of each finding."""
    rows: list[list[Cell]] = [[heading(language) for heading in _PARAMETER_HEADINGS]]
    for obligation in obligations:
        for finding in obligation.findings:
            rows += [
                _parameter_row(obligation.subject(language), finding, used, language) for used in finding.parameters
            ]
    return rows


def _parameter_row(subject: str, finding: Finding, used: UsedParameter, language: Language) -> list[Cell]:
    """Return the row of one parameter."""
    parameter = used.parameter
    plain = isinstance(parameter.value, (int, float)) and not isinstance(parameter.value, bool)
    value = parameter.value if plain else value_text(parameter.value, language)
    return [
        subject,
        finding.question(language),
        used.programme,
        parameter.id,
        parameter.term_ja,
        value,
        rule_words(parameter.unit)(language),
        parameter.rule_set,
        parameter.valid_from,
        rule_sources()[parameter.source_id].citation,
        QUALITY_NAMES[parameter.quality](language),
        YES_NO[used.fallback](language),
        rule_words(parameter.note)(language),
    ]


def report_table(obligations: Sequence[Obligation], language: Language) -> Table:
    """Return the rows that the subjects file themselves; empty where the programme has no such form."""
    filed = [(obligation.subject(language), row) for obligation in obligations for row in obligation.report]
    if not filed:
        return []
    headings = list(filed[0][1])
    rows: list[list[Cell]] = [[_SUBJECT(language), *(heading(language) for heading in headings)]]
    rows += [[subject, *(_filed(row[heading], language) for heading in headings)] for subject, row in filed]
    return rows


def _filed(value: Value, language: Language) -> Cell:
    """Return a value of a form that people file: yes and no in words."""
    return YES_NO[value](language) if isinstance(value, bool) else _cell(value, language)


def _cell(value: Value, language: Language) -> Cell:
    """Return a value for a spreadsheet, a number without its binary noise."""
    if isinstance(value, Text):
        return value(language)
    return float(f"{value:.12g}") if isinstance(value, float) else value
