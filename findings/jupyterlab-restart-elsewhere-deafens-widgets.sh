#!/bin/sh
# JupyterLab writes to a subshell that is gone when something else than itself restarted the kernel (JupyterLab 4.6.6,
# ipykernel 7.4.0, ipywidgets 8.1.9, their defaults).
#
# Comm messages go to one kernel subshell per comm target (setting `commsOverSubshells`, "perCommTarget"). JupyterLab
# forgets a kernel's subshells when its own status is "restarting"; a restart by the REST API alone (another client, a
# script) never gives it that status, so the widgets of the new kernel are sent to the old one's subshell. ipykernel
# sends a comm's message where the kernel last wrote to that comm from: for a new widget the main shell, and from the
# second message on the subshell in the header of the first, which it does not know ("Unknown subshell_id"). A button
# whose handler changes the button is heard once and never again:
#     restart by JupyterLab's menu: clicks 1, 2 and 3 heard
#     restart by the REST API: click 1 heard, 2 and 3 not
# Loading the page again helps; so does the setting "disabled". See jupyterlab issues 17633 and 18491 for its kin.
#
# Needs a Chromium ($CHROMIUM, default chromium). Ends with 0 while it is so, with 1 when it has changed.
set -eu
python=${PYTHON:-python3.11}
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "jupyterlab==4.6.6" "ipykernel==7.4.0" "ipywidgets==8.1.9" "playwright==1.65.2"
cat > "$folder/seen.py" <<'PYTHON'
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version

import nbformat
from playwright.sync_api import TimeoutError, sync_playwright

CELL = """import ipywidgets
button, heard = ipywidgets.Button(description="press"), ipywidgets.HTML("none")
button.add_class("press")
heard.add_class("heard")
clicks = []
def press(_):
    clicks.append(1)
    button.description = f"press again ({len(clicks)})"
    heard.value = f"click {len(clicks)}"
button.on_click(press)
ipywidgets.VBox([button, heard])"""
print(*(f"{name} {version(name)}" for name in ("jupyterlab", "ipykernel", "ipywidgets")), "Python", sys.version.split()[0])
home = pathlib.Path(sys.argv[1])
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
for name in ("menu", "rest"):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata={"kernelspec": kernel})
    nbformat.write(book, home / f"{name}.ipynb")
env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHONPATH"))}
env |= {"HOME": str(home), "JUPYTER_TOKEN": "token"}
env |= {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url="]
command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]


def ask(path, method="GET"):
    headers = {"Authorization": "token token"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{path}", headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def run(page):
    """Run the cell until it has its widget."""
    shown = page.locator(".jp-OutputArea .heard", has_text="none")
    for _ in range(60):
        if (question := page.locator(".jp-Dialog .jp-mod-accept")).count():
            question.first.click()
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1500)
        if shown.count() == 1:
            return
    raise SystemExit("the cell did not run")


def clicks(page, how):
    page.goto(f"http://127.0.0.1:{port}/lab/tree/{how}.ipynb?reset&token=token")
    page.locator(".jp-CodeCell").first.wait_for()
    run(page)
    page.locator(".press").click()
    page.locator(".heard", has_text="click 1").wait_for()
    if how == "menu":
        page.locator(".lm-MenuBar-item", has_text="Kernel").click()
        page.locator(".lm-Menu-item", has=page.get_by_text("Restart Kernel…", exact=True)).click()
        page.locator(".jp-Dialog .jp-mod-accept").click()
    else:
        number = next(one["kernel"]["id"] for one in ask("sessions") if one["path"] == f"{how}.ipynb")
        ask(f"kernels/{number}/restart", "POST")
    page.wait_for_timeout(3000)
    run(page)
    found = []
    for count in (1, 2, 3):
        page.locator(".press").click()
        try:
            page.locator(".heard", has_text=f"click {count}").wait_for(timeout=8000)
            found.append(count)
        except TimeoutError:
            break
    return found


with (home / "lab.log").open("w") as log:
    server = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=log)
try:
    for _ in range(300):
        try:
            ask("status")
            break
        except OSError:
            time.sleep(0.2)
    with sync_playwright() as tools:
        flags = ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--no-sandbox"]
        browser = tools.chromium.launch(executable_path=os.environ["CHROMIUM"], args=flags)
        seen = {how: clicks(browser.new_page(), how) for how in ("menu", "rest")}
        browser.close()
finally:
    server.terminate()
    server.wait(30)
unknown = "Unknown subshell_id" in (home / "lab.log").read_text()
print("restart by JupyterLab's menu: clicks heard", seen["menu"])
print("restart by the REST API: clicks heard", seen["rest"], "and the kernel's log says so" * unknown)
sys.exit(not (seen == {"menu": [1, 2, 3], "rest": [1]} and unknown))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/seen.py" "$folder" && echo "as described" || { echo "changed: read again what stands above"; exit 1; }
