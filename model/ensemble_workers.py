"""Who computes the blocks of an ensemble: this process, processes of this machine, or a Dask cluster."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Final

import numpy as np

from model.ensemble import Ensemble, base_member, compute_block
from model.faults import BadInput, Fault
from model.language import Text
from model.processes import heed_parent, one_thread_each, uninterrupted
from model.survival_families import Array

#: A block that was computed: its number and its members.
Block = tuple[int, dict[str, Array]]

#: Address of a scheduler that is started here, for as long as the ensemble takes.
LOCAL: Final = "local"

#: How long a scheduler may take to answer [s].
_PATIENCE: Final = 15

_NO_DASK = Text(
    "a cluster needs Dask; install it with: pip install 'carbon-half[cluster]'",
    "クラスタにはDaskが必要です。pip install 'carbon-half[cluster]' で導入してください",
)
_NO_SCHEDULER = Text(
    "no scheduler answers at this address; start one with `dask scheduler`, or leave the address out",
    "このアドレスのスケジューラが応答しません。`dask scheduler` で起動するか、アドレスを省いてください",
)
_NO_WORKERS = Text(
    "this scheduler has no workers; start some with `dask worker ADDRESS`",
    "このスケジューラにワーカーがありません。`dask worker アドレス` で起動してください",
)
_OTHER_WORKERS = Text(
    "a worker of the cluster gives other numbers than this machine; install the same version of everything there",
    "クラスタのワーカーの計算結果がこの計算機と一致しません。同じ版の環境を導入してください",
)
_LOST = Text(
    "workers were lost, perhaps for want of memory; what is finished is kept: go on with --resume",
    "ワーカーが失われました(メモリ不足など)。完了分は保存されています。--resume で再開してください",
)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def computed_here(ensemble: Ensemble, numbers: list[int]) -> Iterator[Block]:
    """Yield blocks one after the other, computed by this process."""
    for number in numbers:
        yield number, compute_block(ensemble, number)


def computed_by_processes(ensemble: Ensemble, numbers: list[int], workers: int) -> Iterator[Block]:
    """Yield blocks as processes of this machine finish them.

    Args:
        ensemble: the ensemble; every process gets it once.
        numbers: blocks wanted.
        workers: how many processes.

    Raises:
        BadInput: a process was ended from outside.
    """
    with one_thread_each():
        pool = ProcessPoolExecutor(
            min(workers, len(numbers)), mp_context=get_context("spawn"), initializer=_begin, initargs=(ensemble,)
        )
        try:
            with uninterrupted():
                pending = {pool.submit(_compute, number): number for number in numbers}
            for future in as_completed(pending):
                yield pending.pop(future), future.result()
        except BrokenProcessPool as lost:
            raise BadInput([Fault("--workers", _LOST, given=str(workers))]) from lost
        finally:
            pool.shutdown(cancel_futures=True)


_own: list[Ensemble] = []


def _begin(ensemble: Ensemble) -> None:
    """Make a process ready: it leaves interruption to its parent, and ends when its parent is killed."""
    heed_parent()
    _own[:] = [ensemble]


def _compute(number: int) -> dict[str, Array]:
    return compute_block(_own[0], number)


def computed_by_cluster(ensemble: Ensemble, numbers: list[int], scheduler: str, workers: int) -> Iterator[Block]:
    """Yield blocks as the workers of a Dask cluster finish them.

    Args:
        ensemble: the ensemble; every worker gets it once.
        numbers: blocks wanted.
        scheduler: address of a scheduler, or `local` for one that is started here.
        workers: how many workers a local one has.

    Raises:
        BadInput: Dask is missing, nothing answers, the scheduler is lost, or the workers compute something else than
            this machine.
    """
    try:
        import distributed
    except ImportError:
        raise BadInput([Fault("--scheduler", _NO_DASK, given=scheduler)]) from None
    with _client(distributed, scheduler, workers) as client:
        everywhere = client.scatter(ensemble, broadcast=True, hash=False)
        _check_workers(client, everywhere, ensemble, scheduler)
        futures = {client.submit(compute_block, everywhere, number, pure=False): number for number in numbers}
        try:
            for future in _in_order_of_completion(distributed, list(futures)):
                yield futures.pop(future), future.result()
                future.release()
        # A scheduler or the last worker that goes away shows as futures given up, or as a line that is cut.
        except (CancelledError, OSError, distributed.KilledWorker) as lost:
            raise BadInput([Fault("--scheduler", _LOST, given=scheduler)]) from lost


@contextmanager
def _client(distributed: Any, scheduler: str, workers: int) -> Iterator[Any]:
    """Give a client of a scheduler, which is started and stopped here where `local` is asked for."""
    if scheduler == LOCAL:
        with (
            one_thread_each(),
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        # A client that cannot be made stays behind as the default, so that it must not be made of no address.
        distributed.comm.addressing.get_address_host_port(scheduler)
        client = distributed.Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as problem:
        fault = Fault("--scheduler", _NO_SCHEDULER, given=scheduler, allowed="local, tcp://HOST:8786")
        raise BadInput([fault]) from problem
    # What goes wrong is said once, by a fault, not by the library's log.
    with client, distributed.utils.silence_logging_cmgr(logging.CRITICAL):
        if not client.scheduler_info()["workers"]:
            raise BadInput([Fault("--scheduler", _NO_WORKERS, given=scheduler)])
        yield client


def _in_order_of_completion(distributed: Any, futures: list[Any]) -> Iterator[Any]:
    yield from distributed.as_completed(futures)


def _check_workers(client: Any, everywhere: Any, ensemble: Ensemble, scheduler: str) -> None:
    """Raise `BadInput` if a worker gives other bits for the scenario itself than this machine."""
    own = base_member(ensemble)
    addresses = list(client.scheduler_info(n_workers=-1)["workers"])
    asked = [client.submit(base_member, everywhere, workers=[address], pure=False) for address in addresses]
    for address, future in zip(addresses, asked, strict=True):
        found = future.result()
        if any(not np.array_equal(own[name], found[name]) for name in own):
            raise BadInput([Fault(f"--scheduler {scheduler}", _OTHER_WORKERS, given=address)])


def blocks_of(ensemble: Ensemble, numbers: list[int], scheduler: str | None, workers: int) -> Iterator[Block]:
    """Yield the blocks wanted, in any order, by whom the options name."""
    if not numbers:
        return iter(())
    if scheduler is not None:
        return computed_by_cluster(ensemble, numbers, scheduler, workers)
    # A frozen or embedded interpreter has no file to start processes from.
    if workers == 1 or not sys.executable:
        return computed_here(ensemble, numbers)
    return computed_by_processes(ensemble, numbers, workers)
