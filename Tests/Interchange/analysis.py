"""Computes the metrics of `mae analyze` once more, with NumPy and from the definitions alone.

    analysis.py check TENSORS.safetensors analysis.json       compares with what the program wrote
    analysis.py expect TENSORS.safetensors OUT.json KEY=VALUE…  writes expected values for the everyday tests

TENSORS is what `mae analyze --tensors` writes: for each sample the output of every block, its attention and what that brings to each
token, class token first, and of the decoder visible tokens before hidden ones. Grid, patch and tubelet come from the JSON, or from KEY=VALUE:
time=1 height=6 width=6 patch=8 tubelet=1. Values have to agree to 1e-4 (of the larger of 1 and the value).

Sources: attention distance, mutual information and Fourier amplitude as Park et al. 2023 compute them; the others as the
definitions in the page say.
"""

import json
import struct
import sys

import numpy as np

TOLERANCE = 1e-4


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    types = {"F32": "<f4", "U8": "u1"}
    return {
        name: np.frombuffer(data[entry["data_offsets"][0] : entry["data_offsets"][1]], types[entry["dtype"]]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if name != "__metadata__"
    }


class Grid:
    def __init__(self, time, height, width, patch, tubelet):
        self.time, self.height, self.width, self.patch, self.tubelet = time, height, width, patch, tubelet
        self.count = time * height * width
        t, r, c = np.meshgrid(np.arange(time), np.arange(height), np.arange(width), indexing="ij")
        self.t, self.r, self.c = t.ravel(), r.ravel(), c.ravel()


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def total_variance(x):
    return float(((x - x.mean(0)) ** 2).sum(1).mean())


def off_diagonal(matrix):
    return matrix[np.triu_indices(len(matrix), 1)]


def among_tokens(attention, order):
    """Attention [heads, rows, rows] without class token, in the order of the grid, rows adding up to 1."""
    chosen = attention[:, order][:, :, order].astype(np.float64)
    return chosen / chosen.sum(-1, keepdims=True)


def distance(attention, grid):
    space = grid.patch * np.hypot(grid.r[:, None] - grid.r[None], grid.c[:, None] - grid.c[None])
    time = grid.tubelet * np.abs(grid.t[:, None] - grid.t[None])
    heads = (attention * space).sum(-1).mean(-1)
    return heads, (attention * time).sum(-1).mean(-1)


def information(attention):
    joint = attention + 1e-8
    joint = joint / joint.sum(-1, keepdims=True) / attention.shape[-1]
    queries, keys = joint.sum(2, keepdims=True), joint.sum(1, keepdims=True)
    mutual = (joint * np.log(joint / (queries * keys))).sum((1, 2))
    entropy = lambda p: -(p * np.log(p)).sum((1, 2))
    return mutual / np.sqrt(entropy(queries) * entropy(keys))


def fourier(x, grid):
    """Relative to frequency 0, along the diagonal of the shifted spectrum from its middle on; square grids."""
    pictures = x.reshape(grid.time, grid.height, grid.width, -1).astype(np.float64)
    spectrum = np.log(np.abs(np.fft.fft2(pictures, axes=(1, 2))) + 1e-6)
    spectrum = np.roll(spectrum, (grid.height // 2, grid.width // 2), axis=(1, 2)).mean((0, 3))
    diagonal = np.diagonal(spectrum)[grid.height // 2 :]
    return diagonal


def bisect(similarity):
    weights = similarity
    if (weights.sum(1) <= 0).any():
        weights = np.maximum(similarity, 0) + 1e-5
    degree = weights.sum(1)
    scaled = weights / np.sqrt(degree[:, None] * degree[None])
    # The largest eigenvalue among the vectors that are orthogonal to the constant one's.
    constant = np.sqrt(degree / degree.sum())
    keep = np.eye(len(degree)) - np.outer(constant, constant)
    values, vectors = np.linalg.eigh(keep @ scaled @ keep - np.outer(constant, constant))
    fiedler = vectors[:, -1] / np.sqrt(degree)
    side = fiedler >= fiedler.mean()
    small = min(side.sum(), (~side).sum())
    return None if small < 2 or 1 - values[-1] > 1 - 1e-9 else side


def gap(weights, side):
    same = side[:, None] == side[None]
    pairs, values = off_diagonal(same), off_diagonal(weights)
    intra, inter = values[pairs].mean(), values[~pairs].mean()
    return intra, inter, intra - inter


def exploitation(shares, ratio):
    """shares: per layer of [V→V, V→M; M→V, M→M] the attention that queries of a group (row) give to keys of a group."""
    rates, made = [], np.eye(2)
    for share in shares:
        made = share @ made
        rates.append(np.array([1 - ratio, ratio]) @ made)
    return np.array(rates)


def metrics(tensors, grid):
    """(key, name, stack) → values per layer, means over samples."""
    found = {}

    def add(key, name, stack, layer, value):
        found.setdefault((key, name, stack), {}).setdefault(layer, []).append(value)

    samples = sorted({int(name.split(".")[0]) for name in tensors})
    shares, ratio = {}, None
    for sample in samples:
        mask = tensors.get(f"{sample}.mask")
        for stack in ("encoder", "decoder"):
            layer, blocks = 1, []
            while f"{sample}.{stack}.{layer}.tokens" in tensors:
                tokens = tensors[f"{sample}.{stack}.{layer}.tokens"].astype(np.float64)
                raw = tensors[f"{sample}.{stack}.{layer}.attention"]
                first = raw.shape[-1] - grid.count
                order = np.arange(grid.count) + first
                # Encoder rows are those of the tokens alone.
                rows = np.arange(grid.count)
                if stack == "decoder":
                    places = np.concatenate([np.flatnonzero(mask == 0), np.flatnonzero(mask == 1)])
                    order[places] = np.arange(grid.count) + first
                    tokens = tokens[order]
                    rows = order
                # A block that attends another frame besides has no rows of its own attention.
                attended = tensors.get(f"{sample}.{stack}.{layer}.attended")
                related = tokens if attended is None else attended.astype(np.float64)[rows]
                attention = among_tokens(raw, order)
                u = unit(related)
                similarity = u @ u.T
                width = related.shape[1]
                add("feature_variance", "unit", stack, layer, total_variance(u))
                add("feature_variance", "per_dimension", stack, layer, total_variance(u) / width)
                add("feature_variance", "raw", stack, layer, total_variance(tokens))
                add("similarity_variance", "similarity", stack, layer, off_diagonal(similarity).var())
                heads, times = distance(attention, grid)
                nmi = information(attention)
                for head in range(len(heads)):
                    add("attention_distance", f"head_{head + 1}", stack, layer, heads[head])
                    add("attention_nmi", f"head_{head + 1}", stack, layer, nmi[head])
                add("attention_distance", "mean", stack, layer, heads.mean())
                add("attention_nmi", "mean", stack, layer, nmi.mean())
                if grid.time > 1:
                    add("attention_distance", "time", stack, layer, times.mean())
                if stack == "encoder":
                    if grid.height == grid.width:
                        diagonal = fourier(tokens, grid)
                        add("fourier_log_amplitude", "delta", stack, layer, diagonal[-1] - diagonal[0])
                        for place, value in enumerate(diagonal):
                            add("fourier_log_amplitude", f"layer_{layer}", stack, place, value - diagonal[0])
                    mean = attention.mean(0)
                    blocks.append((similarity, (mean + mean.T) / 2))
                else:
                    hidden = mask == 1
                    add("mask_token_variance", "unit", stack, layer, total_variance(unit(tokens)[hidden]))
                    add("mask_token_variance", "raw", stack, layer, total_variance(tokens[hidden]))
                    mean = raw[:, order][:, :, order].astype(np.float64).mean(0)
                    mean = mean / mean.sum(-1, keepdims=True)
                    share = [[mean[a][:, b].sum(1).mean() for b in (~hidden, hidden)] for a in (~hidden, hidden)]
                    shares.setdefault(layer, []).append(np.array(share))
                    ratio = hidden.mean()
                layer += 1
            # The cut of the final block is the one for all.
            side = bisect(blocks[-1][0]) if blocks else None
            for number, block in enumerate(blocks, 1):
                add("cluster_gap", "cut_share", stack, number, float(side is not None))
                for name, weights in zip(("similarity", "attention"), block) if side is not None else ():
                    for what, value in zip(("intra", "inter", "gap"), gap(weights, side)):
                        add("cluster_gap", f"{what}_{name}", stack, number, value)
    if shares:
        means = [np.mean(shares[layer], 0) for layer in sorted(shares)]
        for layer, (visible, hidden) in enumerate(exploitation(means, ratio), 1):
            add("exploitation_rate", "visible", "decoder", layer, visible)
            add("exploitation_rate", "mask", "decoder", layer, hidden)
    return {key: [float(np.mean(layers[layer])) for layer in sorted(layers)] for key, layers in found.items()}


def check(tensors_path, json_path):
    result = json.load(open(json_path))
    slots = result["grid"]
    grid = Grid(slots["time"], slots["height"], slots["width"], result["patch"], result["tubelet"])
    expected = metrics(load(tensors_path), grid)
    worst, missing, compared = {}, [], 0
    for (key, name, stack), values in expected.items():
        series = [s for s in result["metrics"][key]["series"] if s["name"] == name and s.get("stack") == stack]
        if not series:
            missing.append((key, name, stack))
            continue
        ours = series[0]["values"][-1]
        for mine, theirs in zip(values, [value for value in ours if value is not None], strict=True):
            compared += 1
            worst[key] = max(worst.get(key, 0), abs(mine - theirs) / max(1, abs(mine)))
    for key, difference in worst.items():
        print(f"{'ok  ' if difference <= TOLERANCE else 'FAIL'} {key}: {difference:.1e}")
    for key in missing:
        print(f"FAIL {key}: not in the JSON")
    print(f"{compared} values compared")
    return 1 if missing or max(worst.values()) > TOLERANCE else 0


def expect(tensors_path, out_path, *settings):
    values = {key: int(value) for key, value in (setting.split("=") for setting in settings)}
    grid = Grid(values["time"], values["height"], values["width"], values["patch"], values["tubelet"])
    found = metrics(load(tensors_path), grid)
    series = [{"key": k, "name": n, "stack": s, "values": v} for (k, n, s), v in found.items()]
    with open(out_path, "w") as file:
        json.dump({**values, "series": series}, file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    commands = {"check": check, "expect": expect}
    if len(sys.argv) < 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
