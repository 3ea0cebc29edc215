"""A frame for each plot, of any number of rows, with a text of choice wherever outside text can stand."""

import numpy as np
import pandas as pd

from shortimize_analytics import schema


def frame(table, rows, **columns):
    """A frame of a table with these columns and NA elsewhere."""
    made = {column.name: pd.Series([None] * rows, dtype="object") for column in table}
    given = {name: pd.Series(list(values) if len(values) else [], dtype="object") for name, values in columns.items()}
    return schema.conform(pd.DataFrame(made | given), table)


def named(text, i):
    """The i-th name: the text, or one of several, and its number."""
    return f"{text if isinstance(text, str) else text[i % len(text)]}{i}"


def _names(rows, text):
    return [named(text, i) for i in range(rows)]


def _falling(rows, first=5_000_000):
    return [max(1, int(first / (i + 1))) for i in range(rows)]


def growth_curves(rows, text="group "):
    ages = min(31, max(rows, 1))
    cells = [(named(text, i // ages), i % ages, 5 + i // ages) for i in range(rows)]
    median = [(age + 1) / ages for _, age, _ in cells]
    return frame(
        schema.GROWTH_CURVES,
        rows,
        group=[name for name, _, _ in cells],
        age_days=[age for _, age, _ in cells],
        n_videos=[size for _, _, size in cells],
        median_value=median,
        lo=[value / 3 for value in median],
        hi=[value * 3 for value in median],
        ci_lo=[value * 0.9 for value in median],
        ci_hi=[value * 1.1 for value in median],
        n_interpolated=[0] * rows,
    )


def outliers(rows, text="user "):
    mult = np.geomspace(90, 0.02, rows)
    return frame(
        schema.OUTLIERS,
        rows,
        ad_id=_names(rows, "v"),
        username=_names(rows, text),
        platform=[["tiktok", "youtube", "new one"][i % 3] for i in range(rows)],
        views=_falling(rows),
        mult=mult,
        mult_lo=mult / 1.5,
        mult_hi=mult * 1.5,
        n_peers=[20] * rows,
        reliable=[i % 4 > 0 for i in range(rows)],
    )


def effects(rows, text="label ", *, table=schema.GROUP_COMPARISON):
    ratio = [None if i % 5 == 4 else 2.0 / (1 + i / 10) for i in range(rows)]
    verdicts = ["higher", "no clear difference", "lower"]
    columns = {
        "label": _names(rows, text),
        "n_videos": [30 + i for i in range(rows)],
        "ratio": ratio,
        "ratio_lo": [None if value is None else value * 0.8 for value in ratio],
        "ratio_hi": [None if value is None else value * 1.2 for value in ratio],
        "verdict": ["too few" if value is None else verdicts[i % 3] for i, value in enumerate(ratio)],
    }
    if "n_accounts_overlap" in table.names:
        columns["n_accounts_overlap"] = [5] * rows
    if "optimum" in table.names:
        columns["optimum"] = [i == 0 for i in range(rows)]
    return frame(table, rows, **columns)


def labels(rows, text="label "):
    return effects(rows, text, table=schema.LABEL_COMPARISON)


def label_overlap(rows, text="label "):
    size = next(n for n in range(2, 200) if n * (n - 1) // 2 >= rows)
    pairs = [(a, b) for b in range(size) for a in range(b)][:rows]
    return frame(
        schema.LABEL_OVERLAP,
        rows,
        label_id_a=[f"l{a}" for a, _ in pairs],
        label_a=[named(text, a) for a, _ in pairs],
        label_id_b=[f"l{b}" for _, b in pairs],
        label_b=[named(text, b) for _, b in pairs],
        n_a=[400] * rows,
        n_b=[300] * rows,
        n_both=[1 + i % 300 for i in range(rows)],
        jaccard=np.linspace(0.9, 0.01, rows),
    )


def waterfall(rows, text="step: "):
    return pd.DataFrame({"step": _names(rows, text), "views": [(-1) ** i * 900 for i in range(rows)]})


def weekly_series(rows, text=""):
    gained = _falling(rows)
    return frame(
        schema.WEEKLY_SERIES,
        rows,
        start=list(pd.date_range("1969-12-29", periods=rows, freq="7D")),
        end=list(pd.date_range("1970-01-04", periods=rows, freq="7D")),
        views_gained=gained,
        new_views=[value // 4 for value in gained],
        back_views=[value - value // 4 + 10 for value in gained],
        corrections=[-10] * rows,
        n_uploads=[3] * rows,
        partial=[i == 0 for i in range(rows)],
    )


def movers(rows, text="title "):
    gains = _falling(rows)
    return frame(
        schema.WEEKLY_MOVERS,
        rows,
        ad_id=_names(rows, "v"),
        title=_names(rows, text),
        username=_names(rows, text),
        gain=gains,
        is_new=[i % 2 == 0 for i in range(rows)],
        share=[gain / sum(gains) for gain in gains],
    )


def gain_shares(rows, text="title "):
    part = movers(rows, text)
    total = part["share"].cumsum().clip(upper=1.0)
    return frame(schema.GAIN_SHARES, rows, position=range(1, rows + 1), gain=part["gain"], cum_share=total)


def brackets(rows, text="group "):
    names = ["<1", "1-5", "5-10", "10-25", "25-50", "50-100", "100+"]
    counts = [60, 30, 6, 3, 1, 0, 0]
    places = [i % 7 for i in range(rows)]
    return frame(
        schema.BRACKET_COUNTS,
        rows,
        group=[named(text, i // 7) for i in range(rows)],
        bracket=[names[i] for i in places],
        n_videos=[counts[i] for i in places],
        n=[100] * rows,
        share=[counts[i] / 100 for i in places],
        lo=[counts[i] / 150 for i in places],
        hi=[(counts[i] + 5) / 100 for i in places],
    )


def over_time(table, rows, *, text="group ", groups=1, freq="7D"):
    size = -(-rows // groups)
    start = pd.date_range("1990-01-01", periods=max(size, 1), freq=freq)
    values = [10 + (7 * i) % 50 for i in range(rows)]
    columns = {
        "group": [named(text, i // size) if groups > 1 else "all" for i in range(rows)],
        "start": [start[i % size] for i in range(rows)],
        "end": [start[i % size] + pd.Timedelta(freq) - pd.Timedelta(days=1) for i in range(rows)],
        "n_uploads": values,
        "partial": [i % size in {0, size - 1} for i in range(rows)],
    }
    if table is schema.UPLOADS_OVER_TIME:
        columns["n_photos"] = [value // 5 for value in values]
    else:
        columns |= {"views_gained": [value * 1000 for value in values], "new_views": [value * 400 for value in values]}
        columns |= {"back_views": [value * 610 for value in values], "corrections": [value * -10 for value in values]}
    return frame(table, rows, **columns)


def history(rows, text=""):
    ages = np.arange(rows)
    views = (50_000 * np.log1p(ages)).astype(int) + 100
    return pd.DataFrame(
        {
            "ad_id": pd.Series(["v0"] * rows, dtype="str"),
            "date": pd.date_range("2016-01-01", periods=rows),
            "age_days": pd.array(ages, dtype="Int32"),
            "views_raw": pd.array(views, dtype="Int64"),
            "obs": pd.Categorical(
                ["interpolated" if i % 10 in {4, 5} else "observed" for i in range(rows)],
                categories=["observed", "interpolated", "gap"],
            ),
            "correction": [i % 50 == 7 for i in range(rows)],
        }
    )


def forecasts(rows, text="user "):
    views = _falling(rows)
    return frame(
        schema.FORECASTS,
        rows,
        ad_id=_names(rows, "v"),
        username=_names(rows, text),
        platform=[["tiktok", "youtube", None][i % 3] for i in range(rows)],
        age_days=[1 + i % 20 for i in range(rows)],
        views=views,
        horizon=[30] * rows,
        pred=[value * 1.5 for value in views],
        lo80=[value * 1.1 for value in views],
        hi80=[value * 3.0 for value in views],
        cov_backtest=[0.79] * rows,
    )


def data_quality(rows, text="check_"):
    return frame(
        schema.DATA_QUALITY,
        rows,
        check=_names(rows, text),
        unit=["videos"] * rows,
        n=list(range(rows)),
        of=[rows] * rows,
        share=[i / rows for i in range(rows)],
    )


FRAMES = {
    "brackets": brackets,
    "cohort_curves": growth_curves,
    "data_quality": data_quality,
    "duration_effect": effects,
    "forecast": forecasts,
    "growth_curves": growth_curves,
    "label_overlap": label_overlap,
    "labels": labels,
    "movers": movers,
    "outlier_scatter": outliers,
    "outliers": outliers,
    "pareto": gain_shares,
    "uploads_over_time": lambda rows, text="group ": over_time(schema.UPLOADS_OVER_TIME, rows, text=text),
    "video": history,
    "views_over_time": lambda rows, text="group ": over_time(schema.VIEWS_OVER_TIME, rows, text=text),
    "waterfall": waterfall,
    "weekday_effect": effects,
    "weekly_series": weekly_series,
}
"""By the name of the plot without `plot_`: called with a number of rows and a text."""
FEW_BY_NATURE = {"waterfall": 7, "weekly_series": 9, "duration_effect": 13, "weekday_effect": 7, "data_quality": 24}
"""Results that never have thousands of rows, with the most they have."""
