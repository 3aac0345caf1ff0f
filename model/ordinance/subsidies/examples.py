"""The examples printed for subsidies, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.exact import scaled, total
from model.ordinance.rulebook import rules
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy
from model.ordinance.worked_examples import Reproduced


def _adopted(new: bool) -> PanelGrant:
    """Return the adopted grant for panels."""
    return PanelGrant.read(rules("subsidies", "adopted_2025"), new)


def _joins(grant: PanelGrant) -> bool:
    """Say whether the grant is the same just below and above its step, to the yen."""
    below, above = panel_grant_jpy([grant.step_kw, grant.step_kw + 1e-6], grant)
    return abs(float(above) - float(below)) < 1


def _grant_of_2022(kw: float) -> float:
    """Return the grant for panels of a new home in 2022."""
    return float(panel_grant_jpy(kw, PanelGrant.read(rules("subsidies", "seed_2022"), new=True)))


REPRODUCED: Reproduced = {
    ("su_battery_cap", "cap"): lambda given: scaled(given["kwh"], given["per_kwh"]),
    ("su_pv_step_new", "cap_from_3kw"): lambda given: float(panel_grant_jpy(3, _adopted(new=True))),
    ("su_pv_step_new", "continuity_at_3_6"): lambda given: _joins(_adopted(new=True)),
    ("su_pv_step_existing", "continuity_at_3_75"): lambda given: _joins(_adopted(new=False)),
    ("su_windows_2024", "total"): lambda given: total(given["caps"]),
    ("su_4kw_2022", "grant"): lambda given: _grant_of_2022(given["kw"]),
}
