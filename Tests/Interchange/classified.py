"""Compares what `mae classify` says with classifiers that transformers saved.

    classified.py make FOLDER     writes FOLDER/image and FOLDER/video: a `model` of the library, pictures as its `data`, and its shares
    classified.py check FOLDER    compares them with `ours.csv`, what `mae classify --format csv` printed

Pictures have the model's own size, so that nothing is resampled; a model of clips sees each as a clip that stands still.
Shares have to agree to 1e-4, and the names of the classes are those of the library's configuration.
"""

import csv
import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from PIL import Image

TOLERANCE = 1e-4
SIDE, CLASSES = 24, ["a bird", "cat, sitting", "dog", "none"]
MEAN, DEVIATION = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]


def models():
    sizes = dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=120, image_size=SIDE, patch_size=6)
    labels = dict(id2label=dict(enumerate(CLASSES)), label2id={name: number for number, name in enumerate(CLASSES)})
    image, video = transformers.ViTConfig(**sizes, **labels), transformers.VideoMAEConfig(**sizes, **labels, num_frames=4)
    yield "image", transformers.ViTForImageClassification(image), "ViTImageProcessor"
    yield "video", transformers.VideoMAEForVideoClassification(video), "VideoMAEImageProcessor"


def make(root):
    torch.manual_seed(3)
    random = np.random.default_rng(1)
    for kind, model, processor in models():
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_((0.4 / parameter.shape[-1] ** 0.5 if parameter.ndim > 1 else 0.1) * torch.randn(parameter.shape))
        folder = root / kind
        (folder / "data").mkdir(parents=True)
        model.eval().save_pretrained(folder / "model")
        described = {"image_processor_type": processor, "do_resize": True, "size": {"height": SIDE, "width": SIDE},
                     "do_rescale": True, "do_normalize": True, "image_mean": MEAN, "image_std": DEVIATION, "resample": 2}
        (folder / "model" / "preprocessor_config.json").write_text(json.dumps(described))
        shares = {}
        for number in range(5):
            picture = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(picture).save(folder / "data" / f"{number}.png")
            pixels = torch.from_numpy(((picture / 255 - MEAN) / DEVIATION).astype(np.float32)).permute(2, 0, 1)[None]
            if kind == "video":
                pixels = pixels[:, None].repeat(1, 4, 1, 1, 1)
            with torch.no_grad():
                shares[f"{number}.png"] = model(pixels).logits.softmax(-1)[0].tolist()
        (folder / "theirs.json").write_text(json.dumps(shares))


def check(root):
    failed = False
    for kind in ["image", "video"]:
        theirs = json.loads((root / kind / "theirs.json").read_text())
        with open(root / kind / "ours.csv", newline="") as file:
            header, *rows = csv.reader(file)
        ours = {pathlib.Path(row[0]).name: [float(value) for value in row[1:]] for row in rows}
        same = header[1:] == CLASSES and ours.keys() == theirs.keys()
        worst = max(abs(a - b) for name in theirs for a, b in zip(ours[name], theirs[name])) if same else float("inf")
        good = worst <= TOLERANCE
        failed |= not good
        print(f"{'ok  ' if good else 'FAIL'} mae classify with a folder of transformers, {kind}: shares {worst:.1e}")
    return failed


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    sys.exit(check(pathlib.Path(sys.argv[2])))
