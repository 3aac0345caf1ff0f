"""Who gives what, in words: tables of programmes and themes, and which single assumption decides a target."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from model.language import Language, Text, fiscal_year
from model.programme_contributions import Contributions, Deciding
from model.report.contribution.dataset import Answer
from model.report.key_figures import Verdict, emission_targets
from model.report.wording import HUNDREDS, emissions, emissions_verdict, number, stacked_year
from model.targets import base_emissions

#: Titles of the two tables.
_TITLES: Final = {
    "programme": Text("Less greenhouse gas by programme", "制度別の温室効果ガス削減量"),
    "theme": Text("Less greenhouse gas by theme of levers, against {}", "施策分野別の温室効果ガス削減量({}との比較)"),
}
_TOGETHER: Final = Text("together", "合計")
_ALONE: Final = Text("alone", "単独")
_LAST: Final = Text("last in", "最後")
#: Signs of a name on one line; a Japanese one is as wide as two.
_NAME: Final[dict[Language, int]] = {"en": 30, "ja": 15}
#: Below this a reduction is shown as nothing [Mt].
_SHOWN: Final = 5e-4


def unit_words(language: Language) -> str:
    """Return the unit of a year's tonnes."""
    return Text("Mt CO₂eq", "万t-CO₂換算")(language)


def game_title(dim: str, answer: Answer, language: Language) -> str:
    """Return what a table or figure of a game shows."""
    return _TITLES[dim](language).format("" if answer.against is None else answer.against.name)


def game_table(dim: str, game: Contributions, answer: Answer, years: Sequence[int], language: Language) -> Table:
    """Return tonnes of each player: the mean over all orders by year and in all, and both ends in the first year."""
    heading = f"{game_title(dim, answer, language)} [{unit_words(language)}]"
    table = Table(
        title=Styled(heading), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False,
        collapse_padding=True,
    )  # fmt: skip
    table.add_column(overflow="fold")
    first, last = answer.years[0], answer.years[-1]
    for year in years:
        table.add_column(stacked_year(year, language), justify="right", no_wrap=True)
    table.add_column(Text(f"FY{first}-\n{last}", f"{first}～\n{last}年度計")(language), justify="right", no_wrap=True)
    for word in (_ALONE, _LAST):
        table.add_column(f"{word(language)}\n{years[0]}", justify="right", no_wrap=True)
    places = [answer.years.index(year) for year in years]

    def cells(shapley: np.ndarray, alone: float | None, after: float | None) -> list[str]:
        by_year = [amount(float(shapley[place]), language) for place in places]
        ends = ["" if value is None else amount(value, language) for value in (alone, after)]
        return [*by_year, amount(float(shapley.sum()), language), *ends]

    means, alone, after = (getattr(game, way).sum(axis=2) for way in ("shapley", "first", "last"))
    for player, title in enumerate(game.titles):
        ends = float(alone[player, places[0]]), float(after[player, places[0]])
        table.add_row(on_two_lines(title(language), language), *cells(means[player], *ends))
    table.add_row(Styled(_TOGETHER(language), style="bold"), *cells(means.sum(axis=0), None, None))
    return table


def amount(megatonnes: float, language: Language) -> str:
    """Return a reduction to three decimals of a megatonne, or one of ten thousand tonnes; negative is an increase."""
    if abs(megatonnes) < _SHOWN:
        return "–"
    return number(HUNDREDS[language] * megatonnes, 3 if language == "en" else 1)


def on_two_lines(words: str, language: Language) -> str:
    """Return a name on two lines at most, broken before a bracket or after a mark where it has one."""
    if len(words) <= _NAME[language]:
        return words
    for mark, broken in ((" (", "\n("), ("(", "\n("), (": ", ":\n"), ("・", "・\n")):
        if mark in words:
            return words.replace(mark, broken, 1)
    return "\n".join(textwrap.wrap(words, _NAME[language])[:2])


