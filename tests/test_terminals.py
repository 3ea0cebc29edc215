"""The command line where standard output knows few characters, is closed, or ends early."""

import os
import subprocess

import pytest
from command_line import SHORTIMIZE, shortimize


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_table_prints_where_the_output_has_few_characters(demo_folder, encoding):
    done = shortimize("labels", "--demo", "--data-dir", demo_folder, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "Behind the scenes ?" in done.stdout


def test_a_closed_output_does_not_stop_a_command(tmp_path):
    command = f'"{SHORTIMIZE}" cache info --data-dir "{tmp_path}" >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
