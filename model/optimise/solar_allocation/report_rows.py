"""The plan as the supplier would report it: the rows of the report programme, and the programme's verdicts."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from model.language import Text
from model.optimise.solar_allocation.facts import Facts, Planned
from model.optimise.solar_allocation.heat import HEAT_KINDS
from model.optimise.solar_allocation.model import Wishes
from model.ordinance.building_report.equations import (
    HOUSE_TYPES,
    Buildings,
    CapacityStandard,
    EnergyLevel,
    RoofLimits,
    energy_level_met,
    substitute_credit_kw,
    supplier_totals,
)
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES, Building
from model.ordinance.exact import reaches
from model.ordinance.rulebook import Rules

#: Day that stands for a list without days of delivery.
_NO_DAY = date(2025, 4, 1)


def report_verdicts(facts: Facts, plan: Planned, wishes: Wishes, rules: Rules) -> list[tuple[Text, bool, str, str]]:
    """Return the report programme's verdicts by its own equations, for any number of houses.

    Args:
        facts: houses of the file.
        plan: the plan, every owner taken to accept.
        wishes: rules that were left out are not asked about.
        rules: rules of "report_programme".

    Returns:
        question, whether it complies, what was found, what was needed.
    """
    verdicts = []
    gj_per_kw = rules.number("heat_to_pv_conversion_factor")
    if "renewables" not in wishes.without:
        on_site, required = _totals(facts, plan, gj_per_kw, rules)
        existing = float(plan.kw[~facts.new].sum())
        limited = "substitute_limit" not in wishes.without
        limit = rules.number("alternative_existing_house_limit") if existing and limited else 1.0
        counted = on_site + (float(substitute_credit_kw(existing, required, limit)) if limited else existing)
        text = Text("report programme: does the capacity reach the requirement?",
                    "報告書制度：再エネ設置基準に適合するか")  # fmt: skip
        verdicts.append((text, bool(reaches(counted, required)), f"{counted:,.3f}", f"{required:,.3f} kW"))
    if "energy" in wishes.without:
        return verdicts
    levels = EnergyLevel.read(rules, "energy_standard")
    design, generation, standard = _energies(facts, plan, gj_per_kw)
    ua = facts.number("ua").floats
    for name in HOUSE_TYPES:
        chosen = facts.new & (facts.house_type == name)
        if name in levels and chosen.any() and not np.isnan(ua[chosen] + design[chosen]).any():
            met = energy_level_met(ua[chosen], design[chosen], generation[chosen], standard[chosen], levels[name])
            title = HOUSE_TYPE_NAMES[name]
            text = Text(f"report programme: {title.en}: is the energy standard met?",
                        f"報告書制度：{title.ja}：断熱・省エネ性能基準に適合するか")  # fmt: skip
            verdicts.append((text, met, f"{int(chosen.sum())}", ""))
    return verdicts


def _totals(facts: Facts, plan: Planned, gj_per_kw: float, rules: Rules) -> tuple[float, float]:
    """Return capacity on counted buildings and the smaller requirement, by the programme's equations [kW]."""
    standard, new = CapacityStandard.read(rules), facts.new
    first, second = facts.roofs
    heat = np.sum([facts.heat_gj(kind, plan).floats for kind in HEAT_KINDS], axis=0)
    buildings = Buildings(
        supplier=np.zeros(int(new.sum()), dtype=np.int64),
        zone=np.searchsorted(-np.array(standard.zone_rates), -facts.zone_rate[new]).astype(np.int64),
        floor_area_m2=facts.number("floor_area_m2").floats[new],
        roof_largest_m2=first[new],
        roof_second_m2=second[new],
        restricted=facts.flag("restricted")[new] & rules.flag("legal_restriction_exclusion"),
        requested=plan.left_out[new],
        pv_kw=plan.kw[new],
        heat_gj=heat[new],
    )
    totals = supplier_totals(buildings, 1, RoofLimits.read(rules), standard, gj_per_kw)
    return float(totals.on_site_kw[0]), float(totals.required_kw[0])


def _energies(facts: Facts, plan: Planned, gj_per_kw: float) -> tuple[npt.NDArray[np.float64], ...]:
    """Return design energy before generation, generation and standard energy [GJ]."""
    standard = facts.standard_gj.floats
    # Added heat spares the fuel that the stated BEI counts.
    added = np.sum([facts.added(kind, plan).floats for kind in HEAT_KINDS], axis=0)
    return facts.number("bei").floats * standard - added, plan.kw * gj_per_kw, standard


def report_rows(facts: Facts, supplier: str, plan: Planned, gj_per_kw: float) -> list[Building]:
    """Return the buildings as they would be reported, all in one fiscal year.

    Args:
        facts: houses of the file; the list is one supplier's year.
        supplier: its name.
        plan: the plan, in the order of the facts.
        gj_per_kw: primary energy that a kW generates in a year [GJ/kW].
    """
    days = [day for day in facts.days if day is not None]
    usual = min(days) if days else _NO_DAY
    design, generation, standard = _energies(facts, plan, gj_per_kw)
    first, second = facts.roofs
    numbers: dict[str, Any] = {
        "floor_area_m2": facts.number("floor_area_m2").floats,
        "roof_largest_m2": first,
        "roof_second_m2": second,
        "pv_kw": np.round(plan.kw, 6),
        "solar_heat_gj": facts.heat_gj("solar_heat", plan).floats,
        "ground_heat_gj": facts.heat_gj("ground_heat", plan).floats,
        "ua": facts.number("ua").floats,
        "design_gj": np.where(facts.new, np.maximum(np.round(design, 9), 0.0), np.nan),
        "generation_gj": np.where(facts.new, np.round(generation, 6), 0.0),
        "standard_gj": np.where(facts.new, standard, np.nan),
        **{name: facts.number(name).floats.astype(np.int64) for name in ("parking_spaces", "chargers", "conduits")},
    }
    columns: dict[str, list[Any]] = {name: values.tolist() for name, values in numbers.items()}
    columns["role"] = np.where(facts.new, "new_building", "existing_house").tolist()
    columns["house_type"] = facts.house_type.tolist()
    columns["municipality"] = facts.choice("municipality").tolist()
    for name, flags in (("restricted", facts.flag("restricted")), ("exclusion_requested", plan.left_out),
                        ("explained", facts.flag("explained"))):  # fmt: skip
        columns[name] = flags.tolist()
    columns["id"] = facts.ids.tolist()
    rows = zip(*columns.values(), strict=True)
    cells = [
        {name: None if value != value else value for name, value in zip(columns, row, strict=True)} for row in rows
    ]
    return [Building.model_validate({"supplier": supplier, "supplied_on": usual, **row}) for row in cells]
