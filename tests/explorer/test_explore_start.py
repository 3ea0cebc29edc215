"""What an explorer does before its first picture, and what it leaves for later."""

import json
import subprocess
import sys

from explorers import DAYS, FEW

import shortimize_analytics as sa

# explores the demo, and prints which of the modules in argv[1] that took
EXPLORE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import shortimize_analytics as sa
client = sa.connect(demo=True, data_dir=sys.argv[2])
sa.explore(sa.load_videos(client, uploaded_start="2026-11-16", progress=False))
print(json.dumps([name for name in json.loads(sys.argv[1]) if name in sys.modules]))
"""


def test_the_first_picture_needs_neither_the_report_nor_windows(tmp_path):
    asked = json.dumps(["matplotlib.figure", "matplotlib.pyplot", "shortimize_analytics.report.compose"])
    run = subprocess.run(
        [sys.executable, "-c", EXPLORE, asked, str(tmp_path)], check=True, stdout=subprocess.PIPE, text=True
    )
    assert json.loads(run.stdout.splitlines()[-1]) == ["matplotlib.figure"]


def test_what_two_could_be_compared_is_listed_when_their_tab_is_opened():
    explorer = sa.explore(FEW, DAYS)
    first = next(one for one in explorer.panels if one.view.name == "compare").options["First"]
    assert first.options == ()
    explorer.tabs.selected_index = explorer.tabs.titles.index("Compare two")
    explorer.flush()
    assert len(first.options) > 1
