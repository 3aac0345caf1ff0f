"""The least-cost pathway for people: lines and tables for the terminal, rows for a file, figures."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from model.language import Language, Text, fiscal_year
from model.optimise.least_cost.answer import LEAST_COST
from model.report.style import COMPARED_COLOURS, FAINT, INK, TARGET, Page, drawing, save, value_ticks, year_ticks
from model.report.wording import EMISSIONS_UNIT, HUNDREDS, change, number, percent, signed, stacked_year
from model.targets import BASE_YEAR, base_emissions

_NAME: Final = Text("least cost", "費用最小")
_ROW: Final = 0.2
#: Shade from which on figures stand in white.
_DARK: Final = 0.6


def verdict_lines(answer: xr.Dataset, ceilings: dict[str, tuple[int, ...]], language: Language) -> list[str]:
    """Return in words whether the targets are reached, at what cost, and which ceilings bind."""
    gas, cap = answer["greenhouse_gas_total"].sel(run=LEAST_COST), answer["cap"]
    cost = answer["cost_discounted"]
    lines = []
    for year in _target_years(answer):
        here, most = gas.sel(year=year).item(), cap.sel(year=year).item()
        change = percent(here / base_emissions().value - 1.0, 1)
        lines.append(Text(
            f"FY{year}: {here:.2f} Mt ({change} against 2000), at most {most:.2f} Mt"
            + (": reached" if here <= most + answer.attrs["tolerance"] else f": missed by {here - most:.2f} Mt"),
            f"{fiscal_year(year, 'ja')}: {100 * here:,.0f}万t(2000年比{change})、上限{100 * most:,.0f}万t"
            + ("、達成" if here <= most + answer.attrs["tolerance"] else f"、{100 * (here - most):,.0f}万t超過"),
        )(language))  # fmt: skip
    mine = cost.sel(run=LEAST_COST).item()
    for name in cost["run"].to_numpy():
        if name != LEAST_COST:
            more = (mine - cost.sel(run=name).item()) / 1e9
            lines.append(Text(
                f"Discounted cost {mine / 1e12:,.2f} trillion JPY, {signed(more, 0)} billion against {name}",
                f"割引後費用 {mine / 1e12:,.2f}兆円、{name} との差 {signed(more / 1000, 2)}兆円",
            )(language))  # fmt: skip
    if not answer.attrs["reached"]:
        lines.append(_ceiling_line(answer, ceilings, language))
    return lines


def _ceiling_line(answer: xr.Dataset, ceilings: dict[str, tuple[int, ...]], language: Language) -> str:
    titles = dict(zip(answer["lever_group"].to_numpy(), answer[f"lever_group_{language}"].to_numpy(), strict=True))
    named = Text(", ", "、")(language).join(str(titles[name]) for name in ceilings)
    return Text(
        f"Out of reach with these levers; this is the nearest. At their ceiling: {named}. Give a scenario that goes"
        " further with --between.",
        f"このレバーの範囲では達成できない。上記が最も近い経路。上限に達したもの: {named}。"
        "--between でより踏み込んだシナリオを指定できる。",
    )(language)  # fmt: skip


def _target_years(answer: xr.Dataset) -> list[int]:
    """Return the years in which a cap begins."""
    cap = answer["cap"].to_numpy()
    before = np.concatenate([[np.nan], cap[:-1]])
    begins = np.isfinite(cap) & ~(before == cap)
    return [int(year) for year in answer["year"].to_numpy()[begins]]


def price_line(answer: xr.Dataset, language: Language) -> str:
    """Return the shadow price of a tonne in the years in which a cap binds."""
    price = answer["price_of_tonne"]
    bound = [(int(year), value) for year, value in zip(price["year"].to_numpy(), price.to_numpy(), strict=True)
             if value > 0.5]  # fmt: skip
    if not answer.attrs["reached"]:
        return Text("Out of reach, so a tonne has no price.", "達成できないため、1tの限界価格はない。")(language)
    if not bound:
        return Text("No cap binds: the cheapest way stays below it.", "上限は制約にならない(費用最小の経路が下回る)。")(
            language
        )
    shown = bound if len(bound) <= 6 else [bound[0], *bound[1:5], bound[-1]]
    listed = Text(", ", "、")(language).join(
        f"{fiscal_year(year, language)} {number(_three_digits(value), 0)}{Text(' JPY', '円')(language)}"
        for year, value in shown
    )
    return Text(
        f"Shadow price of a tonne (what one tonne less in that year alone adds to the discounted cost): {listed}",
        f"1tの限界価格(その年度だけを1t減らす場合の割引後費用の増加): {listed}",
    )(language)


def _three_digits(value: float) -> float:
    """Return a price with the digits that count: the pathway is a best one known, the price that of its last step."""
    return float(f"{value:.3g}")


def lever_rows(answer: xr.Dataset) -> pd.DataFrame:
    """Return one row a group and year: the weight of every scenario, the base's included."""
    rows = []
    for group in answer["lever_group"].to_numpy():
        for knot in answer["knot"].to_numpy():
            here = answer["weight"].sel(lever_group=group, knot=knot)
            rows.append(
                {
                    "lever_group": group,
                    "lever_group_en": str(here["lever_group_en"].item()),
                    "lever_group_ja": str(here["lever_group_ja"].item()),
                    "year": int(knot),
                    **{str(name): here.sel(scenario=name).item() for name in answer["scenario"].to_numpy()},
                }
            )
    return pd.DataFrame(rows)


