"""Pretrains transformers' ViTMAE for so many minutes of processor time and writes what it learns as `mae bench learn` does.

    pytorch_learn.py --data DIR --val DIR --minutes M --output FOLDER [--name NAME] [--seed N] [--mae PROGRAM] …

DIR has a folder of stills for each class; FOLDER is that of a bench. The recipe is the paper's (facebookresearch/mae,
main_pretrain.py) with the batch of one machine: AdamW (0.9, 0.95), weight decay 0.05 on matrices, the base rate per 256 samples,
a linear warm-up over a twentieth of the run (40 of 800 epochs) and half a cosine, crops of 0.2 to 1 of the area, flips, normalised
patches, three quarters hidden. Both follow the share of the time that is gone.

Time is that of all threads of this process while it trains. At the marks the encoder is saved as transformers saves it, and
`mae probe` judges it: the same evaluation as for ours, in processes whose time does not count.
"""

import argparse
import json
import math
import os
import random
import shutil
import subprocess
import time

import torch
import transformers
from PIL import Image

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# width, blocks and heads of encoder and decoder, as `mae pretrain --preset` has them
SIZES = {"tiny": (192, 12, 3, 192, 4, 3), "small": (384, 12, 6, 256, 4, 8), "base": (768, 12, 12, 512, 8, 16)}
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


class Clock:
    """Processor seconds of this process, without what was excluded."""

    def __init__(self):
        self.start, self.excluded = time.process_time(), 0.0

    def seconds(self):
        return time.process_time() - self.start - self.excluded

    def excluding(self, work):
        before = time.process_time()
        result = work()
        self.excluded += time.process_time() - before
        return result


def files_of(folder):
    found = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.lower().endswith(ENDINGS))


def cropped(picture, size):
    """A random part of 0.2 to 1 of the area, 3:4 to 4:3, resized with bicubic, mirrored half of the time (torchvision's rule)."""
    width, height = picture.size
    for _ in range(10):
        area = width * height * random.uniform(0.2, 1)
        ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            break
    else:
        w = h = min(width, height)
        left, top = (width - w) // 2, (height - h) // 2
    picture = picture.resize((size, size), Image.BICUBIC, box=(left, top, left + w, top + h))
    return picture.transpose(Image.FLIP_LEFT_RIGHT) if random.random() < 0.5 else picture


def batch_of(paths, size):
    pixels = torch.empty(len(paths), 3, size, size)
    for row, path in enumerate(paths):
        with Image.open(path) as picture:
            values = torch.frombuffer(bytearray(cropped(picture.convert("RGB"), size).tobytes()), dtype=torch.uint8)
        pixels[row] = values.view(size, size, 3).permute(2, 0, 1)
    return pixels.div_(255).sub_(torch.tensor(MEAN).view(3, 1, 1)).div_(torch.tensor(DEVIATION).view(3, 1, 1))


def build(options):
    width, depth, heads, decoder_width, decoder_depth, decoder_heads = SIZES[options.preset]
    return transformers.ViTMAEForPreTraining(transformers.ViTMAEConfig(
        hidden_size=width, num_hidden_layers=depth, num_attention_heads=heads, intermediate_size=4 * width,
        decoder_hidden_size=decoder_width, decoder_num_hidden_layers=decoder_depth, decoder_num_attention_heads=decoder_heads,
        decoder_intermediate_size=4 * decoder_width, image_size=options.input_size, patch_size=options.patch_size,
        norm_pix_loss=True, mask_ratio=0.75))


def groups_of(model):
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    decayed = [value for name, value in trained if value.ndim > 1 and not name.endswith(".bias")]
    others = [value for name, value in trained if not (value.ndim > 1 and not name.endswith(".bias"))]
    return [{"params": others, "weight_decay": 0.0}, {"params": decayed, "weight_decay": 0.05}]


def rate_at(share, peak, warmup=0.05):
    if share < warmup:
        return peak * share / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (share - warmup) / (1 - warmup))))