def overlap_lines(dim: str, game: Contributions, answer: Answer, year: int, language: Language) -> list[str]:
    """Return how much more the players would give if each stood alone, and the two that overlap most."""
    place = answer.years.index(year)
    alone = float(game.first[:, place].sum())
    whole = float((game.before - game.after)[place].sum())
    when = fiscal_year(year, language)
    lines = [
        Text(
            f"{when}: alone they add up to {amount(alone, language)}, together they give {amount(whole, language)}.",
            f"{when}: 単独の合計は{amount(alone, language)}、全体では{amount(whole, language)}。",
        )(language)
    ]
    pairs = game.interaction[:, :, place]
    i, j = (int(k) for k in np.unravel_index(int(np.argmin(pairs)), pairs.shape))
    if pairs[i, j] < -_SHOWN:
        both, much = [game.titles[k](language) for k in (i, j)], amount(-float(pairs[i, j]), language)
        lines.append(
            Text(
                f"“{both[0]}” and “{both[1]}” overlap most, by {much}.",
                f"重複が最大なのは「{both[0]}」と「{both[1]}」({much})。",
            )(language)
        )
    return lines


def verdict_lines(answer: Answer, years: Sequence[int], language: Language) -> list[str]:
    """Return for each year with a target whether it is met, and the single assumption that decides it."""
    lines = []
    targets = emission_targets()
    for year in years:
        if year not in targets:
            continue
        value = float(answer.total[answer.years.index(year)])
        verdict = Verdict(year, value, base_emissions().value, targets[year])
        lines.append(emissions_verdict(verdict, language))
        if answer.deciding:
            lines.append(_deciding_line(answer.deciding, verdict, answer.years.index(year), language))
    return lines


def _deciding_line(deciding: Sequence[Deciding], verdict: Verdict, place: int, language: Language) -> str:
    """Return the assumption without which emissions rise most, and how many alone would turn the verdict."""
    gains = {one.title(language): float(one.gain[place]) for one in deciding}
    largest = max(gains, key=lambda name: gains[name])
    without = emissions(verdict.value + gains[largest], language)
    line = Text(
        f"  Largest single assumption: {largest}; without it {without} (+{amount(gains[largest], language)})",
        f"  最も大きい単独の前提は「{largest}」。これを除くと{without}(+{amount(gains[largest], language)})",
    )(language)
    gap = verdict.gap
    if gap is None or gap > 0.0:
        return line + Text(".", "。")(language)
    turning = [name for name, gain in gains.items() if gain > -gap]
    listed = Text(", ", "、")(language).join(sorted(turning, key=lambda name: -gains[name]))
    return line + Text(
        f". Each of these {len(turning)} of {len(gains)}, taken out alone, would miss the target: {listed}.",
        f"。{len(gains)}項目のうち、単独で除くと目標に届かなくなるのは{len(turning)}項目: {listed}。",
    )(language)


def resolution_line(answer: Answer, language: Language) -> str:
    """Return how coarse the runs are and what that costs."""
    tonnes = max(answer.coarseness * 1e6, 0.0)
    return Text(
        f"Runs see Tokyo as one place; with every municipality of its own the scenario differs by at most "
        f"{tonnes:,.0f} t a year.",
        f"計算は都全体を1地域として実施。区市町村別の計算との差は最大で年{tonnes:,.0f}t。",
    )(language)


def rule_line(answer: Answer, language: Language) -> str | None:
    """Return which programmes count by their rule though the scenario has them optimised; None where none is."""
    form = answer.scenario.levers.programmes.form
    names = [title(language) for name, title in zip(answer.programmes.players, answer.programmes.titles, strict=True)
             if form[name] == "optimised"]  # fmt: skip
    if not names:
        return None
    listed = Text(", ", "、")(language).join(names)
    return Text(
        f"Counted by their rule, though the scenario has them optimised: {listed}.",
        f"シナリオでは最適化とした次の制度も、ここではルールどおりとして計算: {listed}。",
    )(language)
