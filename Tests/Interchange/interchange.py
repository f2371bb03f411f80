"""The Python side of the interchange check: loads our exports into transformers and timm, and saves models for us to read.

    interchange.py FOLDER

FOLDER holds one folder per method, written by our tests: `native` and the exports beside `computed.safetensors`, what our
model computes from given pixels and mask. Afterwards `saved` holds models of the libraries with what they compute.
Every load must report no missing, unexpected or mismatched name; every output agree to 1e-5 of its largest value.
"""

import json
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

import formulas
import stand_in_torchvision

stand_in_torchvision.install()
import timm  # noqa: E402

TOLERANCE = 1e-5
failures = []


def report(name, **differences):
    bad = [key for key, value in differences.items() if not value <= TOLERANCE]
    line = ", ".join(f"{key} {value:.1e}" for key, value in differences.items())
    print(f"{'FAIL' if bad else 'ok  '} {name}: {line}")
    if bad:
        failures.append(name)


def require(condition, name, reason):
    if not condition:
        print(f"FAIL {name}: {reason}")
        failures.append(name)


def difference(ours, theirs):
    if ours.shape != theirs.shape:
        return float("inf")
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def hidden_patches(images, mask, patch):
    """The hidden patches of pictures [N, C, H, W], each in (channel, row, column) order."""
    rows = torch.nn.functional.unfold(images, patch, stride=patch).transpose(1, 2)
    return rows[mask].reshape(images.shape[0], -1, rows.shape[-1])


def compute(model, pixels, mask):
    """What a transformers model computes: prediction of hidden tokens, loss, and features of all tokens."""
    kind = model.config.model_type
    with torch.no_grad():
        if kind == "pixio":  # an encoder alone
            return {"features": model(pixels).last_hidden_state.contiguous()}
        if kind == "vit_mae":
            # Visible tokens have the least noise, in ascending order.
            noise = mask.float() + torch.arange(mask.shape[1]) / (4 * mask.shape[1])
            output = model(pixel_values=pixels, noise=noise)
            prediction = output.logits[mask].reshape(mask.shape[0], -1, output.logits.shape[-1])
        elif kind == "videomae":
            output = model(pixel_values=pixels, bool_masked_pos=mask)
            prediction = output.logits
        else:
            output = model(pixel_values=pixels, bool_masked_pos=mask)
            prediction = hidden_patches(output.reconstruction, mask, model.config.patch_size)
        result = {"prediction": prediction, "loss": output.loss.reshape(1)}
        if kind == "videomae":
            result["features"] = model.videomae(pixels).last_hidden_state
        elif kind == "vit":
            result["features"] = model.vit(pixels).last_hidden_state
    return {key: value.contiguous() for key, value in result.items()}


def check_transformers(name, folder, ours):
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
    model.eval()
    wrong = {key: value for key, value in info.items() if value}
    require(not wrong, name, f"loading says {wrong}")
    mask = ours["mask"].bool()
    theirs = compute(model, ours["pixels"], mask)
    report(name, **{key: difference(ours[key], value) for key, value in theirs.items()})
    transformers.AutoImageProcessor.from_pretrained(folder)


def check_timm(name, folder, ours):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    pixels = ours["pixels"]
    with torch.no_grad():
        if pixels.ndim == 5:  # a pair of frames: features are those of the first
            pixels = pixels[:, 0]
        theirs = model.forward_features(pixels)
    report(name, features=difference(ours["features"], theirs))
    stored = load_file(folder / "model.safetensors")
    require(set(stored) == set(model.state_dict()), name, "names differ")
    require(all(torch.equal(stored[key], value) for key, value in model.state_dict().items()), name, "values differ")


def check_official(name, folder, ours):
    stored = load_file(folder / "model.safetensors")
    loaded = torch.load(folder / "checkpoint.pth", weights_only=True)["model"]
    same = set(stored) == set(loaded) and all(torch.equal(stored[key], value) for key, value in loaded.items())
    require(same, name, "checkpoint.pth and model.safetensors differ")
    configuration = json.loads((folder / "config.json").read_text())["configuration"]
    theirs = formulas.predict(loaded, configuration, ours["pixels"], ours["mask"].bool())
    report(name, prediction=difference(ours["prediction"], theirs))


# The folders of every method that a library or the formulas of its public implementation must load; `native` are our own checkpoints
# where they are folders of transformers. A new method adds a line.
FOLDERS = {
    "mae": {"native", "transformers", "timm", "official"},
    "videomae": {"native", "transformers", "official"},
    "mae-st": {"official"},
    "siammae": {"timm", "official"},
    "simmim": {"native", "transformers", "timm"},
    "u-mae": {"transformers", "timm", "official"},
    "self-guided": {"native", "transformers", "timm", "official"},
    "self-guided-small": {"native", "transformers", "timm", "official"},
    "amt": {"native", "transformers", "timm", "official"},
    "crossmae": {"timm", "official"},
    "pixio": {"transformers", "official"},
    "videomae-v2": {"native", "transformers", "official"},
    "videomae-tpt": {"native", "transformers", "official"},
}
CHECKS = {"native": check_transformers, "transformers": check_transformers, "timm": check_timm, "official": check_official}


