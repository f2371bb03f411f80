#!/usr/bin/env python3
"""What hiding features of a stem brings a masked world model over hiding patches: large things, small ones and rewards apart.

    mae samples games --episodes 432 --clips 0 --stills 0
    python3 samples/experiments/world_models.py games/episodes -o trial --seeds 0 1 2 --steps 3000
    python3 samples/experiments/world_models.py games/episodes -o trial --only-measure

Both arms are `mae pretrain --method mwm --preset tiny --input-size 32` on all episodes but the last 32, one with `--stem conv`, one with
`--stem patches`; nothing else differs. What they predict of the 32 is computed here, from the weights alone, with NumPy: this shares no
code with the program. All arms and seeds meet the same masks. For each class of pixels

    explained = 1 - sum (predicted - true)^2 / sum (mean of the training pictures - true)^2

over standardised pixels: large things (block and paddle) and small ones (balls), in hidden patches and, with nothing hidden, everywhere;
in hidden patches also over the pixels that lie in no visible token's field of 22 x 22, which no arm has seen. Of rewards 1 - error /
variance of their symlog, and the correlation. Results go to OUT/results.json and to the terminal, seeds and their mean.
"""

import argparse
import json
import math
import pathlib
import struct
import subprocess
import sys

import numpy

TEST = 32
ARMS = {"stem": ["--stem", "conv"], "patches": ["--stem", "patches"]}


