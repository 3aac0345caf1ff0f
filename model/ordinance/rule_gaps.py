"""Where the rule set asked for does not answer: days before it began, and values that it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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


def unanswered(
    sheet: Working, name: str, question: Text, *parameter_ids: str, under: Rules | None = None
) -> Finding | None:
    """Close the sheet as not assessed if the rules do not know one of the parameters; None if they know all.

    For questions that are asked for information; what an obligation hangs on is read, and stops the work.

    Args:
        sheet: the sheet of the question.
        name: stable name of the finding.
        question: what is asked.
        parameter_ids: the parameters needed.
        under: the rules to look in, if not those of the sheet.
    """
    rules = under or sheet.rules
    missing = [one for one in parameter_ids if not rules.known(one)]
    if not missing:
        return None
    names = ", ".join(missing)
    sheet.step(
        Text(
            f"not known in {rules.rule_set}: {names}; --fallback uses another rule set where it has a value",
            f"{rules.rule_set} では不明：{names}（--fallback で他のルールセットの値がある場合に使用）",
        ),
        "",
        None,
    )
    return sheet.finding(name, question, Verdict.NOT_ASSESSED)