def lever_table(answer: xr.Dataset, language: Language) -> Table:
    """Return how far each group goes from the base to the scenarios, in each year."""
    heading = Text(
        "How far each group of levers goes from the base: 100 % is all the way to a scenario",
        "レバーのグループ別の位置(0%=基準、100%=シナリオの水準)",
    )
    table = Table(title=Styled(heading(language)), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(overflow="fold")
    for knot in answer["knot"].to_numpy():
        table.add_column(stacked_year(int(knot), language), justify="right", no_wrap=True)
    for group, name in zip(answer["lever_group"].to_numpy(), answer[f"lever_group_{language}"].to_numpy(), strict=True):
        far = 1.0 - answer["weight"].sel(lever_group=group).isel(scenario=0).to_numpy()
        table.add_row(Styled(str(name)), *(percent(max(value, 0.0)) for value in far))
    return table


def payer_table(answer: xr.Dataset, reference: str, language: Language) -> Table:
    """Return the discounted net cost of each payer against a reference run, subsidies apart."""
    rate, first = answer.attrs["discount_rate"], answer.attrs["discounted_to"]
    weights = (1.0 + rate) ** -(answer["year"] - first)
    here, there = answer.sel(run=LEAST_COST), answer.sel(run=reference)
    cost = ((here["annual_cost"] - there["annual_cost"]).sum("cost_item") * weights).sum("year") / 1e9
    moved = ((here["transfer"] - there["transfer"]) * weights).sum("year") / 1e9
    heading = Text(f"Discounted cost against {reference} [billion JPY]", f"{reference} との割引後費用の差 [10億円]")
    table = Table(title=Styled(heading(language)), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (
        Text("", ""),
        Text("cost", "費用"),
        Text("subsidies received", "補助金の受取"),
        Text("borne", "実質負担"),
    ):
        table.add_column(title(language), justify="left" if not title.en else "right")
    for payer, name in zip(answer["payer"].to_numpy(), answer[f"payer_{language}"].to_numpy(), strict=True):
        paid, got = cost.sel(payer=payer).item(), moved.sel(payer=payer).item()
        table.add_row(Styled(str(name)), signed(paid, 0), signed(got, 0), signed(paid - got, 0))
    total = cost.sum().item()
    table.add_row(Text("together", "合計")(language), signed(total, 0), "0", signed(total, 0), style="bold")
    return table


def pathway_figure(answer: xr.Dataset, title: str, language: Language) -> Figure:
    """Draw emissions of all runs with the caps, and below the shadow price of a tonne by year."""
    page = Page(
        Text("Least-cost pathway", "費用最小の経路")(language), title, price_line(answer, language),
        _source(answer, language), 4.9, language,
    )  # fmt: skip
    figure = page.figure()
    axes = page.axes(figure, 0.62, 2.05, 5.2, 2.55)
    years, scale = answer["year"].to_numpy(), HUNDREDS[language]
    for name, colour in zip(answer["run"].to_numpy(), COMPARED_COLOURS, strict=False):
        line = scale * answer["greenhouse_gas_total"].sel(run=name).to_numpy()
        shown = _NAME(language) if name == LEAST_COST else str(name)
        axes.plot(years, line, color=colour, linewidth=2.0 if name == LEAST_COST else 1.2, label=shown)
    axes.step(years, scale * answer["cap"].to_numpy(), where="mid", color=TARGET, linewidth=1.0, linestyle="--",
              label=Text("cap", "上限")(language))  # fmt: skip
    axes.set_ylim(0, None)
    value_ticks(axes, 6)
    year_ticks(axes, years, language, 5)
    axes.set_title(EMISSIONS_UNIT(language), loc="left", fontsize=7.5)
    axes.legend(frameon=False, fontsize=6.8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    below = page.axes(figure, 0.62, 0.45, 5.2, 1.05)
    below.bar(years, answer["price_of_tonne"].to_numpy() / 1e4, 0.7, color=INK)
    year_ticks(below, years, language, 5)
    value_ticks(below, 4)
    below.set_title(
        Text("shadow price of a tonne, 10,000 JPY", "1tの限界価格(万円)")(language), loc="left", fontsize=7.5
    )
    below.tick_params(color=FAINT)
    return figure


def levers_figure(answer: xr.Dataset, title: str, language: Language) -> Figure:
    """Draw how far each group goes, in shades with the figure in each field."""
    groups = answer[f"lever_group_{language}"].to_numpy()
    body = _ROW * len(groups) + 0.75
    message = Text("0%: as in the base. 100%: as far as a scenario goes.", "0%は基準、100%はシナリオの水準。")(language)
    page = Page(Text("Which levers, and when", "どのレバーをいつ使うか")(language), title, message,
                _source(answer, language), body, language)  # fmt: skip
    figure = page.figure()
    axes = page.axes(figure, 2.1, 0.15, 4.4, body - 0.5)
    far = np.clip(1.0 - answer["weight"].isel(scenario=0).to_numpy(), 0.0, 1.0)
    axes.imshow(far, aspect="auto", cmap="Blues", vmin=0.0, vmax=1.25)
    for (row, column), value in np.ndenumerate(far):
        colour = "white" if value > _DARK else INK
        axes.text(column, row, percent(value), ha="center", va="center", fontsize=6.5, color=colour)
    axes.set_yticks(range(len(groups)), [str(name) for name in groups], fontsize=6.8)
    knots = [fiscal_year(int(knot), language) for knot in answer["knot"].to_numpy()]
    axes.set_xticks(range(len(knots)), knots, fontsize=6.8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def _source(answer: xr.Dataset, language: Language) -> str:
    pairs = [one.split(": ") for one in answer.attrs["targets"].split(", ")]
    listed = [f"{fiscal_year(int(year), language)} {change(float(share))}" for year, share in pairs]
    targets, between = Text(", ", "、")(language).join(listed), ", ".join(answer["scenario"].to_numpy())
    return Text(
        f"Model run. Targets against FY{BASE_YEAR}: {targets}. Levers between {between}.\n"
        f"Discounted at {100 * answer.attrs['discount_rate']:g}%, money of FY{answer.attrs['price_year']}.",
        f"モデル計算。{BASE_YEAR}年度比の目標: {targets}。レバーの範囲: {between}。\n"
        f"割引率{100 * answer.attrs['discount_rate']:g}%、{answer.attrs['price_year']}年度価格。",
    )(language)


def draw_least_cost(answer: xr.Dataset, title: Text, folder: Path) -> None:
    """Write the figures in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        with drawing(language):
            save(pathway_figure(answer, title(language), language), folder / f"least_cost_{language}")
            save(levers_figure(answer, title(language), language), folder / f"levers_{language}")
