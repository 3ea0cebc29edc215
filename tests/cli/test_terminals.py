"""The command line where standard output knows few characters, is closed, or ends early."""

import os
import subprocess

import pytest
from command_line import SHORTIMIZE, shortimize
from organisations import KEY


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_table_prints_where_the_output_has_few_characters(demo_folder, encoding):
    done = shortimize("labels", "--demo", "--data-dir", demo_folder, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "Behind the scenes ?" in done.stdout


def test_a_closed_output_does_not_stop_a_command(tmp_path):
    command = f'"{SHORTIMIZE}" cache info --data-dir "{tmp_path}" >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")


def test_an_offline_check_claims_nothing_about_the_key(simulator):
    with simulator() as server:
        online = shortimize("check", "--base-url", server.base_url, SHORTIMIZE_API_KEY=KEY)
    offline = shortimize("check", "--offline", "--base-url", server.base_url, SHORTIMIZE_API_KEY=KEY)
    assert "key          accepted" in online.stdout
    assert offline.returncode == 0, offline.stderr
    assert "key          not asked (offline)" in offline.stdout
    assert "clock        not asked (offline)" in offline.stdout


def test_a_table_without_rows_prints_its_columns(demo_folder):
    asked = ("--account", "hook.lab", "--uploaded-start", "2026-11-23")
    done = shortimize("videos", "--demo", *asked, "--data-dir", demo_folder)
    assert done.returncode == 0
    assert done.stdout.split() == [
        "username",
        "platform",
        "uploaded_at",
        "latest_views",
        "latest_likes",
        "outlier_multiplier",
        "title",
    ]
    assert "no video matches account='hook.lab', uploaded_start='2026-11-23'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "port 99999 cannot be used"),
        (["--latency", "-1"], "--latency -1 must be seconds"),
        (["--videos", "nowhere.parquet"], "there is no file nowhere.parquet"),
    ],
)
def test_a_simulator_that_cannot_start_says_why(arguments, said, tmp_path):
    done = shortimize("simulate", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
