"""Teach a small neural network the species and sex of penguins. Needs nothing but Python.

    python -m mlver_tui.demo.train --lr 0.05 --hidden 16 --seed 1

The lines with `mlver` in them record the run. The rest is a training script like any other.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from itertools import chain
from operator import mul
from pathlib import Path
from statistics import fmean, pstdev

import mlver_tui as mlver

KINDS = [f"{species} {sex}" for species in ("Adelie", "Chinstrap", "Gentoo") for sex in ("female", "male")]
MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")

Penguin = tuple[list[float], int]  # scaled measures and a constant 1.0 for the bias; index into KINDS
Layer = list[list[float]]  # one row of weights per output, its bias last


def load_penguins() -> tuple[list[Penguin], list[Penguin]]:
    """Four fifths to learn from, one fifth to check with: the same split for every seed, so that runs compare."""
    with Path(__file__).with_name("penguins.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["sex"] != "NA"]
    random.Random(0).shuffle(rows)
    cut = len(rows) * 4 // 5
    columns = [[float(row[name]) for row in rows] for name in MEASURES]
    scales = [(fmean(column[:cut]), pstdev(column[:cut])) for column in columns]
    scaled = [[(x - mean) / width for x in column] for column, (mean, width) in zip(columns, scales, strict=True)]
    table = [([*x, 1.0], KINDS.index(f"{row['species']} {row['sex']}")) for *x, row in zip(*scaled, rows, strict=True)]
    return table[:cut], table[cut:]


def new_net(hidden: int, dice: random.Random) -> list[Layer]:
    """Two layers of small random weights."""
    shapes = ((hidden, len(MEASURES) + 1), (len(KINDS), hidden + 1))
    return [[[dice.gauss(0, wide**-0.5) for _ in range(wide)] for _ in range(tall)] for tall, wide in shapes]


def forward(net: list[Layer], x: list[float]) -> tuple[list[float], list[float]]:
    """The hidden layer (ReLU) and the log-probability of each kind."""
    sums = [sum(map(mul, row, x)) for row in net[0]]
    hidden = [*(0.0 if z < 0 else z for z in sums), 1.0]  # a NaN stays a NaN: trouble must show
    logits = [sum(map(mul, row, hidden)) for row in net[1]]
    top = max(logits)
    norm = top + math.log(sum(math.exp(z - top) for z in logits))
    return hidden, [z - norm for z in logits]


def gradients(net: list[Layer], batch: list[Penguin]) -> tuple[float, list[Layer]]:
    """Mean cross-entropy of a batch, and its slope along every weight (backpropagation)."""
    loss, slopes = 0.0, [[[0.0] * len(row) for row in layer] for layer in net]
    for x, kind in batch:
        hidden, logs = forward(net, x)
        loss -= logs[kind] / len(batch)
        errors = [(math.exp(log) - (i == kind)) / len(batch) for i, log in enumerate(logs)]
        for slope, error in zip(slopes[1], errors, strict=True):
            slope[:] = [s + error * h for s, h in zip(slope, hidden, strict=True)]
        for j, slope in enumerate(slopes[0]):
            if hidden[j] != 0:
                error = sum(e * row[j] for e, row in zip(errors, net[1], strict=True))
                slope[:] = [s + error * v for s, v in zip(slope, x, strict=True)]
    return loss, slopes


def descend(net: list[Layer], slopes: list[Layer], speeds: list[Layer], lr: float, momentum: float) -> float:
    """One step of gradient descent with momentum, in place. Returns the length of the gradient."""
    square = 0.0
    for weights, slope, speed in zip(chain(*net), chain(*slopes), chain(*speeds), strict=True):
        square += sum(map(mul, slope, slope))
        speed[:] = [momentum * v - lr * s for v, s in zip(speed, slope, strict=True)]
        weights[:] = [w + v for w, v in zip(weights, speed, strict=True)]
    return math.sqrt(square)


def evaluate(net: list[Layer], penguins: list[Penguin]) -> tuple[float, float]:
    """Mean cross-entropy and accuracy."""
    results = [(forward(net, x)[1], kind) for x, kind in penguins]
    return fmean(-logs[kind] for logs, kind in results), fmean(logs.index(max(logs)) == kind for logs, kind in results)


def train(*, lr: float, hidden: int, momentum: float, batch: int, epochs: int, seed: int) -> None:
    """Each batch logs how the net learns, each epoch how it does on penguins that it has not seen."""
    dice = random.Random(seed)
    learn, check = load_penguins()
    net = new_net(hidden, dice)
    speeds, step = [[[0.0] * len(row) for row in layer] for layer in net], 0
    for epoch in range(1, epochs + 1):
        dice.shuffle(learn)
        for start in range(0, len(learn), batch):
            loss, slopes = gradients(net, learn[start : start + batch])
            norm = descend(net, slopes, speeds, lr, momentum)
            mlver.log({"train/loss": loss, "grad_norm": norm}, step=(step := step + 1))
        loss, accuracy = evaluate(net, check)
        mlver.log({"val/loss": loss, "val/acc": accuracy}, step=step)
        if epoch % 10 == 0:
            print(f"epoch {epoch}/{epochs}  val/loss {loss:.4g}  val/acc {accuracy:.3f}", flush=True)


def main() -> None:
    """Read the command line, train once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--group", help="runs that belong together, such as the seeds of one setting")
    parser.add_argument("--tag", action="append", default=[], help="a label; may be given more than once")
    for name, default in {"lr": 0.05, "hidden": 16, "momentum": 0.9, "batch": 16, "epochs": 80, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help="default %(default)s")
    settings = vars(parser.parse_args())
    group, tags, momentum = (settings.pop(name) for name in ("group", "tag", "momentum"))
    config = {**settings, "optimizer": {"name": "sgd", "momentum": momentum}}
    with mlver.init(project="penguins", config=config, group=group, tags=tags):
        train(**settings, momentum=momentum)


if __name__ == "__main__":
    main()
