"""Growth laws fitted to single videos: what a curve says about the views still to come, and when it cannot know.

The curves, t days after upload, fitted to ln views by least squares:

stretched
    K·(1 − exp(−(t/b)^c)): b days, c below 1 when early views come fast and late ones slowly.
gompertz
    K·exp(−b·exp(−c·t)).
richards
    K ÷ (1 + exp(b − c·t))^(1/d): the logistic curve at d = 1.
power
    K·t^b: never levels off, so its K is the views at day 1 and no final value.

Pitfalls: a curve that still rises fits almost any final value. K is therefore NA until the video is three times as old
as its t50, and even then knows of no revival. AICc compares models of one video only. Laws fitted to single videos
forecast worse than rules learnt from other videos: use `forecast_views` for that.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shortimize_analytics.analysis.base.series import Knots, knots
from shortimize_analytics.analysis.prepared import Prepared, as_prepared, history_of
from shortimize_analytics.schema import GROWTH_FITS, conform
from shortimize_analytics.schema.cast import naming_columns
from shortimize_analytics.schema.choices import GrowthLaw, check_choice

MIN_DAYS = 8
IDENTIFIED = 3.0
"""A final value is given once the video is so many times as old as its t50."""
MAX_EVALUATIONS = 2000
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Law:
    """A growth law: its logarithm in parameters that may take any value, a first guess, and how to read the result.

    Attributes
    ----------
    log
        ln views at age t, given ln K and the other parameters (positive ones as logarithms).
    guess
        First guess from ages and ln views.
    read
        b, c, d and t50 from the parameters.
    """

    log: Callable[..., np.ndarray]
    guess: Callable[[np.ndarray, np.ndarray], list[list[float]]]
    read: Callable[..., tuple[float, float, float, float]]


def log_stretched(t: np.ndarray, log_k: float, log_b: float, log_c: float) -> np.ndarray:
    """Take ln of K·(1 − exp(−(t/b)^c))."""
    power = np.clip(np.exp(log_c) * (np.log(t) - log_b), -700, 700)
    return log_k + np.log(-np.expm1(-np.exp(np.minimum(power, 6.5))))


def log_gompertz(t: np.ndarray, log_k: float, log_b: float, log_c: float) -> np.ndarray:
    """Take ln of K·exp(−b·exp(−c·t))."""
    return log_k - np.exp(np.clip(log_b - np.exp(log_c) * t, -700, 700))


def log_richards(t: np.ndarray, log_k: float, b: float, log_c: float, log_d: float) -> np.ndarray:
    """Take ln of K ÷ (1 + exp(b − c·t))^(1/d)."""
    return log_k - np.logaddexp(0, b - np.exp(log_c) * t) * np.exp(-log_d)


def log_power(t: np.ndarray, log_k: float, b: float) -> np.ndarray:
    """Take ln of K·t^b."""
    return log_k + b * np.log(t)


def _half_life(t: np.ndarray, logs: np.ndarray) -> float:
    """Age at which half of the newest views had come."""
    return max(float(t[np.searchsorted(logs, logs[-1] + np.log(HALF))]), 0.5)


def _guess_stretched(t: np.ndarray, logs: np.ndarray) -> list[list[float]]:
    half = _half_life(t, logs)
    return [[logs[-1] + 0.1, np.log(half / np.log(2)), 0.0], [logs[-1] + 0.5, np.log(2 * half), -0.7]]


def _guess_gompertz(t: np.ndarray, logs: np.ndarray) -> list[list[float]]:
    rate = np.log(2) / _half_life(t, logs)
    return [[logs[-1] + 0.1, np.log(2 * np.log(2)), np.log(rate)]]


def _guess_richards(t: np.ndarray, logs: np.ndarray) -> list[list[float]]:
    half = _half_life(t, logs)
    return [[logs[-1] + 0.1, 1.0, np.log(2 / half), 0.0], [logs[-1] + 0.1, 4.0, np.log(4 / half), 0.5]]


def _guess_power(t: np.ndarray, logs: np.ndarray) -> list[list[float]]:
    return [[logs[0] - 0.5 * np.log(t[0]), 0.5]]


def _read_stretched(log_b: float, log_c: float) -> tuple[float, float, float, float]:
    b, c = np.exp(log_b), np.exp(log_c)
    return b, c, np.nan, b * np.log(2) ** (1 / c)


def _read_gompertz(log_b: float, log_c: float) -> tuple[float, float, float, float]:
    b, c = np.exp(log_b), np.exp(log_c)
    return b, c, np.nan, max(0.0, np.log(b / np.log(2)) / c)


def _read_richards(b: float, log_c: float, log_d: float) -> tuple[float, float, float, float]:
    c, d = np.exp(log_c), np.exp(log_d)
    return b, c, d, max(0.0, (b - np.log(np.expm1(d * np.log(2)))) / c)


def _read_power(b: float) -> tuple[float, float, float, float]:
    return b, np.nan, np.nan, np.nan


LAWS: dict[GrowthLaw, Law] = {
    "stretched": Law(log_stretched, _guess_stretched, _read_stretched),
    "gompertz": Law(log_gompertz, _guess_gompertz, _read_gompertz),
    "richards": Law(log_richards, _guess_richards, _read_richards),
    "power": Law(log_power, _guess_power, _read_power),
}


def fit_growth(
    videos: pd.DataFrame | Prepared, history: pd.DataFrame | None = None, *, model: GrowthLaw | None = None
) -> pd.DataFrame:
    """Fit growth laws to every video with at least 8 measured days.

    Parameters
    ----------
    videos
        Frame of `load_videos`, or what `prepare` made of it and the history; every video comes back. Fitting takes
        about 5 ms per video and model: choose the videos.
    history
        Frame of `load_history`; interpolated days and days before the upload take no part.
    model
        stretched, gompertz, richards or power; None fits all four and marks the best.

    Returns
    -------
    DataFrame
        One row per video and model, in the order of `videos`. See `schema.GROWTH_FITS`. Figures are NA where `notes`
        says few_days (under 8), no_convergence, or, for `k` alone, unidentified. `attrs["quality"]` counts these.

    Raises
    ------
    InvalidParameterError
        For an unknown model.

    References
    ----------
    F. J. Richards, J. Exp. Botany 10 (1959) 290-301. AICc: C. M. Hurvich and C.-L. Tsai, Biometrika 76 (1989) 297-307.
    The curves give the certified parameters of NIST's BoxBOD, Rat42 and Rat43, https://www.itl.nist.gov/div898/strd/.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from shortimize_analytics.analysis.growth.fits import fit_growth
    >>> days = pd.date_range("2026-03-01", periods=31).as_unit("us")
    >>> views = np.round(50_000 * (1 - np.exp(-((np.arange(31) / 3) ** 0.8)))).astype(int)
    >>> history = pd.DataFrame({"ad_id": "1", "date": days, "views": pd.array(views, dtype="Int64")})
    >>> videos = pd.DataFrame({"ad_id": ["1"], "platform": "tiktok", "uploaded_at": days[:1], "latest_views": 49_000})
    >>> fit_growth(videos, history, model="stretched")[["model", "n_days", "k", "b", "c", "t50"]].round(1)
           model  n_days        k    b    c  t50
    0  stretched      30  50000.0  3.0  0.8  1.9
    """
    if model is not None:
        check_choice(model, GrowthLaw, "model")
    names = list(LAWS) if model is None else [model]
    data = as_prepared(videos, history)
    videos, rows = data.videos, history_of(data)
    series = knots(rows)
    bounds = np.searchsorted(series.code, np.arange(len(series.ids) + 1))
    records = []
    for video, place in zip(
        naming_columns(videos).to_dict("records"), series.ids.get_indexer(videos["ad_id"]), strict=True
    ):
        ages, logs = _points(series, bounds, place=place)
        records += [video | _fit(ages, logs, name=name) | {"model": name, "n_days": len(ages)} for name in names]
    table = pd.DataFrame(records, columns=[*GROWTH_FITS.names])
    least = table.groupby("ad_id")["aicc"].transform("min")
    known = table["aicc"].notna().to_numpy()
    table["delta_aicc"] = table["aicc"] - least
    first = ~table.loc[known].duplicated(["ad_id", "delta_aicc"]).reindex(table.index, fill_value=True)
    table["best"] = pd.arrays.BooleanArray(((table["delta_aicc"] == 0) & first).to_numpy(dtype=bool), ~known)
    out = conform(table, GROWTH_FITS)
    counts = table["notes"].replace("", None).value_counts()
    quality = {**rows.attrs.get("quality", {}), **{str(note): int(count) for note, count in counts.items()}}
    out.attrs = {**videos.attrs, "table": GROWTH_FITS.name, "params": {"model": model}, "quality": quality}
    return out


def _points(series: Knots, bounds: np.ndarray, *, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Ages and ln views of one video's measured days after the upload day, with views."""
    if place < 0:
        return np.empty(0), np.empty(0)
    part = slice(bounds[place], bounds[place + 1])
    ages, curve = series.age[part], series.curve[part]
    keep = (ages > 0) & (curve > 0)
    return ages[keep], np.log(curve[keep])


