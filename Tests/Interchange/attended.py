"""Compares what attention brings to each token with a hook in transformers.

    attended.py make MODEL FOLDER                          writes pictures of the model's own size, so that nothing is resampled
    attended.py check MODEL FOLDER TENSORS.safetensors     MODEL is a ViTMAE folder, TENSORS what `mae analyze --tensors` wrote of FOLDER

The rows are those between softmax(q kᵀ) v and the output projection, all heads side by side, no token hidden; those of the patches alone.
They have to agree to 1e-5 of their largest value.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file
from transformers import ViTMAEModel

TOLERANCE = 1e-5
command, model, folder = sys.argv[1:4]
settings = json.loads((pathlib.Path(model) / "config.json").read_text())
side = settings["image_size"]

if command == "make":
    random = np.random.default_rng(0)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for number in range(4):
        # Smooth colours with a little noise: neither flat nor noise alone.
        coarse = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((side, side), Image.BICUBIC)
        pixels = np.asarray(coarse).astype(int) + random.integers(-20, 21, (side, side, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(f"{folder}/{number}.png")
    sys.exit()

encoder = ViTMAEModel.from_pretrained(model, mask_ratio=0.0, attn_implementation="eager").eval()
before = []
for name, module in encoder.named_modules():
    if name.startswith("layers.") and name.endswith("attention.o_proj"):
        module.register_forward_pre_hook(lambda _, inputs: before.append(inputs[0].detach().numpy()[0]))
ours = load_file(sys.argv[4])
processor = json.loads((pathlib.Path(model) / "preprocessor_config.json").read_text())
mean, deviation = (np.array(processor[key], np.float32) for key in ("image_mean", "image_std"))
tokens = (side // settings["patch_size"]) ** 2
worst = 0.0
for number in range(4):
    before.clear()
    pixels = (np.asarray(Image.open(f"{folder}/{number}.png").convert("RGB"), np.float32) / 255 - mean) / deviation
    with torch.no_grad():
        encoder(torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32)), noise=torch.arange(tokens)[None] / tokens)
    assert len(before) == settings["num_hidden_layers"], "the library names its layers otherwise"
    for layer, theirs in enumerate(before, 1):
        rows = ours[f"{number}.encoder.{layer}.attended"]
        # The class token's row comes first there.
        theirs = theirs[len(theirs) - len(rows) :]
        worst = max(worst, float(np.abs(rows - theirs).max() / np.abs(theirs).max()))
print(f"{'ok  ' if worst <= TOLERANCE else 'FAIL'} what attention brings to each token: {worst:.1e}")
sys.exit(worst > TOLERANCE)