def read(path):
    """Tensors of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + first : 8 + length + last], numpy.float32)
        tensors[name] = values.reshape(entry["shape"]).astype(numpy.float64)
    return tensors


class Model:
    """A world model of one camera and one frame, in double precision."""

    def __init__(self, weights, configuration):
        self.weights, self.configuration = weights, configuration
        self.patch = configuration["input"]["patch"]
        size = configuration["input"]["size"]
        self.grid = size["height"] // self.patch, size["width"] // self.patch
        self.tokens = self.grid[0] * self.grid[1]
        options = configuration.get("options", {})
        self.reads_last_patch = options.get("reward-reads") == "last-patch"

    @classmethod
    def load(cls, folder):
        folder = pathlib.Path(folder)
        return cls(read(folder / "model.safetensors"), json.loads((folder / "config.json").read_text())["configuration"])

    def linear(self, x, name):
        y = x @ self.weights[f"{name}.weight"].T
        return y + self.weights[f"{name}.bias"] if f"{name}.bias" in self.weights else y

    def norm(self, x, name, epsilon):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / numpy.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def convolution(self, x, name):
        """4 x 4 every 2 pixels with one pixel of zeros around, then max(x, 0); x [n, height, width, channels]."""
        weight = self.weights[f"{name}.weight"]
        (n, height, width, channels), side = x.shape, weight.shape[1]
        padded = numpy.zeros((n, height + 2, width + 2, channels))
        padded[:, 1:-1, 1:-1] = x
        windows = [padded[:, a : a + height : 2, b : b + width : 2] for a in range(side) for b in range(side)]
        stacked = numpy.concatenate(windows, -1).reshape(n, height // 2, width // 2, side * side * channels)
        return numpy.maximum(stacked @ weight.reshape(len(weight), -1).T + self.weights[f"{name}.bias"], 0)

    def patches(self, x, channels_first):
        """Patches as rows in (row, column, channel) or (channel, row, column) order."""
        n, p, (rows, columns) = len(x), self.patch, self.grid
        cut = x.reshape(n, rows, p, columns, p, -1)
        order = (0, 1, 3, 5, 2, 4) if channels_first else (0, 1, 3, 2, 4, 5)
        return cut.transpose(order).reshape(n, self.tokens, -1)

    def blocks(self, x, stack, configuration):
        heads, epsilon = configuration["heads"], configuration["normEpsilon"]
        for number in range(configuration["depth"]):
            name = f"{stack}.blocks.{number}"
            qkv = self.linear(self.norm(x, f"{name}.norm1", epsilon), f"{name}.attn.qkv")
            n, tokens, width = x.shape
            q, k, v = qkv.reshape(n, tokens, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
            scores = q @ k.swapaxes(-1, -2) / math.sqrt(width // heads)
            scores = numpy.exp(scores - scores.max(-1, keepdims=True))
            attended = (scores / scores.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(n, tokens, width)
            x = x + self.linear(attended, f"{name}.attn.proj")
            inner = self.linear(self.norm(x, f"{name}.norm2", epsilon), f"{name}.mlp.fc1")
            x = x + self.linear(inner * normal(inner), f"{name}.mlp.fc2")
        return x

    def predict(self, x, visible):
        """Pixels of all patches [n, tokens, values] and symlog rewards [n] from tokens `visible` [n, kept] of pictures x."""
        n, rows = len(x), numpy.arange(len(x))[:, None]
        if "encoder.patch_embed.0.weight" in self.weights:
            layers = 0
            while f"encoder.patch_embed.{layers}.weight" in self.weights:
                x = self.convolution(x, f"encoder.patch_embed.{layers}")
                layers += 1
            tokens = self.linear(x.reshape(n, self.tokens, -1), "encoder.patch_embed.proj")
        else:
            tokens = self.linear(self.patches(x, channels_first=True), "encoder.patch_embed.proj")
        encoder, decoder = self.configuration["encoder"]["blocks"], self.configuration["decoder"]
        tokens = tokens + plane(*self.grid, encoder["width"])
        first = numpy.broadcast_to(self.weights["encoder.cls_token"], (n, 1, encoder["width"]))
        y = self.blocks(numpy.concatenate([first, tokens[rows, visible]], 1), "encoder", encoder)
        y = self.linear(self.norm(y, "encoder.norm", encoder["normEpsilon"]), "decoder.embed")
        width = decoder["blocks"]["width"]
        mask = self.weights["decoder.mask_token"].reshape(width)
        spread = numpy.broadcast_to(mask, (n, self.tokens, width)).copy()
        spread[rows, visible] = y[:, 1:]
        parts = [y[:, :1], spread + plane(*self.grid, width)]
        if "decoder.reward.weight" in self.weights:
            parts.append(numpy.broadcast_to(mask + cell(*self.grid, width), (n, 1, width)))
        y = self.blocks(numpy.concatenate(parts, 1), "decoder", decoder["blocks"])
        y = self.norm(y, "decoder.norm", decoder["finalNormEpsilon"])
        pixels = self.linear(y[:, 1 : 1 + self.tokens], "decoder.pred")
        if len(parts) < 3:
            return pixels, None
        return pixels, self.linear(pixels[:, -1] if self.reads_last_patch else y[:, -1], "decoder.reward")[:, 0]


erf = numpy.vectorize(math.erf, otypes=[float])


def normal(x):
    """The normal distribution's share below x, looked up in a fine table: its error is below 1e-7."""
    places = numpy.linspace(-6, 6, 24001)
    return numpy.interp(x, places, 0.5 * (1 + erf(places / math.sqrt(2))))


