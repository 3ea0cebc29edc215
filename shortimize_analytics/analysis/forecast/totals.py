"""How far sums of forecasts may be off: the errors of past forecasts, and how much they go together.

Medians must not be summed and the ends of intervals neither: errors partly cancel, and partly they do not, since one
week is good for everybody and one account has a good month. So totals are drawn: each video's error is one that past
forecasts from the same age had, in units of how far the interval went up that was told then, and two factors tie the
videos together, one for all of them and one for each account (a Gaussian copula).

Measured on the real charts set (14 days) and on the demo (30 days), 80 % intervals of totals of videos forecast at
past origins: a common factor of .1 alone covered .75, .87, .82 and 1.00 of sums over 5, 20, 60 and 300 videos, and .77
of sums over one account's; .05 and .25 of the account cover .75, .80, .79 and 1.00, and .82. No factor at all covers
.45 of sums over 300. Errors within one account correlate .23 on the real set and .09 on the demo (.24 from days 1 to
3), those of different accounts .01 and −.02.

References
----------
One-factor copulas: D. X. Li, Journal of Fixed Income 9 (2000) 43-54.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shortimize_analytics.schema.tables import MAX_COUNT

from .backtest import widening

R_ALL = 0.05
"""Correlation that all videos share."""
R_ACCOUNT, R_ACCOUNT_RANGE, R_ACCOUNT_PAIRS = 0.25, (0.10, 0.50), 200
"""What one account's videos share beyond it: as on other data, as far as the user's own pairs do not say otherwise."""
DRAWS = 2000
GRID = 41
"""Points at which the distribution of errors is kept."""
MIN_ERRORS = 20
MAX_GROUPS, GROUP_DRAWS = 60, 200


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of past forecasts.

    Attributes
    ----------
    quantiles
        By model age: `GRID` quantiles of (truth − forecast) ÷ reach of the interval upwards, ln.
    r_account
        What one account's videos share beyond `R_ALL`.
    coverage, n_groups
        Share of past totals (of one account, or of everybody at one origin) inside the 80 % interval that would have
        been told, and how many totals that is.
    """

    quantiles: dict[int, np.ndarray]
    r_account: float = R_ACCOUNT
    coverage: float = float("nan")
    n_groups: int = 0

    def to_plain(self) -> dict[str, Any]:
        """Return plain values, for `attrs`."""
        return {
            "quantiles": {str(age): values.round(3).tolist() for age, values in self.quantiles.items()},
            "r_account": self.r_account,
            "coverage": None if np.isnan(self.coverage) else self.coverage,
            "n_groups": self.n_groups,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any] | None) -> "Errors":
        """Read them from `attrs`; without any, nothing is known."""
        if not plain:
            return cls({})
        quantiles = {int(age): np.asarray(values) for age, values in plain["quantiles"].items()}
        coverage = plain["coverage"]
        return cls(quantiles, plain["r_account"], np.nan if coverage is None else coverage, plain["n_groups"])

    def at(self, age: int) -> np.ndarray:
        """Return the quantiles of the nearest age that there are any of."""
        return self.quantiles[min(self.quantiles, key=lambda known: (abs(known - age), known))]


def learn_errors(cases: pd.DataFrame, *, seed: int) -> Errors:
    """Learn from the forecasts of `tried_cases` how errors are spread and tied, and try totals of the past."""
    if cases.empty:
        return Errors({})
    cases = cases.assign(above=cases["above"].clip(lower=1e-9) * widening(cases)[1])
    error = ((cases["truth"] - cases["logs"]) / cases["above"]).to_numpy(dtype=float)
    ages = cases["model_age"].to_numpy(dtype=int)
    known = {int(age): error[ages == age] for age in np.unique(ages)}
    grid = np.linspace(0, 1, GRID)
    quantiles = {age: np.quantile(own, grid) for age, own in known.items() if len(own) >= MIN_ERRORS}
    if not quantiles:
        return Errors({})
    found = Errors(quantiles, _shared_by_account(cases, error))
    coverage, n = _try_totals(cases, found, seed=seed)
    return Errors(quantiles, found.r_account, coverage, n)


def _shared_by_account(cases: pd.DataFrame, error: np.ndarray) -> float:
    """Correlate errors of one account's videos from the same age and origin, pulled towards what other data say."""
    from scipy.special import ndtri

    ranks = pd.Series(error).groupby(cases["model_age"].to_numpy()).rank(pct=False)
    sizes = pd.Series(error).groupby(cases["model_age"].to_numpy()).transform("size")
    score = ndtri(((ranks - 0.5) / sizes).to_numpy())
    keys = [cases[name].to_numpy() for name in ("model_age", "origin", "account")]
    sums = pd.DataFrame({"score": score, "square": score**2, "n": 1.0}).groupby(keys).sum()
    pairs = float((sums["n"] * (sums["n"] - 1)).sum())
    products = float((sums["score"] ** 2 - sums["square"]).sum())
    raw = products / pairs - R_ALL if pairs else R_ACCOUNT
    shrunk = (pairs * raw + R_ACCOUNT_PAIRS * R_ACCOUNT) / (pairs + R_ACCOUNT_PAIRS)
    return float(np.clip(shrunk, *R_ACCOUNT_RANGE))


