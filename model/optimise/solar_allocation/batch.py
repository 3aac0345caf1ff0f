"""Many suppliers in one call, in processes here or on a Dask cluster, and the front between two objectives of one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import active_children, get_context
from pathlib import Path

import numpy as np

from model.faults import BadInput, FaultList
from model.language import Text
from model.optimise.solar_allocation.answer import Answer, Front, FrontPoint, Setting, answer, verified
from model.optimise.solar_allocation.before import PlanBefore, reread_with
from model.optimise.solar_allocation.houses import Portfolio
from model.optimise.solar_allocation.method import Plan, allocate
from model.optimise.solar_allocation.model import GREATEST, Objective, Wishes, value_of
from model.optimise.solar_allocation.reread import RawList, reread
from model.optimise.solar_allocation.slots import kw_of
from model.optimise.solar_allocation.weather import Weather
from model.ordinance.rulebook import RuleSet
from model.processes import heed_parent, one_thread_each, uninterrupted

#: What stands for a cluster of processes on this machine, and how long a scheduler may take to answer.
LOCAL = "local"
_PATIENCE = "10s"
_NO_DASK = Text(
    "a cluster needs the library distributed: pip install distributed",
    "クラスターの利用にはdistributedが必要です：pip install distributed",
)
_NO_SCHEDULER = Text(
    "no Dask scheduler answers there; give tcp://host:port, or local",
    "Daskスケジューラーが応答しません。tcp://ホスト:ポート 又は local を指定してください",
)
_LOST_WORKERS = Text(
    "the cluster's workers cannot plan: each needs this program installed, and enough memory",
    "クラスターのワーカーで計算できません。本プログラムのインストールとメモリーを確認してください",
)
_LOST_PROCESSES = Text(
    "a process was lost, perhaps for want of memory; ask for fewer at a time",
    "処理中のプロセスが失われました（メモリー不足など）。並列数を減らしてください",
)
#: Gap of one point of a front.
_FRONT_GAP = 1e-5
#: Part of an objective by which a limit is eased against rounding.
_EASE = 1e-9


@dataclass(frozen=True)
class Job:
    """What is done for every supplier.

    Args:
        wishes: objective and limits.
        rule_set: rules of the report programme.
        fallback: use the other rule set where this one has no value.
        years: horizon; the longest published one if None.
        discount: yearly discount; as in the published figures if None.
        gap: relative gap asked for [1].
        seconds: time limit of a plan [s].
        seed: seed of every random choice.
        weather: hours from which yields are worked out; None for the table of directions.
        other: objective against which the first is traded; None for no front.
        points: plans on the front.
        before: plans before that complete the lists, by supplier.
    """

    wishes: Wishes
    rule_set: RuleSet = "adopted_2025"
    fallback: bool = False
    years: int | None = None
    discount: float | None = None
    gap: float = 1e-6
    seconds: float = 30.0
    seed: int = 0
    weather: Weather | None = None
    other: Objective | None = None
    points: int = 8
    before: Mapping[str, PlanBefore] = field(default_factory=dict)


def plan_one(portfolio: Portfolio, job: Job) -> Answer:
    """Return the answer for one supplier."""
    setting = Setting.read(job.rule_set, job.fallback, job.years, job.discount, job.weather)
    found = answer(portfolio, job.wishes, setting, job.gap, job.seconds, job.seed)
    if job.other is None:
        return found
    return replace(found, front=Front(job.other, tuple(front(found, job, job.other))))


def plan_all(
    portfolios: Sequence[Portfolio], job: Job, workers: int = 1, scheduler: str | None = None
) -> Iterator[Answer]:
    """Yield the answers for many suppliers in the order given; the same wherever and however many at a time.

    Every plan is looked at a second time here, from the file itself, wherever it was made.

    Args:
        portfolios: one list a supplier.
        job: what is done for each.
        workers: processes; each plans one supplier at a time.
        scheduler: address of a Dask scheduler, or "local" for a cluster of `workers` processes here.

    Raises:
        BadInput: no cluster can be had there, or workers were lost.
    """
    if scheduler is not None:
        answers = _on_cluster(portfolios, job, workers, scheduler)
    elif workers <= 1 or len(portfolios) <= 1:
        answers = (plan_one(portfolio, job) for portfolio in portfolios)
    else:
        answers = _in_processes(portfolios, job, workers)
    lists: dict[str, dict[str, RawList]] = {}
    for one in answers:
        source, supplier = one.portfolio.source, one.portfolio.supplier
        if source not in lists:
            lists[source] = dict(reread(Path(source)))
        raw = lists[source][supplier]
        yield verified(one, reread_with(raw, job.before[supplier]) if supplier in job.before else raw)


def _in_processes(portfolios: Sequence[Portfolio], job: Job, workers: int) -> Iterator[Answer]:
    """Yield the answers without a second look, planned by processes of this machine."""
    size, finished = min(workers, len(portfolios)), False
    with one_thread_each():
        pool = ProcessPoolExecutor(size, get_context("spawn"), initializer=heed_parent)
        try:
            with uninterrupted():
                futures = [pool.submit(plan_one, portfolio, job) for portfolio in portfolios]
            yield from (future.result() for future in futures)
            finished = True
        except BrokenProcessPool as lost:
            raise _fault("--workers", _LOST_PROCESSES, str(workers)) from lost
        finally:
            if not finished:
                # What they are at would be waited for.
                for process in active_children():
                    process.terminate()
            pool.shutdown(cancel_futures=True)


def _on_cluster(portfolios: Sequence[Portfolio], job: Job, workers: int, scheduler: str) -> Iterator[Answer]:
    """Yield the answers without a second look, planned on a Dask cluster."""
    try:
        from distributed import Client, KilledWorker, LocalCluster
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise _fault("--scheduler", _NO_DASK, None) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        if scheduler == LOCAL:
            size = min(workers, len(portfolios))
            place = LocalCluster(n_workers=size, threads_per_worker=1, dashboard_address=None)
            client = Client(place, set_as_default=False)
        else:
            # A client that cannot be made is never closed, so that it must not be made of an address that is none.
            get_address_host_port(scheduler)
            client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError):
        raise _fault("--scheduler", _NO_SCHEDULER, scheduler) from None
    try:
        # Each plan is made once: a task that ran into a fault is not tried elsewhere.
        futures = client.map(plan_one, portfolios, job=client.scatter(job, broadcast=True), pure=False)
        yield from (future.result() for future in futures)
    except (KilledWorker, ModuleNotFoundError):
        raise _fault("--scheduler", _LOST_WORKERS, scheduler) from None
    finally:
        client.close()
        if scheduler == LOCAL:
            place.close()


def _fault(option: str, problem: Text, given: str | None) -> BadInput:
    """Return the fault of processes or a cluster that cannot be used."""
    faults = FaultList()
    faults.add(option, problem, given)
    return BadInput(faults.faults)


def front(found: Answer, job: Job, second: Objective) -> list[FrontPoint]:
    """Return plans between the best for one objective and the best for another.

    Each point is the best plan for the first objective that reaches so much of the second; where several levels give
    plans of the same worth they are one point.

    Args:
        found: the answer for the first objective.
        job: how it was found.
        second: the second objective.
    """
    best = _plan(found, job, replace(found.wishes, objective=second))
    if best.scheme is None or found.plan.scheme is None:
        return []
    ends = _value(found, found.plan, second), _value(found, best, second)
    plans: dict[tuple[float, float], FrontPoint] = {}
    for level in np.linspace(ends[0], ends[1], job.points):
        eased = level - _EASE * abs(level) if second in GREATEST else level + _EASE * abs(level)
        plan = _plan(found, job, replace(found.wishes, at_least=((second, float(eased)),)))
        if plan.scheme is not None:
            kw = kw_of(found.houses, plan.best.model.slots, plan.choice)
            point = FrontPoint(plan.proof.objective, _value(found, plan, second), plan.proof.gap, float(kw.sum()))
            worth = float(f"{point.first:.9g}"), float(f"{point.second:.9g}")
            plans[worth] = min(plans.get(worth, point), point, key=lambda one: one.gap)
    return list(plans.values())


def _plan(found: Answer, job: Job, wishes: Wishes) -> Plan:
    """Return a plan of the same houses for other wishes."""
    setting = found.setting
    gap = max(job.gap, _FRONT_GAP)
    return allocate(found.houses, wishes, setting.economics, setting.rules, gap, job.seconds, job.seed)


def _value(found: Answer, plan: Plan, objective: Objective) -> float:
    """Return what a plan is worth for an objective, by the model that states it."""
    return value_of(plan.best.model, found.setting.rules, plan.choice, objective)
