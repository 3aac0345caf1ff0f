"""Where the rule set asked for does not answer: days before it began, and values that it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from model.faults import BadInput
from model.language import Text
from model.ordinance.derivation import Finding, Verdict, Working
from model.ordinance.rulebook import RULE_SETS, Rules, rule_set_dates


def rules_standing_on(rules: Rules, day: date) -> Rules:
    """Return the rules that stood on a day before the rule set asked for began; otherwise the rules asked for.

    A compliance period or a filing that is over keeps the rules of its time: using them is no fallback. The memory of
    what was read is shared.
    """
    begin = next(dates.valid_from for dates in rule_set_dates() if dates.id == rules.rule_set)
    return replace(rules, rule_set=RULE_SETS[0], day=day) if day < begin else rules


def in_force_since(rules: Rules, parameter_id: str) -> date:
    """Return the first day of a rule, reading it; for the proposal that is the day of the proposal.

    Raises:
        BadInput: the rule is not known under these rules.
    """
    rules.value(parameter_id)
    return next(used.parameter.valid_from for used in rules.used if used.parameter.id == parameter_id)


def unanswered(
    sheet: Working, name: str, question: Text, *parameter_ids: str, under: Rules | None = None
) -> Finding | None:
    """Close the sheet as not assessed if the rules do not know one of the parameters; None if they know all.

    For a question that nothing else hangs on. The working says what is missing and what the other rule set holds; what
    an amount hangs on is read, and stops the work.

    Args:
        sheet: the sheet of the question.
        name: stable name of the finding.
        question: what is asked.
        parameter_ids: the parameters needed.
        under: the rules to look in, if not those of the sheet.
    """
    rules = under or sheet.rules
    missing = [one for one in parameter_ids if not rules.known(one)]
    for one in missing:
        try:
            rules.value(one)
        except BadInput as gap:
            sheet.step(gap.faults[0].problem, "", None)
    return sheet.finding(name, question, Verdict.NOT_ASSESSED) if missing else None
