"""Writes reference cases of other sizes, ratios and flags than those kept with the tests, for MAE_REFERENCE_CASES.

    cases.py FOLDER

Of transformers' models, and of the formulas for the methods that no library on the package index has. Each case holds the
weights, five batches, and the losses, outputs, gradients and updated weights that PyTorch computes from them.
"""

import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

import formulas

STEPS = 5
OPTIMIZER = dict(lr=1e-3, betas=[0.9, 0.95], eps=1e-8, weight_decay=0.05)
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1, 1)


def write(folder, description, parameters, inputs, compute):
    """Runs five AdamW steps. `compute` gives loss and outputs of one step's inputs."""
    folder.mkdir(parents=True, exist_ok=True)
    undecayed = [name for name, value in parameters.items() if value.ndim <= 1 or name.endswith("bias")]
    groups = [
        {"params": [value for name, value in parameters.items() if (name in undecayed) == flag], "weight_decay": decay}
        for flag, decay in [(True, 0.0), (False, OPTIMIZER["weight_decay"])]
    ]
    optimizer = torch.optim.AdamW(groups, lr=OPTIMIZER["lr"], betas=OPTIMIZER["betas"], eps=OPTIMIZER["eps"])
    expected = {}
    for step, batch in enumerate(inputs):
        loss, outputs = compute(batch)
        expected[f"step{step}/loss"] = loss.detach().reshape(1).clone()
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            expected |= {f"step0/{name}": value.detach().contiguous().clone() for name, value in outputs.items()}
            expected |= {f"step0/grad/{name}": value.grad.clone() for name, value in parameters.items()}
        optimizer.step()
    expected |= {f"after5/{name}": value.detach().contiguous().clone() for name, value in parameters.items()}
    save_file({f"step{n}/{name}": value for n, batch in enumerate(inputs) for name, value in batch.items()},
              folder / "inputs.safetensors")
    save_file(expected, folder / "expected.safetensors")
    description |= {"steps": STEPS, "optimizer": OPTIMIZER | {"name": "AdamW", "no_decay": undecayed}}
    (folder / "case.json").write_text(json.dumps(description, indent=1))


def patches(frames, tubelet, patch):
    """[N, C, T, H, W] -> [N, tokens, tubelet, patch, patch, C]."""
    x = frames.unflatten(4, (-1, patch)).unflatten(3, (-1, patch)).unflatten(2, (-1, tubelet))
    return x.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(1, 3)


def normalised(target):
    """Jointly over all values of a token."""
    flat = target.flatten(2)
    return (flat - flat.mean(-1, True)) / (flat.var(-1, keepdim=True) + 1e-6).sqrt()


def noise_mask(noise, ratio):
    """The smallest values stay visible."""
    count = noise.shape[1]
    order = noise.argsort(1)
    mask = torch.ones(noise.shape, dtype=torch.bool)
    return mask.scatter(1, order[:, : int(count * (1 - ratio))], False)


def kept_mask(noise, ratio, kept):
    """The tokens that are predicted: the hidden ones of the largest values."""
    count = noise.shape[1]
    first = int(count * (1 - ratio)) + int(count * (ratio - kept))
    return torch.zeros(noise.shape, dtype=torch.bool).scatter(1, noise.argsort(1)[:, first:], True)


def mixed_states(case):
    """Which of the encoder's states are mixed, 0 the input; `use_fm` counts blocks from 0, or from -1 backwards, -1 alone means all."""
    depth = case["depth"]
    blocks = range(1, depth + 1) if case["use_fm"] == [-1] else sorted(1 + number % depth for number in case["use_fm"])
    return [0] * case["use_input"] + list(blocks)


# ---- The formulas


def official_weights(generator, shapes):
    def values(name, shape):
        scale = {1: 0.1}.get(len(shape), 0.5 if len(shape) == 3 else torch.tensor(shape[1:]).prod().item() ** -0.5)
        offset = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        return (offset + scale * torch.randn(shape, generator=generator)).requires_grad_("pos_embed" not in name or len(shape) == 0)

    return {name: values(name, shape) for name, shape in shapes.items()}


def linear(name, rows, columns, bias=True):
    return {f"{name}.weight": [rows, columns]} | ({f"{name}.bias": [rows]} if bias else {})


def norm(name, width):
    return {f"{name}.weight": [width], f"{name}.bias": [width]}