def _fit(ages: np.ndarray, logs: np.ndarray, *, name: GrowthLaw) -> dict[str, object]:
    """Fit one law to one video."""
    law = LAWS[name]
    empty = dict.fromkeys(("k", "scale", "b", "c", "d", "t50", "rmse", "aicc"), np.nan)
    if len(ages) < MIN_DAYS:
        return empty | {"notes": "few_days"}
    best = least_squares(law.log, ages, logs, law.guess(ages, logs))
    if best is None:
        return empty | {"notes": "no_convergence"}
    with np.errstate(all="ignore"):  # a parameter without an end (an unidentified K) reads as infinite, then as NA
        rss = float(((logs - law.log(ages, *best)) ** 2).sum())
        scale, b, c, d, t50 = (float(value) for value in (np.exp(best[0]), *law.read(*best[1:])))
    unidentified = name == "power" or not ages[-1] >= IDENTIFIED * t50
    return {
        "k": np.nan if unidentified else scale,
        "scale": scale,
        "b": b,
        "c": c,
        "d": d,
        "t50": t50,
        "rmse": np.sqrt(rss / len(ages)),
        "aicc": aicc(rss, len(ages), parameters=len(best)),
        "notes": "unidentified" if unidentified else "",
    }


def least_squares(
    curve: Callable[..., np.ndarray], x: np.ndarray, y: np.ndarray, guesses: list[list[float]]
) -> np.ndarray | None:
    """Fit a curve from several first guesses and keep the best; None when none converges."""
    from scipy.optimize import OptimizeWarning, curve_fit

    found: tuple[float, np.ndarray | None] = np.inf, None
    for guess in guesses:
        # a step of the search may overflow: the point is then as bad as it gets
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # a covariance that cannot be estimated is one more sign of an unidentified K, and not used
            warnings.simplefilter("ignore", OptimizeWarning)
            try:
                values, _ = curve_fit(curve, x, y, p0=guess, maxfev=MAX_EVALUATIONS)
            except RuntimeError:  # scipy's word for no convergence
                continue
            rss = float(((y - curve(x, *values)) ** 2).sum())
        if rss < found[0]:
            found = rss, values
    return found[1]


def aicc(rss: float, n: int, *, parameters: int) -> float:
    """Akaike's criterion of a least-squares fit, corrected for few points; the error's variance counts as one more."""
    p = parameters + 1
    return n * np.log(max(rss, 1e-300) / n) + 2 * p + 2 * p * (p + 1) / (n - p - 1)
