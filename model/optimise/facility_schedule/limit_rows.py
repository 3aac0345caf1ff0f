"""Limits on money and works as rows: what each work begun in a year needs of every limit that is finite."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.optimise.facility_schedule.problem import FloatArray, Problem
from model.optimise.facility_schedule.works import FacilityWorks

#: Slack on a limit: money [JPY] and hands.
SLACK = 1.0, 1e-6


class LimitRows:
    """The finite limits of a schedule, one row for each limit and year: money first, then hands, limit after limit.

    Args:
        problem: the schedule.
    """

    def __init__(self, problem: Problem) -> None:
        self._limits = problem.limits()
        both = [np.concatenate([one.budget, one.capacity]) for one in self._limits]
        self._kinds = [np.isfinite(one) for one in both]
        years = len(problem.years)
        slack = np.concatenate([np.repeat(SLACK, years)[kept] for kept in self._kinds])
        #: Money [JPY] and hands that there are, dims (row); the same with the slack.
        self.most = np.concatenate([one[kept] for one, kept in zip(both, self._kinds, strict=True)])
        self.ceiling = self.most + slack

    def by_row(self, money: FloatArray, work: FloatArray) -> FloatArray:
        """Return prices of money and of works by limit and year as prices of rows, dims (row)."""
        both = np.concatenate([money, work], axis=1)
        return np.concatenate([one[kept] for one, kept in zip(both, self._kinds, strict=True)])

    def needs(self, own: FacilityWorks) -> FloatArray:
        """Return what a work begun in a year needs of every limit, dims (work, start, row)."""
        begun = np.broadcast_to(np.eye(own.paid.shape[1]), own.paid.shape)
        each = np.concatenate([own.paid, begun], axis=2)
        parts: Sequence[FloatArray] = [
            each[:, :, kept] * one.members[own.facility] for one, kept in zip(self._limits, self._kinds, strict=True)
        ]
        return np.concatenate(parts, axis=2)
