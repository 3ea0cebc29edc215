"""Effect of belonging to a group on log views, seen within the accounts that have videos inside and outside it.

Definitions
-----------
design
    Log views with the account's level and the age terms taken out (Frisch, Waugh and Lovell), so that each group costs
    one projection and one regression whatever their number.
overlap
    Accounts that have videos inside and outside the group. Only they identify a within-account effect; the others
    only help to estimate what age does.

Pitfalls: an account's videos are alike, so tests that take videos as independent call a quarter or more of meaningless
groups significant. Groups that are constant within accounts have no effect here: see `between_accounts.between_effect`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from shortimize_analytics.analysis.base.english import counted

from .shifts import arrangements, shift_test

AGE_TERM_ENDS = (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 60, 120, 180, 365)
"""Days at which an age term ends: single days while views grow quickly, since videos of one snapshot that share a
weekday also share their ages."""
FEW_CLUSTERS = 20
"""Below this many overlapping accounts a cluster-robust variance is too small, and labels are shifted instead."""
PERMUTATIONS = 999
MIN_ARRANGEMENTS = 40
"""Fewer ways to shift a label than this, and no p below 5 % would be left after a correction."""
MANY_VIDEOS = 5000
"""From so many videos on, the law of a permuted sum is its normal limit: drawing it takes minutes and says the same."""
MAX_VIF = 10.0
LEVEL = 0.05
MAX_LOG_RATIO = 30.0
"""No label multiplies views by e³⁰: an interval that reaches so far has no end."""
_CHUNK_CELLS = 2_000_000
TINY = 1e-9
NAN = float("nan")


class Effect(NamedTuple):
    """A difference in log views, its 95 % interval and p-value, and how they were found; NaN where it has none."""

    beta: float
    low: float
    high: float
    p: float
    method: str


@dataclass(frozen=True, slots=True)
class Design:
    """Log views with account and age taken out.

    Parameters
    ----------
    account
        Account number of each video, from 0.
    basis
        Orthonormal columns that span the age terms within accounts.
    residual
        Log views minus what account and age explain.
    adjusted
        Log views minus what age explains, accounts left in.
    place
        Place in time of each video, to be compared inside its account.
    """

    account: np.ndarray
    basis: np.ndarray
    residual: np.ndarray
    adjusted: np.ndarray
    place: np.ndarray

    def within(self, column: np.ndarray) -> np.ndarray:
        """Take account and age out of another column."""
        centred = column - group_means(column, self.account)[self.account]
        return centred - self.basis @ (self.basis.T @ centred)


def group_means(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Average a column inside each group."""
    return np.bincount(codes, values) / np.bincount(codes)


def count_distinct(codes: np.ndarray) -> int:
    """Count how many different numbers there are."""
    return int(np.count_nonzero(np.bincount(codes)))


def age_terms(age_days: np.ndarray) -> np.ndarray:
    """Code ages as indicator columns, the first stretch being the reference; stretches without videos are left out."""
    stretch = np.searchsorted(AGE_TERM_ENDS, age_days, side="right")
    return np.equal.outer(stretch, np.unique(stretch)[1:]).astype(float)


def make_design(
    outcome: np.ndarray, account: np.ndarray, *, terms: np.ndarray, place: np.ndarray | None = None
) -> Design:
    """Take account levels and age terms out of log views.

    Parameters
    ----------
    outcome
        Log views.
    account
        Account number of each video, from 0, every number used.
    terms
        Age terms, one column each; no column when all videos are seen at one age.
    place
        Day of upload; None where the rows stand in the order of upload.
    """
    place = np.arange(len(outcome)) if place is None else place
    centred = outcome - group_means(outcome, account)[account]
    if not terms.shape[1]:
        return Design(account, terms, centred, outcome, place)
    moving = np.column_stack([column - group_means(column, account)[account] for column in terms.T])
    left, strength, right = np.linalg.svd(moving, full_matrices=False)
    kept = strength > TINY * max(1.0, strength[0])
    basis = left[:, kept]
    weights = basis.T @ centred
    slopes = right[kept].T @ (weights / strength[kept])
    return Design(account, basis, centred - basis @ weights, outcome - terms @ slopes, place)


def overlapping(member: np.ndarray, account: np.ndarray) -> np.ndarray:
    """Mark the videos of accounts that have members and non-members."""
    share = group_means(member.astype(float), account)
    return ((share > 0) & (share < 1))[account]