def check_exports(root):
    methods = {path.name for path in root.iterdir() if (path / "computed.safetensors").exists()}
    require(methods == set(FOLDERS), "methods", f"there are {sorted(methods)}, expected {sorted(FOLDERS)}")
    for method in sorted(methods & set(FOLDERS)):
        ours = load_file(root / method / "computed.safetensors")
        configuration = json.loads((root / method / "native" / "config.json").read_text())
        present = {kind for kind in CHECKS if (root / method / kind).exists()}
        if "architectures" not in configuration:
            present -= {"native"}
        require(present == FOLDERS[method], method, f"has {sorted(present)}, expected {sorted(FOLDERS[method])}")
        for kind in sorted(present):
            CHECKS[kind](f"{method}/{kind}", root / method / kind, ours)


def randomise(model, seed):
    """Every parameter away from its initial value, tables and tokens included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            scale = 0.3 / max(1, parameter.shape[-1]) ** 0.5 if parameter.ndim > 1 else 0.1
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator))


SIZES = dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=4, intermediate_size=120, image_size=24, patch_size=6)
DECODER = dict(
    decoder_hidden_size=32, decoder_num_hidden_layers=2, decoder_num_attention_heads=4, decoder_intermediate_size=72
)


def library_models():
    mae = transformers.ViTMAEConfig
    video = transformers.VideoMAEConfig
    yield "vit-mae", transformers.ViTMAEForPreTraining(mae(**SIZES, **DECODER, norm_pix_loss=True, layer_norm_eps=1e-6))
    yield "vit-mae-grey", transformers.ViTMAEForPreTraining(mae(**SIZES, **DECODER, num_channels=1, mask_ratio=0.5))
    yield "videomae", transformers.VideoMAEForPreTraining(
        video(**SIZES, **DECODER, num_frames=4, tubelet_size=2, use_mean_pooling=False)
    )
    yield "videomae-pooled", transformers.VideoMAEForPreTraining(
        video(**SIZES, **DECODER, num_frames=6, tubelet_size=3, norm_pix_loss=False, layer_norm_eps=1e-6)
    )
    yield "vit-mim", transformers.ViTForMaskedImageModeling(
        transformers.ViTConfig(**SIZES, encoder_stride=6, layer_norm_eps=1e-6)
    )


def save_models(root):
    for number, (name, model) in enumerate(library_models()):
        model.eval()
        randomise(model, number)
        config = model.config
        generator = torch.Generator().manual_seed(100 + number)
        frames = [config.num_frames] if config.model_type == "videomae" else []
        shape = [2, *frames, config.num_channels, config.image_size, config.image_size]
        pixels = torch.randn(shape, generator=generator)
        plane = (config.image_size // config.patch_size) ** 2
        slots = config.num_frames // config.tubelet_size if frames else 1
        hidden = plane - int(plane * (1 - getattr(config, "mask_ratio", 0.5)))
        rows = [torch.randperm(plane, generator=generator) < hidden for _ in range(2)]
        mask = torch.stack(rows).repeat(1, slots)
        computed = {"pixels": pixels, "mask": mask.to(torch.uint8), **compute(model, pixels, mask)}

        def place(variant):
            folder = root / f"{name}-{variant}"
            (folder / "model").mkdir(parents=True)
            save_file(computed, folder / "computed.safetensors")
            return folder / "model"

        model.save_pretrained(place("saved"))
        sharded = place("sharded")
        model.save_pretrained(sharded, max_shard_size="100KB")
        require((sharded / "model.safetensors.index.json").exists(), name, "was not sharded")
        # Names as in memory, and a file of the older kinds.
        for variant, options in [("bin", {}), ("legacy", {"_use_new_zipfile_serialization": False})]:
            folder = place(variant)
            config.save_pretrained(folder)
            torch.save(model.state_dict(), folder / "pytorch_model.bin", **options)


def save_timm_models(root):
    arguments = dict(img_size=32, patch_size=8, num_classes=0)
    for number, architecture in enumerate(["vit_tiny_patch16_224", "vit_small_patch16_224"]):
        model = timm.create_model(architecture, pretrained=False, depth=2, **arguments).eval()
        randomise(model, 50 + number)
        pixels = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(number))
        with torch.no_grad():
            features = model.forward_features(pixels).contiguous()
        mask = (torch.arange(16).repeat(2, 1) % 4 != 0).to(torch.uint8)
        for variant in ["safetensors", "pth"]:
            folder = root / f"timm-{architecture.split('_')[1]}-{variant}"
            (folder / "model").mkdir(parents=True)
            save_file({"pixels": pixels, "mask": mask, "features": features}, folder / "computed.safetensors")
            if variant == "pth":
                torch.save({"state_dict": model.state_dict(), "epoch": 3}, folder / "model" / "weights.pth")
            else:
                save_file(model.state_dict(), folder / "model" / "model.safetensors")


def main():
    root = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, timm {timm.__version__}")
    check_exports(root)
    saved = root / "saved"
    shutil.rmtree(saved, ignore_errors=True)
    saved.mkdir()
    save_models(saved)
    save_timm_models(saved)
    if failures:
        sys.exit(f"interchange: {len(failures)} failed: {', '.join(sorted(set(failures)))}")


main()
