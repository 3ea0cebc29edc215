"""How to read what is drawn: the small print under a question, the same in the PDF and on the page."""

from shortimize_analytics.analysis.base.constants import EFFECT_COVERAGE
from shortimize_analytics.plots.messages import gettext
from shortimize_analytics.plots.theme import percent


def readings(*, horizon: int | None) -> dict[str, str]:
    """Say of each question's drawings what they show and what their colours and bars mean.

    Parameters
    ----------
    horizon
        Age to which videos are forecast (days); None where none is.
    """
    return {
        "more": gettext(
            "Views with a label against the same accounts’ videos without it, at equal age. Accounts: those with both. "
            "Bars: {level} interval. In colour: clearly different after correcting for the number of labels. A label "
            "chosen after seeing the views proves nothing.", level=percent(EFFECT_COVERAGE),
        ),
        "ranges": gettext(
            "Line: where a video’s views at day {age} are expected, 4 times in 5; dot: the middle of it. A range is "
            "that of one video: they cannot be added.", age=horizon,
        ),
    }  # fmt: skip