def within_effect(design: Design, member: np.ndarray, *, within: np.ndarray | None = None, seed: int = 0) -> Effect:
    """Estimate what membership adds to log views inside the same accounts.

    Parameters
    ----------
    design
        Result of `make_design`.
    member
        True for videos of the group; at least one account must have both kinds.
    within
        What `design.within` leaves of `member`, where it is known already.
    seed
        Seed of the permutations.

    Returns
    -------
    Effect
        With 20 or more overlapping accounts the regression with a variance clustered by account and t quantiles;
        with fewer, membership shifted inside each account's sequence of uploads (see `shifts`), or permuted where
        shifts have fewer than 40 arrangements. The interval holds every effect that the test does not reject. With
        fewer than 12 accounts the test asks whether the group does nothing in any of them: an effect that differs from
        one to the next cannot be told from one they share.

    References
    ----------
    Cameron and Miller, A Practitioner's Guide to Cluster-Robust Inference, 2015. Freedman and Lane, A Nonstochastic
    Interpretation of Reported Significance Levels, 1983. Phipson and Smyth, Permutation p-values should never be zero,
    2010.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.comparisons.within_accounts import age_terms, make_design, within_effect
    >>> account = np.repeat(np.arange(24), 10)
    >>> member = np.tile([True, False], 120)
    >>> noise = np.random.default_rng(1).normal(size=240)
    >>> design = make_design(account + 0.7 * member + 0.1 * noise, account, terms=age_terms(np.full(240, 40)))
    >>> effect = within_effect(design, member)
    >>> round(effect.beta, 2), effect.low < 0.7 < effect.high, effect.method
    (0.69, True, 'within 24 accounts, clustered')
    """
    column = design.within(member.astype(float)) if within is None else within
    rows = overlapping(member, design.account)
    accounts = count_distinct(design.account[rows])
    if column @ column < TINY * len(column):
        return Effect(NAN, NAN, NAN, NAN, "not separable from age or account")
    if accounts >= FEW_CLUSTERS:
        return _clustered(design, column, accounts=accounts)
    note = "; says nothing of other accounts" if accounts == 1 else ""
    found = _shifted(design, column, member=member, rows=rows, seed=seed)
    how = "permuted" if found is None else "shifted"
    found = found or _permuted(design, column, member=member, rows=rows, seed=seed)
    return found._replace(method=f"within {counted(accounts, 'account')}, {how}{note}")


def _clustered(design: Design, column: np.ndarray, *, accounts: int) -> Effect:
    """Regress on one column, with Liang and Zeger's variance: statsmodels' figures in a seventh of its time."""
    from scipy import stats

    square = float(column @ column)
    beta = float(column @ design.residual) / square
    sums = np.bincount(design.account, column * (design.residual - beta * column))
    error = float(np.sqrt(len(sums) / (len(sums) - 1) * (sums @ sums))) / square
    # accounts without overlap add next to nothing to the variance, so they must not add degrees of freedom either
    reach = float(stats.t.isf(LEVEL / 2, accounts - 1)) * error
    p = float(2 * stats.t.sf(abs(beta) / error, accounts - 1)) if error > 0 else NAN
    return Effect(beta, beta - reach, beta + reach, p, f"within {accounts:,} accounts, clustered")


def _shifted(design: Design, column: np.ndarray, *, member: np.ndarray, rows: np.ndarray, seed: int) -> Effect | None:
    """Test by shifts; None where the members recur so regularly that hardly any shift differs."""
    chosen = np.flatnonzero(rows)
    chosen = chosen[np.lexsort((chosen, design.place[chosen], design.account[chosen]))]
    starts = np.flatnonzero(np.diff(design.account[chosen], prepend=-1))
    if arrangements(member[chosen], starts) < MIN_ARRANGEMENTS:
        return None
    outcome = design.residual[chosen]
    test = shift_test(
        member[chosen], starts, outcome=outcome, column=column[chosen], basis=design.basis[chosen], seed=seed
    )
    beta = float(test.outcome[0] / test.column[0])
    return Effect(beta, *interval(test.p_value, beta=beta, spread=test.spread), test.p_value(0.0), "")


def _permuted(design: Design, column: np.ndarray, *, member: np.ndarray, rows: np.ndarray, seed: int) -> Effect:
    pair = np.column_stack([design.residual[rows], column[rows]])
    codes = np.unique(design.account[rows], return_inverse=True)[1]
    observed = member[rows].astype(float) @ pair
    if len(pair) > MANY_VIDEOS:
        p_value, spread = _normal_law(observed, member[rows], codes=codes, columns=pair)
    else:
        p_value, spread = _drawn_law(
            observed, permuted_sums(member[rows], codes, columns=pair, times=PERMUTATIONS, seed=seed)
        )
    beta = float(observed[0] / observed[1])
    return Effect(beta, *interval(p_value, beta=beta, spread=spread), p_value(0.0), "")


def interval(p_value: Callable[[float], float], *, beta: float, spread: float) -> tuple[float, float]:
    """Return the ends of the effects that a test does not reject; 0 lies outside exactly where its p is below 5 %."""
    refused = p_value(0.0) < LEVEL
    ends = []
    for side in (-1, 1):
        towards = side * beta < 0
        if towards and refused:
            ends.append(_between(p_value, inside=beta, outside=0.0))
        else:
            ends.append(_edge(p_value, start=0.0 if towards else beta, step=side * spread))
    return ends[0], ends[1]


