"""The examples printed for electricity suppliers, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.electricity_suppliers.equations import metropolis_share, share
from model.ordinance.exact import percentage, ratio, total
from model.ordinance.worked_examples import Reproduced

REPRODUCED: Reproduced = {
    ("es_renewable_share", "sum"): lambda given: total([given["self"], given["grid"]]),
    ("es_renewable_share", "share_self"): lambda given: 100 * float(share(given["self"], given["total"])),
    ("es_renewable_share", "share_grid"): lambda given: 100 * float(share(given["grid"], given["total"])),
    ("es_renewable_share", "share"): lambda given: (
        100 * float(metropolis_share(given["self"], given["grid"], given["total"]))
    ),
    ("es_suppliers", "share"): lambda given: percentage(given["over"], given["all"]),
    ("es_growth", "times"): lambda given: ratio(given["s2020"], given["s2012"]),
}
