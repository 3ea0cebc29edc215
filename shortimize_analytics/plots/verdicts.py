"""What is clear among lengths or weekdays, said once, for the chart, its alt text and the report's sentence.

A group is clear when its `verdict` is, after correction for the number of groups. The best of all is only named where
it is clearly higher, too: what beats the runner-up alone, while nothing differs from the rest, is no best.
"""

from typing import Any

import pandas as pd

from .messages import gettext, later, ngettext
from .row_names import TITLE_CELLS, fit_label
from .theme import full_number, multiple


def compared_groups(effect: pd.DataFrame) -> pd.DataFrame:
    """Return the groups that had enough videos to compare."""
    return effect[((effect["ratio"] > 0) & (effect["verdict"].astype("object") != "too few")).fillna(value=False)]


def clear_groups(effect: pd.DataFrame) -> pd.DataFrame:
    """Return the groups that differ clearly: those with more views first, and the surest of each kind first."""
    tested = compared_groups(effect)
    clear = tested[tested["verdict"].astype("object").isin(["higher", "lower"])].sort_values("q", kind="stable")
    return clear.sort_values("verdict", key=lambda verdict: verdict.astype("str"), kind="stable")


def group_verdict(effect: pd.DataFrame, *, what: str) -> str:
    """Say which groups differ clearly, or that none does.

    Parameters
    ----------
    effect
        What `duration_effect` or `weekday_effect` returned.
    what
        What a group is: "length", "weekday".

    Examples
    --------
    >>> import pandas as pd
    >>> from shortimize_analytics.plots.verdicts import group_verdict
    >>> days = pd.DataFrame({"label": ["Sunday", "Friday"], "ratio": [1.4, 0.9], "q": [0.01, 0.6],
    ...                      "verdict": ["higher", "no clear difference"], "optimum": [True, False]})
    >>> group_verdict(days, what="weekday")
    'clearly more views: Sunday 1.40x (the best)'
    >>> group_verdict(days.tail(1), what="weekday")
    'no clear difference (1 weekday compared)'
    """
    return "; ".join(verdict_lines(effect, what=what))


def verdict_lines(effect: pd.DataFrame, *, what: str, most: int | None = None, width: int = TITLE_CELLS) -> list[str]:
    """Say the same in a line for each kind, of each kind no more than the `most` surest, with names of some width."""
    clear, tested = clear_groups(effect), compared_groups(effect)
    if tested.empty:
        return [gettext(_NONE[what])]
    if clear.empty:
        n = len(tested)
        if what == "length":
            said = ngettext(
                "no clear difference ({n} length compared)", "no clear difference ({n} lengths compared)", n
            )
        else:
            said = ngettext(
                "no clear difference ({n} weekday compared)", "no clear difference ({n} weekdays compared)", n
            )
        return [said]
    parts = []
    for verdict, said in _CLEARLY.items():
        rows = clear[clear["verdict"].astype("object") == verdict]
        named = [
            _named(row, best=verdict == "higher" and pd.notna(row.optimum) and bool(row.optimum), width=width)
            for row in rows.head(len(rows) if most is None else most).itertuples()
        ]
        groups = ", ".join(named)
        if len(rows) > len(named):
            groups = gettext("{groups} and {n} more", groups=groups, n=full_number(len(rows) - len(named)))
        if named:
            parts.append(gettext(said, groups=groups))
    return parts


def _named(row: Any, *, best: bool, width: int) -> str:
    """Name a group with its ratio."""
    values = {
        "group": gettext(fit_label(row.label, fallback=gettext("unnamed"), width=width)),
        "ratio": multiple(row.ratio),
    }
    return gettext("{group} {ratio} (the best)", **values) if best else "{group} {ratio}".format(**values)


_NONE = {
    "length": later("no length has enough videos to compare"),
    "weekday": later("no weekday has enough videos to compare"),
}
_CLEARLY = {
    "higher": later("clearly more views: {groups}"),
    "lower": later("clearly fewer views: {groups}"),
}
