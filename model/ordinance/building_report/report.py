"""The report that a supplier files: its buildings row by row, their totals, and whether each standard is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from model.language import Text
from model.ordinance.building_report.equations import (
    HOUSE_TYPES,
    EnergyLevel,
    bei,
    energy_level_met,
    heat_as_pv_kw,
)
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES, Building, Supply, column_of, renewable_heat_gj
from model.ordinance.derivation import Finding, Value, Verdict, number
from model.ordinance.exact import FloatArray, within
from model.ordinance.rulebook import Rules

_BUILDING = Text("building", "建物")
_HOUSE_TYPE = Text("house type", "建物種別")
_FLOOR_AREA = Text("floor area [m²]", "延床面積 [m²]")
_UA = Text("UA [W/(m²K)]", "断熱性能（UA値） [W/(m²K)]")
_DESIGN = Text("design primary energy [GJ]", "設計一次エネルギー [GJ]")
_GENERATION = Text("of which generation [GJ]", "うち創エネ [GJ]")
_STANDARD = Text("standard primary energy [GJ]", "基準一次エネルギー [GJ]")
_BEI = Text("BEI without renewables", "BEI値（再エネ除く）")
_BEI_WITH = Text("BEI with renewables", "BEI値（再エネ含む）")
_CAPACITY = Text("renewable capacity, heat converted [kW]", "再エネ設備（熱は換算） [kW]")
_CHARGERS = Text("chargers and prepared spaces", "充電設備・配管等")
_EXPLAINED = Text("explained", "説明")

_HEADINGS = (_BUILDING, _HOUSE_TYPE, _FLOOR_AREA, _UA, _DESIGN, _GENERATION, _STANDARD, _BEI, _BEI_WITH, _CAPACITY,
             _CHARGERS, _EXPLAINED)  # fmt: skip
_VERDICT = Text("verdict", "判定")


def report(supply: Supply, findings: Sequence[Finding], rules: Rules) -> tuple[Mapping[Text, Value], ...]:
    """Return the rows of the report, building by building, then its totals and its verdicts.

    Args:
        supply: what a supplier delivered in a year.
        findings: what the programme finds of it.
        rules: rules of "report_programme".

    Returns:
        rows in the order of the printed sample (source: report_programme.report_fields): the buildings, their totals,
        and whether each standard is met.
    """
    kw = _renewable_kw(supply.buildings, rules)
    rows: list[Mapping[Text, Value]] = [
        {
            _BUILDING: building.id,
            _HOUSE_TYPE: HOUSE_TYPE_NAMES[building.house_type],
            _FLOOR_AREA: building.floor_area_m2,
            _UA: building.ua,
            _DESIGN: building.design_gj,
            _GENERATION: building.generation_gj,
            _STANDARD: building.standard_gj,
            _BEI: _bei([building]),
            _BEI_WITH: _bei([building], renewables=True),
            _CAPACITY: float(own),
            _CHARGERS: f"{building.chargers} + {building.conduits}",
            _EXPLAINED: building.explained,
        }
        for building, own in zip(supply.buildings, kw, strict=True)
    ]
    return (*rows, _totals(supply, float(kw.sum())), *_verdicts(supply, findings, rules))


# What turns renewables into heat has fulfilled as much as the solar power that its saving equals.
def _renewable_kw(buildings: Sequence[Building], rules: Rules) -> FloatArray:
    """Return the renewable capacity of each building with its heat as solar power [kW]."""
    kw = column_of(buildings, "pv_kw")
    if not any(building.solar_heat_gj or building.ground_heat_gj for building in buildings):
        return kw
    heat_gj = renewable_heat_gj(buildings, rules.value("eligible_renewables"))
    return kw + heat_as_pv_kw(heat_gj, rules.number("heat_to_pv_conversion_factor"))


def _totals(supply: Supply, kw: float) -> Mapping[Text, Value]:
    """Return the totals of the report; a sum or mean over buildings of which one is unknown stays empty."""
    buildings = supply.buildings
    sums = {name: float(column_of(buildings, name).sum()) for name in ("design_gj", "generation_gj", "standard_gj")}
    known = {name: None if value != value else value for name, value in sums.items()}
    return {
        _BUILDING: f"Σ {len(buildings)}",
        _HOUSE_TYPE: None,
        _FLOOR_AREA: supply.floor_area_m2,
        _UA: None,
        _DESIGN: known["design_gj"],
        _GENERATION: known["generation_gj"],
        _STANDARD: known["standard_gj"],
        _BEI: _bei(buildings),
        _BEI_WITH: _bei(buildings, renewables=True),
        _CAPACITY: kw,
        _CHARGERS: f"{sum(one.chargers for one in buildings)} + {sum(one.conduits for one in buildings)}",
        _EXPLAINED: all(building.explained for building in buildings),
    }


def _verdicts(supply: Supply, findings: Sequence[Finding], rules: Rules) -> list[Mapping[Text, Value]]:
    """Return whether each standard is met: by house type where there are several, then all together."""
    found = {finding.name: finding for finding in findings}
    levels = EnergyLevel.read(rules, "energy_standard")
    types = [name for name in HOUSE_TYPES if supply.of_type(name)]
    tests = [(name, supply.of_type(name), levels.get(name)) for name in types]
    insulation = [_insulation(buildings, level) for _, buildings, level in tests]
    energy = [_mean_bei(buildings, level) for _, buildings, level in tests]
    blank: dict[Text, Value] = dict.fromkeys(_HEADINGS)
    by_type: list[Mapping[Text, Value]] = [
        {**blank, _BUILDING: _VERDICT, _HOUSE_TYPE: HOUSE_TYPE_NAMES[name], _UA: ua.value, _BEI_WITH: told}
        for name, ua, (_, told) in zip(types, insulation, energy, strict=True)
    ]
    required, counted = found["required_capacity"], found["renewables"]
    reached = counted.verdict is Verdict.COMPLIES
    capacity = f"{number(counted.amount, 3)} {'≥' if reached else '<'} {number(required.amount, 3)} kW"
    whole: dict[Text, Value] = {
        **blank,
        _BUILDING: _VERDICT,
        _UA: _weakest(insulation).value,
        _BEI_WITH: energy[0][1] if len(energy) == 1 else _weakest([verdict for verdict, _ in energy]).value,
        _CAPACITY: _with(counted.verdict.value, Text(capacity, capacity)),
        _CHARGERS: found["charging"].verdict.value,
        _EXPLAINED: found["explanation"].verdict.value,
    }
    return [*(by_type if len(types) > 1 else ()), whole]


def _insulation(buildings: Sequence[Building], level: EnergyLevel | None) -> Verdict:
    """Return whether every dwelling of one type keeps to the UA limit."""
    ua = column_of(buildings, "ua")
    if level is None or np.isnan(ua).any():
        return Verdict.NOT_ASSESSED
    return Verdict.on(bool(np.all(within(ua, level.ua_max))))


def _weakest(verdicts: Sequence[Verdict]) -> Verdict:
    """Return what is to be said of all house types together."""
    order = (Verdict.FALLS_SHORT, Verdict.NOT_ASSESSED)
    return next((one for one in order if one in verdicts), Verdict.COMPLIES)


def _mean_bei(buildings: Sequence[Building], level: EnergyLevel | None) -> tuple[Verdict, Text]:
    """Return whether one house type keeps to the BEI limit, also in words with its mean BEI."""
    mean = None if level is None else _bei(buildings, level.with_renewables)
    if level is None or mean is None:
        return Verdict.NOT_ASSESSED, Verdict.NOT_ASSESSED.value
    design, generation, standard = (column_of(buildings, one) for one in ("design_gj", "generation_gj", "standard_gj"))
    verdict = Verdict.on(energy_level_met(np.zeros(len(buildings)), design, generation, standard, level))
    return verdict, _with(verdict.value, Text(f"mean {number(mean, 3)}", f"平均{number(mean, 3)}"))


def _with(verdict: Text, reason: Text) -> Text:
    """Return a verdict with what it rests on."""
    return Text(f"{verdict.en} ({reason.en})", f"{verdict.ja}（{reason.ja}）")


def _bei(buildings: Sequence[Building], renewables: bool = False) -> float | None:
    """Return the mean BEI without or with renewables, or None where energies are unknown."""
    design, generation, standard = (
        column_of(buildings, name).sum() for name in ("design_gj", "generation_gj", "standard_gj")
    )
    generation = generation if renewables else 0.0
    known = design == design and generation == generation and standard > 0
    return float(bei(design, standard, generation)) if known else None