def cell(row, column, width):
    waves = 10000.0 ** (-numpy.arange(width // 4) / (width // 4))
    return numpy.concatenate([f(place * waves) for place in (column, row) for f in (numpy.sin, numpy.cos)])


def plane(height, width, channels):
    return numpy.stack([cell(row, column, channels) for row in range(height) for column in range(width)])


def symlog(x):
    return numpy.sign(x) * numpy.log1p(numpy.abs(x))


def fields(grid, patch, reach):
    """For each token the pixels of its field, [tokens, height, width]."""
    rows, columns = numpy.arange(grid[0] * patch), numpy.arange(grid[1] * patch)
    def inside(places, count):
        start = numpy.arange(count)[:, None] * patch
        return (places >= start - reach) & (places < start + patch + reach)
    (down, across) = (inside(rows, grid[0]), inside(columns, grid[1]))
    return (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, len(rows), len(columns))


def measure(folder, episodes, train, ratio):
    model = Model.load(folder)
    statistics = [numpy.array(model.configuration["input"][name]) for name in ("mean", "deviation")]
    standard = lambda pictures: (pictures / 255 - statistics[0]) / statistics[1]
    mean = sum(standard(each["image"]).sum(0) for each in train) / sum(len(each["image"]) for each in train)
    random = numpy.random.default_rng(7)
    reach = model.patch - 1
    seen_by, own = fields(model.grid, model.patch, reach), fields(model.grid, model.patch, 0)
    result = {}
    for name, share in (("hidden", ratio), ("whole", 0)):
        sums, rewards = {}, ([], [])
        for episode in episodes:
            x = standard(episode["image"])
            kept = int(model.tokens * (1 - share))
            visible = numpy.sort(numpy.argsort(random.random((len(x), model.tokens)), 1)[:, :kept], 1)
            patches, reward = model.predict(x, visible)
            p, (rows, columns) = model.patch, model.grid
            pictures = patches.reshape(len(x), rows, columns, p, p, 3).transpose(0, 1, 3, 2, 4, 5).reshape(x.shape)
            error, size = ((pictures - x) ** 2).sum(-1), ((mean - x) ** 2).sum(-1)
            hidden = ~own[visible].any(1) if share > 0 else numpy.ones(error.shape, bool)
            areas = {"": hidden} | ({" unseen": hidden & ~seen_by[visible].any(1)} if share > 0 else {})
            for kind in ("large", "small", "all"):
                of = numpy.ones(error.shape, bool) if kind == "all" else episode[f"log_{kind}"]
                for area, where in areas.items():
                    pair = sums.setdefault(kind + area, [0.0, 0.0])
                    pair[0] += error[of & where].sum()
                    pair[1] += size[of & where].sum()
            if reward is not None:
                rewards[0].extend(reward)
                rewards[1].extend(symlog(episode["reward"]))
        for kind, (error, size) in sums.items():
            result[f"{kind}, {name}"] = 1 - error / size if size > 0 else float("nan")
        if rewards[0]:
            (got, true) = map(numpy.array, rewards)
            result[f"reward, {name}"] = 1 - ((got - true) ** 2).mean() / true.var()
            result[f"reward correlation, {name}"] = float(numpy.corrcoef(got, true)[0, 1])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("episodes", type=pathlib.Path, help="folder of mae samples --episodes")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder for runs and results")
    parser.add_argument("--mae", default=".build/release/mae", help="the program (default: .build/release/mae)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only-measure", action="store_true", help="train nothing; measure the runs that are there")
    arguments = parser.parse_args()
    files = sorted(arguments.episodes.glob("*.npz"))
    if len(files) <= TEST:
        sys.exit(f"{arguments.episodes}: {len(files)} episodes; more than {TEST} are needed, which are measured on")
    arguments.output.mkdir(parents=True, exist_ok=True)
    (train, test) = (files[:-TEST], files[-TEST:])
    listed = arguments.output / "train.txt"
    listed.write_text("".join(f"{path.resolve()}\n" for path in train))
    runs = [(arm, seed, arguments.output / f"{arm}-{seed}") for arm in ARMS for seed in arguments.seeds]
    for arm, seed, run in runs if not arguments.only_measure else []:
        command = [arguments.mae, "pretrain", listed, "-o", run, "--method", "mwm", "--preset", "tiny", "--input-size", "32"]
        command += ["--steps", arguments.steps, "--seed", seed, "--threads", arguments.threads, *ARMS[arm]]
        subprocess.run(list(map(str, command)), check=True)
    load = lambda paths: [dict(numpy.load(path)) for path in paths]
    (pictures, unseen) = (load(train), load(test))
    results = {}
    for arm, seed, run in runs:
        results.setdefault(arm, {})[seed] = measure(run / "checkpoints" / "latest", unseen, pictures, 0.75)
    (arguments.output / "results.json").write_text(json.dumps(results, indent=2))
    names = list(next(iter(results["stem"].values())))
    print(f"{'explained':28}" + "".join(f"{arm:>24}" for arm in ARMS))
    for name in names:
        line = f"{name:28}"
        for arm in ARMS:
            values = [results[arm][seed][name] for seed in arguments.seeds]
            line += f"{numpy.mean(values):8.2f} ({', '.join(f'{value:.2f}' for value in values)})".rjust(24)
        print(line)


if __name__ == "__main__":
    main()
