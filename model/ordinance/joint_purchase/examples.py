"""The examples printed for the joint purchase, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.exact import half_up, ratio
from model.ordinance.joint_purchase.equations import co2_saving_t, households
from model.ordinance.worked_examples import Reproduced

REPRODUCED: Reproduced = {
    ("jp_office", "t"): lambda given: float(co2_saving_t(given["kwh"], given["factor"])),
    ("jp_office", "households"): lambda given: float(
        households(half_up(float(co2_saving_t(given["kwh"], given["factor"]))), given["house"])
    ),
    ("jp_office", "kwh_per_m2"): lambda given: ratio(given["kwh"], given["area"]),
}
