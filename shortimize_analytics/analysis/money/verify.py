"""Recompute every closing from its own evidence and terms, with no API and no archive: anyone can check who paid.

What is compared is the bytes of `lines.csv` and `statement.csv`; the other files are held by their hashes. What cannot
be checked from the folder alone is whether the counts in the evidence are the platform's: they carry the link of the
post and the instant they were asked for.
"""

from pathlib import Path

import pandas as pd

from shortimize_analytics.errors import ClosingError
from shortimize_analytics.schema import EVIDENCE, LINES, STATEMENT, VERIFIED_CLOSINGS
from shortimize_analytics.store.closings import Closing, read_closings

from .amounts import total
from .chain import Chain, Known, rows_of, terms_of
from .settle import Settled, line_rows, settle
from .sheets import frame_of, to_bytes
from .stretches import Stretch, parse_day, stretch_with
from .terms import Terms


def verify_closings(folder: str | Path) -> pd.DataFrame:
    """Check every closing of a folder: its files, its place in the chain, and every amount from its own evidence.

    Parameters
    ----------
    folder
        Where the closings are.

    Returns
    -------
    DataFrame
        One row per closing, oldest first, see `schema.VERIFIED_CLOSINGS`.

    Raises
    ------
    ClosingError
        For the first closing that was edited, is missing, or says other amounts than its evidence and terms give; it
        names the file.
    LocalFileError
        When a file cannot be read.
    """
    chain = Chain()
    closings = read_closings(folder)
    if not closings:
        raise ClosingError(f"{folder} holds no closing; name the folder that payouts close wrote into")
    rows = []
    for closing in closings:
        settled, terms = _recomputed(chain, closing)
        _compare(closing, settled, terms)
        rows.append(
            {
                "period": closing.period,
                "end": parse_day(closing.end),
                "creators": len(settled.statement),
                "lines": len(settled.lines),
                "counts": sum(1 for _ in rows_of(closing, "evidence.csv", EVIDENCE)),
                "currency": terms.currency,
                "payment": total([row["payment"] for row in settled.statement], digits=terms.digits),
                "sha256": closing.sha256,
            }
        )
        chain.add(closing)
    return frame_of(rows, VERIFIED_CLOSINGS)


def _recomputed(chain: Chain, closing: Closing) -> tuple[Settled, Terms]:
    """State a closing's period from the closings before it and its own evidence."""
    terms = terms_of(closing)
    known = Known(dict(chain.known.posts), dict(chain.known.counts))
    known.add(rows_of(closing, "evidence.csv", EVIDENCE))
    stretch: Stretch = stretch_with(parse_day(closing.end), terms.period)
    return settle(known, terms, chain=chain, stretch=stretch), terms


def _compare(closing: Closing, settled: Settled, terms: Terms) -> None:
    sheets = {
        "lines.csv": to_bytes(line_rows(settled, terms), LINES),
        "statement.csv": to_bytes(settled.statement, STATEMENT),
    }
    for name, data in sheets.items():
        stated = closing.files[name]
        if data == stated:
            continue
        pairs = zip(stated.splitlines(), data.splitlines(), strict=False)
        line = next((at for at, (old, new) in enumerate(pairs, start=1) if old != new), None)
        where = f"line {line}" if line else "its number of lines"
        raise ClosingError(
            f"{closing.path / name} does not follow from the evidence and terms beside it: {where} differs when it is "
            "computed again"
        )
