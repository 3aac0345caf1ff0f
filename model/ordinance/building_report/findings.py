"""New small and mid-size buildings (建築物環境報告書制度): each question of the programme, with its working."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from model.language import Text
from model.ordinance.building_report.equations import (
    DETACHED_TYPES,
    CapacityStandard,
    ChargingStandard,
    EnergyLevel,
    RoofLimits,
    bei,
    charging_required,
    eligible,
    energy_level_met,
    heat_as_pv_kw,
    required_capacity_by_zone_kw,
    required_capacity_kw,
    roof_too_small,
    substitute_credit_kw,
)
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES, Building, Supply, column_of, renewable_heat_gj
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import BoolArray, reaches, within
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import Rules

STEP_NAMES = {
    "guidance": Text("guidance", "指導"),
    "advice": Text("advice", "助言"),
    "recommendation": Text("recommendation", "勧告"),
    "publication_of_name": Text("publication of the name", "事業者名の公表"),
}


def supplier_duty(floor_area_m2: float, approved: bool, rules: Rules) -> Finding:
    """Return whether a supplier is obliged by its yearly floor area in Tokyo [m²], or by approval, or may take part."""
    sheet = Working.under(rules)
    line = sheet.rules.number("supplier_annual_floor_area_min")
    sheet.step(Text("floor area delivered in Tokyo in the year", "年間都内供給延床面積"), "Σ", floor_area_m2, "m²")
    verdict = Verdict.OBLIGED if reaches(floor_area_m2, line) else Verdict.NOT_OBLIGED
    _compare(sheet, floor_area_m2, "≥", line, "m²", verdict is Verdict.OBLIGED)
    if verdict is Verdict.NOT_OBLIGED and sheet.rules.stated("voluntary_supplier_annual_floor_area_min"):
        voluntary = sheet.rules.number("voluntary_supplier_annual_floor_area_min")
        may_apply = reaches(floor_area_m2, voluntary)
        _compare(sheet, floor_area_m2, "≥", voluntary, "m²", may_apply)
        if may_apply and approved:
            verdict = Verdict.OBLIGED
            sheet.step(Text("takes part by approval", "知事の承認による任意参加"), "", True)
        elif may_apply:
            verdict = Verdict.VOLUNTARY
        elif sheet.rules.flag("voluntary_reporting_allowed"):
            verdict = Verdict.VOLUNTARY
            sheet.step(Text("any supplier may file a report voluntarily", "任意提出は規模によらず可能"), "", None)
    question = Text("Is the supplier a specified supplier?", "特定供給事業者に該当するか")
    return sheet.finding("supplier_duty", question, verdict, floor_area_m2, "m²")


def scope(supply: Supply, rules: Rules) -> Finding:
    """Return how many of the delivered buildings the programme covers, and why others are outside."""
    sheet = Working.under(rules)
    limit = sheet.rules.number("building_floor_area_max")
    outside = supply.out_of_scope
    large = sum(reaches(building.floor_area_m2, limit) for building in outside)
    given = len(supply.buildings) + len(outside)
    sheet.step(Text("new buildings delivered", "供給した新築建物"), "", given, "buildings")
    sheet.step(
        Text("of which too large (plan programme)", "うち規模超過（計画書制度の対象）"),
        f"≥ {number(limit)} m²",
        large,
        "buildings",
    )
    if sheet.rules.stated("standardised_building_only") and sheet.rules.flag("standardised_building_only"):
        own = sum(not building.standardised and not reaches(building.floor_area_m2, limit) for building in outside)
        sheet.step(
            Text(
                "of which not to the supplier's standard specification",
                "うち規格建築物でないもの",
            ),
            "",
            own,
            "buildings",
        )
    start = sheet.rules.start("commencement_date")
    if start is None:
        sheet.step(
            Text("the proposal fixed no first day; taken as in force", "案に施行日の定めがないため施行済みとみなす"),
            "",
            True,
        )
    else:
        early = sum(building.supplied_on < start for building in outside)
        sheet.step(
            Text(
                "of which delivered before the first day",
                "うち施行日前の供給",
            ),
            f"< {start}",
            early,
            "buildings",
        )
    sheet.step(Text("buildings in scope", "対象建物"), f"{given} − {len(outside)}", len(supply.buildings), "buildings")
    question = Text("Which buildings does the programme cover?", "制度の対象となる建物はどれか")
    return sheet.finding("scope", question, Verdict.FOR_INFORMATION, len(supply.buildings), "buildings")


def counted_buildings(buildings: Sequence[Building], rules: Rules) -> BoolArray:
    """Return which buildings count towards the requirement; the others were left out at the supplier's request."""
    roofs = RoofLimits.read(rules)
    small = roof_too_small(column_of(buildings, "roof_largest_m2"), column_of(buildings, "roof_second_m2"), roofs)
    legal = rules.flag("legal_restriction_exclusion")
    restricted = np.array([building.restricted and legal for building in buildings], dtype=bool)
    requested = np.array([building.exclusion_requested for building in buildings], dtype=bool)
    return eligible(requested, small, restricted)


