#!/usr/bin/env python3
"""Which side of a normalised cut is the object? Counts how often each rule of `model.masking.guide.cluster` takes the better side.

    python3 samples/experiments/object_side.py birds/ -m run --layers 3 7 11

A picture's background is the median colour of its upper border, and its foreground what differs from it in colour; pictures of
which less than 8 % or more than 60 % do are left out, and so are those that cannot be cut. Needs NumPy, Pillow and the program
built by `swift build -c release --product mae`. Of each kind of edges, with embeddings as they are and less their mean:

  cut      pictures that could be cut
  RULE     share of them in which the rule takes the side that covers the foreground better
  overlap  of the better side with the foreground: intersection over union, mean
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from features import read_features
from PIL import Image

EDGES = {
    "positive": lambda m: np.maximum(m, 0) + 1e-5,
    "shifted": lambda m: (1 + m) / 2,
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


def cut(tokens, edges, is_centred):
    """The eigenvector that cuts, and the side above its mean."""
    tokens = tokens - tokens.mean(0) if is_centred else tokens
    tokens = tokens / np.linalg.norm(tokens, axis=1, keepdims=True)
    weights = EDGES[edges](tokens @ tokens.T)
    roots = np.sqrt(weights.sum(1))
    vector = np.linalg.eigh(weights / roots[:, None] / roots)[1][:, -2] / roots
    return vector, vector > vector.mean()


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="stills")
    parser.add_argument("-m", "--model", type=pathlib.Path, required=True)
    parser.add_argument("--layers", type=int, nargs="+", required=True, help="blocks of the encoder, from 1")
    parser.add_argument("--mae", type=pathlib.Path, default=pathlib.Path(".build/release/mae"))
    options = parser.parse_args()
    print("| block | edges | centred | cut | largest-entry | smaller | inner | overlap |\n" + "|---" * 8 + "|")
    for layer in options.layers:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tokens.safetensors"
            command = [options.mae, "embed", options.data, "-m", options.model, "-o", path, "--pool", "tokens", "--layer", str(layer)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            features = read_features(path).astype(np.float64)
            side = round(features.shape[1] ** 0.5)
            pictures = [json.loads(line)["path"] for line in path.with_suffix(".jsonl").read_text().splitlines()]
        truths = [foreground(picture, side) for picture in pictures]
        wanted = [index for index, truth in enumerate(truths) if 0.08 < truth.mean() < 0.6]
        for edges in EDGES:
            for is_centred in (False, True):
                hits, best = {}, []
                for index in wanted:
                    vector, above = cut(features[index], edges, is_centred)
                    if min(above.sum(), (~above).sum()) < 2:
                        continue
                    truth = truths[index] > 0.5
                    best.append(max(overlap(above, truth), overlap(~above, truth)))
                    for rule, members in rules(vector, above, side).items():
                        hits[rule] = hits.get(rule, 0) + (overlap(members, truth) == best[-1])
                cells = [f"{hits[rule] / len(best):.2f}" for rule in hits] + [f"{np.mean(best):.2f}"] if best else ["–"] * 4
                print(f"| {layer} | {edges} | {'yes' if is_centred else 'no'} | {len(best)} of {len(wanted)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