def attention(name, width, style):
    projected = linear(f"{name}.proj", width, width)
    match style:
        case "separate":
            return projected | linear(f"{name}.q", width, width) | linear(f"{name}.k", width, width) | linear(f"{name}.v", width, width)
        case "no key bias":
            return projected | linear(f"{name}.qkv", 3 * width, width, False) | {f"{name}.q_bias": [width], f"{name}.v_bias": [width]}
        case _:
            return projected | linear(f"{name}.qkv", 3 * width, width)


def blocks(prefix, width, depth, hidden, style="joint"):
    shapes = {}
    for index in range(depth):
        name = f"{prefix}{index}"
        shapes |= norm(f"{name}.norm1", width) | attention(f"{name}.attn", width, style) | norm(f"{name}.norm2", width)
        shapes |= linear(f"{name}.mlp.fc1", hidden, width) | linear(f"{name}.mlp.fc2", width, hidden)
    return shapes


def cross_blocks(prefix, width, depth, hidden):
    shapes = {}
    for index in range(depth):
        name = f"{prefix}{index}"
        for part in ["self_attn", "multihead_attn"]:
            shapes |= {f"{name}.{part}.in_proj_weight": [3 * width, width], f"{name}.{part}.in_proj_bias": [3 * width]}
            shapes |= linear(f"{name}.{part}.out_proj", width, width)
        shapes |= linear(f"{name}.linear1", hidden, width) | linear(f"{name}.linear2", width, hidden)
        for number in [1, 2, 3]:
            shapes |= norm(f"{name}.norm{number}", width)
    return shapes


BASE = dict(
    image_size=24, patch_size=6, embed_dim=32, depth=3, num_heads=4, decoder_embed_dim=24, decoder_depth=1,
    decoder_num_heads=3, mlp_ratio=2, mask_ratio=0.6, norm_pix_loss=True, layer_norm_eps=1e-6, batch=2,
)


def official_cases():
    image = {"method": "mae"} | BASE
    yield "mae-other-sizes", image
    yield "mae-patch-8-raw", image | dict(image_size=32, patch_size=8, norm_pix_loss=False, mask_ratio=0.5, batch=1, decoder_depth=2)
    yield "u-mae-other-sizes", image | dict(method="u-mae", lamb=0.1, batch=5)
    clip = BASE | dict(num_frames=6, t_patch_size=3, pred_t_dim=2, method="mae-st", mask_ratio=0.8, sep_pos_embed=True, cls_embed=True)
    yield "mae-st-all", clip
    yield "mae-st-no-class", clip | dict(cls_embed=False)
    yield "mae-st-joint-positions", clip | dict(sep_pos_embed=False, norm_pix_loss=False, pred_t_dim=6)
    yield "mae-st-bare", clip | dict(sep_pos_embed=False, cls_embed=False, num_frames=8, t_patch_size=2, pred_t_dim=4)
    yield "siammae-other-sizes", BASE | dict(method="siammae", decoder_mlp_dim=72, mask_ratio=0.75, decoder_depth=3)
    yield "crossmae-other-sizes", image | dict(method="crossmae", kept_mask_ratio=0.3, use_fm=[-1], use_input=True, decoder_depth=2)
    yield "crossmae-some-features", image | dict(
        method="crossmae", kept_mask_ratio=0.6, use_fm=[-1, 0], use_input=False, decoder_depth=3, norm_pix_loss=False
    )
    yield "pixio-other-sizes", image | dict(method="pixio", n_cls_tokens=5, mask_grid=2, decoder_depth=4)
    yield "videomae-other-sizes", BASE | dict(method="videomae", num_frames=6, tubelet_size=3, mask_ratio=0.7)
    yield "videomae-raw", BASE | dict(method="videomae", num_frames=4, tubelet_size=1, mask_ratio=0.5, norm_pix_loss=False, batch=3)


