"""A digest says what the whole history says, to the last bit, whatever maps over its parts."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

import shortimize_analytics as sa
from conftest import GROUPS, compare, from_digest


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
        out, executor = tmp_path, request.getfixturevalue("cluster").get_executor(retries=2)
        told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=executor)
    compare(from_digest(out, lab.videos), lab.expected)
    assert (told.rows, told.videos, told.reused) == (lab.rows, lab.history["ad_id"].nunique(), 0)
    assert told.parts > 6
