"""The report that a supplier files: rows as in the printed sample, totals, and the verdicts below them."""

from __future__ import annotations

from typing import Any

import pytest
from report_cases import house, owed

from model.language import Text
from model.ordinance.derivation import Obligation, subject_of_years

CAPACITY = "renewable capacity, heat converted [kW]"


def filed(obligation: Obligation) -> list[dict[str, Any]]:
    """Return the rows of a report by their English headings."""
    return [{heading.en: value for heading, value in row.items()} for row in obligation.report]


def said(value: Any) -> str:
    """Return a text in Japanese."""
    return str(value.ja)


def test_the_report_repeats_the_printed_sample() -> None:
    """Houses A and B of the printed sample: 120 and 100 m², 45 of 50 GJ and 44 of 49 GJ, 30 GJ and 3 kW on B."""
    sample = owed(
        house(1, floor_area_m2=120, ua=0.8, design_gj=45, standard_gj=50, explained=True),
        house(2, floor_area_m2=100, ua=0.8, design_gj=44, generation_gj=30, standard_gj=49, pv_kw=3, explained=True),
    )
    rows = filed(sample)
    assert [round(float(row["BEI without renewables"]), 2) for row in rows[:2]] == [0.9, 0.9]
    # 14 of 49 GJ are left on B, and 59 of 99 GJ on both.
    assert [round(float(row["BEI with renewables"]), 3) for row in rows[:3]] == [0.9, 0.286, 0.596]
    totals, verdicts = rows[-2:]
    assert totals["floor area [m²]"] == 220
    assert totals["design primary energy [GJ]"] == 89
    assert totals["standard primary energy [GJ]"] == 99
    assert totals[CAPACITY] == 3
    assert totals["explained"] is True
    # Two houses owe 3.4 kW; UA 0.80 is within 0.87, 59 of 99 GJ within 0.80; neither has a space to prepare.
    assert [said(verdicts[name]) for name in ("building", "UA [W/(m²K)]", "BEI with renewables", CAPACITY)] == [
        "判定",
        "適合",
        "適合（平均0.596）",
        "不適合（3 < 3.4 kW）",
    ]
    assert (said(verdicts["chargers and prepared spaces"]), said(verdicts["explained"])) == ("適合", "適合")


def test_the_report_tells_heat_as_the_solar_power_that_it_equals() -> None:
    """6 GJ of solar heat and 4 of ground-source heat are one kW; 3 kW on a house that is left out do not count."""
    out = house(2, pv_kw=3, roof_largest_m2=15, exclusion_requested=True)
    rows = filed(owed(house(1, pv_kw=0.7, solar_heat_gj=6, ground_heat_gj=4), out))
    assert [row[CAPACITY] for row in rows[:3]] == pytest.approx([1.7, 3, 4.7])
    assert said(rows[3][CAPACITY]) == "適合（1.7 ≥ 1.7 kW）"


def test_verdicts_tell_what_fails_and_what_is_not_known() -> None:
    rows = [
        house(1, ua=0.88, design_gj=40, standard_gj=50),
        house(2, house_type="for_sale_detached", ua=0.5, parking_spaces=1),
        house(3, house_type="non_residential"),
    ]
    unknown = "判定不可（事実又は規定値が不足）"
    custom, for_sale, other, last = filed(owed(*rows))[-4:]
    named = [said(one["house type"]) for one in (custom, for_sale, other)]
    assert named == ["注文住宅", "建売分譲住宅", "非住宅"]
    assert last["house type"] is None
    told = [
        [said(one[name]) for name in ("UA [W/(m²K)]", "BEI with renewables")] for one in (custom, for_sale, other, last)
    ]
    assert told == [["不適合", "適合（平均0.8）"], ["適合", unknown], [unknown, unknown], ["不適合", unknown]]
    assert custom[CAPACITY] is None
    assert (said(last["chargers and prepared spaces"]), said(last["explained"])) == ("不適合", "不適合")
    assert said(filed(owed(*rows[1:]))[-1]["UA [W/(m²K)]"]) == unknown


def test_totals_with_an_unknown_part_stay_empty() -> None:
    totals = filed(owed(house(1, design_gj=40, standard_gj=50), house(2)))[-2]
    assert totals["design primary energy [GJ]"] is None
    assert totals["BEI without renewables"] is None
    assert totals["BEI with renewables"] is None


def test_the_subject_names_the_year_as_both_calendars_do() -> None:
    assert owed(house()).subject == Text("S FY2025", "S 2025(令和7)年度")
    assert subject_of_years("S", 2015, 2019) == Text("S FY2015–2019", "S 2015(平成27)～2019(令和元)年度")