def _try_totals(cases: pd.DataFrame, errors: Errors, *, seed: int) -> tuple[float, int]:
    """Cover past totals, of which each video is part once: of each account at an origin, and of all accounts."""
    rng = np.random.default_rng(seed)
    names = ["origin", "account", "truth", "logs", "above", "model_age"]
    shuffled = cases[names].iloc[rng.permutation(len(cases))]
    once = shuffled.drop_duplicates(["origin", "account", "truth"])
    columns = {name: once[name].to_numpy() for name in names}
    groups = [rows for rows in _rows_by(once, ["origin", "account"]) if len(rows) > 1]
    groups += [rows for rows in _rows_by(once, ["origin"]) if len(np.unique(columns["account"][rows])) > 1]
    if not groups:
        return float("nan"), 0
    chosen = rng.permutation(len(groups))[:MAX_GROUPS]
    inside = 0
    for place in chosen:
        rows = {name: values[groups[place]] for name, values in columns.items()}
        account, own = np.unique(rows["account"], return_inverse=True)
        shapes = ((GROUP_DRAWS, 1), (GROUP_DRAWS, len(account)), (GROUP_DRAWS, len(own)))
        shared, by_account, alone = (rng.standard_normal(shape) for shape in shapes)
        score = _tied(shared, by_account[:, own], alone, errors=errors)
        logs, above, truth = (rows[name].astype(float) for name in ("logs", "above", "truth"))
        drawn = _views(score, logs, above, ages=rows["model_age"].astype(int), errors=errors)
        low, high = np.quantile(drawn.sum(axis=1), [0.1, 0.9])
        inside += bool(low <= np.expm1(truth).sum() <= high)
    return inside / len(chosen), len(chosen)


def _rows_by(frame: pd.DataFrame, keys: list[str]) -> list[np.ndarray]:
    """Return the positions of each group's rows, in order of the keys: a loop over groupby makes frames."""
    code = frame.groupby(keys, sort=True).ngroup().to_numpy()
    order = np.argsort(code, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(code[order])) + 1)


def _tied(shared: np.ndarray, by_account: np.ndarray, alone: np.ndarray, *, errors: Errors) -> np.ndarray:
    """Add up independent normal numbers to ones that are tied; each still is standard normal."""
    rest = np.sqrt(1 - R_ALL - errors.r_account)
    return np.sqrt(R_ALL) * shared + np.sqrt(errors.r_account) * by_account + rest * alone


def _views(score: np.ndarray, logs: np.ndarray, above: np.ndarray, *, ages: np.ndarray, errors: Errors) -> np.ndarray:
    """Turn normal numbers into errors of past forecasts, and these into views."""
    from scipy.special import ndtr

    level, grid = ndtr(score), np.linspace(0, 1, GRID)
    out = np.empty_like(level)
    for age in np.unique(ages):
        here = ages == age
        out[:, here] = logs[here] + above[here] * np.interp(level[:, here], grid, errors.at(int(age)))
    return np.expm1(np.minimum(out, np.log1p(MAX_COUNT)))  # no count is larger, and e^710 is no number


def draw_views(
    logs: np.ndarray,
    above: np.ndarray,
    *,
    ages: np.ndarray,
    names: Sequence[str],
    accounts: Sequence[str],
    errors: Errors,
    draws: int = DRAWS,
    seed: int = 0,
) -> np.ndarray:
    """Draw views of videos that belong together.

    Parameters
    ----------
    logs, above
        Forecast, and how far its 80 % interval goes up, as ln(1 + views).
    ages
        Model ages (days).
    names, accounts
        What tells videos and accounts apart: what is drawn for one does not depend on which others there are.
    errors
        Result of `learn_errors`.
    draws
        Number of draws.
    seed
        Of the draws.

    Returns
    -------
    ndarray
        Views, one row per draw and one column per video; without known errors, the forecasts themselves.
    """
    if not errors.quantiles:
        return np.broadcast_to(np.expm1(logs), (draws, len(logs)))
    known, own = np.unique(np.asarray(accounts, dtype=object).astype(str), return_inverse=True)
    shared, by_account, alone = (
        _normals(what, draws, seed=seed, kind=kind)
        for what, kind in ((["all"], "all"), (known, "account"), (names, "video"))
    )
    return _views(_tied(shared, by_account[:, own], alone, errors=errors), logs, above, ages=ages, errors=errors)


def _normals(names: Iterable[str], draws: int, *, seed: int, kind: str) -> np.ndarray:
    """Draw normal numbers, one column per name, from a stream of its own."""
    columns = []
    for name in names:
        stream = int.from_bytes(hashlib.blake2b(f"{kind}/{name}".encode(), digest_size=8).digest(), "big")
        columns.append(np.random.default_rng([seed, stream]).standard_normal(draws))
    return np.column_stack(columns) if columns else np.empty((draws, 0))
