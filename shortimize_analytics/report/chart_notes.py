"""How to read each picture: the small print under a question, the same in the PDF and on the page."""

import datetime as dt

from shortimize_analytics.analysis.base.constants import (
    EFFECT_COVERAGE,
    FORECAST_COVERAGE,
    RELIABLE_AGE,
    RELIABLE_PEERS,
    SCORE_COVERAGE,
)
from shortimize_analytics.plots.theme import day, percent

from .words import Naming


def readings(
    names: Naming, *, end: dt.date, horizon: int | None, left_out: str, known: str, sums_of: str
) -> dict[str, str]:
    """Say of each question's picture what it shows and what its colours and bars mean.

    Parameters
    ----------
    names
        What the periods are called.
    end
        The period's last day: scores are of its end.
    horizon
        Age to which videos are forecast (days); None where none is.
    left_out
        Which videos the ranking leaves out, or an empty string.
    known
        The period's last day where the data go on beyond it, or an empty string.
    sums_of
        What the steps of growth add, where the periods differ much in length, or an empty string.
    """
    unit = names.unit
    return {
        "grew": f"Views gained per {unit}: its uploads on top of the back catalogue. Sums are raw daily counts; what "
        f"platforms took back is shown in red, not hidden.{sums_of}",
        "earned": f"Views gained in the {unit}. Dark: uploaded in it. Pale: older. Share: of all positive gains; "
        "together: with the rows above.",
        "beat": "Recent uploads: views against what the same account’s videos had at the same age, whatever this "
        f"report shows of them. Bars: {percent(SCORE_COVERAGE)} interval of the account’s level. Grey: fewer than "
        f"{RELIABLE_PEERS} peers or {RELIABLE_AGE} days, read with care. As of the end of {day(end)}.{left_out}",
        "more": "Views with a label against the same accounts’ videos without it, at equal age. "
        f"Accounts: those with both. Bars: {percent(EFFECT_COVERAGE)} interval. In colour: clearly different after "
        "correcting for the number of labels. A label chosen after seeing the views proves nothing.",
        "next": f"Views of the {unit}’s uploads {f'as they went on after {known}' if known else 'so far'} by age in "
        f"days, and the {percent(FORECAST_COVERAGE)} interval of each at day "
        f"{horizon}. An interval is that of one video: they cannot be added.",
        "ranges": f"Line: where a video’s views at day {horizon} are expected, 4 times in 5; dot: the middle of it. A "
        "range is that of one video: they cannot be added.",
    }
