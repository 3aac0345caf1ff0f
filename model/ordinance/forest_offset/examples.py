"""The examples printed for forest absorption, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.exact import percentage, ratio, total
from model.ordinance.forest_offset.equations import uptake_t_per_ha
from model.ordinance.worked_examples import Reproduced

REPRODUCED: Reproduced = {
    ("fo_per_ha", "numata"): lambda given: uptake_t_per_ha(*given["numata"]),
    ("fo_per_ha", "ina"): lambda given: uptake_t_per_ha(*given["ina"]),
    ("fo_per_ha", "minowa"): lambda given: uptake_t_per_ha(*given["minowa"]),
    ("fo_kazuno", "fy2023"): lambda given: uptake_t_per_ha(*given["a"]),
    ("fo_kazuno", "fy2024"): lambda given: uptake_t_per_ha(*given["b"]),
    ("fo_tama_cost", "jpy_per_ha"): lambda given: ratio(given["jpy"], given["ha"]),
    ("fo_chiyoda_tax", "used"): lambda given: total(given["used"]),
    ("fo_chiyoda_tax", "got"): lambda given: total(given["got"]),
    ("fo_chiyoda_tax", "rate"): lambda given: percentage(total(given["used"]), total(given["got"])),
}