def required_capacity(supply: Supply, rules: Rules) -> Finding:
    """Return the renewable installation standard of a supplier's year, by the uniform rate and by zones."""
    sheet = Working.under(rules)
    counted = counted_buildings(supply.buildings, sheet.rules)
    standard = CapacityStandard.read(sheet.rules)
    houses = [building for building, counts in zip(supply.buildings, counted, strict=True) if counts]
    requests = sum(building.exclusion_requested for building in supply.buildings)
    excluded = len(supply.buildings) - len(houses)
    sheet.step(Text("exclusions requested", "算定除外の申出"), "", requests, "buildings")
    sheet.step(
        Text("of which granted (roof or legal limits)", "うち除外（屋根面積・建築制限）"), "", excluded, "buildings"
    )
    sheet.step(
        Text("eligible buildings = delivered − excluded", "設置可能棟数＝供給棟数−除外棟数"),
        f"{len(supply.buildings)} − {excluded}",
        len(houses),
        "buildings",
    )
    kw = standard.kw_per_building
    uniform = sheet.step(
        Text("uniform rate: eligible × rate × kW a building", "都内一律：設置可能棟数×算定基準率×棟当たり基準量"),
        f"{len(houses)} × {number(standard.uniform_rate)} × {number(kw)}",
        float(required_capacity_kw(len(houses), standard.uniform_rate, kw)),
        "kW",
    )
    zones = _zone_counts(houses, standard, sheet.rules)
    terms = " + ".join(f"{n} × {number(rate)}" for n, rate in zip(zones, standard.zone_rates, strict=True))
    by_zone = sheet.step(
        Text(
            "by zone: Σ eligible × zone rate × kW a building", "区域区分：Σ設置可能棟数×区域の算定基準率×棟当たり基準量"
        ),
        f"({terms}) × {number(kw)}",
        float(required_capacity_by_zone_kw(zones, standard.zone_rates, kw)),
        "kW",
    )
    sheet.rules.value("rate_election")
    required = sheet.step(
        Text("the supplier may choose: the smaller one", "供給事業者が選択可能：小さい方"),
        f"min({number(uniform)}, {number(by_zone)})",
        min(uniform, by_zone),
        "kW",
    )
    question = Text("How much renewable capacity is required?", "再エネ設置基準はいくらか")
    return sheet.finding("required_capacity", question, Verdict.FOR_INFORMATION, required, "kW")


def _zone_counts(houses: Sequence[Building], standard: CapacityStandard, rules: Rules) -> list[int]:
    """Return the number of houses in each zone, noting whose zone was looked up."""
    places = municipalities()
    counts = [0] * len(standard.zone_rates)
    for house in houses:
        place = places[house.municipality]
        rules.record(place.zone_parameter(rules))
        counts[standard.zone_rates.index(place.zone_rate)] += 1
    return counts


