#!/usr/bin/env python3
"""Which side of a normalised cut is the object, and is it content or position that is cut by?

    python3 samples/experiments/object_side.py birds/ -m run --layers 3 5 6

A picture's background is the median colour of its upper border, and its foreground what differs from it in colour; pictures of
which less than 8 % or more than 60 % do are left out, and so are those that cannot be cut. Needs NumPy, Pillow and the program
built by `swift build -c release --product mae`. Of attention outputs (whole and head by head) and block outputs, as they are, less
a picture's mean, and less the mean over pictures at each position:

  cut      pictures that could be cut
  RULE     share of them in which the rule takes the side that covers the foreground better
  overlap  of the better side with the foreground: intersection over union, mean
  position share of the variance of similarities that is the same in all pictures, and so can only be position
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from features import read_tensors
from PIL import Image

EDGES = {
    "similarity": lambda m: m if (m.sum(1) > 0).all() else np.maximum(m, 0) + 1e-5,
    "positive": lambda m: np.maximum(m, 0) + 1e-5,
    "binary": lambda m: np.where(m > 0.2, 1, 1e-5),
}


def foreground(path, side):
    """For each cell of the picture's centre square the share that is foreground."""
    picture = Image.open(path).convert("RGB")
    scale = 8 * side / min(picture.size)
    picture = picture.resize([max(8 * side, round(length * scale)) for length in picture.size], Image.BICUBIC)
    left, top = ((length - 8 * side) // 2 for length in picture.size)
    pixels = np.asarray(picture.crop((left, top, left + 8 * side, top + 8 * side)), np.float64)
    border = np.concatenate([part.reshape(-1, 3) for part in (pixels[:6], pixels[: 5 * side, :6], pixels[: 5 * side, -6:])])
    background = np.median(border, 0)
    # Without brightness: light falls off towards the corners.
    difference = np.abs(pixels - pixels.mean(2, keepdims=True) - background + background.mean()).sum(2)
    return (difference > 40).reshape(side, 8, side, 8).mean((1, 3)).ravel()


def similarities(rows):
    """[pictures, tokens, width] → cosines [pictures, tokens, tokens]."""
    rows = rows / np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1e-12)
    return rows @ rows.transpose(0, 2, 1)


def cut(similarity, edges):
    """The eigenvector that cuts, and the side at or above its mean."""
    weights = EDGES[edges](similarity)
    degrees = weights.sum(1)
    constant = np.sqrt(degrees / degrees.sum())
    keep = np.eye(len(degrees)) - np.outer(constant, constant)
    scaled = keep @ (weights / np.sqrt(np.outer(degrees, degrees))) @ keep - np.outer(constant, constant)
    vector = np.linalg.eigh(scaled)[1][:, -1] / np.sqrt(degrees)
    return vector, vector >= vector.mean()


def rules(vector, above, side):
    row, column = np.divmod(np.arange(side * side), side)
    ends = np.isin(row, (0, side - 1)).astype(int) + np.isin(column, (0, side - 1))
    largest = above if above[np.argmax(np.abs(vector))] else ~above

    def border(members):
        return (ends[members] == 2).sum() + (ends[members] == 1).sum() / members.sum()

    return {
        "largest-entry": largest,
        "smaller": min(largest, ~largest, key=np.sum),
        "inner": min(largest, ~largest, key=border),
    }


def overlap(members, truth):
    return (members & truth).sum() / (members | truth).sum()


def line(name, rows, truths, edges):
    """One row of the table."""
    similarity = similarities(rows)
    upper = np.triu_indices(similarity.shape[1], 1)
    pairs = np.array([matrix[upper] for matrix in similarity])
    position = pairs.mean(0).var() / max(pairs.var(), 1e-12)
    side, hits, best = round(similarity.shape[1] ** 0.5), {}, []
    for matrix, truth in zip(similarity, truths):
        vector, above = cut(matrix, edges)
        if min(above.sum(), (~above).sum()) < 2:
            continue
        best.append(max(overlap(above, truth), overlap(~above, truth)))
        for rule, members in rules(vector, above, side).items():
            hits[rule] = hits.get(rule, 0) + (overlap(members, truth) == best[-1])
    cells = [f"{hits[rule] / len(best):.2f}" for rule in hits] + [f"{np.mean(best):.2f}"] if best else ["–"] * 4
    return f"| {name} | {edges} | {len(best)} of {len(truths)} | {' | '.join(cells)} | {position:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="stills")
    parser.add_argument("-m", "--model", type=pathlib.Path, required=True)
    parser.add_argument("--layers", type=int, nargs="+", required=True, help="blocks of the encoder, from 1")
    parser.add_argument("--samples", type=int, default=120)
    parser.add_argument("--edges", nargs="+", choices=EDGES, default=["similarity"])
    parser.add_argument("--mae", type=pathlib.Path, default=pathlib.Path(".build/release/mae"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        command = [options.mae, "analyze", options.model, "--data", options.data, "-o", folder / "analysis"]
        command += ["--samples", str(options.samples), "--tensors", folder / "tensors.safetensors"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tensors = read_tensors(folder / "tensors.safetensors")
        paths = [sample["path"] for sample in json.loads((folder / "analysis" / "analysis.json").read_text())["samples"]]
    side = round(len(tensors["0.encoder.1.tokens"]) ** 0.5)
    truths = [foreground(path, side) for path in paths]
    wanted = [index for index, truth in enumerate(truths) if 0.08 < truth.mean() < 0.6]
    truths = [truths[index] > 0.5 for index in wanted]
    print("| block | rows | less | edges | cut | largest-entry | smaller | inner | overlap | position |\n" + "|---" * 10 + "|")
    for layer in options.layers:
        heads = len(tensors[f"0.encoder.{layer}.attention"])
        kinds = {
            name: np.array([tensors[f"{index}.encoder.{layer}.{key}"] for index in wanted], np.float64)
            for name, key in (("attention", "attended"), ("block", "tokens"))
        }
        for head, rows in enumerate(np.split(kinds["attention"], heads, axis=2), 1):
            kinds[f"head {head}"] = rows
        for name, rows in kinds.items():
            for less, mean in (("nothing", 0), ("picture", rows.mean(1, keepdims=True)), ("position", rows.mean(0, keepdims=True))):
                for edges in options.edges:
                    print(line(f"{layer} | {name} | {less}", rows - mean, truths, edges), flush=True)


if __name__ == "__main__":
    main()
