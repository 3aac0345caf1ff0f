"""Which start price, decrement and window simulated auctions speak for, and what they cannot tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.language import Text
from model.optimise.auction_simulation import Outcomes, Setting, mean_and_error

#: Differences below so many standard errors may be chance (about 95 % of normal draws lie within two).
SURE = 2.0
#: What is chosen, and how it is read from a setting.
LEVERS: dict[str, tuple[Text, Callable[[Setting], float]]] = {
    "start": (Text("start price", "開始価格"), lambda setting: setting.start),
    "decrement": (Text("decrement", "最小入札幅"), lambda setting: setting.decrement),
    "closes": (Text("window", "入札期間"), lambda setting: setting.closes.timestamp()),
}


@dataclass(frozen=True)
class Difference:
    """What a choice costs more than another one, with the same bidders in both.

    Args:
        more: mean [JPY].
        error: its standard error [JPY].
    """

    more: float
    error: float

    @property
    def sure(self) -> bool:
        """Whether it is larger than chance would make it."""
        return abs(self.more) > SURE * self.error


@dataclass(frozen=True)
class Level:
    """One value of a lever.

    Args:
        setting: one with this value.
        cost: mean over auctions and over the settings with this value [JPY].
        above: what it costs more than the cheapest value of the lever.
    """

    setting: Setting
    cost: float
    above: Difference


def difference(dearer: Outcomes, cheaper: Outcomes) -> Difference:
    """Return what one setting costs more than another, auction by auction."""
    return Difference(*mean_and_error(dearer.costs - cheaper.costs))


def levels(found: Sequence[Outcomes], lever: str) -> list[Level]:
    """Return the values of a lever, cheapest first, each averaged over all settings of the other levers.

    Args:
        found: settings tried with the same seed, every combination of levers once.
        lever: one of `LEVERS`.
    """
    read = LEVERS[lever][1]
    by_value: dict[float, list[Outcomes]] = {}
    for one in found:
        by_value.setdefault(read(one.setting), []).append(one)
    means = [(np.mean([one.costs for one in group], axis=0), group[0].setting) for group in by_value.values()]
    means.sort(key=lambda pair: float(pair[0].mean()))
    cheapest = means[0][0]
    return [
        Level(setting, float(costs.mean()), Difference(*mean_and_error(costs - cheapest))) for costs, setting in means
    ]


def as_good(found: Sequence[Outcomes]) -> list[Outcomes]:
    """Return the settings, cheapest first, that may be as good as the cheapest as far as the draws tell."""
    ordered = sorted(found, key=lambda one: one.cost)
    return [one for one in ordered if not difference(one, ordered[0]).sure]


def at_the_edge(found: Sequence[Outcomes], lever: str) -> bool:
    """Say whether the cheapest setting has the lowest or highest value of a lever that was tried."""
    read = LEVERS[lever][1]
    values = [read(one.setting) for one in found]
    best = read(min(found, key=lambda one: one.cost).setting)
    return best in (min(values), max(values)) and min(values) < max(values)
