"""Whole plans out of the cheapest mixture of listed plans: fixed one after the other, the others mixed anew each time.

What the mixture takes almost whole is fixed first, and plans that do not fit into what is left of the limits fall away.
A facility for which none fits does nothing: works are begun there later, by moves. One such way through takes little
time and its end hangs on small differences of costs, so there are many ends to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.optimise.facility_schedule.anew import Anew
from model.optimise.facility_schedule.problem import MILLION, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Lister
from model.optimise.solver import GrowingModel, SolverOptions
from model.optimise.until import Until

#: How far above the best of a facility plans are mixed, at prices of the cheapest mixture, and how far costs are
#: disturbed at most, against what the mixture costs [1].
_MARGIN, _DISTURBED = 9e-4, 1.5e-5
#: Part of the facilities that are fixed before the others are mixed anew, and weight from which on a plan is whole [1].
_AT_ONCE, _WHOLE = 0.02, 0.999
#: Programs of mixtures change little from one solve to the next.
_QUIET = SolverOptions(np.inf, further={"presolve": "off"})


class Fixing:
    """Plans near the best of every facility from which whole plans of all are put together.

    Args:
        lister: charges plans.
        lists: plans of works of each facility to choose from, dims (plan, work).
        ceiling: limits with their slack, dims (row).
    """

    def __init__(self, lister: Lister, lists: Sequence[IntArray], ceiling: FloatArray) -> None:
        scale = np.maximum(ceiling, 1.0)
        nothing = [np.full((1, own.shape[1]), -1) for own in lists]
        every = [np.concatenate(both) for both in zip(nothing, lists, strict=True)]
        charges, needs = zip(*(lister.charged(f, own) for f, own in enumerate(every)), strict=True)
        sizes = [len(own) for own in every]
        anew = Anew(
            np.repeat(np.arange(len(every)), sizes), np.concatenate(charges) / MILLION,
            np.concatenate(needs) / scale, ceiling / scale, np.cumsum([0, *sizes[:-1]]),
        )  # fmt: skip
        mixed = anew.mixed(np.inf)
        self._value = abs(mixed.proof.objective)
        near = mixed.reduced_costs <= _MARGIN * self._value
        near[anew.now] = True
        self._anew = anew.only(near)
        self._plans = [one for f, own in enumerate(every) for one in own[near[anew.of == f]]]

    def starts(self, draw: np.random.Generator, until: Until) -> list[IntArray]:
        """Return works of each facility, within the limits.

        Args:
            draw: what disturbs costs.
            until: when it ends; facilities that are not fixed then do nothing.
        """
        anew, plan = self._anew, np.arange(len(self._anew.of))
        noise = draw.normal(0.0, _DISTURBED * self._value * draw.random(), len(plan))
        program = GrowingModel(anew.program(anew.cost + noise), _QUIET)
        fixed, usable, room = np.full(len(anew.now), -1), np.ones(len(plan), dtype=np.bool_), anew.room.copy()
        most = max(int(_AT_ONCE * len(fixed)), 1)
        while not until.over:
            answer = program.solve(_QUIET, whole=False)
            if not answer.proof.has_answer:
                break
            heaviest = self._heaviest(answer.values)
            parted = np.flatnonzero((fixed < 0) & (answer.values[heaviest] < _WHOLE))
            if not len(parted):
                fixed = np.where(fixed < 0, heaviest, fixed)
                break
            for f in parted[np.argsort(-answer.values[heaviest[parted]], kind="stable")][:most].tolist():
                if (anew.needs[heaviest[f]] <= room).all():
                    fixed[f] = heaviest[f]
                    room -= anew.needs[heaviest[f]]
            own = fixed[anew.of]
            gone = usable & np.where(own < 0, (anew.needs > room).any(axis=1), own != plan)
            usable &= ~gone
            places = np.flatnonzero(gone)
            program.bound(places, np.zeros(len(places)), np.zeros(len(places)))
        return self._within(fixed)

    def _heaviest(self, weights: FloatArray) -> IntArray:
        """Return the plan of each facility with the greatest weight."""
        of = self._anew.of
        order = np.lexsort((weights, of))
        return order[np.searchsorted(of[order], np.arange(len(self._anew.now)), side="right") - 1]

    # The solver takes a limit as kept that is passed by less than its tolerance.
    def _within(self, chosen: IntArray) -> list[IntArray]:
        """Return the works of chosen plans, -1 for none, one facility after the other as long as they fit."""
        needs, room, found = self._anew.needs, self._anew.room.copy(), list[IntArray]()
        for place, nothing in zip(chosen.tolist(), self._anew.now.tolist(), strict=True):
            taken = place if place >= 0 and (needs[place] <= room).all() else nothing
            room -= needs[taken]
            found.append(self._plans[taken])
        return found
