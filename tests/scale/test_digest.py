"""A digest says what the whole history says, to the last bit, whatever maps over its parts."""

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest

import shortimize_analytics as sa
from conftest import GROUPS, compare, every_table, fill, from_digest
from shortimize_analytics.scale.written import identity_of
from shortimize_analytics.schema.checks import to_cumulative


@pytest.mark.parametrize("ids", [[], ["b", "a", None, "b", "Z"], ["\U0001f600", "\ue000", "é", "e"]])
def test_a_choice_of_videos_is_known_by_a_checksum_of_its_sorted_ids(ids):
    plain = sorted({each for each in ids if each})
    told = identity_of(pd.DataFrame({"ad_id": pd.Series(ids, dtype="str")}))
    checksum = hashlib.blake2b("\n".join(plain).encode(), digest_size=12).hexdigest()
    assert told == {"number": len(plain), "ids": checksum}


@pytest.mark.parametrize("engine", ["loop", "pool", "dask"])
def test_every_table_is_that_of_the_whole_history_to_the_last_bit(lab, tmp_path, engine, request):
    if engine == "loop":
        whole = request.getfixturevalue("whole")
        out, told = whole.folder, whole.told
    elif engine == "pool":
        out = tmp_path
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=pool)
    else:
        out, executor = tmp_path, sa.scale.DaskExecutor(request.getfixturevalue("cluster"))
        told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=executor)
    compare(from_digest(out, lab.videos), lab.expected)
    assert (told.rows, told.videos, told.reused) == (lab.rows, lab.history["ad_id"].nunique(), 0)
    assert told.parts > 6


class Counted:
    """Does one part after the other, and counts them."""

    def __init__(self):
        self.parts = 0

    def map(self, function, tasks):
        self.parts += len(tasks)
        return map(function, tasks)


def test_gains_per_day_and_days_that_were_not_over_are_found_out_once_and_known_by_the_next_digest(lab, demo, tmp_path):
    rows = demo.history[demo.history["ad_id"].isin(lab.videos["ad_id"])]
    rows = rows.sort_values(["ad_id", "date"], ignore_index=True)
    gains = rows.groupby("ad_id")["views"].diff().clip(lower=0).fillna(rows["views"])
    noon = (rows["date"] + pd.Timedelta(hours=12)).dt.tz_localize("UTC")
    archive = fill(tmp_path / "archive", rows.assign(views=gains, fetched_at=noon), files=2)
    data = sa.prepare(lab.videos, to_cumulative(archive.read()))
    executor, options = Counted(), {"out": tmp_path / "digest", "groups": GROUPS}
    told = sa.scale.digest(archive.folder, lab.videos, executor=executor, **options)
    compare(from_digest(options["out"], lab.videos), every_table(data, sa.period_summary(data)))
    assert executor.parts == 2 * told.parts
    again = sa.scale.digest(archive.folder, lab.videos, executor=executor, **options)
    assert again.reused == again.parts == told.parts
    assert executor.parts == 2 * told.parts


def test_a_digest_of_other_videos_is_read_with_a_warning(lab, whole):
    fewer = lab.videos.iloc[5:]
    with pytest.warns(sa.errors.FreshnessWarning, match=f"other videos .*these are {len(fewer):,}.* Digest anew"):
        data = sa.scale.read_digest(whole.folder, fewer)
    assert len(sa.rank_outliers(data)) > 0
    shuffled = lab.videos.sample(frac=1, random_state=0)
    assert sa.rank_outliers(sa.scale.read_digest(whole.folder, shuffled)).equals(lab.expected["ranked"])