def renewables(supply: Supply, required_kw: float, rules: Rules) -> Finding:
    """Return whether the installed and substituted capacity reaches the requirement [kW]."""
    sheet = Working.under(rules)
    counted = counted_buildings(supply.buildings, sheet.rules)
    houses = [building for building, counts in zip(supply.buildings, counted, strict=True) if counts]
    pv = sheet.step(
        Text(
            "solar power on counted buildings (none from excluded ones)", "太陽光発電（除外住宅の設置量は算入しない）"
        ),
        "Σ",
        float(column_of(houses, "pv_kw").sum()),
        "kW",
    )
    heat = _heat(houses, sheet)
    substitutes = _substitutes(supply, required_kw, sheet)
    total = sheet.step(
        Text("counted capacity", "算入する設置容量"),
        f"{number(pv)} + {number(heat)} + {number(substitutes)}",
        pv + heat + substitutes,
        "kW",
    )
    complies = reaches(total, required_kw)
    _compare(sheet, total, "≥", required_kw, "kW", complies)
    question = Text("Does the capacity reach the requirement?", "再エネ設置基準に適合するか")
    return sheet.finding("renewables", question, Verdict.on(complies), total, "kW")


def _heat(houses: Sequence[Building], sheet: Working) -> float:
    """Return renewable heat as solar power [kW]; only the kinds of heat that the rules name count."""
    if not any(house.solar_heat_gj or house.ground_heat_gj for house in houses):
        return 0.0
    heat_gj = float(renewable_heat_gj(houses, sheet.rules.value("eligible_renewables")).sum())
    factor = sheet.rules.number("heat_to_pv_conversion_factor")
    return sheet.step(
        Text("solar and ground heat as solar power", "太陽熱・地中熱の太陽光発電相当"),
        f"{number(heat_gj)} GJ ÷ {number(factor)} GJ/kW",
        float(heat_as_pv_kw(heat_gj, factor)),
        "kW",
    )


def _substitutes(supply: Supply, required_kw: float, sheet: Working) -> float:
    """Return the capacity elsewhere that counts [kW]; off-site supply only where the rules name it."""
    existing = float(column_of(supply.existing_houses, "pv_kw").sum())
    off_site = float(column_of(supply.off_site, "pv_kw").sum())
    if existing + off_site <= 0:
        return 0.0
    if off_site > 0:
        named = sheet.rules.value("alternative_measures")
        off_site = off_site if "ppa_in_tokyo" in named else 0.0
    limit = sheet.rules.number("alternative_existing_house_limit")
    sheet.rules.value("alternative_limit_base")
    return sheet.step(
        Text("substitutes (existing houses, off site) up to the limit", "代替措置（既存住宅・敷地外）上限まで"),
        f"min({number(existing)} + {number(off_site)}, {number(limit)} × {number(required_kw)})",
        float(substitute_credit_kw(existing + off_site, required_kw, limit)),
        "kW",
    )