def shapes_of(case):
    width, inner = case["embed_dim"], case["decoder_embed_dim"]
    hidden, decoder_hidden = int(width * case["mlp_ratio"]), int(inner * case["mlp_ratio"])
    patch, method = case["patch_size"], case["method"]
    plane = (case["image_size"] // patch) ** 2
    if method == "videomae":
        values = case["tubelet_size"] * patch * patch * 3
        return (
            {"encoder.patch_embed.proj.weight": [width, 3, case["tubelet_size"], patch, patch], "encoder.patch_embed.proj.bias": [width]}
            | blocks("encoder.blocks.", width, case["depth"], hidden, "no key bias") | norm("encoder.norm", width)
            | linear("encoder_to_decoder", inner, width, False) | {"mask_token": [1, 1, inner]}
            | blocks("decoder.blocks.", inner, case["decoder_depth"], decoder_hidden, "no key bias")
            | norm("decoder.norm", inner) | linear("decoder.head", values, inner)
        )
    if method == "crossmae":
        shapes = {"patch_embed.proj.weight": [width, 3, patch, patch], "patch_embed.proj.bias": [width], "cls_token": [1, 1, width]}
        shapes |= {"pos_embed": [1, plane + 1, width], "decoder_pos_embed": [1, plane + 1, inner], "mask_token": [1, 1, inner]}
        shapes |= {"wfm.linear.weight": [case["decoder_depth"], len(mixed_states(case))]} | blocks("blocks.", width, case["depth"], hidden)
        for index in range(case["decoder_depth"]):
            name = f"decoder_blocks.{index}"
            shapes |= norm(f"dec_norms.{index}", width) | norm(f"{name}.norm1", inner) | norm(f"{name}.norm2", inner)
            shapes |= linear(f"{name}.cross_attn.q", inner, inner) | linear(f"{name}.cross_attn.kv", 2 * inner, width)
            shapes |= linear(f"{name}.cross_attn.proj", inner, inner)
            shapes |= linear(f"{name}.mlp.fc1", decoder_hidden, inner) | linear(f"{name}.mlp.fc2", inner, decoder_hidden)
        return shapes | norm("decoder_norm", inner) | linear("decoder_pred", patch * patch * 3, inner)
    classes = case.get("n_cls_tokens", 1)
    shapes = norm("norm", width) | linear("decoder_embed", inner, width) | {"mask_token": [1, 1, inner]} | norm("decoder_norm", inner)
    if method != "mae-st":
        shapes |= {"patch_embed.proj.weight": [width, 3, patch, patch], "patch_embed.proj.bias": [width], "cls_token": [1, classes, width]}
        shapes |= {"pos_embed": [1, plane + classes, width], "decoder_pos_embed": [1, plane + classes, inner]}
        shapes |= blocks("blocks.", width, case["depth"], hidden) | linear("decoder_pred", patch * patch * 3, inner)
        if method == "siammae":
            return shapes | cross_blocks("decoder_blocks.", inner, case["decoder_depth"], case["decoder_mlp_dim"])
        return shapes | blocks("decoder_blocks.", inner, case["decoder_depth"], decoder_hidden)
    slots = case["num_frames"] // case["t_patch_size"]
    predicted = case["t_patch_size"] * case["pred_t_dim"] // case["num_frames"]
    shapes |= {"patch_embed.proj.weight": [width, 3, case["t_patch_size"], patch, patch], "patch_embed.proj.bias": [width]}
    shapes |= blocks("blocks.", width, case["depth"], hidden, "separate")
    shapes |= blocks("decoder_blocks.", inner, case["decoder_depth"], decoder_hidden, "separate")
    shapes |= linear("decoder_pred", predicted * patch * patch * 3, inner)
    extra = 1 if case["cls_embed"] else 0
    if extra:
        shapes |= {"cls_token": [1, 1, width], "decoder_cls_token": [1, 1, inner]}
    for prefix, size in [("", width), ("decoder_", inner)]:
        if not case["sep_pos_embed"]:
            shapes[f"{prefix}pos_embed"] = [1, plane * slots + extra, size]
            continue
        shapes |= {f"{prefix}pos_embed_spatial": [1, plane, size], f"{prefix}pos_embed_temporal": [1, slots, size]}
        if extra:
            shapes[f"{prefix}pos_embed_class"] = [1, 1, size]
    return shapes


def fixed_table(side, width):
    """Sine and cosine of column, then row, after a row of zeros for the class token."""
    rate = 1 / 10000 ** (torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    parts = [place.flatten()[:, None] * rate for place in (column, row)]
    table = torch.cat([function(part) for part in parts for function in (torch.sin, torch.cos)], 1)
    return torch.cat([torch.zeros(1, width, dtype=torch.float64), table])[None].float()


def official(root):
    for number, (name, case) in enumerate(official_cases()):
        generator = torch.Generator().manual_seed(100 + number)
        state = official_weights(generator, shapes_of(case))
        side = case["image_size"] // case["patch_size"]
        if case["method"] in ["mae-st", "pixio"]:
            state = {key: value.detach().requires_grad_() for key, value in state.items()}
        elif case["method"] != "videomae":
            state |= {"pos_embed": fixed_table(side, case["embed_dim"]), "decoder_pos_embed": fixed_table(side, case["decoder_embed_dim"])}
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        save_file({key: value.detach().contiguous().clone() for key, value in state.items()}, folder / "weights.safetensors")
        parameters = {key: value for key, value in state.items() if value.requires_grad}
        inputs = [official_batch(case, side, generator) for _ in range(STEPS)]
        write(folder, {"source": "formulas"} | case, parameters, inputs, lambda batch: official_step(case, state, batch))


def official_batch(case, side, generator):
    def pixels(*shape):
        return torch.randn(case["batch"], 3, *shape, case["image_size"], case["image_size"], generator=generator)

    plane = side * side
    match case["method"]:
        case "siammae":
            return {"frame1": pixels(), "frame2": pixels(), "noise": torch.rand(case["batch"], plane, generator=generator)}
        case "mae-st":
            count = plane * case["num_frames"] // case["t_patch_size"]
            return {"pixel_values": pixels(case["num_frames"]), "noise": torch.rand(case["batch"], count, generator=generator)}
        case "videomae":
            hidden = int(plane * case["mask_ratio"])
            rows = torch.stack([torch.randperm(plane, generator=generator) < hidden for _ in range(case["batch"])])
            return {"pixel_values": pixels(case["num_frames"]), "mask": rows.repeat(1, case["num_frames"] // case["tubelet_size"]).to(torch.uint8)}
        case _:
            count = plane // case.get("mask_grid", 1) ** 2
            return {"pixel_values": pixels(), "noise": torch.rand(case["batch"], count, generator=generator)}


def official_step(case, state, batch):
    w = formulas.Weights(state, case["layer_norm_eps"])
    heads = case["num_heads"], case["decoder_num_heads"]
    patch, method = case["patch_size"], case["method"]
    mask = batch["mask"].bool() if "mask" in batch else noise_mask(batch["noise"], case["mask_ratio"])
    if "mask_grid" in case:  # noise is of blocks
        side = case["image_size"] // patch // case["mask_grid"]
        mask = mask.unflatten(1, (side, side)).repeat_interleave(case["mask_grid"], 1).repeat_interleave(case["mask_grid"], 2).flatten(1)
    tubelet, predicted = 1, mask
    if method == "siammae":
        prediction = formulas.pair(w, *heads, torch.stack([batch["frame1"], batch["frame2"]], 1), mask)
        frames = batch["frame2"][:, :, None]
    elif method == "crossmae":
        predicted = kept_mask(batch["noise"], case["mask_ratio"], case["kept_mask_ratio"])
        prediction = formulas.cross(w, *heads, batch["pixel_values"], mask, mixed_states(case), predicted)
        frames = batch["pixel_values"][:, :, None]
    elif method == "videomae":
        frames, tubelet = batch["pixel_values"] * DEVIATION + MEAN, case["tubelet_size"]
        prediction = formulas.clip(w, *heads, batch["pixel_values"].transpose(1, 2), mask, None)
    elif method == "mae-st":
        chosen = torch.linspace(0, case["num_frames"] - 1, case["pred_t_dim"]).long()
        frames, tubelet = batch["pixel_values"][:, :, chosen], case["t_patch_size"] * case["pred_t_dim"] // case["num_frames"]
        prediction = formulas.spacetime(w, *heads, batch["pixel_values"].transpose(1, 2), mask)
    else:
        frames = batch["pixel_values"][:, :, None]
        prediction = formulas.image(w, *heads, batch["pixel_values"], mask)
    target = patches(frames, tubelet, patch)
    if not case["norm_pix_loss"]:
        target = target.flatten(2)
    elif method == "videomae":
        target = target.flatten(2, 4)
        target = ((target - target.mean(2, True)) / (target.var(2, keepdim=True).sqrt() + 1e-6)).flatten(2)
    else:
        target = normalised(target)
    target = formulas.keep(target, predicted)
    loss = reconstruction = (prediction - target).square().mean()
    outputs = {"pred": prediction}
    if method == "u-mae":
        x = formulas.keep(w.patches(batch["pixel_values"]) + state["pos_embed"][:, 1:], ~mask)
        x = torch.cat([(state["cls_token"] + state["pos_embed"][:, :1]).expand(len(x), -1, -1), x], 1)
        latent = w.norm(w.blocks(x, "blocks.", heads[0]), "norm")
        features = torch.nn.functional.normalize(w.norm(latent[:, 0], "norm"), dim=-1)
        uniformity = (features @ features.T).square().mean()
        loss = reconstruction + case["lamb"] * uniformity
        outputs |= {"reconstruction": reconstruction.reshape(1), "uniformity": uniformity.reshape(1)}
    return loss, outputs


# ---- transformers


def library_cases():
    sizes = dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=120, image_size=24, patch_size=6)
    decoder = dict(
        decoder_hidden_size=32, decoder_num_hidden_layers=2, decoder_num_attention_heads=4, decoder_intermediate_size=72
    )
    mae, video, vit = transformers.ViTMAEConfig, transformers.VideoMAEConfig, transformers.ViTConfig
    yield "hf-mae", "mae", 0.75, mae(**sizes, **decoder, norm_pix_loss=True, layer_norm_eps=1e-6)
    yield "hf-mae-grey", "mae", 0.5, mae(**sizes, **decoder, num_channels=1, mask_ratio=0.5)
    yield "hf-mae-alpha", "mae", 0.6, mae(**sizes | {"patch_size": 4}, **decoder, num_channels=4, mask_ratio=0.6, norm_pix_loss=True)
    yield "hf-videomae", "videomae", 0.7, video(**sizes, **decoder, num_frames=6, tubelet_size=3)
    yield "hf-videomae-raw", "videomae", 0.9, video(
        **sizes, **decoder, num_frames=4, tubelet_size=2, norm_pix_loss=False, use_mean_pooling=False, layer_norm_eps=1e-6
    )
    yield "hf-videomae-long", "videomae", 0.5, video(**sizes | {"image_size": 12}, **decoder, num_frames=16, tubelet_size=2)
    yield "hf-mim", "simmim", 0.6, vit(**sizes, encoder_stride=6, layer_norm_eps=1e-6)
    yield "hf-mim-grey", "simmim", 0.4, vit(**sizes | {"patch_size": 8}, encoder_stride=8, num_channels=1)


CLASSES = {
    "mae": transformers.ViTMAEForPreTraining, "videomae": transformers.VideoMAEForPreTraining,
    "simmim": transformers.ViTForMaskedImageModeling,
}


def library(root):
    for number, (name, method, ratio, config) in enumerate(library_cases()):
        generator = torch.Generator().manual_seed(1000 + number)
        # Drawing happens inside the library, once per model.
        torch.manual_seed(number)
        model = CLASSES[method](config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.add_((0.5 if parameter.ndim != 2 else 0.5 / parameter.shape[1] ** 0.5)
                                   * torch.randn(parameter.shape, generator=generator))
        folder = root / name
        model.save_pretrained(folder / "model")
        stored = load_file(folder / "model" / "model.safetensors")
        # Names in memory are not those of the file; values are drawn, so they tell which is which.
        trained = [value for value in model.parameters() if value.requires_grad]
        parameters = {}
        for key, tensor in stored.items():
            same = [value for value in trained if value.shape == tensor.shape and torch.equal(value, tensor)]
            if same:
                parameters[key] = same[0]
        assert len(parameters) >= len(trained), f"{name}: {len(parameters)} of {len(trained)} parameters found in the file"
        inputs = [library_batch(method, ratio, config, generator) for _ in range(STEPS)]
        description = {"method": method, "mask_ratio": ratio, "batch": 2, "source": "transformers"}
        write(folder, description, parameters, inputs, lambda batch: library_step(method, model, batch))


def library_batch(method, ratio, config, generator):
    plane = (config.image_size // config.patch_size) ** 2
    frames = [config.num_frames] if method == "videomae" else []
    batch = {"pixel_values": torch.randn(2, *frames, config.num_channels, config.image_size, config.image_size, generator=generator)}
    if method == "mae":
        return batch | {"noise": torch.rand(2, plane, generator=generator)}
    rows = torch.stack([torch.randperm(plane, generator=generator) < max(1, int(plane * ratio)) for _ in range(2)])
    slots = config.num_frames // config.tubelet_size if frames else 1
    return batch | {"mask": rows.repeat(1, slots).to(torch.uint8)}


def library_step(method, model, batch):
    if method == "mae":
        output = model(pixel_values=batch["pixel_values"], noise=batch["noise"])
        return output.loss, {"pred": output.logits}
    output = model(pixel_values=batch["pixel_values"], bool_masked_pos=batch["mask"].bool())
    outputs = {"pred": output.logits} if method == "videomae" else {"reconstruction": output.reconstruction}
    return output.loss, outputs


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    root = pathlib.Path(sys.argv[1])
    official(root)
    library(root)
    print(f"{len(list(root.iterdir()))} cases in {root}")
