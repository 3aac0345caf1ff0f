"""Tiny portfolios for tests of schedules: two periods, five years, everything drawn from a seed."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from model.optimise.facility_schedule.problem import Credit, Practice, Problem, Slot, Work

YEARS = 5


def tiny_work(rng: np.random.Generator, years_allowed: int = YEARS, **changes: object) -> Work:
    kind = rng.integers(0, 4)
    zero = np.zeros(4)
    cost = float(rng.integers(1, 40)) * 1e5
    return replace(
        Work(
            measure=f"m{rng.integers(1000)}",
            saving=np.array([0.2, 0.1, 0.0, 0.0]) if kind == 0 else np.array([0.1, 0, 0, 0]) if kind == 1 else zero,
            fuel_replaced=0.6 if kind == 2 else 0.0,
            electricity_per_fuel=np.array([0, 3.0, 0, 0]) if kind == 2 else zero,
            generation_mwh=float(rng.integers(50, 400)) if kind == 3 else 0.0,
            off_site_share=0.3 if kind == 1 and rng.random() < 0.5 else 0.0,
            off_site_premium=2000.0,
            cost=cost * rng.uniform(0.5, 1.5, YEARS),
            renewal_cost=cost,
            annual_cost=float(rng.integers(0, 3)) * 1e4,
            life=int(rng.integers(2, 9)),
            allowed=np.isin(np.arange(YEARS), rng.permutation(YEARS)[:years_allowed]),
        ),
        **changes,
    )


def tiny(
    seed: int, pairs: tuple[int, ...], practice: Practice, certificates: bool, years_allowed: int = YEARS
) -> Problem:
    """Two periods of three and two years, with everything drawn from a seed."""
    rng = np.random.default_rng(seed)
    facilities, period = len(pairs), np.array([0, 0, 0, 1, 1])
    works = tuple(tuple(tiny_work(rng, years_allowed) for _ in range(n)) for n in pairs)
    works = tuple(
        tuple(replace(w, requires=0 if i == 1 and rng.random() < 0.3 else -1, excludes=(1,) if i == 2 else ())
              for i, w in enumerate(own))
        for own in works
    )  # fmt: skip
    energy = np.array([[1000.0, 200.0, 0.0, 0.0]] * facilities) * rng.uniform(0.6, 1.4, (facilities, 1))
    factor = np.zeros((facilities, 4, YEARS))
    factor[:, 0], factor[:, 1] = np.linspace(0.45, rng.uniform(0.2, 0.45), YEARS), 2.2
    today = energy[:, 0] * 0.45 + energy[:, 1] * 2.2
    base = np.repeat((today * rng.uniform(1.0, 2.2, facilities))[:, np.newaxis], YEARS, axis=1)
    slots: tuple[Slot, ...] = ()
    if practice.sale:
        sale = float(rng.integers(300, 2500))
        early = (
            ((0, 1, 1), (0, 2, 2), (0, 2, 3), (1, 4, 1), (1, 4, 2)) if practice.early_sale else ((0, 2, 3), (1, 4, 2))
        )
        slots = tuple(Slot(p, y, n, sale * rng.uniform(0.8, 1.2)) for p, y, n in early)
    credits = {
        "excess_reduction": Credit(rng.uniform(2500, 9000, 2), np.array([np.inf, np.inf])),
        "tokyo_small_mid": Credit(rng.uniform(1000, 2500, 2), rng.uniform(0, 300, 2)),
        "outside_tokyo": Credit(rng.uniform(800, 2500, 2), rng.uniform(0, 400, 2)),
    }
    rate = np.where(period == 0, rng.uniform(0.2, 0.5), rng.uniform(0.3, 0.7)) * np.ones((facilities, 1))
    return Problem(
        years=np.arange(2027, 2027 + YEARS),
        period=period,
        period_numbers=(4, 5),
        names=tuple(f"f{n}" for n in range(facilities)),
        owner=np.zeros(facilities, dtype=np.int64),
        base_t=base,
        rate=rate,
        issue_rate=rate + (0.05 if rng.random() < 0.2 else 0.0),
        duty=np.ones((facilities, YEARS), dtype=np.bool_),
        past_base_t=base[:, 0] * 2,
        past_required_t=base[:, 0] * 2 * rate[:, 0],
        past_emissions_t=today * 2,
        past_years=2,
        bank_t=rng.uniform(0, 300, facilities),
        energy=energy,
        growth=np.ones((facilities, YEARS)),
        factor=factor,
        off_site_factor=np.zeros((facilities, YEARS)),
        renewable_cut=np.stack([factor[:, 0], factor[:, 0]]) if certificates else np.zeros((2, facilities, YEARS)),
        price=np.array([[20000.0] * YEARS, [90000.0] * YEARS, [7000.0] * YEARS, [90000.0] * YEARS]),
        renewable_price=np.array([rng.uniform(300, 1500, YEARS), np.full(YEARS, np.inf)]),
        discount=1.03 ** -np.arange(YEARS + 1.0),
        works=works,
        credits=credits,
        slots=slots,
        order_price=np.array([np.inf, np.inf]),
        budget=np.full(YEARS, rng.choice([np.inf, 5e6])),
        capacity=np.full(YEARS, rng.choice([np.inf, 1.0])),
        practice=practice,
    )


def announced(**changes: Any) -> Practice:
    """The rules of trade as announced in 2022, some of them otherwise."""
    return Practice(**{"seller_cap_share": 0.5, "outside_share": 1 / 3, "order_multiplier": 1.3, **changes})


PRACTICES = st.builds(
    announced,
    banking=st.booleans(),
    transfer=st.booleans(),
    sale=st.booleans(),
    seller_cap_share=st.sampled_from([None, 0.5]),
    early_sale=st.booleans(),
    outside_share=st.sampled_from([None, 1 / 3]),
)
