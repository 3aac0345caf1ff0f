"""How well the model meets what is published: every anchor with the model's figure, its quality and the likely cause.

An anchor is `fitted` (the calibration saw it), `given` (the model reads it), `closed` (a number that the model reads
was worked out from it, or chosen with it in view) or `independent`; only independent ones test the model, and the
remark says which is which.
"""

from __future__ import annotations

from model import observations_of_energy, observations_of_stock
from model.inputs import Data
from model.observation import Observation
from model.pathway import Pathway


def observations(pathway: Pathway, data: Data) -> list[Observation]:
    """Return every anchor that the run's years cover, in the order in which people ask for them."""
    groups = (*observations_of_energy.GROUPS, *observations_of_stock.GROUPS)
    return [one for group in groups for one in group(pathway, data)]
