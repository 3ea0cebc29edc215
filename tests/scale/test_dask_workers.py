"""A scheduler that has no workers, none yet or none any more: the map waits for them, says so, and not for ever."""

import time
from contextlib import ExitStack

import pytest
from dask_processes import dask_cluster, dask_workers, end
from distributed import Client
from halfway import PATIENCE, Halfway

import shortimize_analytics as sa
from conftest import GROUPS, in_one
from shortimize_analytics.cli import main
from shortimize_analytics.errors import ArchiveError, InvalidParameterError

BOUND = 30
"""Seconds within which a wait of one second must have ended."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The address of a scheduler that nobody works for."""
    with dask_cluster(tmp_path_factory.mktemp("alone"), workers=0) as (address, _):
        yield address


def test_a_scheduler_without_workers_is_an_error_that_names_it_and_what_to_do(alone, demo_folder, tmp_path, capsys):
    command = ["scale", "digest", str(tmp_path / "digest"), "--demo", "--data-dir", demo_folder, "--scheduler", alone]
    begun = time.monotonic()
    assert main([*command, "--worker-wait", "1"]) == 6
    assert time.monotonic() - begun < BOUND
    said = capsys.readouterr().err
    assert f"the scheduler at {alone} has 0 workers, and has had none for 1 s" in said
    assert f"start some with `dask worker {alone}`" in said
    assert not list((tmp_path / "digest").iterdir())
    assert main([*command, "--worker-wait", "0"]) == 2
    assert "wait=0 is not above 0" in capsys.readouterr().err
    assert main([*command[:-2], "--worker-wait", "9"]) == 2
    assert "--worker-wait 9 is for --scheduler" in capsys.readouterr().err


def test_the_progress_says_that_it_waits(alone, lab, tmp_path, capsys):
    with Client(alone) as client:
        executor = sa.scale.DaskExecutor(client, wait=2)
        with pytest.raises(ArchiveError, match="has had none for 2 s"):
            sa.scale.digest(lab.archive, lab.videos, out=tmp_path, groups=GROUPS, executor=executor, progress=True)
    assert f"0 workers at {alone}, waiting for one: 0 of 2 s" in capsys.readouterr().err


def test_workers_that_come_late_do_all_the_work(lab, whole, tmp_path):
    out, said = tmp_path / "digest", []
    with ExitStack() as running:
        address, _ = running.enter_context(dask_cluster(tmp_path, workers=0))
        executor = sa.scale.DaskExecutor(running.enter_context(Client(address)), wait=60)

        class Late:
            """Has the first worker started once it is told that there is none."""

            def map(self, function, tasks):
                return executor.map(function, tasks, say=self.say)

            def say(self, text):
                if not said:
                    running.enter_context(dask_workers(tmp_path, workers=1))
                said.append(text)

        told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=Late())
    assert said[0].startswith(f"0 workers at {address}, waiting for one: 0 of 60 s")
    assert (told.parts, told.reused) == (whole.told.parts, 0)
    assert in_one(out).equals(in_one(whole.folder))


def test_workers_that_all_leave_are_an_error_and_a_second_run_does_the_rest(lab, whole, tmp_path):
    out = tmp_path / "digest"
    with ExitStack() as running:
        address, _ = running.enter_context(dask_cluster(tmp_path, workers=0))
        nanny = running.enter_context(dask_workers(tmp_path, workers=1))
        client = running.enter_context(Client(address))
        client.wait_for_workers(1, timeout=PATIENCE)  # a start may take longer than it may be away
        executor = sa.scale.DaskExecutor(client, wait=2)
        halfway = Halfway(lambda _: end(nanny), executor=executor, folder=tmp_path)
        with pytest.raises(ArchiveError, match=f"{address} has 0 workers, and has had none for 2 s.*run it again"):
            sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS, executor=halfway)
    told = sa.scale.digest(lab.archive, lab.videos, out=out, groups=GROUPS)
    assert (told.parts, told.reused) == (whole.told.parts, 2)
    assert in_one(out).equals(in_one(whole.folder))


def test_no_time_to_wait_is_refused(alone):
    with Client(alone) as client, pytest.raises(InvalidParameterError, match="wait=-1 is not above 0"):
        sa.scale.DaskExecutor(client, wait=-1)
