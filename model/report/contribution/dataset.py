"""Contributions of programmes and themes as one Dataset and as rows for a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from model.labels import classification
from model.language import Text
from model.programme_contributions import Contributions, Deciding
from model.report.key_figures import emission_targets
from model.scenario import Scenario
from model.survival_families import Array

#: Players of the two games: dimension of the Dataset, and what it is.
GAMES: Final = {
    "programme": Text("programme of the ordinance", "条例の制度"),
    "theme": Text("theme of levers that differs from the base", "比較の基準から変えた施策の分野"),
}
#: How much a player gives, counted in three ways.
WAYS: Final = {
    "shapley": Text("mean gain over all orders (Shapley value)", "全順序の平均削減量(シャープレイ値)"),
    "first": Text("gain alone, before all others", "単独で最初に加えた場合の削減量"),
    "last": Text("gain after all others", "最後に加えた場合の削減量"),
}
_UNIT: Final = "Mt/year"


@dataclass(frozen=True)
class Answer:
    """Everything that the question of who gives what is answered with.

    Args:
        scenario: the scenario asked about.
        against: the scenario that its themes are counted from; None where there is none.
        programmes: tonnes of programmes.
        themes: tonnes of themes; None where there is no base.
        deciding: what each assumption or programme alone, taken out, would add.
        municipal: greenhouse gases of the scenario with every municipality of its own [Mt/year] [year, sector].
    """

    scenario: Scenario
    against: Scenario | None
    programmes: Contributions
    themes: Contributions | None
    deciding: tuple[Deciding, ...]
    municipal: Array

    @property
    def games(self) -> dict[str, Contributions]:
        """Return the games that have been played, by the dimension of their players; those without players left out."""
        played = {"programme": self.programmes, "theme": self.themes}
        return {name: game for name, game in played.items() if game is not None and game.players}

    @property
    def years(self) -> list[int]:
        """Return the years of the projection."""
        return [int(year) for year in self.programmes.years]

    @property
    def total(self) -> Array:
        """Return greenhouse gases of the scenario [Mt/year] [year]."""
        return np.asarray(self.programmes.after.sum(axis=1))

    @property
    def coarseness(self) -> float:
        """Return the largest difference, in any year, to the run with every municipality of its own [Mt/year]."""
        return float(np.abs(self.municipal.sum(axis=1) - self.total).max())


def contribution_dataset(answer: Answer) -> xr.Dataset:
    """Return all of an answer with labels, units and meanings."""
    sectors = classification("sectors")
    dataset = xr.Dataset(
        coords={"year": answer.years, "sector": list(sectors)},
        attrs={
            "scenario": answer.scenario.name,
            "scenario_hash": answer.scenario.content_hash,
            "against": "" if answer.against is None else answer.against.name,
            "against_hash": "" if answer.against is None else answer.against.content_hash,
            "resolution": "metropolis",
            "largest_difference_to_municipal_run": answer.coarseness,
        },
    )
    for dim, game in answer.games.items():
        dataset = dataset.merge(_game(dim, game), combine_attrs="override")
    dataset["municipal"] = (("year", "sector"), answer.municipal)
    dataset["municipal"].attrs = _meaning(
        Text("greenhouse gases of the scenario, run with every municipality of its own", "区市町村別に計算した排出量")
    )
    if answer.deciding:
        labels = [one.name for one in answer.deciding]
        titles = {f"assumption_{lang}": [one.title(lang) for one in answer.deciding] for lang in ("en", "ja")}
        added = xr.DataArray(
            np.stack([one.gain for one in answer.deciding]),
            dims=("assumption", "year"),
            coords={"assumption": labels} | {name: ("assumption", words) for name, words in titles.items()},
            attrs=_meaning(Text("what is emitted beside if this alone is taken out", "これだけを除いた場合の排出増")),
        )
        dataset["without_one"] = added
    return dataset


def _game(dim: str, game: Contributions) -> xr.Dataset:
    other = f"other_{dim}"
    names = {f"{dim}_{lang}": (dim, [title(lang) for title in game.titles]) for lang in ("en", "ja")}
    part = xr.Dataset(coords={dim: list(game.players), other: list(game.players), **names})
    for way, meaning in WAYS.items():
        part[f"{dim}_{way}"] = ((dim, "year", "sector"), getattr(game, way), _meaning(meaning))
    pair = Text("gain of two beyond what they give apart; negative where they overlap",
                "2者の相互作用(負は重複、正は相乗)")  # fmt: skip
    part[f"{dim}_interaction"] = ((dim, other, "year"), game.interaction, _meaning(pair))
    ends = {"before": Text("greenhouse gases without any", "すべてなしの排出量"),
            "after": Text("greenhouse gases with all", "すべてありの排出量")}  # fmt: skip
    for end, meaning in ends.items():
        part[f"{dim}_{end}"] = (("year", "sector"), getattr(game, end), _meaning(meaning))
    return part


def _meaning(words: Text) -> dict[str, str]:
    return {"units": _UNIT, "long_name": words.en, "long_name_ja": words.ja}


def contribution_rows(answer: Answer, years: Sequence[int]) -> pd.DataFrame:
    """Return tonnes by player, year and sector as a tidy table, and over all years of the projection at the end.

    Args:
        answer: to the question.
        years: fiscal years that are shown.

    Returns:
        columns game, player, player_en, player_ja, years, sector (`all` for their sum), shapley, first, last, unit.
    """
    rows = []
    sectors = [*classification("sectors"), "all"]
    whole = f"{answer.years[0]}-{answer.years[-1]}"
    spans = [(str(year), [answer.years.index(year)], _UNIT) for year in years]
    spans.append((whole, list(range(len(answer.years))), "Mt"))
    for dim, game in answer.games.items():
        for place, (player, title) in enumerate(zip(game.players, game.titles, strict=True)):
            for span, at, unit in spans:
                by_way = [getattr(game, way)[place, at].sum(axis=0) for way in WAYS]
                for number, sector in enumerate(sectors):
                    values = [float(v.sum() if sector == "all" else v[number]) for v in by_way]
                    rows.append((dim, player, title.en, title.ja, span, sector, *values, unit))
    columns = ["game", "player", "player_en", "player_ja", "years", "sector", *WAYS, "unit"]
    return pd.DataFrame(rows, columns=columns)


def assumption_rows(answer: Answer, years: Sequence[int]) -> pd.DataFrame:
    """Return what each assumption or programme, taken out alone, does to each target.

    Args:
        answer: to the question.
        years: fiscal years that are shown.

    Returns:
        columns assumption, assumption_en, assumption_ja, programme, year, greenhouse_gas, added, target, met,
        met_without_it, unit; the largest first in each year, target and verdicts empty where there is no target.
    """
    targets = emission_targets()
    rows = []
    for year in years:
        place, target = answer.years.index(year), targets.get(year)
        value = float(answer.total[place])
        for one in sorted(answer.deciding, key=lambda each: -float(each.gain[place])):
            added = float(one.gain[place])
            met = (None, None) if target is None else (value <= target, value + added <= target)
            kind = "yes" if one.programme else "no"
            rows.append((one.name, one.title.en, one.title.ja, kind, year, value, added, target, *met, _UNIT))
    columns = ["assumption", "assumption_en", "assumption_ja", "programme", "year", "greenhouse_gas", "added", "target",
               "met", "met_without_it", "unit"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
