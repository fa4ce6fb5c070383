"""Stands in for vLLM: starts slowly, tells how far it is, has processes of its own, and serves the fake server.

Run with the arguments of `vllm serve`. The model called `crash` ends while it starts, `stuck` never gets ready. Like
vLLM it has an engine process in its group; that one and another in a session of its own pay no heed to SIGTERM, and
nor does the model called `stubborn`. The numbers of all three processes go to the file PIDS. It loads until there is a file HEARD.
"""

import os
import signal
import subprocess
import sys
import time
from http.server import ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fake_server import Handler

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def main(words: list[str]) -> None:
    words = words[words.index("serve") + 1 :]
    model, port = Path(words[0]).name, int(words[words.index("--port") + 1])
    engines = [
        subprocess.Popen(
            [sys.executable, "-c", DEAF], start_new_session=alone, stdout=subprocess.PIPE, text=True
        )
        for alone in (False, True)
    ]
    for engine in engines:
        engine.stdout.readline()
    if model == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "PIDS" in os.environ:
        pids = Path(os.environ["PIDS"])
        pids.with_suffix(".new").write_text(
            " ".join(str(pid) for pid in (os.getpid(), *(one.pid for one in engines)))
        )
        pids.with_suffix(".new").rename(pids)
    print("INFO Starting to load model", model, flush=True)
    time.sleep(0.5)
    if model == "crash":
        print("ERROR [core.py:1] ValueError: Available memory is less than desired", flush=True)
        for line in range(40):
            print(f"INFO a long tale {line}", flush=True)
        sys.exit("RuntimeError: Engine core initialization failed. See root cause above.")
    print("INFO Loading weights took 0.01 seconds", flush=True)
    while model == "stuck":
        time.sleep(1)
    while "HEARD" in os.environ and not Path(os.environ["HEARD"]).exists():
        time.sleep(0.05)
    print("INFO Application startup complete.", flush=True)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