def energy(supply: Supply, house_type: str, rules: Rules, *, guidance: bool = False) -> Finding:
    """Return whether one house type meets the energy standard, or the guidance level."""
    sheet = Working.under(rules)
    parameter = "energy_guidance" if guidance else "energy_standard"
    name = HOUSE_TYPE_NAMES[house_type]
    level_name = Text("guidance level", "誘導基準") if guidance else Text("standard", "断熱・省エネ性能基準")
    question = Text(f"{name.en}: is the energy {level_name.en} met?", f"{name.ja}：{level_name.ja}に適合するか")
    key = f"{parameter}.{house_type}"
    buildings = supply.of_type(house_type)
    levels = EnergyLevel.read(sheet.rules, parameter)
    unknown = sum(None in (building.ua, building.design_gj, building.standard_gj) for building in buildings)
    if house_type not in levels:
        sheet.step(Text("no number is known for this use", "この用途の基準値は資料に示されていない"), "", None)
        return sheet.finding(key, question, Verdict.NOT_ASSESSED)
    if unknown:
        sheet.step(
            Text(
                "buildings without UA or primary energy",
                "UA値又は一次エネルギーの記載がない建物",
            ),
            "",
            unknown,
            "buildings",
        )
        return sheet.finding(key, question, Verdict.NOT_ASSESSED)
    level = levels[house_type]
    ua, design = column_of(buildings, "ua"), column_of(buildings, "design_gj")
    generation, standard = column_of(buildings, "generation_gj"), column_of(buildings, "standard_gj")
    mean_ua = sheet.step(Text("mean UA", "UA値の平均"), f"Σ ÷ {len(ua)}", float(ua.mean()), "W/(m²K)")
    sheet.step(
        Text(f"dwellings above UA {level.ua_max} (mean {number(mean_ua, 2)})", f"UA値{level.ua_max}を超える住戸"),
        f"UA > {number(level.ua_max)}",
        int(np.sum(~within(ua, level.ua_max))),
        "buildings",
    )
    taken_off = float(generation.sum()) if level.with_renewables else 0.0
    mean_bei = sheet.step(
        Text("mean BEI = (Σ design − Σ generation counted) ÷ Σ standard", "平均BEI＝（Σ設計−Σ算入する創エネ）÷Σ基準"),
        f"({number(float(design.sum()))} − {number(taken_off)}) ÷ {number(float(standard.sum()))}",
        float(bei(design.sum(), standard.sum(), taken_off)),
    )
    if not level.on_average:
        each = bei(design, standard, generation * level.with_renewables)
        over = int(np.sum(~within(each, level.bei_max)))
        sheet.step(
            Text(
                "dwellings above the BEI limit",
                "BEIの上限を超える住戸",
            ),
            f"BEI > {level.bei_max}",
            over,
            "buildings",
        )
    met = energy_level_met(ua, design, generation, standard, level)
    sheet.step(Text("level", "基準"), f"UA ≤ {number(level.ua_max)}, BEI ≤ {number(level.bei_max)}", met)
    return sheet.finding(key, question, Verdict.on(met), mean_bei, "BEI")


def guidance_capacity(supply: Supply, rules: Rules) -> Finding:
    """Return how many counted buildings reach the voluntary capacity a building."""
    sheet = Working.under(rules)
    counted = counted_buildings(supply.buildings, sheet.rules)
    levels = sheet.rules.value("guidance_capacity_per_building")
    houses = [building for building, counts in zip(supply.buildings, counted, strict=True) if counts]
    reached = sum(reaches(house.pv_kw, float(levels.get(house.house_type, levels["default"]))) for house in houses)
    sheet.step(
        Text("level for detached houses for sale", "建売分譲住宅の水準"), "", float(levels["for_sale_detached"]), "kW"
    )
    sheet.step(Text("level for other buildings", "その他の建物の水準"), "", float(levels["default"]), "kW")
    sheet.step(Text("counted buildings that reach it", "水準に達する算定対象建物"), "", reached, "buildings")
    question = Text("Does every counted building reach the guidance capacity?", "再エネの誘導基準に全棟が適合するか")
    return sheet.finding("guidance_capacity", question, Verdict.on(reached == len(houses)), reached, "buildings")


def charging(supply: Supply, rules: Rules) -> Finding:
    """Return how many buildings fall short of the charging standard."""
    sheet = Working.under(rules)
    standard = ChargingStandard.read(sheet.rules)
    spaces = np.array([building.parking_spaces for building in supply.buildings], dtype=np.int64)
    detached = np.array([building.house_type in DETACHED_TYPES for building in supply.buildings], dtype=bool)
    chargers, prepared = charging_required(detached, spaces, standard)
    given = column_of(supply.buildings, "chargers")
    ready = given + column_of(supply.buildings, "conduits")
    short = int(np.sum((given < chargers) | (ready < prepared)))
    sheet.step(
        Text("detached houses with parking: spaces prepared", "駐車場付き戸建：配管等整備"),
        f"≥ {standard.detached_conduits}",
        int(np.sum(detached & (spaces > 0))),
        "buildings",
    )
    sheet.step(
        Text(
            "other buildings from the line on: chargers, share of spaces prepared",
            "戸建以外：実装、配管等の割合（実装分を含む）",
        ),
        f"≥ {standard.other_parking_min}: {standard.other_chargers}, {number(standard.other_conduit_share)}",
        int(np.sum(chargers > 0)),
        "buildings",
    )
    sheet.step(Text("buildings that fall short", "基準に満たない建物"), "", short, "buildings")
    question = Text("Is the charging standard met?", "ZEV充電設備の整備基準に適合するか")
    return sheet.finding("charging", question, Verdict.on(short == 0), short, "buildings")


