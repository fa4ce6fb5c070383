"""A page in headless Chromium, for tests: what it says on the console, and what a script finds in it."""

import json
import os
import re
import shutil
import subprocess
from html import unescape

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def words_of(html):
    """The words of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def browse(page, tmp_path, *flags):
    """What headless Chromium says of the page on its console, and the document as drawn."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here")
    file = tmp_path / "compare.html"
    file.write_text(page, encoding="utf-8")
    quiet = [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", *flags, file.as_uri()]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | {"HOME": str(tmp_path)}
    )
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line], done.stdout


def measured(page, tmp_path, width, script):
    """What a script, run when the charts are drawn, finds in the page at a width."""
    run = f"""
      setTimeout(() => {{
        const found = (() => {{ {script} }})();
        document.body.innerHTML = "";
        document.body.append(JSON.stringify(found));
      }}, 1500);
    """
    open_ = re.sub(r"<meta http-equiv=[^>]*>", f"<style>main {{ width: {width}px }}</style>", page)
    _, shown = browse(
        open_.replace("</body>\n</html>", f"<script>{run}</script></body></html>"), tmp_path, "--dump-dom"
    )
    return json.loads(re.search(r"<body>(.*?)</body>", shown, re.S)[1])
