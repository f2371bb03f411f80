#!/usr/bin/env python3
"""Does it help that a model chooses its own masks? Arms by name, with equal data, seeds and epochs.

    python3 samples/experiments/self_guided.py cifar10/ -o experiment --arms plain paper small --seeds 3

The data are stills in a folder for each class, in `train/` and `test/` or with every fifth file by name as test. Needs NumPy and
scikit-learn, and the program built by `swift build -c release --product mae`. Started again, it goes on where it was; runs that are
whole in `results.jsonl` need not be there any more. It writes

  results.jsonl   a line for each checkpoint that was measured
  table.md        the last checkpoint of each arm, mean ± deviation over seeds
  page.html       curves over epochs and processor time with their spread, and what guided runs saw and hid

  accuracy    of logistic regression on the mean of the patch tokens, trained on train and measured on test
  neighbours  accuracy of the twenty nearest neighbours (cosine), the same
  error       reconstruction error of 64 test pictures under one random mask of 0.75, the same for all arms
  feature, similarity, gap, exploitation   feature and similarity variance and the gap of similarities in the encoder's last block,
              and the share of mask tokens in the decoder's last, as `mae analyze` says them
"""
import argparse
import base64
import concurrent.futures
import html
import json
import math
import pathlib
import statistics
import subprocess
import threading

import numpy as np
from features import read_features
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

METRICS = {
    "accuracy": "accuracy on test, logistic regression", "neighbours": "accuracy on test, 20 neighbours",
    "error": "error under a random mask", "feature": "feature variance", "similarity": "similarity variance",
    "gap": "gap of similarities", "exploitation": "share of mask tokens after the decoder",
}
APPENDING = threading.Lock()


def guided(*flags, **guide):
    """Flags of a self-guided arm; what has no flag is set by its place."""
    settings = [f"--set=masking.guide.{key}={value}" for key, value in guide.items()]
    return ["--method", "self-guided", *flags, *settings]


def noise(colour):
    return ["--method", "mae", "--mask-type", "noise", f"--set=masking.colour={colour}"]


