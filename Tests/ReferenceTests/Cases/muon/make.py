"""Makes this case: ten steps of PyTorch's Muon and AdamW, whose bfloat16 cast of the update is replaced by float32.

    pip install torch safetensors numpy
    python make.py
"""

import json

import numpy
import torch
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.Tensor.bfloat16 = torch.Tensor.float

# Rows, columns and how many maps stand one below the other; odd, tall, wide, square, joint, and one row.
MATRICES = {"square": (24, 24, 1), "tall": (40, 12, 1), "wide": (12, 40, 1), "odd": (17, 5, 1), "joint": (33, 11, 3), "row": (1, 9, 1)}
VECTORS = {"bias": 7, "scale": 16}
STEPS, RATE, DECAY, MOMENTUM = 10, 0.02, 0.1, 0.95

random = numpy.random.default_rng(20)


def normal(*shape):
    return torch.from_numpy(random.standard_normal(shape).astype("float32"))


parameters = {name: normal(rows, columns) for name, (rows, columns, _) in MATRICES.items()}
parameters |= {name: normal(count) for name, count in VECTORS.items()}
tensors = {f"start/{name}": value.clone() for name, value in parameters.items()}

# Each map of a joint matrix is a parameter of its own.
parts = {name: [p.clone().requires_grad_() for p in parameters[name].chunk(MATRICES[name][2])] for name in MATRICES}
vectors = {name: parameters[name].clone().requires_grad_() for name in VECTORS}
muon = torch.optim.Muon(
    [p for name in MATRICES for p in parts[name]], lr=RATE, weight_decay=DECAY, momentum=MOMENTUM,
    adjust_lr_fn="match_rms_adamw")
adamw = torch.optim.AdamW(vectors.values(), lr=RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=0)

for step in range(STEPS):
    for group in muon.param_groups + adamw.param_groups:
        group["lr"] = RATE * (step + 1) / STEPS
    for name in MATRICES:
        gradient = normal(*parameters[name].shape)
        tensors[f"gradient/{step}/{name}"] = gradient
        for part, value in zip(parts[name], gradient.chunk(MATRICES[name][2])):
            part.grad = value.clone()
    for name in VECTORS:
        tensors[f"gradient/{step}/{name}"] = normal(VECTORS[name])
        vectors[name].grad = tensors[f"gradient/{step}/{name}"].clone()
    muon.step()
    adamw.step()
    if step + 1 in (1, STEPS):
        tensors |= {f"after/{step + 1}/{name}": torch.cat([p.detach() for p in parts[name]]) for name in MATRICES}
        tensors |= {f"after/{step + 1}/{name}": vectors[name].detach().clone() for name in VECTORS}
for name in MATRICES:
    tensors[f"momentum/{name}"] = torch.cat([muon.state[p]["momentum_buffer"] for p in parts[name]])

save_file({name: value.contiguous() for name, value in tensors.items()}, "case.safetensors")
description = {
    "method": "muon", "torch": torch.__version__, "steps": STEPS, "rate": RATE, "weight_decay": DECAY, "momentum": MOMENTUM,
    "maps": {name: maps for name, (_, _, maps) in MATRICES.items()}, "vectors": list(VECTORS),
    "note": "torch.optim.Muon (match_rms_adamw) and AdamW in float32; the rate of step i is rate * (i + 1) / steps; see make.py",
}
with open("case.json", "w") as file:
    json.dump(description, file, indent=1)
    file.write("\n")
