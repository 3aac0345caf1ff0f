"""Options of `schedule` that hang together: every fault of theirs at once, with what is allowed."""

from __future__ import annotations

from math import isfinite, isnan
from pathlib import Path

from model.faults import FaultList
from model.language import Text

_NEITHER = Text(
    "give a file of facilities, or --synthetic with a number",
    "事業所ファイル又は --synthetic（件数）のどちらか一つを指定してください",
)
_BOTH = Text(
    "a file of facilities and --synthetic are both given; give one or the other",
    "事業所ファイルと --synthetic の両方が指定されています。どちらか一つだけ指定してください",
)
_NO_NUMBERS = Text("write numbers such as {}", "{} の形で数値を書いてください")
_NO_NUMBER = Text("write a number", "数値を書いてください")
_PRICES = Text("a price of credits cannot be below zero", "クレジット価格に負の値は指定できません")
_POINTS = Text(
    "points are a part of one: 0.09 is nine points", "上乗せは1に対する割合で書いてください（0.09が9ポイント）"
)
_POINTS_ALONE = Text(
    "it says under which rates the regret is worked out, so it needs --regret with prices",
    "リグレット分析の義務率を定めるもので、--regret（価格）と併せて指定してください",
)
_COST_LIMIT_ALONE = Text(
    "a limit on cost holds for plans of least emissions; a plan of least cost needs none",
    "費用の上限は排出量最小の計画に用いるもので、費用最小の計画では不要です",
)
_CHARGE_ALONE = Text(
    "it is charged for changes against a plan before, and none is given",
    "前回計画からの変更に対する負担ですが、前回計画が指定されていません",
)
_CHARGE_EMISSIONS = Text(
    "a plan of least emissions does not look at cost, so changes cannot be charged",
    "排出量最小の計画では費用を目的としないため、変更の負担は指定できません",
)
#: Points up to which rates can be raised or lowered [1].
_MOST_POINTS = 1.0


def check_source(facilities: Path | None, synthetic: int | None, faults: FaultList) -> None:
    """Check that facilities come from a file or are made up, one of the two.

    Args:
        facilities: the file.
        synthetic: number of facilities to make up.
        faults: where everything wrong is recorded.
    """
    if facilities is None and synthetic is None:
        faults.add("FACILITIES", _NEITHER)
    elif facilities is not None and synthetic is not None:
        faults.add("FACILITIES, --synthetic", _BOTH, f"{facilities}, {synthetic}")


def check_cost_limit(limit: float | None, least_emissions: bool, faults: FaultList) -> None:
    """Check that a limit on cost is a number and has something to do.

    Args:
        limit: most the plan may cost [JPY]; None: no limit.
        least_emissions: whether the plan of least emissions is looked for.
        faults: where everything wrong is recorded.
    """
    if limit is None:
        return
    if isnan(limit):
        faults.add("--cost-limit", _NO_NUMBER, limit)
    if not least_emissions:
        faults.add("--cost-limit", _COST_LIMIT_ALONE, f"{limit:g}", "--objective emissions")


def check_charge(charge: float | None, previous: Path | None, least_emissions: bool, faults: FaultList) -> None:
    """Check that a charge for changes has something to do.

    Args:
        charge: charge of a change [JPY]; None: none was given.
        previous: the plan before.
        least_emissions: whether the plan of least emissions is looked for.
        faults: where everything wrong is recorded.
    """
    if charge is not None and previous is None:
        faults.add("--change-charge", _CHARGE_ALONE, f"{charge:g}", "--previous works.csv")
    elif charge is not None and least_emissions:
        faults.add("--change-charge", _CHARGE_EMISSIONS, f"{charge:g}", "--objective cost")


def futures(regret: str | None, rate_points: str | None, faults: FaultList) -> tuple[list[float], list[float]]:
    """Return prices of credits [JPY/t-CO2] and points added to rates [1] of the futures that a regret is wanted for.

    Args:
        regret: prices as written; None: no regret is wanted.
        rate_points: points as written; None: as they are.
        faults: where everything wrong is recorded.
    """
    prices, points = _numbers("--regret", regret, "1000,4300,10000", faults), [0.0]
    if rate_points is not None:
        points = _numbers("--rate-points", rate_points, "0,0.1", faults)
        if regret is None:
            faults.add("--rate-points", _POINTS_ALONE, rate_points, "--regret 1000,4300,10000")
    for price in prices:
        if price < 0:
            faults.add("--regret", _PRICES, f"{price:g}", "≥ 0")
    for point in points:
        if abs(point) > _MOST_POINTS:
            faults.add("--rate-points", _POINTS, f"{point:g}", f"−{_MOST_POINTS:g} … {_MOST_POINTS:g}")
    return prices, points


def _numbers(option: str, text: str | None, example: str, faults: FaultList) -> list[float]:
    """Return the numbers of an option, a fault where there are none or they cannot be read."""
    if text is None:
        return []
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or not all(isfinite(one) for one in found):
        faults.add(option, Text(_NO_NUMBERS.en.format(example), _NO_NUMBERS.ja.format(example)), text)
        return []
    return found
