"""The examples printed for the city-wide targets, computed by the programme's own equations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.ordinance.exact import percentage, scaled, total
from model.ordinance.rulebook import rules
from model.ordinance.worked_examples import Reproduced


def _business_and_industry(given: Mapping[str, Any]) -> float:
    """Return the printed shares of business and industry together [%]."""
    printed = rules("targets", "seed_2022").value("co2_shares_2019")
    return scaled(total(printed[sector] for sector in ("business", "industry")), 100)


def _others(given: Mapping[str, Any]) -> float:
    """Return what the named sectors leave of all emissions."""
    return total((given["total"], -given["bi"], -given["res"], -given["tr"]))


REPRODUCED: Reproduced = {
    ("ct_sector_shares", "bi_share"): lambda given: percentage(given["bi"], given["total"]),
    ("ct_sector_shares", "res_share"): lambda given: percentage(given["res"], given["total"]),
    ("ct_sector_shares", "tr_share"): lambda given: percentage(given["tr"], given["total"]),
    ("ct_sector_shares", "other_share"): lambda given: percentage(_others(given), given["total"]),
    ("ct_sector_shares", "business_plus_industry"): _business_and_industry,
    ("ct_shares_sum", "sum"): lambda given: total(given["s"]),
    ("tg_pv_roofs", "share"): lambda given: percentage(given["n"], given["all"]),
}
