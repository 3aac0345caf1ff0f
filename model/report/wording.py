"""Numbers and verdicts in words, in the units of each language: one place for the terminal and for figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import xarray as xr

from model.language import Language, Text, fiscal_year
from model.report.key_figures import Verdict
from model.targets import BASE_YEAR

#: How many of the language's unit make one of the model's: 1 Mt, GW or million is 100 万t, 万kW or 万.
HUNDREDS: Final[dict[Language, float]] = {"en": 1.0, "ja": 100.0}

EMISSIONS_UNIT: Final = Text("Mt CO₂eq a year", "万t-CO₂換算／年")
CAPACITY_UNIT: Final = Text("GW", "万kW")

_UNIT_WORDS: Final = {
    "dwelling": "戸", "building": "棟", "million": "百万", "thousand": "千", "Mt": "百万t", "kt": "千t", "tonne": "t",
    "appliance": "台",     "/year": "／年",
}  # fmt: skip

#: One word for each quality, where there is no room for its meaning.
QUALITY_WORDS: Final[dict[str, Text]] = {
    "published": Text("published", "公表値"),
    "read_from_chart": Text("read from a chart", "図表読取"),
    "derived": Text("derived", "公表値から算出"),
    "estimate": Text("weak estimate", "推計・参考値"),
}


def number(value: float, digits: int) -> str:
    """Return a number with thousands separators and a true minus sign."""
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage."""
    return f"{number(100 * share, digits)}%"


def change(share: float, digits: int = 1) -> str:
    """Return a change as a percentage with its sign."""
    text = percent(share, digits)
    return f"+{text}" if share > 0 and text.strip("0.%") else text


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign."""
    text = number(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def emissions(megatonnes: float, language: Language) -> str:
    """Return emissions as 31.1 Mt, or 3,110万t in Japanese."""
    return f"{number(megatonnes, 1)} Mt" if language == "en" else f"{number(100 * megatonnes, 0)}万t"


def capacity(gigawatts: float, language: Language) -> str:
    """Return a capacity as 2.0 GW, or 200万kW in Japanese."""
    return f"{number(gigawatts, 2)} GW" if language == "en" else f"{number(100 * gigawatts, 0)}万kW"


def unit_words(unit: str, language: Language) -> str:
    """Return a unit as a reader of the language writes it: `dwelling/year` is 戸／年."""
    unit = unit.replace("^2", "²").replace("Mm2", "million m²").replace("kilotonne", "kt")
    if language == "ja":
        for word, japanese in _UNIT_WORDS.items():
            unit = unit.replace(word, japanese)
        unit = unit.replace("百万 m²", "百万m²")
    return unit


def signs(words: str) -> str:
    """Return words with the signs that tables of data lack: CO₂, m²."""
    return words.replace("CO2", "CO₂").replace("m2", "m²")


def stacked_year(year: int, language: Language) -> str:
    """Return a fiscal year for the head of a column or a tick, the year of the era on a line of its own."""
    return fiscal_year(year, language).removesuffix("年度").replace("(", "\n(")


def scenario_title(dataset: xr.Dataset, language: Language) -> str:
    """Return the scenario's title in a language, with its name."""
    return f"{dataset.attrs[f'title_{language}']} ({dataset.attrs['scenario']})"


def energy(petajoules: float, language: Language) -> str:
    """Return energy as 401 PJ, in both languages."""
    return f"{number(petajoules, 0)} PJ"


def emissions_verdict(verdict: Verdict, language: Language) -> str:
    """Return one sentence: the emissions of a year, the change against the base year, and whether the target is met."""
    return Text("; ", "。")(language).join(emissions_verdict_parts(verdict, language))


def emissions_verdict_parts(verdict: Verdict, language: Language) -> list[str]:
    """Return the two parts of `emissions_verdict`; the second is missing where there is no target."""
    year = fiscal_year(verdict.year, language)
    return _verdict(Text(f"{year}: ", f"{year}は")(language), verdict, emissions, language)


def energy_verdict_words(verdict: Verdict, language: Language) -> str:
    """Return the same sentence for the final energy of all sectors."""
    year = fiscal_year(verdict.year, language)
    start = Text(f"{year}, final energy of all sectors: ", f"{year}の最終エネルギー消費(全部門)は")(language)
    return Text("; ", "。")(language).join(_verdict(start, verdict, energy, language))


def _verdict(start: str, verdict: Verdict, amount: Callable[[float, Language], str], language: Language) -> list[str]:
    """Return the amount with the change against the base year, and whether the target is met and how sure that is."""
    base, moved, value = fiscal_year(BASE_YEAR, language), change(verdict.change), amount(verdict.value, language)
    state = start + Text(f"{value}, {moved} against {base}", f"{value}({base}比{moved})")(language)
    if verdict.gap is None or verdict.target_change is None:
        return [state]
    asked, distance = _asked(verdict.target_change, language), amount(abs(verdict.gap), language)
    if distance == amount(0.0, language):
        # Nearer than the last digit shown: a distance of 0.0 would say nothing.
        end = (
            Text(f"{asked} is just reached", f"{asked}をわずかに達成")
            if verdict.met
            else Text(f"{asked} is just missed, by less than is shown", f"{asked}にわずかに届かない(表示桁未満)")
        )
    elif verdict.met:
        end = Text(f"{asked} is reached with {distance} to spare", f"{asked}を{distance}の余裕をもって達成")
    else:
        end = Text(f"{asked} is missed by {distance}", f"{asked}に{distance}届かない")
    return [state, end(language) + _doubt(verdict, amount, language)]


def _doubt(verdict: Verdict, amount: Callable[[float, Language], str], language: Language) -> str:
    """Return that the margin is within what the hindcast missed, or nothing where it is not."""
    error = verdict.error
    if error is None or not verdict.within_error:
        return ""
    size = amount(error.size, language)
    return Text(
        f", within the model's error of ±{size} seen in {error.first}–{error.last}",
        f"。ただし{error.first}～{error.last}年度の公表値との差(最大±{size})の範囲内",
    )(language)


def _asked(target_change: float, language: Language) -> str:
    """Return what a target asks for, by the name that people know it by."""
    names = {-0.5: Text("halving (−50%)", "半減(−50%)"), -1.0: Text("net zero", "実質ゼロ")}
    asked = change(target_change, 0)
    return names.get(round(target_change, 9), Text(f"the target of {asked}", f"目標の{asked}"))(language)