def arms(depth):
    """Flags by name. Below the first line each guided arm changes one of the paper's choices."""
    return {
        "plain": ["--method", "mae"], "paper": guided(),
        "no-hints": guided("--hints", "none"), "score-hints": guided("--hints", "score"),
        "early": guided("--guide-layer", max(1, depth // 4)), "middle": guided("--guide-layer", max(1, depth // 2)),
        "last": guided("--guide-layer", depth), "decoder": guided(stack="decoder"),
        "background": guided(target="background"), "alternating": guided(target="alternating"),
        "ratio-0.6": guided("--mask-ratio", 0.6), "ratio-0.9": guided("--mask-ratio", 0.9),
        "at-10%": guided("--guide-start", "10%"), "at-25%": guided("--guide-start", "25%"),
        "at-50%": guided("--guide-start", "50%"), "auto": guided("--guide-start", "auto"),
        "block": guided("--guide-relations", "block"), "inner": guided("--guide-object", "inner"),
        "smaller": guided("--guide-object", "smaller"),
        # Ours: block outputs and the inner side, which small models cut better.
        "small": ["--method", "self-guided-small"], "small-no-hints": ["--method", "self-guided-small", "--hints", "none"],
        "amt": ["--method", "amt"], "centre": ["--method", "mae", "--mask-type", "centre"],
        **{colour: noise(colour) for colour in ("green", "blue", "red", "purple")},
    }


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


class Data:
    """Train and test files of stills in a folder for each class, as lists that the program reads."""

    def __init__(self, folder, output):
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        if (folder / "train").is_dir() and (folder / "test").is_dir():
            parts = {part: [path for path in files if (folder / part) in path.parents] for part in ("train", "test")}
        else:
            by_name = sorted(files, key=lambda path: path.name)
            test = set(by_name[4::5])
            parts = {"train": [path for path in files if path not in test], "test": [path for path in files if path in test]}
        self.count = len(parts["train"])
        self.lists = {}
        for part, paths in [*parts.items(), ("shown", parts["test"][:: max(1, len(parts["test"]) // 64)][:64])]:
            self.lists[part] = output / f"{part}.txt"
            self.lists[part].write_text("".join(f"{path.resolve()}\n" for path in paths))


def write_mask(path, tokens):
    """One random mask of 0.75, as a safetensors file."""
    mask = np.ones(tokens, np.uint8)
    mask[np.random.default_rng(0).permutation(tokens)[: tokens // 4]] = 0
    header = json.dumps({"mask": {"dtype": "U8", "shape": [tokens], "data_offsets": [0, tokens]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + mask.tobytes())


def features(options, files, checkpoint, work):
    run(options.mae, "embed", files, "-m", checkpoint, "-o", work / "mean.safetensors", *options.compute)
    rows = [json.loads(line) for line in (work / "mean.jsonl").read_text().splitlines()]
    return read_features(work / "mean.safetensors"), [pathlib.Path(row["path"]).parent.name for row in rows]


def measure(options, data, checkpoint, work):
    """What a checkpoint has learned, as numbers."""
    work.mkdir(parents=True, exist_ok=True)
    train, train_labels = features(options, data.lists["train"], checkpoint, work)
    test, test_labels = features(options, data.lists["test"], checkpoint, work)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000)).fit(train, train_labels)
    neighbours = KNeighborsClassifier(20, metric="cosine").fit(train, train_labels)
    completed = json.loads(
        run(
            options.mae, "reconstruct", data.lists["shown"], "-m", checkpoint, "-o", work / "pictures", "--mask",
            options.output / "mask.safetensors", "--format", "json", *options.compute))
    run(
        options.mae, "analyze", checkpoint, "--data", data.lists["shown"], "-o", work / "analysis", "--mask-ratio", 0.75,
        *options.compute)
    found = json.loads((work / "analysis" / "analysis.json").read_text())["metrics"]

    def last(key, name, stack):
        series = [s for s in found[key]["series"] if s["name"] == name and s.get("stack") == stack]
        return series[0]["values"][-1][-1] if series else None

    return {
        "accuracy": float(logistic.score(test, test_labels)), "neighbours": float(neighbours.score(test, test_labels)),
        "error": statistics.fmean(result["loss"] for result in completed),
        "feature": last("feature_variance", "unit", "encoder"), "similarity": last("similarity_variance", "similarity", "encoder"),
        "gap": last("cluster_gap", "gap_similarity", "encoder"), "exploitation": last("exploitation_rate", "mask", "decoder"),
    }


def train_and_measure(options, data, arm, seed, results):
    folder = options.output / f"{arm}-{seed}"
    per_epoch = data.count // options.batch_size
    steps = [round(options.epochs * part / options.measurements) * per_epoch for part in range(options.measurements + 1)]
    known = {(row["arm"], row["seed"], row["step"]) for row in results}
    if sum(row[:2] == (arm, seed) for row in known) > options.measurements:
        return
    flags = [str(flag) for flag in arms(options.depth)[arm]]
    if any("self-guided" in flag for flag in flags) and "--guide-start" not in flags:
        flags += ["--guide-start", options.guide_start]
    run(
        options.mae, "pretrain", data.lists["train"], "-o", folder, *flags, "--preset", "tiny", "--input-size", options.size,
        "--patch-size", options.patch, f"--set=encoder.blocks.width={options.width}", f"--set=encoder.blocks.depth={options.depth}",
        f"--set=encoder.blocks.heads={options.width // 32}", "--decoder-width", options.width, "--decoder-depth", options.decoder_depth,
        "--decoder-heads", options.width // 32, "--epochs", options.epochs, "--batch-size", options.batch_size, "--seed", seed,
        "--save-every", steps[1], "--keep", 1000, *options.compute)
    seconds = {0: 0.0}
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        seconds[row["step"]] = row["seconds"]
    # Files held out make epochs shorter, so that a run may end before its last step here.
    for step in sorted({min(step, max(seconds)) for step in steps}):
        if (arm, seed, step) in known:
            continue
        row = {"arm": arm, "seed": seed, "step": step, "epoch": step / per_epoch, "seconds": seconds[step]}
        row["informed"] = switched(folder)
        row |= measure(options, data, folder / "checkpoints" / f"step-{step:06d}", folder / "measured" / str(step))
        with APPENDING:
            results.append(row)
            with open(options.output / "results.jsonl", "a") as file:
                file.write(json.dumps(row) + "\n")
            print(json.dumps(row), flush=True)


def switched(folder):
    """At which epoch masks became informed; nothing of arms without a guide and of such that never did."""
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row.get("guide", {}).get("informed"):
            return row["epoch"]
    return None


def spread(rows, metric):
    values = [row[metric] for row in rows if row[metric] is not None]
    if not values:
        return math.nan, 0.0
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def table(options, results):
    """The last checkpoint of each arm: mean and deviation over seeds."""
    lines = ["| masks | seeds | informed from epoch | " + " | ".join(METRICS) + " |", "|---" * (3 + len(METRICS)) + "|"]
    last = max((row["step"] for row in results), default=0)
    for arm in dict.fromkeys(row["arm"] for row in results):
        rows = [row for row in results if (row["arm"], row["step"]) == (arm, last)]
        if not rows:
            continue
        starts = [f"{row['informed']:.0f}" for row in rows if row["informed"] is not None]
        values = [spread(rows, metric) for metric in METRICS]
        cells = [f"{mean:.4f} ± {deviation:.4f}" if len(rows) > 1 else f"{mean:.4f}" for mean, deviation in values]
        lines.append(f"| {arm} | {len(rows)} | {', '.join(starts) or '–'} | {' | '.join(cells)} |")
    return "\n".join(lines)


COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"]


def chart(results, metric, axis):
    """A curve for each arm, with a band from the lowest to the highest seed."""
    width, left, bottom = 460, 56, 34
    shown = [row for row in results if row[metric] is not None]
    if not shown:
        return ""
    xs, ys = [row[axis] for row in shown], [row[metric] for row in shown]
    low, high, end = min(ys), max(ys), max(max(xs), 1e-9)
    high = high if high > low else low + 1
    arms = list(dict.fromkeys(row["arm"] for row in shown))
    # Names stand four in a row above the curves.
    top = 6 + 12 * math.ceil(len(arms) / 4)
    height = 246 + top

    def place(x, y):
        return f"{left + x / end * (width - left - 12):.1f},{height - bottom - (y - low) / (high - low) * (height - bottom - top):.1f}"

    parts = []
    for number, arm in enumerate(arms):
        colour = COLOURS[number % len(COLOURS)]
        groups = [[row for row in shown if (row["arm"], row["step"]) == (arm, step)] for step in sorted({r["step"] for r in shown})]
        groups = [(statistics.fmean(r[axis] for r in group), [r[metric] for r in group]) for group in groups if group]
        band = [place(x, max(y)) for x, y in groups] + [place(x, min(y)) for x, y in reversed(groups)]
        line = " ".join(place(x, statistics.fmean(y)) for x, y in groups)
        parts.append(f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.15"/>')
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(f'<text x="{left + 6 + number % 4 * 100}" y="{12 + number // 4 * 12}" fill="{colour}">{html.escape(arm)}</text>')
    labels = [(left - 4, height - bottom, f"{low:.3g}", "end"), (left - 4, top + 6, f"{high:.3g}", "end")]
    labels += [(left, height - 18, "0", "middle"), (width - 20, height - 18, f"{end:.0f}", "middle"), (width / 2, height - 4, axis, "middle")]
    texts = [f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>' for x, y, text, anchor in labels]
    frame = f'<path d="M{left} {top}V{height - bottom}H{width - 12}" fill="none" stroke="#888"/>'
    return f'<figure><figcaption>{METRICS[metric]}</figcaption><svg width="{width}" height="{height}">{frame}{"".join(parts + texts)}</svg></figure>'


def page(options, results, text):
    """One page: the table, the curves, and what guided runs saw and hid."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if not line.startswith("|---")]
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    charts = "".join(chart(results, metric, axis) for metric in METRICS for axis in ("epoch", "seconds"))
    pictures = ""
    for arm in dict.fromkeys(row["arm"] for row in results):
        sheets = sorted((options.output / f"{arm}-0" / "guide").glob("step-*.png"))
        # The start, the middle and the end.
        for sheet in dict.fromkeys(sheets[index] for index in (0, len(sheets) // 2, len(sheets) - 1) if sheets):
            data = base64.b64encode(sheet.read_bytes()).decode()
            pictures += f'<figure><figcaption>{arm}, {sheet.stem}</figcaption><img src="data:image/png;base64,{data}"></figure>'
    style = "body{font:14px sans-serif;margin:24px;max-width:1000px}td{border:1px solid #ccc;padding:3px 8px}table{border-collapse:collapse}"
    style += "figure{display:inline-block;margin:8px}svg text{font-size:11px}img{max-width:100%}"
    lead = (
        "Masked autoencoders learn by completing pictures of which most is hidden. Plain ones hide patches at random; guided ones "
        "hide the object that the model itself has come to see. Lines are means over seeds, bands go from the lowest to the highest.")
    return (
        f"<!doctype html><meta charset=utf-8><title>Masks from what a model has learned</title><style>{style}</style>"
        f"<h1>Masks from what a model has learned</h1><p>{lead}</p><table>{cells}</table><h2>Over training</h2>{charts}"
        f"<h2>What guided runs saw and hid</h2>{pictures}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="folder of stills, one folder inside for each class")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--mae", type=pathlib.Path, default=pathlib.Path(".build/release/mae"))
    parser.add_argument("--arms", nargs="+", choices=arms(6), default=["plain", "paper", "small", "small-no-hints"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--measurements", type=int, default=5, help="checkpoints that are measured, beside the untrained one")
    parser.add_argument("--guide-start", default="auto", help="of arms that do not say: an epoch, a share of the run, or auto")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--patch", type=int, default=4)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--decoder-depth", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--threads", type=int, help="of each run")
    options = parser.parse_args()
    options.compute = ["--threads", options.threads] if options.threads else []
    options.output.mkdir(parents=True, exist_ok=True)
    data = Data(options.data, options.output)
    write_mask(options.output / "mask.safetensors", (options.size // options.patch) ** 2)
    path = options.output / "results.jsonl"
    results = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def report():
        text = table(options, results)
        (options.output / "table.md").write_text(text + "\n")
        (options.output / "page.html").write_text(page(options, results, text))
        return text

    # Seeds outermost: whenever it is stopped, the arms have been given the same.
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [
            pool.submit(train_and_measure, options, data, arm, seed, results)
            for seed in range(options.seeds)
            for arm in options.arms
        ]
        for future in concurrent.futures.as_completed(runs):
            future.result()
            with APPENDING:
                report()
    print(report())


if __name__ == "__main__":
    main()
