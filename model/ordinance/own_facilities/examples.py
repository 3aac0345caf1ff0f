"""The examples printed for own facilities, computed by the programme's own equations."""

from __future__ import annotations

from model.ordinance.exact import percentage
from model.ordinance.worked_examples import Reproduced

REPRODUCED: Reproduced = {
    ("of_re100", "share_2019"): lambda given: percentage(given["y2019"], given["all"]),
    ("of_re100", "share_2020"): lambda given: percentage(given["y2020"], given["all"]),
}
