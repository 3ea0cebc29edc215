"""What goes wrong in the middle of a digest is an error, nothing is half-written, and a second run does the rest."""

import os
import shutil

import pytest

import shortimize_analytics as sa
from conftest import compare, from_digest
from shortimize_analytics.errors import ArchiveError


class EndsEarly:
    """Does so many parts, and then what happens to executors."""

    def __init__(self, parts, then):
        self.parts, self.then = parts, then

    def map(self, function, tasks):
        for number, task in enumerate(tasks):
            if number == self.parts:
                self.then(task)
            yield function(task)


def _dies(task):
    raise RuntimeError("the scheduler is gone")


def _full(task):
    raise OSError(28, "No space left on device")


def _changes(task):
    os.utime(f"{task.archive}/{task.part.file}")


@pytest.mark.parametrize(
    ("happens", "said"),
    [(_dies, "RuntimeError: the scheduler is gone"), (_full, "No space left"), (_changes, "changed while it was")],
)
def test_an_early_end_is_an_error_and_a_second_run_does_only_what_is_missing(lab, tmp_path, happens, said):
    archive, out = shutil.copytree(lab.archive, tmp_path / "archive"), tmp_path / "digest"
    with pytest.raises(ArchiveError, match=said):
        sa.scale.digest(archive, lab.videos, out=out, groups=5, executor=EndsEarly(2, happens))
    with pytest.raises(ArchiveError, match="no whole digest"):
        sa.scale.read_digest(out, lab.videos)
    assert len(list(out.iterdir())) == 2
    told = sa.scale.digest(archive, lab.videos, out=out, groups=5)
    assert told.reused == (0 if happens is _changes else 2)
    assert len(list(out.iterdir())) == told.parts + 1
    compare(from_digest(out, lab.videos), lab.expected)
