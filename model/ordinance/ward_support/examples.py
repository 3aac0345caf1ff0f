"""The examples printed in the study of the wards, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.exact import total
from model.ordinance.worked_examples import Reproduced

REPRODUCED: Reproduced = {
    ("zc_declarations", "total"): lambda given: total(given["n"]),
}
