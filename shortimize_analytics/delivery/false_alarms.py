"""How many false alarms a week the rules make, for an organisation of a size.

The rates were found on organisations in which nothing happens (`benchmarks/alerts.py`): the accounts and growth of the
demo, one spread of luck (standard deviation of ln 0.8) and nothing planted. They are rates of the defaults; an
organisation whose videos vary more has more.
"""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """False alarms a week with their 90 % interval, and of what they are a multiple: uploads a week, or accounts."""

    value: float
    low: float
    high: float
    per: float
    of: str

    def scaled(self, *, uploads: float, accounts: float) -> "Rate":
        """Return the rate of an organisation."""
        size = (uploads if self.of == "uploads" else accounts) / self.per
        return Rate(self.value * size, self.low * size, self.high * size, self.per, self.of)


UPLOADS_A_WEEK, ACCOUNTS = 25, 15
RATES = {
    "took_off": Rate(0.08, 0.04, 0.14, UPLOADS_A_WEEK, "uploads"),
    "stalled": Rate(0.0, 0.0, 0.04, UPLOADS_A_WEEK, "uploads"),
    "silent": Rate(0.13, 0.07, 0.21, ACCOUNTS, "accounts"),
    "not_counted": Rate(0.0, 0.0, 0.04, ACCOUNTS, "accounts"),
    "implausible": Rate(0.0, 0.0, 0.04, ACCOUNTS, "accounts"),
    "revived": Rate(0.0, 0.0, 0.04, UPLOADS_A_WEEK, "uploads"),
}
"""Of "took off" those are false whose video truly is below 5x; of the others all are."""


def expected(rules: Collection[str], *, uploads: float, accounts: float) -> dict[str, Rate]:
    """Return the false alarms a week that are to be expected, by rule.

    Examples
    --------
    >>> from shortimize_analytics.delivery.false_alarms import expected
    >>> round(expected(["took_off"], uploads=50, accounts=15)["took_off"].value, 2)
    0.16
    """
    return {name: RATES[name].scaled(uploads=uploads, accounts=accounts) for name in RATES if name in rules}
