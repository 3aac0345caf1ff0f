"""Progress towards a target: how far, what is left, how fast it has to go; for own facilities and the whole city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.language import Text, fiscal_year
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import FloatArray, exact, reaches


@dataclass(frozen=True)
class Milestone:
    """A level to reach by a fiscal year.

    Args:
        fiscal_year: last year to reach it in.
        level: the level; higher is better.
        unit: unit of the level; shares are in per cent.
    """

    fiscal_year: int
    level: float
    unit: str


# A reduction is what is gone of the base.
def reduction(now: float, base: float) -> float:
    """Return the reduction against a base as a share of it [1]; negative where it grew."""
    return float(1 - exact(now) / exact(base))


# Progress is the way covered over the whole way.
def way_covered(start: npt.ArrayLike, now: npt.ArrayLike, target: npt.ArrayLike) -> FloatArray:
    """Return the share of the way from start to target that is covered [1]; above 1 beyond the target."""
    first, here, goal = (np.asarray(one, dtype=np.float64) for one in (start, now, target))
    return np.asarray((here - first) / (goal - first))


# What is left, spread evenly over the years that are left.
def yearly_step_needed(now: float, target: float, years: int) -> float:
    """Return what has to be gained each year, in the unit of the target; zero once it is reached."""
    return max(target - now, 0.0) / years


def toward(sheet: Working, name: str, what: Text, value: float, year: int, milestone: Milestone) -> Finding:
    """Close the sheet with the comparison of a year's level with a milestone.

    A target whose year is still to come is never missed: the working then says how much is needed each year.

    Args:
        sheet: the working so far.
        name: name of the finding.
        what: what is measured.
        value: level of the year, in the unit of the milestone.
        year: fiscal year of the value.
        milestone: what to reach.
    """
    by = Text(fiscal_year(milestone.fiscal_year, "en"), fiscal_year(milestone.fiscal_year, "ja"))
    reached = sheet.step(
        Text(f"against the target of {by.en}", f"{by.ja}目標との比較"),
        f"{number(value)} ≥ {number(milestone.level)}",
        reaches(value, milestone.level),
    )
    if milestone.level != 0:
        share = 100 * float(way_covered(0.0, value, milestone.level))
        sheet.step(Text("share of the target", "目標に対する進捗"), "", share, "%")
    left = milestone.fiscal_year - year
    signed = number(value) if value >= 0 else f"({number(value)})"
    if not reached and left > 0:
        sheet.step(
            Text("needed each year from here", "今後毎年必要な上積み"),
            f"({number(milestone.level)} − {signed}) ÷ {left}",
            yearly_step_needed(value, milestone.level, left),
            milestone.unit,
        )
    verdict = Verdict.COMPLIES if reached else Verdict.FALLS_SHORT if left <= 0 else Verdict.FOR_INFORMATION
    question = Text(f"{what.en}: target of {by.en}", f"{what.ja}：{by.ja}目標")
    return sheet.finding(name, question, verdict, value, milestone.unit)
