#!/usr/bin/env python3
"""What hiding features of a stem brings a masked world model over hiding patches: large things, small ones and rewards apart.

    mae samples games --episodes 432 --clips 0 --stills 0
    python3 samples/experiments/world_models.py games/episodes -o trial --seeds 0 1 2
    python3 samples/experiments/world_models.py games/episodes -o pairs --method siammae
    mae samples duo --episodes 432 --clips 0 --stills 0 --cameras 2
    python3 samples/experiments/world_models.py duo/episodes -o views --method mwm-multiview

All arms are small models of 32 x 32 pixels that learn from all episodes but the last 32, one with `--stem conv`, one with
`--stem patches`; nothing else differs. What they predict of the 32 is computed here, from the weights alone, with NumPy: this shares
no code with the program. All arms and seeds meet the same masks. For each class of pixels

    explained = 1 - sum (predicted - true)^2 / sum (mean of the training pictures - true)^2

over standardised pixels: large things (block and paddle) and small ones (balls), in hidden patches and, with nothing hidden, everywhere;
in hidden patches also over the pixels that lie in no visible token's field of 22 x 22, which no arm has seen. Of rewards 1 - error /
variance of their symlog, and the correlation. `siammae` is measured on the later frame of pairs, beside which the earlier one as it is
stands. Of two cameras one is hidden whole and predicted from the other; the other camera's picture and an untrained network are set
beside. Runs that are done are not trained again. Results go to OUT/results.json and to the terminal, seeds and their mean.
"""

import argparse
import json
import math
import pathlib
import re
import struct
import subprocess
import sys

import numpy

TEST = 32
ARMS = {"stem": ["--stem", "conv"], "patches": ["--stem", "patches"]}
SHARED = ["--preset", "tiny", "--input-size", 32, "--lr", 2e-3, "--warmup-steps", 200, "--schedule", "half-cosine", "--repeat-aug", 2]
METHODS = {
    "mwm": ["--method", "mwm"],
    "siammae": [
        "--method", "siammae", "--set=encoder.blocks.width=64", "--set=encoder.blocks.depth=2", "--set=encoder.blocks.heads=4",
        "--decoder-width", 64, "--decoder-depth", 2, "--decoder-heads", 4, "--patch-size", 8, "--mask-ratio", 0.75,
        "--no-norm-pix-loss", "--frame-gap", "2,6", "--crop", "centre", "--hflip", 0,
    ],
    "mwm-multiview": ["--method", "mwm-multiview", "--patch-size", 8, "--num-frames", 2, "--mask-ratio", 0.5],
}


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


# SiamMAE without a stem is stored under the names of its public code.
OFFICIAL = [
    (r"^(cls_token|pos_embed|patch_embed|blocks|norm)\b", r"encoder.\1"), (r"^mask_token", "decoder.mask_token"),
    (r"^decoder_(embed|pos_embed|norm|pred|blocks)\b", r"decoder.\1"), (r"\.multihead_attn\.", ".cross_attn."),
    (r"\.in_proj_", ".qkv."), (r"\.out_proj\.", ".proj."), (r"\.linear([12])\.", r".mlp.fc\1."),
]


def named(tensors):
    """Tensors under our names; the map of patches as rows."""
    for pattern, replacement in OFFICIAL:
        tensors = {re.sub(pattern, replacement, name): tensor for name, tensor in tensors.items()}
    name = "encoder.patch_embed.proj.weight"
    tensors[name] = tensors[name].reshape(len(tensors[name]), -1)
    return tensors


