"""Cap-and-trade in the pathway: the covered facilities as one, over the compliance periods, with bank and expiry.

In the rule form all covered buildings trade with each other without friction, so that their sum owes what each owes.
What a period is short of is met in this order: excess banked in the period before, credits from outside the cap as far
as they are on offer, savings of energy up to what can be added in a year, renewable electricity, and last what no
measure of this model gives (left uncovered and shown). Credits take nothing off emissions; who buys them emits more.
Covered factories belong to industry, which follows its own stated path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR, Years
from model.emissions import fixed_electricity_factor, real_electricity_factor
from model.ordinance.cap_and_trade.credits import Ledger, bank, credit_limits_t, credit_use
from model.ordinance.cap_and_trade.equations import CATEGORIES, Periods, balance_by_period
from model.ordinance.exact import beyond
from model.policy.acting import Energy, Scene
from model.survival_families import Array
from model.year_path import path_values

#: MWh in a TJ, and kWh per MJ in the factor of electricity.
_MJ_PER_KWH: Final = 3.6
_CATEGORY: Final = CATEGORIES.index("I-1")
#: The kind of credit that covered facilities issue themselves.
_OWN: Final = "excess_reduction"


@dataclass(frozen=True)
class CapYears:
    """The covered buildings under the cap; tonnes of the programme's own account [kilotonne-CO2].

    Args:
        emissions: emissions after all measures [year].
        allowance: base less the reduction owed [year]; 0 outside the periods.
        rate: rate of reduction owed [1] [year].
        base: base emissions [kilotonne/year].
        period: position of the compliance period of each year, −1 outside [year].
        ledger: bank, use and expiry of own excess by period [t-CO2], dims (kind, period).
        credits_t: credits from outside the cap that are used, dims (period).
        uncovered_t: what is owed and covered by nothing, dims (period).
        length: years of a compliance period.
        electricity_factor: that the programme counts [kg/kWh] [year].
    """

    emissions: Array
    allowance: Array
    rate: Array
    base: float
    period: Years
    ledger: Ledger
    credits_t: Array
    uncovered_t: Array
    length: int
    electricity_factor: Array

    def by_year(self, name: str) -> Array:
        """Return what became of excess and credits, at the last year of each period [kilotonne-CO2] [year].

        A period that the run does not see to its end is not settled: it shows nothing.
        """
        tonnes = getattr(self, name) if name in ("credits_t", "uncovered_t") else getattr(self.ledger, name)[0]
        result = np.zeros(len(self.period))
        for place, value in enumerate(tonnes / 1e3):
            inside = np.flatnonzero(self.period == place)
            if len(inside) == self.length:
                result[inside[-1]] = value
        return result


def capped_energy(state: Energy, scene: Scene, used: Array) -> tuple[Energy, CapYears]:
    """Let the cap act on what all programmes before it left.

    Args:
        state: supply and use so far.
        scene: what may be looked at.
        used: energy that would be used without the programmes on operation [TJ/year] [year, segment, carrier].
    """
    inside = scene.axes.segments_where(size_class="cap_and_trade")
    account = _account(scene, state, used * (state.left * inside)[:, :, None])
    period, rate = _duty(scene)
    if scene.form("cap_and_trade") == "optimised":
        saving, green = _planned(scene, state, used[:, inside].sum(axis=(1, 2)))
    else:
        saving, green = _by_rule(scene, account, period, rate)
    met = (1.0 - saving) * (1.0 - green * account.electric)
    emissions = account.emissions * met
    allowance = np.where(period >= 0, account.base * (1.0 - rate), 0.0)
    # What is not bought on purpose comes from the grid with the grid's own share.
    bought = np.where(green > 0.0, green + (1.0 - green) * state.grid_share, 0.0)
    after = replace(
        state,
        left=np.where(inside, state.left * (1.0 - saving)[:, None], state.left),
        purchased_share=np.maximum(state.purchased_share, bought[:, None] * inside),
    )
    own = _own_ledger(account, emissions, period, rate)
    offered = _credits_on_offer(scene, account, period, rate)
    used = credit_use(own.uncovered_t, offered).sum(axis=-1)
    return after, CapYears(
        emissions=emissions / 1e3,
        allowance=allowance / 1e3,
        rate=rate,
        base=account.base / 1e3,
        period=period,
        ledger=own,
        credits_t=used,
        uncovered_t=beyond(own.uncovered_t, used),
        length=int(scene.rules("cap_and_trade").number("period_length")),
        electricity_factor=_electricity_factor(scene, state),
    )


def _by_rule(scene: Scene, account: _Account, period: Years, rate: Array) -> tuple[Array, Array]:
    """Return what is saved and the share of the rest's electricity that is bought as renewable, to just meet the duty.

    What savings do not give, renewable electricity must: factor = (1 − saving) · (1 − share · electricity's part).
    """
    offered = _credits_on_offer(scene, account, period, rate).sum(axis=-1)
    factor = np.where(scene.from_year(0), _factors(account, period, rate, offered), 1.0)
    saving = np.minimum(1.0 - factor, _saving_limit(scene, period))
    rest = 1.0 - factor / (1.0 - saving)
    green = np.divide(rest, account.electric, out=np.zeros_like(rest), where=account.electric > 0.0).clip(0.0, 1.0)
    return saving, green


def _planned(scene: Scene, state: Energy, energy: Array) -> tuple[Array, Array]:
    """Return the same as a sample of facilities plans it at least cost; no duty, no plan before the fourth period."""
    from model.policy.optimised import scheduled

    found = scheduled(scene, energy, _electricity_factor(scene, state))
    start = scene.axes.year_index(found.first_year)
    saving, green = np.zeros(len(energy)), np.zeros(len(energy))
    saving[start:] = 1.0 - np.array(found.left)
    green[start:] = np.array(found.green)
    return saving, green


@dataclass(frozen=True)
class _Account:
    """Covered buildings in the programme's own account: base [t/year], their share of all covered emissions [1],
    emissions before the cap [t/year] [year], and the part of electricity in them [1] [year]."""

    base: float
    share_of_cap: float
    emissions: Array
    electric: Array


def _account(scene: Scene, state: Energy, energy: Array) -> _Account:
    """Return the covered emissions: as published to date, later as the model's capped segments go.

    emissions[y] = emissions[last published] · model[y] / model[last published], both with the factors of the programme

    Args:
        scene: what may be looked at.
        state: supply before purchases, whose real factor the adopted rules count from the fourth period on.
        energy: of the capped segments before the cap [TJ/year] [year, segment, carrier].
    """
    data, axes = scene.data, scene.axes
    factors = np.broadcast_to(
        data.along("inventory/carriers", "emission_factor", "carrier", axes.carriers, missing=0.0),
        (len(axes.years), len(axes.carriers)),
    ).copy()
    position = axes.carriers.index("electricity")
    factors[:, position] = _electricity_factor(scene, state) / _MJ_PER_KWH
    tonnes = np.einsum("ysc,yc->yc", energy, factors) * 1e3
    total = tonnes.sum(axis=1)
    table, now = "inventory/cap_and_trade", axes.year_index(LAST_PUBLISHED_YEAR)
    share = 1.0 - float(data.series(table, "factory_share")[1][0])
    base = data.number(table, "base_emissions") * 1e6 * share
    known = base * (1.0 - data.by_year(table, "reduction", scene.years))
    trend = known[now] * total / total[now]
    emissions = np.where(axes.years <= LAST_PUBLISHED_YEAR, known, trend)
    return _Account(base, share, emissions, tonnes[:, position] / total)


def _electricity_factor(scene: Scene, state: Energy) -> Array:
    """Return the factor that the programme counts [kg/kWh] [year]: fixed, or of supply where the rules say so."""
    fixed = fixed_electricity_factor(scene.data, scene.levers, scene.axes)
    rules = scene.rules("cap_and_trade")
    if not rules.stated("supplier_factors"):
        return fixed
    periods = Periods.read(rules)
    thermal = path_values(scene.levers.electricity.thermal_factor, scene.years)
    actual = real_electricity_factor(state.grid_share, thermal)
    return np.where(scene.from_year(periods.first_years[-1]), actual, fixed)


def _duty(scene: Scene) -> tuple[Years, Array]:
    """Return the period of each year and the rate owed: as printed, then the scenario's assumption, five years each."""
    rules, years = scene.rules("cap_and_trade"), scene.axes.years
    printed = Periods.read(rules)
    length = int(rules.number("period_length"))
    period = printed.of_years(years)
    later = years > printed.last_years[-1]
    steps = (years - printed.last_years[-1] - 1) // length
    period = np.where(later, len(printed.numbers) + steps, period)
    rate = np.where(period >= 0, printed.rate_table[np.clip(period, 0, len(printed.numbers) - 1), _CATEGORY], 0.0)
    starts = (printed.last_years[-1] + 1 + steps * length).astype(np.float64)
    rate = np.where(later, path_values(scene.levers.programmes.cap_rate, starts), rate)
    return np.asarray(period, dtype=np.int64), np.asarray(rate, dtype=np.float64)


def _credits_on_offer(scene: Scene, account: _Account, period: Years, rate: Array) -> Array:
    """Return the credits from outside the cap that may be used in each period [t-CO2] [period, kind].

    What came in the last period with results is taken to be on offer in every period; covered buildings get the share
    of it that they have in all covered emissions. The programme's limits by kind hold.
    """
    rules = scene.rules("cap_and_trade")
    kinds = [kind for kind in rules.value("credit_kinds") if kind != _OWN]
    supply = account.share_of_cap * scene.data.along("policy/credits", "supply", "credit_kind", kinds)
    required = np.bincount(period[period >= 0], (account.base * rate)[period >= 0])
    return np.minimum(supply, credit_limits_t(required, kinds, rules.number("outside_tokyo_limit")))


# A period may emit its allowance, what was banked in the period before and what credits cover; a measure once taken
# stays.
def _factors(account: _Account, period: Years, rate: Array, credits_t: Array) -> Array:
    """Return the share of emissions that the cap leaves in each year [1] [year].

    Args:
        account: emissions before the cap.
        period, rate: of each year.
        credits_t: credits from outside the cap on offer [t-CO2] [period].
    """
    factor, kept, banked = np.ones(len(period)), 1.0, 0.0
    for place in range(int(period.max()) + 1):
        inside = period == place
        emitted = float(account.emissions[inside].sum())
        allowance = float((account.base * (1.0 - rate[inside])).sum())
        kept = min(kept, (allowance + banked + credits_t[place]) / emitted) if emitted > 0.0 else kept
        factor[inside] = kept
        banked = max(allowance - kept * emitted, 0.0)
    return factor


def _saving_limit(scene: Scene, period: Years) -> Array:
    """Return the most of its energy that the cap can have saved by each year [1] [year]: a share more every year."""
    going = np.cumsum((period >= 0) & scene.from_year(0))
    return np.asarray(1.0 - (1.0 - scene.parameter("own_saving_limit")) ** going)


def _own_ledger(account: _Account, emissions: Array, period: Years, rate: Array) -> Ledger:
    """Return bank and expiry of the own excess of all covered buildings, by the programme's own functions [t-CO2]."""
    count = int(period.max()) + 1
    balance = balance_by_period(
        emissions[None, :], np.full((1, 1), account.base), rate[None, :], period.astype(np.int64), count
    )
    whole = bank(balance.excess_t, balance.shortfall_t)
    return Ledger(*(getattr(whole, name)[0] for name in Ledger.__dataclass_fields__))
