"""Recompute every closing from its own evidence and terms, with no API and no archive: anyone can check who paid.

What is compared is the bytes of `lines.csv` and `statement.csv`; the other files are held by their hashes. What cannot
be checked from the folder alone is whether the counts in the evidence are the platform's: they carry the link of the
post and the instant they were asked for.
"""

from pathlib import Path

import pandas as pd

from shortimize_analytics.errors import ClosingError
from shortimize_analytics.schema import LINES, STATEMENT, VERIFIED_CLOSINGS
from shortimize_analytics.store.closings import Closing, read_closings

from .amounts import total
from .chain import Chain, read_evidence, terms_of
from .settle import Settled, line_rows, settle
from .sheets import frame_of, to_bytes
from .stretches import parse_day, stretch_with
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
        settled, terms, counts = recompute(chain, closing)
        rows.append(
            {
                "period": closing.period,
                "end": parse_day(closing.end),
                "creators": len(settled.statement),
                "lines": len(settled.lines),
                "counts": counts,
                "currency": terms.currency,
                "payment": total([row["payment"] for row in settled.statement], digits=terms.digits),
                "sha256": closing.sha256,
            }
        )
    return frame_of(rows, VERIFIED_CLOSINGS)


def recompute(chain: Chain, closing: Closing) -> tuple[Settled, Terms, int]:
    """State a closing's period from the closings before it and its own evidence, compare, and add it to the chain.

    Raises
    ------
    ClosingError
        When it says something else.
    """
    terms = terms_of(closing, like=chain.terms)
    known = chain.known.copy()
    fresh = []
    for post, cut_off, count in read_evidence(closing):
        known.add(post, cut_off, count)
        fresh.append((post.ad_id, cut_off))
    stretch = stretch_with(parse_day(closing.end), terms.period)
    settled = settle(known, terms, chain=chain, stretch=stretch, fresh=fresh)
    _compare(closing, settled, terms)
    chain.known, chain.terms = known, terms
    lines = [(line.creator, line.period, line.kind, line.pay_before, line.pay, line.amount) for line in settled.lines]
    chain.advance(closing, lines, carried=[(row["creator"], row["carried_out"]) for row in settled.statement])
    return settled, terms, len(fresh)


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
