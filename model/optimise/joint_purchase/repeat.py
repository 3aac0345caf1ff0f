"""An award found again from the raw files: whether award, objective and bound of an audit hold against it.

The checks from the raw files show that an award keeps the rules and what it costs. That no other award is cheaper is
shown by clearing again only: the bound found anew has to support the gap that the audit states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from model.language import Text
from model.optimise.joint_purchase.answer import Answer, answer
from model.optimise.joint_purchase.build import STAGE_ONE
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.verify import Check
from model.optimise.solver import SolverOptions

#: Prices are whole yen: less than half a yen is the noise of the solver.
_HALF_YEN = 0.5
#: Least gap asked for; a bound closer than this to the objective is beyond what floating point can tell.
_CLOSEST = 1e-12

_AWARD = Text("clearing again gives the same award", "再計算の落札案が一致")
_OBJECTIVE = Text("clearing again gives the same objective", "再計算の目的関数が一致")
_BOUND = Text("the bound found anew supports the stated gap", "再計算の下界が記載のギャップを裏付ける")
_NOTHING = Text("no award meets every rule", "全ての規則を満たす落札案がありません")


def proven(repeated: bool) -> Text:
    """Return in words what the checks show if all of them hold.

    Args:
        repeated: whether the auction was cleared again.
    """
    if repeated:
        return Text(
            "If all hold: the award keeps every rule, its bills follow from the files, and a search of its own found "
            "no award that is cheaper by more than the stated gap.",
            "全て✓の場合に証明されること：落札案が全ての規則を守り、請求額が入力ファイルから導かれ、"
            "独立の再計算によっても記載のギャップを超えて安い落札案が存在しないこと。",
        )
    return Text(
        "If all hold: the award keeps every rule and its bills follow from the files. NOT shown: that no other award "
        "is cheaper. Bound and gap are only as the audit states them; verify with --repeat to find them anew.",
        "全て✓の場合に証明されること：落札案が全ての規則を守り、請求額が入力ファイルから導かれること。"
        "より安い落札案が存在しないことは証明されません。下界とギャップは監査ファイルの記載のままです。"
        "--repeat を付けて検証すると再計算します。",
    )


def repeat(audit: Mapping[str, Any], files: Sequence[Path], seconds: float | None = None) -> list[Check]:
    """Return whether award, objective and bound of an audit hold when the auction is cleared again.

    Args:
        audit: what the audit file says.
        files: the tables, in any order.
        seconds: time for clearing [s]; by default as much as the award had.
    """
    purchase, _ = read_purchase(files, keep_good=True)
    options = SolverOptions(seconds or audit["seconds_allowed"], audit["relative_gap_allowed"], seed=audit["seed"])
    found = answer(purchase, options, details=False)
    stated = audit["proof"]
    if found is not None and _unsupported(stated, found.cleared.proof.bound):
        # The search stopped at the gap allowed, and the audit claims less: look for that before calling it false.
        closer = min(options.relative_gap, max(_CLOSEST, float(stated["gap"])))
        if closer < options.relative_gap:
            found = answer(purchase, replace(options, relative_gap=closer), details=False)
    if found is None:
        return [Check(name, (_NOTHING.en,)) for name in (_AWARD, _OBJECTIVE, _BOUND)]
    bound = found.cleared.proof.bound
    return [
        Check(_AWARD, _other_award(audit, found)),
        Check(_OBJECTIVE, (*_mispriced(audit, found), *_other_objective(stated, found.cleared.proof.objective, bound))),
        Check(_BOUND, _unsupported(stated, bound)),
    ]


def _within(stated: Mapping[str, Any]) -> float:
    """Return the distance that the stated gap allows, half a yen at least [unit of the objective]."""
    return max(_HALF_YEN, float(stated["gap"]) * abs(float(stated["objective"])))


# Within a gap the time that the machine had decides which of several good awards is found: then the award in hand may
# differ where its price does not by more than the gap.
def _other_award(audit: Mapping[str, Any], found: Answer) -> tuple[str, ...]:
    """Return where the award differs, unless stated and found award are equally good as far as is known."""
    stated = {str(row["facility"]): str(row["bid"]) for row in audit["award"]}
    again = dict(zip(found.cleared.auction.facilities, found.bid, strict=True))
    names = [name for name in sorted(set(stated) | set(again)) if stated.get(name) != again.get(name)]
    distance = abs(found.cleared.proof.objective - float(audit["proof"]["objective"]))
    if set(stated) == set(again) and _within(audit["proof"]) > _HALF_YEN and distance <= _within(audit["proof"]):
        return ()
    return tuple(f"{name}: {stated.get(name)} ≠ {again.get(name)}" for name in names)


# Under price evaluation the objective is the total, which the checks from the raw files compare to the bills.
def _mispriced(audit: Mapping[str, Any], found: Answer) -> tuple[str, ...]:
    """Return how the stated objective differs from the points that the stated award loses (overall evaluation)."""
    if audit["rules"]["evaluation"] != "overall":
        return ()
    auction = found.built.auction
    facility = {name: number for number, name in enumerate(auction.facilities)}
    supplier = {name: number for number, name in enumerate(auction.suppliers)}
    price = {package.name: package.price for package in auction.packages}
    packages: dict[str, float] = {}
    lost = 0.0
    for row in audit["award"]:
        name = f"{STAGE_ONE} {row['ward']}" if row["bid"] == STAGE_ONE else str(row["bid"])
        if name in price:
            packages[name] = price[name]
        elif row["facility"] in facility and row["supplier"] in supplier:
            lost += float(auction.prices[facility[row["facility"]], supplier[row["supplier"]]])
    lost += sum(packages.values())
    stated = float(audit["proof"]["objective"])
    return () if abs(lost - stated) <= _HALF_YEN else (f"{stated:,.2f} ≠ {lost:,.2f}",)


def _other_objective(stated: Mapping[str, Any], objective: float, bound: float) -> tuple[str, ...]:
    """Return how the stated objective and bound contradict what was found."""
    failures = []
    if abs(objective - stated["objective"]) > _within(stated):
        failures.append(f"{stated['objective']:,.2f} ≠ {objective:,.2f}")
    if stated["objective"] < bound - _HALF_YEN:
        failures.append(f"{stated['objective']:,.2f} < {bound:,.2f}")
    return tuple(failures)


def _unsupported(stated: Mapping[str, Any], bound: float) -> tuple[str, ...]:
    """Return by how much a bound falls short of the stated gap."""
    if not np.isfinite(bound):
        return (f"{stated['bound']:,.2f} ≠ {bound}",)
    distance = float(stated["objective"]) - bound
    if distance <= _within(stated):
        return ()
    gap = distance / abs(float(stated["objective"]))
    return (f"{stated['gap']:.3e} < {gap:.3e} ({stated['bound']:,.2f} ≠ {bound:,.2f})",)