class Model:
    """A world model or a siamese autoencoder of small pictures, in double precision."""

    def __init__(self, weights, configuration):
        self.weights, self.configuration = weights, configuration
        self.patch = configuration["input"]["patch"]
        size = configuration["input"]["size"]
        self.grid = size["height"] // self.patch, size["width"] // self.patch
        self.plane = self.grid[0] * self.grid[1]
        self.views = configuration["input"].get("views") or ["image"]
        self.frames = configuration["input"].get("frames", 1)
        self.tokens = self.plane * self.frames * len(self.views)
        options = configuration.get("options", {})
        self.reads_last_patch = options.get("reward-reads") == "last-patch"

    @classmethod
    def load(cls, folder):
        folder = pathlib.Path(folder)
        return cls(named(read(folder / "model.safetensors")), json.loads((folder / "config.json").read_text())["configuration"])

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
        return cut.transpose(order).reshape(n, self.plane, -1)

    def attention(self, x, memory, name, heads):
        n, tokens, width = x.shape
        weight, bias = self.weights[f"{name}.qkv.weight"], self.weights[f"{name}.qkv.bias"]
        split = lambda rows: rows.reshape(n, rows.shape[1], -1, heads, width // heads).transpose(2, 0, 3, 1, 4)
        (q,) = split(x @ weight[:width].T + bias[:width])
        k, v = split(memory @ weight[width:].T + bias[width:])
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(width // heads)
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        attended = (scores / scores.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(n, tokens, width)
        return self.linear(attended, f"{name}.proj")

    def forward(self, x, name):
        inner = self.linear(x, f"{name}.fc1")
        return self.linear(inner * normal(inner), f"{name}.fc2")

    def blocks(self, x, stack, configuration):
        for number in range(configuration["depth"]):
            name = f"{stack}.blocks.{number}"
            norm = lambda x, which: self.norm(x, f"{name}.{which}", configuration["normEpsilon"])
            y = norm(x, "norm1")
            x = x + self.attention(y, y, f"{name}.attn", configuration["heads"])
            x = x + self.forward(norm(x, "norm2"), f"{name}.mlp")
        return x

    def embedded(self, x):
        """Tokens of pictures [n, height, width, 3] before their places."""
        if "encoder.patch_embed.0.weight" not in self.weights:
            return self.linear(self.patches(x, channels_first=True), "encoder.patch_embed.proj")
        layer = 0
        while f"encoder.patch_embed.{layer}.weight" in self.weights:
            x = self.convolution(x, f"encoder.patch_embed.{layer}")
            layer += 1
        return self.linear(x.reshape(len(x), self.plane, -1), "encoder.patch_embed.proj")

    def places(self, stack, width):
        """Of all tokens: their place in the picture, and what is learned of frames and cameras."""
        table = numpy.concatenate([plane(*self.grid, width)] * (self.frames * len(self.views)))
        if f"{stack}.time_embed.0" not in self.weights:
            return table
        names = self.views if f"{stack}.view_embed.{self.views[0]}" in self.weights else ["0"] * len(self.views)
        slots = [
            self.weights[f"{stack}.time_embed.{frame}"].reshape(width) + self.weights[f"{stack}.view_embed.{name}"].reshape(width)
            for frame in range(self.frames)
            for name in names
        ]
        return table + numpy.repeat(slots, self.plane, 0)

    def encoded(self, x, visible):
        """Class token and tokens `visible` [n, kept] of samples of pictures [n, pictures, height, width, 3], at the decoder's width."""
        configuration = self.configuration["encoder"]["blocks"]
        n, width = len(x), configuration["width"]
        tokens = self.embedded(x.reshape(-1, *x.shape[2:])).reshape(n, self.tokens, width) + self.places("encoder", width)
        first = numpy.broadcast_to(self.weights["encoder.cls_token"].reshape(1, 1, width), (n, 1, width))
        y = numpy.concatenate([first, tokens[numpy.arange(n)[:, None], visible]], 1)
        y = self.blocks(y, "encoder", configuration)
        return self.linear(self.norm(y, "encoder.norm", configuration["normEpsilon"]), "decoder.embed")

    def spread(self, y, visible):
        """What the decoder gets: class token, visible and mask tokens in the order of the grid, places added."""
        width = y.shape[-1]
        spread = numpy.broadcast_to(self.weights["decoder.mask_token"].reshape(width), (len(y), self.tokens, width)).copy()
        spread[numpy.arange(len(y))[:, None], visible] = y[:, 1:]
        first = y[:, :1]
        if "decoder.cls_embed" in self.weights:
            first = first + self.weights["decoder.cls_embed"].reshape(width)
        return numpy.concatenate([first, spread + self.places("decoder", width)], 1)

    def predict(self, x, visible):
        """Pixels of all patches [n, tokens, values] and symlog rewards [n, frames]."""
        decoder = self.configuration["decoder"]
        y = self.spread(self.encoded(x, visible), visible)
        n, width = len(y), y.shape[-1]
        if "decoder.reward.weight" in self.weights:
            rows = [cell(*self.grid, width)]
            if "decoder.reward_embed" in self.weights:
                times = [self.weights[f"decoder.time_embed.{frame}"].reshape(width) for frame in range(self.frames)]
                rows = [self.weights["decoder.reward_embed"].reshape(width) + time for time in times]
            rows = self.weights["decoder.mask_token"].reshape(width) + numpy.array(rows)
            y = numpy.concatenate([y, numpy.broadcast_to(rows, (n, *rows.shape))], 1)
        y = self.norm(self.blocks(y, "decoder", decoder["blocks"]), "decoder.norm", decoder["finalNormEpsilon"])
        pixels = self.linear(y[:, 1 : 1 + self.tokens], "decoder.pred")
        if "decoder.reward.weight" not in self.weights:
            return pixels, None
        last = pixels[:, -1:] if self.reads_last_patch else y[:, 1 + self.tokens :]
        return pixels, self.linear(last, "decoder.reward")[..., 0]

    def predict_later(self, before, x, visible):
        """Pixels of all patches of x from its tokens `visible` and the whole of the pictures before."""
        decoder = self.configuration["decoder"]
        everything = numpy.broadcast_to(numpy.arange(self.tokens), (len(x), self.tokens))
        memory, y = self.encoded(before, everything), self.spread(self.encoded(x, visible), visible)
        for number in range(decoder["blocks"]["depth"]):
            name, heads = f"decoder.blocks.{number}", decoder["blocks"]["heads"]
            norm = lambda x, which: self.norm(x, f"{name}.{which}", decoder["blocks"]["normEpsilon"])
            y = norm(y + self.attention(y, memory, f"{name}.cross_attn", heads), "norm2")
            y = norm(y + self.forward(y, f"{name}.mlp"), "norm3")
            y = norm(y + self.attention(y, y, f"{name}.self_attn", heads), "norm1")
        y = self.norm(y, "decoder.norm", decoder["finalNormEpsilon"])
        return self.linear(y[:, 1:], "decoder.pred")

    def pictures(self, patches):
        """Patches [n, tokens, values] as pictures [n, pictures, height, width, 3]."""
        n, p, (rows, columns) = len(patches), self.patch, self.grid
        cut = patches.reshape(n, -1, rows, columns, p, p, 3)
        return cut.transpose(0, 1, 2, 4, 3, 5, 6).reshape(n, -1, rows * p, columns * p, 3)


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


class Explained:
    """Sums of squared errors of several things, against those of the mean picture."""

    def __init__(self):
        self.sums = {}

    def add(self, name, where, predicted, mean, true):
        pair = self.sums.setdefault(name, [0.0, 0.0])
        pair[0] += ((predicted - true) ** 2).sum(-1)[where].sum()
        pair[1] += ((mean - true) ** 2).sum(-1)[where].sum()

    def shares(self):
        return {name: float(1 - error / size) if size > 0 else float("nan") for name, (error, size) in self.sums.items()}


def standard(model, pictures):
    statistics = [numpy.array(model.configuration["input"][name]) for name in ("mean", "deviation")]
    return (pictures / 255 - statistics[0]) / statistics[1]


def mean_picture(model, episodes, view):
    return sum(standard(model, each[view]).sum(0) for each in episodes) / sum(len(each[view]) for each in episodes)


def reward_shares(name, rewards):
    (got, true) = (numpy.concatenate(part) for part in zip(*rewards))
    return {
        f"reward, {name}": float(1 - ((got - true) ** 2).mean() / true.var()),
        f"reward correlation, {name}": float(numpy.corrcoef(got, true)[0, 1]),
    }


def measure(model, episodes, train):
    """Large things, small ones and rewards of single frames, or of the later frames of pairs."""
    is_pair = model.configuration["method"] == "siammae"
    mean = mean_picture(model, train, "image")
    random = numpy.random.default_rng(7)
    seen_by, own = fields(model.grid, model.patch, model.patch - 1), fields(model.grid, model.patch, 0)
    result = {}
    for name, share in (("hidden", model.configuration["masking"]["ratio"]), ("whole", 0)):
        shares, rewards = Explained(), []
        for episode in episodes:
            x = standard(model, episode["image"])[:, None]
            later = numpy.arange(len(x))
            if is_pair:
                earlier = numpy.maximum(later - random.integers(2, 7, len(x)), 0)
                later = later[2:]
                before = x[earlier[2:]]
            x = x[later]
            kept = int(model.tokens * (1 - share))
            visible = numpy.sort(numpy.argsort(random.random((len(x), model.tokens)), 1)[:, :kept], 1)
            patches, reward = (model.predict_later(before, x, visible), None) if is_pair else model.predict(x, visible)
            predicted, true = model.pictures(patches)[:, 0], x[:, 0]
            hidden = ~own[visible].any(1) if share > 0 else numpy.ones(true.shape[:3], bool)
            areas = {"": hidden} | ({" unseen": hidden & ~seen_by[visible].any(1)} if share > 0 else {})
            for kind in ("large", "small", "all"):
                of = numpy.ones(true.shape[:3], bool) if kind == "all" else episode[f"log_{kind}"][later]
                for area, where in areas.items():
                    shares.add(f"{kind}{area}, {name}", of & where, predicted, mean, true)
                if is_pair and share > 0:
                    shares.add(f"{kind} of the earlier frame, {name}", of & hidden, before[:, 0], mean, true)
            if reward is not None:
                rewards.append((reward[:, 0], symlog(episode["reward"][later])))
        result |= shares.shares()
        if rewards:
            result |= reward_shares(name, rewards)
    return result


def measure_views(model, episodes, train):
    """A camera that is hidden whole, from the other one."""
    result = {}
    for hidden, view in enumerate(model.views):
        shares, rewards = Explained(), []
        mean, other = mean_picture(model, train, view), model.views[1 - hidden]
        slots = [frame * 2 + 1 - hidden for frame in range(model.frames)]
        kept = numpy.concatenate([slot * model.plane + numpy.arange(model.plane) for slot in slots])
        for episode in episodes:
            count = len(episode[view]) // model.frames * model.frames
            both = [standard(model, episode[name][:count]) for name in model.views]
            x = numpy.stack(both, 1).reshape(-1, 2 * model.frames, *both[0].shape[1:])
            patches, reward = model.predict(x, numpy.broadcast_to(kept, (len(x), len(kept))))
            predicted = model.pictures(patches)[:, hidden::2].reshape(both[0].shape)
            everywhere = numpy.ones(predicted.shape[:3], bool)
            shares.add(f"{view} from {other}", everywhere, predicted, mean, both[hidden])
            shares.add(f"{view} as {other} is", everywhere, both[1 - hidden], mean, both[hidden])
            if reward is not None:
                rewards.append((reward.reshape(-1), symlog(episode["reward"][:count])))
        result |= shares.shares()
        if rewards:
            result |= reward_shares(f"from {other}", rewards)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("episodes", type=pathlib.Path, help="folder of mae samples --episodes")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="folder for runs and results")
    parser.add_argument("--mae", default=".build/release/mae", help="the program (default: .build/release/mae)")
    parser.add_argument("--method", choices=METHODS, default="mwm")
    parser.add_argument("--arms", choices=ARMS, nargs="+", default=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch-size", type=int, default=64)
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

    def learned(arm, seed, steps):
        run = arguments.output / (f"{arm}-{seed}" if steps > 1 else f"{arm}-untrained")
        done = run / "done"
        if not done.exists() and not arguments.only_measure:
            command = [arguments.mae, "pretrain", listed, "-o", run, *METHODS[arguments.method], *SHARED, *ARMS[arm]]
            command += ["--steps", steps, "--seed", seed, "--batch-size", arguments.batch_size, "--threads", arguments.threads]
            subprocess.run(list(map(str, command)), check=True)
            done.touch()
        last = run / "checkpoints" / "last"
        return Model.load(last) if last.exists() and (done.exists() or steps == 1) else None

    load = lambda paths: [dict(numpy.load(path)) for path in paths]
    (pictures, unseen) = (load(train), load(test))
    judge = measure_views if arguments.method == "mwm-multiview" else measure
    results = {}
    # A step at the first rate of a warm-up, which is zero, leaves a network as it was drawn.
    runs = [(arm, seed, arguments.steps) for seed in arguments.seeds for arm in arguments.arms]
    runs += [(arm, 0, 1) for arm in arguments.arms]
    for arm, seed, steps in runs:
        model = learned(arm, seed, steps)
        if model is not None:
            name = arm if steps > 1 else f"{arm}, untrained"
            results.setdefault(name, {})[seed] = judge(model, unseen, pictures)
    (arguments.output / "results.json").write_text(json.dumps(results, indent=2))
    names = list(next(iter(next(iter(results.values())).values())))
    print(f"{'explained':36}" + "".join(f"{arm:>28}" for arm in results))
    for name in names:
        line = f"{name:36}"
        for of_seed in results.values():
            values = [each[name] for each in of_seed.values()]
            line += f"{numpy.mean(values):8.2f} ({', '.join(f'{value:.2f}' for value in values)})".rjust(28)
        print(line)


if __name__ == "__main__":
    main()
