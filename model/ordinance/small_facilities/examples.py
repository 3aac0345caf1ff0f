"""The examples printed for existing small and mid-size facilities, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.energy_equations import crude_oil_kl, primary_energy_gj
from model.ordinance.exact import half_up
from model.ordinance.rulebook import Rules, rules
from model.ordinance.worked_examples import Reproduced


def _rules() -> Rules:
    """Return the rules of the example; the heat value of city gas stands in the older set only."""
    return rules("report_small_existing", "adopted_2025", fallback=True)


def _gas_kl(gas_1000m3: float) -> float:
    """Return the crude-oil equivalent of city gas [kL]."""
    book = _rules()
    energy = primary_energy_gj({"city_gas": gas_1000m3}, {"city_gas": book.number("city_gas_heat")})
    return float(crude_oil_kl(energy, book.number("crude_oil_factor")))


REPRODUCED: Reproduced = {
    ("sr_city_gas", "factor"): lambda given: _gas_kl(1),
    ("sr_city_gas", "kl"): lambda given: [half_up(_gas_kl(gas)) for gas in given["v"]],
}