def _drawn_law(observed: np.ndarray, draws: np.ndarray) -> tuple[Callable[[float], float], float]:
    """Return the p-value of an effect by permutations drawn, and the spread of the estimate."""

    def p_value(effect: float) -> float:
        seen = abs(observed[0] - effect * observed[1]) * (1 - 1e-9)
        return float(1 + np.count_nonzero(np.abs(draws[:, 0] - effect * draws[:, 1]) >= seen)) / (1 + len(draws))

    return p_value, float(np.std(draws[:, 0]) / observed[1])


def _normal_law(
    observed: np.ndarray, member: np.ndarray, *, codes: np.ndarray, columns: np.ndarray
) -> tuple[Callable[[float], float], float]:
    """Return the same from the exact mean and covariance of the sums under permutation, taken as normal.

    References
    ----------
    H. Strasser and C. Weber, On the asymptotic theory of permutation statistics, Math. Methods of Statistics 8 (1999).
    """
    from scipy.stats import norm

    n, inside = np.bincount(codes), np.bincount(codes, member)
    centred = columns - np.column_stack([group_means(column, codes) for column in columns.T])[codes]
    shift = observed - inside @ np.column_stack([group_means(column, codes) for column in columns.T])
    weight = (inside * (n - inside) / (n * np.maximum(n - 1, 1)))[codes]
    covariance = centred.T @ (weight[:, None] * centred)

    def p_value(effect: float) -> float:
        contrast = np.array([1.0, -effect])
        return float(2 * norm.sf(abs(contrast @ shift) / np.sqrt(max(contrast @ covariance @ contrast, TINY**2))))

    return p_value, float(np.sqrt(covariance[0, 0]) / observed[1])


def _edge(p_value: Callable[[float], float], *, start: float, step: float) -> float:
    """Find where the test begins to reject, moving from the estimate in one direction; NaN if it never does."""
    inside, outside = start, start + step
    while p_value(outside) >= LEVEL:
        inside, outside = outside, start + 2 * (outside - start)
        if abs(outside - start) > MAX_LOG_RATIO or outside == inside:
            return NAN
    return _between(p_value, inside=inside, outside=outside)


def _between(p_value: Callable[[float], float], *, inside: float, outside: float) -> float:
    """Halve the stretch between an effect that the test keeps and one that it rejects."""
    for _ in range(30):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if p_value(middle) < LEVEL else (middle, outside)
    return outside


def permuted_sums(member: np.ndarray, codes: np.ndarray, *, columns: np.ndarray, times: int, seed: int) -> np.ndarray:
    """Permute membership inside groups many times and sum columns over the members.

    Parameters
    ----------
    member, codes
        Membership of each row, and the group inside which it may move.
    columns
        What to sum, one column each.
    times
        Number of permutations.
    seed
        Seed of the generator.

    Returns
    -------
    ndarray
        One permutation per row, one sum per column.

    Examples
    --------
    >>> import numpy as np
    >>> from shortimize_analytics.analysis.comparisons.within_accounts import permuted_sums
    >>> member, group = np.array([True, False, False]), np.array([0, 0, 1])
    >>> sums = permuted_sums(member, group, columns=np.array([[1.0], [2.0], [4.0]]), times=100, seed=0)
    >>> np.unique(sums).tolist()
    [1.0, 2.0]
    """
    order = np.argsort(codes, kind="stable")
    group, inside, values = codes[order], member[order].astype(float), columns[order]
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // max(1, len(group)))
    parts = []
    for start in range(0, times, step):
        # keys within [group, group + 1): sorting them shuffles every group inside its own place
        keys = group + rng.random((min(step, times - start), len(group)))
        parts.append(inside[np.argsort(keys, axis=1)] @ values)
    return np.concatenate(parts)


def joint_effects(design: Design, members: list[np.ndarray]) -> list[float]:
    """Estimate all groups in one model: what each adds when the others are held equal.

    Returns
    -------
    list of float
        Log effects in the order of `members`; NaN where the groups cannot be told apart (identical, one completing
        another, or a variance inflation above 10).

    References
    ----------
    Variance inflation factors are the diagonal of the inverse correlation matrix: Marquardt, 1970.
    """
    if not members:
        return []
    columns = np.column_stack([design.within(member.astype(float)) for member in members])
    products = columns.T @ columns
    length = np.sqrt(np.diag(products))
    usable = length > TINY
    length = length[usable]
    likeness = products[np.ix_(usable, usable)] / np.outer(length, length)
    inflation = np.diag(np.linalg.inv(likeness + TINY * np.eye(len(likeness))))
    beta = np.linalg.lstsq(likeness, (design.residual @ columns)[usable] / length, rcond=None)[0] / length
    out = np.full(len(members), np.nan)
    out[usable] = np.where(inflation <= MAX_VIF, beta, np.nan)
    return out.tolist()
