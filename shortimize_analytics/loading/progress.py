"""Progress bars for long work: on a terminal unless told otherwise, never elsewhere unless asked."""

import sys
from typing import Any, Self


class _NoBar:
    """Stands in for a bar that nobody would see, without the 40 ms that importing tqdm takes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, _: int = 1) -> None:
        pass

    def set_postfix_str(self, _: str) -> None:
        pass


def progress_bar(*, total: int, unit: str, show: bool | None, waits: bool = False) -> Any:
    """Open a tqdm bar; ``show=None`` shows it only on a terminal, and not for a single step unless that may wait."""
    if not show and (show is not None or (total <= 1 and not waits) or not sys.stderr.isatty()):
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=total, unit=unit, leave=False)
