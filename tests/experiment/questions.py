"""A small experiment for the tests: its cases are quick, slow, failing or deadly as their fields say."""

import os
import signal
import time
from pathlib import Path

from copos.experiment import Experiment, grid


def run(n, how, pause, log):
    if log:
        with open(log, "a", encoding="utf-8") as handle:
            handle.write(f"{n} {how}\n")
    if how == "deadly" and not Path(f"{log}.{n}").exists():
        Path(f"{log}.{n}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "failing":
        raise ArithmeticError("this case\nfails")
    time.sleep(pause)
    return {"square": n * n, "third": n / 3}


def draw(rows, figure):
    figure.subplots().plot([row["n"] for row in rows], [row["square"] for row in rows])


LOG, PAUSE = os.environ.get("QUESTIONS_LOG", ""), float(os.environ.get("QUESTIONS_PAUSE", "0"))
EXPERIMENT = Experiment(
    question="What are the squares?",
    sets={
        "small": grid(n=tuple(range(6)), how=("fine",), pause=(PAUSE,), log=(LOG,)),
        "failing": grid(n=(1, 2), how=("fine", "failing"), pause=(0.0,), log=(LOG,)),
        "deadly": grid(n=(1, 2, 3), how=("fine", "deadly"), pause=(0.0,), log=(LOG,)),
    },
    columns=("square", "third"),
    run=run,
    draw=draw,
    findings=lambda rows: f"The largest is {max(row['square'] for row in rows)}.",
)
