"""What rows and groups are called beside their bars, and the order they come in.

Needs no matplotlib, as sentences and alt texts are made where nothing is drawn.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

import pandas as pd

from shortimize_analytics.schema.names import told_apart

from .fonts import replace_undrawable
from .messages import gettext, ngettext
from .texts import shorten
from .theme import full_number

TITLE_CELLS = 40
"""Widest title beside a row, in half-width characters."""


def fit_label(text: Any, *, fallback: str | None = None, width: int = TITLE_CELLS) -> str:
    """Make a caption or a name from outside fit for a label; what has none is called untitled."""
    clean = replace_undrawable(text)[0] if isinstance(text, str) else ""
    return shorten(clean, width) or (gettext("untitled") if fallback is None else fallback)


def label_names(ids: Iterable[Any], names: Iterable[Any], *, width: int, fallback: str) -> dict[str, str]:
    """Make names of labels fit for a chart, by id, and tell those apart that would look alike."""
    return told_apart(
        {str(key): fit_label(name, fallback=fallback, width=width) for key, name in zip(ids, names, strict=True)}
    )


def groups_shown(shown: int, total: int) -> str:
    """Say how many of how many groups are drawn."""
    return ngettext(
        "{shown} of {n} group, those with the most videos", "{shown} of {n} groups, those with the most videos", total,
        shown=full_number(shown),
    )  # fmt: skip


def label_rows(labels: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Mark the labels compared within accounts, and those that only tell accounts apart, which is no effect of them."""
    compared = (labels["ratio"] > 0).fillna(value=False) & (labels["verdict"].astype("object") != "too few")
    within = (labels["n_accounts_overlap"] > 0).fillna(value=False)
    return compared & within, compared & ~within


def bracket_name(bracket: object) -> str:
    """Write a virality bracket as multiples: "1-5" → "1–5x", "100+" → "100x+"."""
    text = str(bracket).replace("-", "–")
    return f"{text[:-1]}x+" if text.endswith("+") else f"{text}x"


def in_bracket_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by the lower end of their `bracket`: <1, 1-5, 5-10 … 100+."""

    def start(name: str) -> float:
        return 0.0 if name.startswith("<") else float(name.rstrip("+").partition("-")[0])

    return rows.sort_values("bracket", key=lambda names: names.astype("str").map(start), kind="stable")


def with_words_after(name: str, by: str) -> str:
    """Put words after a name from outside, and keep a right-to-left name from drawing them into itself."""
    turns = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in name)
    return f"\u2068{name}\u2069{by}" if turns else name + by
