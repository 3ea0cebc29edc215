"""Dask's workers as what maps: a scheduler that is without any for too long is an error, where Dask waits for ever."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from shortimize_analytics.errors import ArchiveError, InvalidParameterError

if TYPE_CHECKING:
    from distributed import Client, Future

WAIT_SECONDS = 300.0
"""Long enough for a container to be fetched and started; a queue of SLURM may take longer."""
LOOK_SECONDS = 1.0
"""How often the workers are counted while nothing comes of the parts."""


class DaskExecutor:
    """Map on the workers of a Dask scheduler, and end in an error when it is without any for too long.

    Parameters
    ----------
    client
        A `distributed.Client`.
    wait
        Seconds that the scheduler may be without any worker: until the first comes, and after all have left.
    retries
        Times that a part is done again after its worker died.

    Raises
    ------
    InvalidParameterError
        When `wait` is not above 0.

    Examples
    --------
    A digest on a cluster is ``digest(…, executor=DaskExecutor(Client("tcp://scheduler:8786")))``.

    >>> from shortimize_analytics.scale import DaskExecutor
    >>> DaskExecutor(None, wait=0)
    Traceback (most recent call last):
    shortimize_analytics.errors.InvalidParameterError: wait=0 is not above 0; give the seconds that a worker may take
    """

    def __init__(self, client: "Client", *, wait: float = WAIT_SECONDS, retries: int = 2) -> None:
        if not wait > 0:
            raise InvalidParameterError(f"wait={wait:g} is not above 0; give the seconds that a worker may take")
        self.client, self.wait, self.retries = client, wait, retries
        self.address = str(client.scheduler.address)

    def map(
        self, function: Callable[..., Any], /, *values: Iterable[Any], say: Callable[[str], object] = lambda _: None
    ) -> Iterator[Any]:
        """Return the results, in order; `say` is told what is waited for, and "" when that is over.

        Raises
        ------
        ArchiveError
            When the scheduler was without any worker for `wait` seconds.
        """
        futures = self.client.map(function, *values, retries=self.retries, pure=False)
        try:
            for future in futures:
                yield self._result(future, say=say)
        finally:
            self.client.cancel([future for future in futures if not future.done()])

    def _result(self, future: "Future", *, say: Callable[[str], object]) -> Any:
        alone_since = None
        while True:
            try:
                return future.result(timeout=min(LOOK_SECONDS, self.wait))
            except TimeoutError:
                if future.done():  # it ended just when the wait did, or the error is its own and comes again
                    return future.result()
            workers, now = len(self.client.nthreads()), time.monotonic()
            if workers:
                alone_since = None
                say("")
                continue
            alone_since = now if alone_since is None else alone_since
            waited = now - alone_since
            say(f"0 workers at {self.address}, waiting for one: {waited:.0f} of {self.wait:g} s")
            if waited >= self.wait:
                raise ArchiveError(
                    f"the scheduler at {self.address} has 0 workers, and has had none for {self.wait:g} s: start some "
                    f"with `dask worker {self.address}`, or wait longer (--worker-wait SECONDS, in Python wait=); what "
                    "was written stays: run it again, and only what is missing is done"
                )
