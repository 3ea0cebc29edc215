"""The picture of page 1: where a period's change came from, drawn by the template from plain numbers.

Zero is the period before, so that a step of 2 % of the total is a bar and not a sliver; no axis is cut.
"""

from math import floor, log10
from typing import TYPE_CHECKING, Any

from shortimize_analytics.plots.messages import gettext, later, ngettext, pgettext
from shortimize_analytics.plots.theme import full_number, multiple, percent, short_number

from .facts import Facts
from .page_facts import PARTS
from .sentence_patterns import SAME
from .words import capital

if TYPE_CHECKING:
    from shortimize_analytics.analysis.periods.summary import PeriodSummary

_LABELS = {
    "uploads": (later("More uploads"), later("Fewer uploads")),
    "each": (later("More views per upload"), later("Fewer views per upload")),
    "equal": (later("More views per upload"), later("Fewer views per upload")),
    "age": (later("Posted earlier in the {unit}"), later("Posted later in the {unit}")),
    "back": (later("Older videos brought more"), later("Older videos brought less")),
    "corrections": (later("Platforms removed fewer views"), later("Platforms removed more views")),
}
_MEASURED = (later("More uploads with daily counts"), later("Fewer uploads with daily counts"))
_NOTES = {
    "equal": (later("in the same time"),) * 2,
    "age": (later("more time so far"), later("less time so far")),
}
TICKS = 4


def cascade(summary: "PeriodSummary", facts: Facts) -> dict[str, Any] | None:
    """Return title, steps, axis and total of the picture, or None where the change is not told in parts.

    Parameters
    ----------
    summary
        What `period_summary` returned.
    facts
        What `read_facts` made of it.

    Returns
    -------
    dict or None
        ``title``; ``steps``, each with label, note, views, text and tone; ``axis`` with low, high and ticks; ``total``.
    """
    if not facts.parts or facts.views is None or facts.before is None:
        return None
    steps = [step for step in _steps(summary, facts) if step["views"]]
    if not steps:
        return None
    ends = [0.0]
    for step in steps:
        ends.append(ends[-1] + step["views"])
    change = facts.views - facts.before
    same = facts.before > 0 and abs(change) <= SAME * facts.before
    total = {
        "label": f"{capital(facts.names.now)}, {short_number(facts.views)}",
        "note": gettext("level") if same else _relative(facts),
        "views": change,
        "text": short_number(change, signed=True),
    }
    return {
        "title": _title(change, same=same),
        "steps": steps,
        "axis": _axis(ends, start=_start(facts)),
        "total": total,
    }


def _start(facts: Facts) -> str:
    return pgettext("start of an axis", "{before} {views}", before=facts.names.before, views=short_number(facts.before))


def _title(change: float, *, same: bool) -> str:
    if same:
        return gettext("What moved beneath a level total")
    whole = full_number(float(f"{abs(change):.2g}"))
    if change > 0:
        return ngettext(
            "Where the extra {views} view came from", "Where the extra {views} views came from", change, views=whole
        )
    return ngettext("Where {views} view went", "Where {views} views went", -change, views=whole)


def _relative(facts: Facts) -> str:
    change = facts.change
    if change is None:
        return ""
    if change >= 9:
        return gettext("{times} as many", times=multiple(change + 1))
    if change > 0:
        return gettext("{change} more", change=percent(change))
    return gettext("{change} less", change=percent(-change))


def _steps(summary: "PeriodSummary", facts: Facts) -> list[dict[str, Any]]:
    parts = dict(facts.parts or {})
    split = summary.new_uploads
    names = list(PARTS)
    if len(split) == 3 and not split["views"].isna().any():
        parts |= {"age": float(split["views"].iloc[1]), "equal": float(split["views"].iloc[2])}
        names[1:2] = ["equal", "age"]
    steps = []
    for name in names:
        views = parts[name]
        label = _LABELS[name][views < 0]
        notes = _NOTES.get(name)
        note = gettext(notes[views < 0]) if notes else ""
        if name == "uploads":
            note = gettext(
                "{now}, {before_name} {before}",
                now=full_number(facts.n_uploads),
                before_name=facts.names.before,
                before=full_number(facts.uploads_before),
            )
            # fewer can be counted although more were uploaded
            if (facts.n_uploads - facts.uploads_before) * views <= 0:
                label, note = _MEASURED[views < 0], ""
        steps.append(
            {
                "label": gettext(label, unit=facts.names.unit),
                "note": note,
                "views": views,
                "text": short_number(views, signed=True),
                "tone": "up" if views > 0 else "down",
            }
        )
    return steps


def _axis(ends: list[float], *, start: str) -> dict[str, Any]:
    low, high = min(ends), max(ends)
    room = max(high - low, 1.0)
    step = nice_step(room / TICKS)
    first, last = -floor(-low / step), floor(high / step)
    ticks = [
        {"v": at * step, "text": short_number(at * step, signed=True)} for at in range(int(first), int(last) + 1) if at
    ]
    return {
        "low": low - 0.04 * room,
        "high": high + 0.04 * room,
        "ticks": [{"v": 0.0, "text": start}, *ticks],
    }


def nice_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest that is not below.

    Examples
    --------
    >>> from shortimize_analytics.report.cascade import nice_step
    >>> nice_step(375_000), nice_step(12)
    (500000.0, 20.0)
    """
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