def probe(options, checkpoint, kind):
    command = [options.mae, "probe", options.data, "--val", options.val, "-m", checkpoint, "--kind", kind, "--no-baselines",
               "--format", "json"]
    outcome = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if outcome.returncode:
        raise SystemExit(f"{' '.join(command)}: {outcome.stderr.strip()}")
    return json.loads(outcome.stdout)


def judged(options, model, folder):
    """Accuracies of both probes, and how many samples there are."""
    checkpoint = os.path.join(folder, "checkpoint")
    shutil.rmtree(checkpoint, ignore_errors=True)
    model.save_pretrained(checkpoint)
    with open(os.path.join(checkpoint, "preprocessor_config.json"), "w", encoding="utf-8") as file:
        json.dump({"do_resize": True, "size": {"height": options.input_size, "width": options.input_size}, "resample": 3,
                   "do_rescale": True, "do_normalize": True, "image_mean": MEAN, "image_std": DEVIATION}, file)
    return probe(options, checkpoint, "linear"), probe(options, checkpoint, "knn")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--val", required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--name", default="pytorch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mae", default=".build/release/mae")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--preset", choices=SIZES, default="tiny")
    parser.add_argument("--input-size", type=int, default=32)
    parser.add_argument("--patch-size", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--blr", type=float, default=1.5e-4)
    parser.add_argument("--lr", type=float)
    return parser.parse_args()


def main():
    options = arguments()
    folder = os.path.join(options.output, options.name, f"seed-{options.seed}")
    path = os.path.join(folder, "curve.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if json.load(file)["points"][-1].get("mark") is None:
                return
    os.makedirs(folder, exist_ok=True)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random.seed(options.seed)

    files, size = files_of(options.data), options.batch_size
    if len(files) < size:
        raise SystemExit(f"{options.data}: has {len(files)} stills, and a batch takes {size}; give a smaller --batch-size")
    model = build(options)
    peak = options.lr or options.blr * size / 256
    optimizer = torch.optim.AdamW(groups_of(model), lr=peak, betas=(0.9, 0.95), fused=True)
    curve = {
        "recipe": options.name, "program": f"transformers {transformers.__version__}, torch {torch.__version__}", "method": "mae",
        "seed": options.seed, "minutes": options.minutes, "processor": processor(),
        "instruction_level": torch.backends.cpu.get_cpu_capability().lower(), "threads": torch.get_num_threads(), "points": []}
    clock, limit = Clock(), 60 * options.minutes
    marks = [0.0] + [2.0 ** power for power in range(20) if 2.0 ** power < options.minutes]

    def measure(mark, seconds, step):
        linear, neighbours = judged(options, model, folder)
        curve["training_samples"], curve["validation_samples"] = linear["training_samples"], linear["samples"]
        curve["points"].append({
            "mark": mark, "processor_seconds": seconds, "step": step, "epoch": step * size / len(files),
            "linear": linear["top1"], "neighbours": neighbours["top1"]})
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(curve, file, indent=2)
        os.replace(path + ".new", path)
        print(f"{options.name}, seed {options.seed}: after {seconds / 60:.1f} min of processor time a linear probe recognises "
              f"{linear['top1']:.3f}, neighbours {neighbours['top1']:.3f}", flush=True)

    step, order = 0, []
    while clock.seconds() < limit:
        while marks and clock.seconds() >= 60 * marks[0]:
            # Of several marks that were passed the last one counts.
            mark = marks.pop(0)
            if not marks or clock.seconds() < 60 * marks[0]:
                clock.excluding(lambda: measure(mark, clock.seconds(), step))
        if len(order) < size:
            order = random.sample(files, len(files))
        chosen, order = order[:size], order[size:]
        rate = rate_at(clock.seconds() / limit, peak)
        for group in optimizer.param_groups:
            group["lr"] = rate
        model.train()
        model(batch_of(chosen, options.input_size)).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        step += 1
    measure(None, clock.seconds(), step)


main()