def guidance_charging(supply: Supply, rules: Rules) -> Finding:
    """Return how many buildings with parking have the voluntary V2H or V2B unit."""
    sheet = Working.under(rules)
    units = int(sheet.rules.number("zev_guidance", "v2h_or_v2b_min"))
    parked = [building for building in supply.buildings if building.parking_spaces > 0]
    reached = sum(building.v2h >= units for building in parked)
    sheet.step(Text("buildings with parking", "駐車場付き建物"), "", len(parked), "buildings")
    sheet.step(Text("of which with V2H or V2B", "うちV2H・V2B設置"), f"≥ {units}", reached, "buildings")
    question = Text("Is the charging guidance level met?", "充放電設備の誘導基準に適合するか")
    return sheet.finding("guidance_charging", question, Verdict.on(reached == len(parked)), reached, "buildings")


def explanation(supply: Supply, rules: Rules) -> Finding:
    """Return whether the environmental performance of every building was explained."""
    sheet = Working.under(rules)
    sheet.rules.value("explanation_duty")
    missing = sum(not building.explained for building in supply.buildings)
    sheet.step(Text("buildings not yet explained", "説明未実施の建物"), "", missing, "buildings")
    question = Text("Was every building explained?", "環境性能の説明を全棟で実施したか")
    return sheet.finding("explanation", question, Verdict.on(missing == 0), missing, "buildings")


def report_due(fiscal_year: int, rules: Rules) -> Finding:
    """Return the last day for the report on a fiscal year."""
    sheet = Working.under(rules)
    stated = sheet.rules.text("report_deadline")
    # Both rule sets name the end of September of the next fiscal year, one as MM-DD and one in words.
    day = (
        date.fromisoformat(f"{fiscal_year + 1}-{stated[:5]}") if stated[:2].isdigit() else date(fiscal_year + 1, 9, 30)
    )
    sheet.step(Text("end of the stated period in the next fiscal year", "翌年度の報告期限"), "", day.isoformat())
    question = Text("When is the report due?", "報告書の提出期限はいつか")
    return sheet.finding("report_due", question, Verdict.FOR_INFORMATION, day.isoformat())


def enforcement(complies: bool, steps_taken: int, rules: Rules) -> Finding:
    """Return the enforcement step that comes next for a supplier that falls short; the last one repeats."""
    sheet = Working.under(rules)
    ladder = [str(step) for step in sheet.rules.value("enforcement_steps")]
    question = Text("Which enforcement step comes next?", "次に取られる措置は何か")
    if complies:
        sheet.step(Text("nothing to enforce", "措置の必要なし"), "", True)
        return sheet.finding("enforcement", question, Verdict.COMPLIES)
    position = min(steps_taken, len(ladder) - 1)
    order = Text(" → ".join(STEP_NAMES[step].en for step in ladder), " → ".join(STEP_NAMES[step].ja for step in ladder))
    sheet.step(Text(f"place on the ladder {order.en}", f"段階（{order.ja}）"), "", position + 1)
    return sheet.finding("enforcement", question, Verdict.FALLS_SHORT, STEP_NAMES[ladder[position]])


def _compare(sheet: Working, value: float, sign: str, line: float, unit: str, outcome: bool) -> None:
    """Write down a comparison with a threshold."""
    sheet.step(Text("compared with the line", "基準との比較"), f"{number(value)} {sign} {number(line)} {unit}", outcome)
