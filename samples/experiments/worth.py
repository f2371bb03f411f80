#!/usr/bin/env python3
"""Is pretraining worth it? Fine-tuned from a pretrained encoder against trained from scratch, over sets and seeds.

    worth.py --mae .build/release/mae -o worth SET=TRAIN,VAL[,MORE] [SET=TRAIN,VAL …]

Each seed of a set takes five steps, each one run of `mae`, stored with its log in the folder and skipped where it is finished, so that the
same command goes on where it was stopped:

    pretrain    `--pretrain-time` at most (ten minutes), on the training part without its labels, or on MORE in its place
    tuned       that encoder fine-tuned for `--epochs`
    scratch     random weights trained for as many epochs
    longer      random weights trained for the processor time that `pretrain` and `tuned` took together

and writes `worth.json` and a table: validation accuracy of the last weights, mean and standard deviation over the seeds, and whether
pretraining wins every seed by more than both deviations. Processor time is that of the whole process, as the system counts it: what else the
machine does changes it little. Flags of pretraining and fine-tuning that suit a set stand in `--pretrain` and `--tune`. `--pretrain-time` is
time on the clock: beside other work give `--pretrain "--steps N"` and a long time instead. `{seed}` in a path is the number of the seed, for
sets that are judged in folds.
"""

import argparse
import csv
import io
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("sets", nargs="+", metavar="SET=TRAIN,VAL[,MORE]",
                    help="a name, and the folders or lists of its parts, with {seed} where folds differ")
parser.add_argument("--mae", default=".build/release/mae", help="the program")
parser.add_argument("-o", "--output", default="worth", help="folder of the runs")
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--epochs", type=float, default=20, help="of fine-tuning")
parser.add_argument("--pretrain-time", default="10m", help="as --max-time takes it")
parser.add_argument("--pretrain", default="", help="further flags of mae pretrain")
parser.add_argument("--tune", default="", help="further flags of mae finetune, for all three ways")
parser.add_argument("--threads", default="1")
options = parser.parse_args()
root = pathlib.Path(options.output)


def run(folder, arguments):
    """Runs the program unless it has finished before; the seconds of processor time that all its starts took."""
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "done.json"
    if record.exists():
        return json.loads(record.read_text())["seconds"]
    part = folder / "seconds.json"
    before = json.loads(part.read_text()) if part.exists() else 0.0
    with open(folder / "log.txt", "a") as log:
        process = subprocess.Popen([options.mae, *arguments, "-o", str(folder / "run")], stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = before + usage.ru_utime + usage.ru_stime
    part.write_text(json.dumps(seconds))
    code = os.waitstatus_to_exitcode(status)
    if code:
        sys.exit(f"worth.py: {folder} ended with {code}; see {folder / 'log.txt'}")
    record.write_text(json.dumps({"seconds": seconds, "arguments": arguments}))
    return seconds


def accuracy(folder, validation):
    """The share of validation files whose folder is the likeliest class, by the last weights."""
    model = sorted((folder / "run" / "checkpoints").glob("step-*"))[-1]
    found = subprocess.run(
        [options.mae, "classify", validation, "-m", str(model), "--format", "csv", "--threads", options.threads],
        capture_output=True, text=True, check=True)
    names, *rows = csv.reader(io.StringIO(found.stdout))
    right = sum(names[1 + max(range(len(row) - 1), key=lambda i: float(row[1 + i]))] == pathlib.Path(row[0]).parent.name for row in rows)
    return right / len(rows)


def measured(name, training, validation, unlabelled, seed):
    folder = root / name / f"seed-{seed}"
    common = ["--seed", str(seed), "--threads", options.threads, "--num-workers", "0"]
    pretrained = folder / "pretrain"
    spent = run(pretrained, ["pretrain", unlabelled, "--max-time", options.pretrain_time, *common, *shlex.split(options.pretrain)])
    tune = ["finetune", training, "--val", validation, "-m", str(pretrained / "run"), *common, "--eval-share", "0.02",
            *shlex.split(options.tune)]
    tuned = run(folder / "tuned", [*tune, "--epochs", str(options.epochs)])
    scratch = run(folder / "scratch", [*tune, "--epochs", str(options.epochs), "--from-scratch"])
    # As many epochs as the time of both allows, at the pace of the run from scratch.
    longer = options.epochs * (spent + tuned) / scratch
    run(folder / "longer", [*tune, "--epochs", f"{longer:.2f}", "--from-scratch"])
    return {way: accuracy(folder / way, validation) for way in ["tuned", "scratch", "longer"]} | {"seconds": [spent, tuned, scratch]}


def text(values):
    deviation = statistics.stdev(values) if len(values) > 1 else 0
    return f"{100 * statistics.mean(values):.1f} ± {100 * deviation:.1f}", deviation


results = {}
# The first seed of every set before the second one of any: what is there so far says something of all sets.
for seed in range(options.seeds):
    for named in options.sets:
        name, paths = named.split("=", 1)
        parts = paths.replace("{seed}", str(seed)).split(",")
        training, validation, *more = (str(pathlib.Path(path).resolve()) for path in parts)
        results.setdefault(name, []).append(measured(name, training, validation, more[0] if more else training, seed))
        (root / "worth.json").write_text(json.dumps(results, indent=2) + "\n")
print("| set | pretrained | as many epochs from scratch | as much time from scratch | pretraining wins |\n|---|---|---|---|---|")
for name, seeds in results.items():
    columns = {way: [seed[way] for seed in seeds] for way in ["tuned", "scratch", "longer"]}
    shown = {way: text(values) for way, values in columns.items()}
    wins = []
    for way in ["scratch", "longer"]:
        every = all(seed["tuned"] > seed[way] for seed in seeds)
        gap = statistics.mean(columns["tuned"]) - statistics.mean(columns[way])
        wins.append(every and gap > shown["tuned"][1] + shown[way][1])
    answer = "in both" if all(wins) else "at equal epochs" if wins[0] else "at equal time" if wins[1] else "no"
    print(f"| {name} | {shown['tuned'][0]} | {shown['scratch'][0]} | {shown['longer'][0]} | {answer} |")
