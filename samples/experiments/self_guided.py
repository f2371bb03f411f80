#!/usr/bin/env python3
"""Does it help that a model chooses its own masks? Plain MAE against self-guided MAE without hints, with random hints and with
hints by score: equal data, seeds and steps.

    python3 samples/experiments/self_guided.py birds/ flowers/ -o experiment --steps 1000 --seeds 3

Folders are classes. A model learns from all the data together and is measured on each. Needs NumPy and scikit-learn, and the program built by `swift build -c release --product mae`. Started again,
it goes on where it was. It writes OUT/results.jsonl, a line for each model that was measured, and prints a table:

  logistic   accuracy of logistic regression on the mean of the patch tokens, five folds
  neighbours accuracy of the ten nearest neighbours (cosine), the same folds
  feature    variance of a picture's patch tokens at length 1, added up over dimensions; mean over 48 pictures
  similarity variance of the cosines of all pairs of them
  error      reconstruction error of these 48 pictures under one random mask, the same for all
"""
import argparse
import concurrent.futures
import json
import pathlib
import shutil
import statistics
import subprocess
import threading

import numpy as np
from features import read_features
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

METRICS = ["logistic", "neighbours", "feature", "similarity", "error"]
GUIDED = ["--method", "self-guided"]
# Flags, and what stands in a configuration file. The first four are the paper's comparison; the others change one of the choices
# that the paper leaves open, all with hints by score.
ARMS = {
    "plain": (["--method", "mae"], {}),
    "none": ([*GUIDED, "--hints", "none"], {}),
    "random": ([*GUIDED, "--hints", "random"], {}),
    "score": ([*GUIDED, "--hints", "score"], {}),
    "largest-entry": ([*GUIDED, "--hints", "score"], {"cluster": "largest-entry"}),
    "centred": ([*GUIDED, "--hints", "score"], {"centred": "true"}),
    "image": ([*GUIDED, "--hints", "score", "--guide-mode", "image"], {}),
    "auto": ([*GUIDED, "--hints", "score", "--guide-start", "auto"], {}),
}
APPENDING = threading.Lock()


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def measure(options, data, checkpoint, work):
    """What a checkpoint has learned, as numbers."""
    threads = ["--threads", options.threads] if options.threads else []
    work.mkdir(parents=True, exist_ok=True)
    run(options.mae, "embed", data, "-m", checkpoint, "-o", work / "mean.safetensors", *threads)
    rows = [json.loads(line) for line in (work / "mean.jsonl").read_text().splitlines()]
    labels = [pathlib.Path(row["path"]).parent.name for row in rows]
    features = read_features(work / "mean.safetensors")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=3000))
    neighbours = KNeighborsClassifier(10, metric="cosine")

    pictures = [rows[index * len(rows) // 48]["path"] for index in range(48)]
    (work / "pictures.txt").write_text("\n".join(pictures) + "\n")
    run(options.mae, "embed", work / "pictures.txt", "-m", checkpoint, "-o", work / "tokens.safetensors", "--pool", "tokens", *threads)
    tokens = read_features(work / "tokens.safetensors").astype(np.float64)
    tokens /= np.linalg.norm(tokens, axis=2, keepdims=True)
    upper = np.triu_indices(tokens.shape[1], 1)
    completed = json.loads(
        run(options.mae, "reconstruct", *pictures, "-m", checkpoint, "-o", work / "pictures", "--format", "json", *threads))
    shutil.rmtree(work)
    return {
        "logistic": float(cross_val_score(logistic, features, labels, cv=folds).mean()),
        "neighbours": float(cross_val_score(neighbours, features, labels, cv=folds).mean()),
        "feature": float(np.mean([1 - np.sum(x.mean(0) ** 2) for x in tokens])),
        "similarity": float(np.mean([np.var((x @ x.T)[upper]) for x in tokens])),
        "error": statistics.fmean(result["loss"] for result in completed),
    }


def train(options, arm, seed):
    """Pretrains on all the data together; returns the run's folder."""
    folder = options.output / f"{arm}-{seed}"
    threads = ["--threads", options.threads] if options.threads else []
    flags, guide = ARMS[arm]
    if guide:
        # What has no flag: a configuration file.
        lines = "".join(f"      {key}: {value}\n" for key, value in guide.items())
        (options.output / f"{arm}.yaml").write_text(f"model:\n  masking:\n    guide:\n{lines}")
        flags = [*flags, "--config", options.output / f"{arm}.yaml"]
    if "self-guided" in flags and "--guide-start" not in flags:
        flags = [*flags, "--guide-start", options.guide_start]
    run(
        options.mae, "pretrain", *options.data, "-o", folder, *flags, "--preset", "tiny", "--input-size", 96, "--patch-size", 8,
        "--steps", options.steps, "--batch-size", options.batch_size, "--seed", seed, "--save-every", options.steps // 2, *threads)
    return folder


def train_and_measure(options, arm, seed, results):
    # A run keeps its two newest checkpoints.
    wanted = [options.steps // 2, options.steps][-options.measurements :]
    known = {(row["data"], row["arm"], row["seed"], row["step"]) for row in results}
    if all((data.name, arm, seed, step) in known for data in options.data for step in wanted):
        return
    folder = train(options, arm, seed)
    if arm != "plain":
        # When it switched, and how the decoder used mask tokens last.
        print(f"{folder}: {json.loads((folder / 'metrics.jsonl').read_text().splitlines()[-1])['guide']}", flush=True)
    for data in options.data:
        for step in wanted:
            if (data.name, arm, seed, step) in known:
                continue
            row = {"data": data.name, "arm": arm, "seed": seed, "step": step}
            row |= measure(options, data, folder / "checkpoints" / f"step-{step:06d}", folder / "measured")
            with APPENDING:
                results.append(row)
                with open(options.output / "results.jsonl", "a") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)


def table(results):
    """Mean and deviation over seeds."""
    lines = ["| data | step | masks | seeds | " + " | ".join(METRICS) + " |", "|---" * (4 + len(METRICS)) + "|"]
    for data, step, arm in sorted({(row["data"], row["step"], row["arm"]) for row in results}):
        rows = [row for row in results if (row["data"], row["step"], row["arm"]) == (data, step, arm)]
        cells = []
        for metric in METRICS:
            values = [row[metric] for row in rows]
            spread = statistics.stdev(values) if len(values) > 1 else 0
            cells.append(f"{statistics.fmean(values):.4f} ± {spread:.4f}")
        lines.append(f"| {data} | {step} | {arm} | {len(rows)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=pathlib.Path, help="folders of stills, one folder inside for each class")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--mae", type=pathlib.Path, default=pathlib.Path(".build/release/mae"))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--measurements", type=int, choices=(1, 2), default=2, help="at the end alone, or half-way too")
    parser.add_argument("--guide-start", default="25%", help="an epoch, a share of the run, or auto")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=["plain", "none", "random", "score"])
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--threads", type=int, help="of each run")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "results.jsonl"
    results = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    # Seeds outermost: whenever it is stopped, the arms have been given the same.
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [
            pool.submit(train_and_measure, options, arm, seed, results) for seed in range(options.seeds) for arm in options.arms]
        for future in concurrent.futures.as_completed(runs):
            future.result()
    print(table(results))


if __name__ == "__main__":
    main()
