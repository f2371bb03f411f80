"""The Python side of the interchange check: loads our exports into transformers and timm, and saves models for us to read.

    interchange.py FOLDER

FOLDER holds one folder per method, written by our tests: `native` and the exports beside `computed.safetensors`, what our
model computes from given pixels and mask. Afterwards `saved` holds models of the libraries with what they compute.
Every load must report no missing, unexpected or mismatched name; every output agree to 1e-5 of its largest value, logits of
fine-tuned classifiers to 1e-4 (transformers' norm before VideoMAE's classifier has another epsilon).
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


def check_vitdet(name, folder, ours):
    """The file in transformers' ViTDet, which has detectron2's names but for their beginnings, and in timm without class token."""
    weights = torch.load(folder / "checkpoint.pth", weights_only=True)["model"]
    weights = {key.removeprefix("backbone.net."): value for key, value in weights.items()}
    side, patch, width, depth, hidden, heads = dense_sizes(weights, ours, name)
    # transformers keeps a row for the class token in its table and never uses it.
    table = torch.cat([torch.zeros(1, 1, width), weights["pos_embed"]], 1)
    names = {"patch_embed.proj": "embeddings.projection", "pos_embed": "embeddings.position_embeddings"}

    def renamed(key):
        for old, new in names.items():
            key = key.replace(old, new)
        return key.replace("blocks.", "encoder.layer.").replace(".attn.", ".attention.")

    config = transformers.VitDetConfig(
        hidden_size=width, num_hidden_layers=depth, num_attention_heads=heads, mlp_ratio=hidden // width, layer_norm_eps=1e-6,
        image_size=side, pretrain_image_size=side, patch_size=patch, window_block_indices=[], use_relative_position_embeddings=False)
    library = transformers.VitDetModel(config).eval()
    library.load_state_dict({renamed(key): value for key, value in (weights | {"pos_embed": table}).items()})
    other = timm.create_model(
        "vit_base_patch16_224", img_size=side, patch_size=patch, embed_dim=width, depth=depth, num_heads=heads,
        mlp_ratio=hidden / width, class_token=False, global_pool="avg", final_norm=False, fc_norm=False, num_classes=0).eval()
    other.load_state_dict(weights)
    pixels = ours["pixels"][:, 0] if ours["pixels"].ndim == 5 else ours["pixels"]
    with torch.no_grad():
        theirs = library(pixels).last_hidden_state.flatten(2).transpose(1, 2)
        report(name, features=difference(other.forward_features(pixels), theirs))


def check_upernet(name, folder, ours):
    """Names and values against timm's, one by one; mmsegmentation has no build for this version of torch."""
    weights = torch.load(folder / "checkpoint.pth", weights_only=True)["state_dict"]
    stored = load_file(folder.parent / "timm" / "model.safetensors")
    gammas = {key: value for key, value in weights.items() if ".gamma_" in key}
    require(all((value == 1).all() for value in gammas.values()) and gammas, name, "scales of branches are not one")
    known = {"projection": "proj", "layers.": "blocks.", ".ln": ".norm", "ffn.blocks.0.0": "mlp.fc1", "ffn.blocks.1": "mlp.fc2"}
    renamed = {}
    for key, value in weights.items():
        for old, new in known.items():
            key = key.replace(old, new)
        renamed[key] = value
    expected = {key: value for key, value in stored.items() if not key.startswith("norm.")}
    same = set(expected) == {key for key in renamed if ".gamma_" not in key}
    require(same and all(torch.equal(renamed[key], value) for key, value in expected.items()), name, "differs from timm's")
    if same:
        print(f"ok   {name}: {len(weights)} names and values")


def dense_sizes(weights, ours, name):
    """Side, patch, width, depth, hidden width and heads of a backbone."""
    width, _, patch, _ = weights["patch_embed.proj.weight"].shape
    side = ours["pixels"].shape[-1]
    tokens = (side // patch) ** 2
    require(weights["pos_embed"].shape == (1, tokens, width), name, f"positions are {tuple(weights['pos_embed'].shape)}")
    depth = 1 + max(int(key.split(".")[1]) for key in weights if key.startswith("blocks."))
    # Every model of the check is `tiny`, of three heads.
    return side, patch, width, depth, weights["blocks.0.mlp.fc1.weight"].shape[0], 3


# The folders of every method that a library or the formulas of its public implementation must load; `native` are our own checkpoints
# where they are folders of transformers. A new method adds a line.
FOLDERS = {
    "mae": {"native", "transformers", "timm", "official", "vitdet", "upernet"},
    "videomae": {"native", "transformers", "official"},
    "mae-st": {"official"},
    "siammae": {"timm", "official", "vitdet", "upernet"},
    "simmim": {"native", "transformers", "timm", "vitdet", "upernet"},
    "u-mae": {"transformers", "timm", "official", "vitdet", "upernet"},
    "self-guided": {"native", "transformers", "timm", "official", "vitdet", "upernet"},
    "self-guided-small": {"native", "transformers", "timm", "official", "vitdet", "upernet"},
    "amt": {"native", "transformers", "timm", "official", "vitdet", "upernet"},
    "crossmae": {"timm", "official", "vitdet", "upernet"},
    "pixio": {"transformers", "official", "vitdet"},
    "videomae-v2": {"native", "transformers", "official"},
    "videomae-tpt": {"native", "transformers", "official"},
    "mwm": set(),
    "mwm-multiview": set(),
    "mwm-tactile": set(),
}
CHECKS = {
    "native": check_transformers, "transformers": check_transformers, "timm": check_timm, "official": check_official,
    "vitdet": check_vitdet, "upernet": check_upernet,
}

# Fine-tuned folders, and where each must load; the library's ViT has no classifier on the mean of the patches.
CLASSIFIERS = {
    "mae-class-token": {"native": "ViTForImageClassification", "transformers": "ViTForImageClassification", "timm": "token"},
    "mae-mean": {"timm": "avg"},
    "videomae-mean": {"native": "VideoMAEForVideoClassification", "transformers": "VideoMAEForVideoClassification"},
    "simmim-class-token": {"native": "ViTForImageClassification", "transformers": "ViTForImageClassification", "timm": "token"},
    "crossmae-mean": {"timm": "avg"},
}
LOGITS_TOLERANCE = 1e-4


def check_classifiers(root):
    for case, kinds in CLASSIFIERS.items():
        folder = root / "classifiers" / case
        ours = load_file(folder / "computed.safetensors")
        for kind, expected in kinds.items():
            name = f"{case}/{kind}"
            if kind == "timm":
                model = timm.create_model(f"local-dir:{folder / kind}", pretrained=True).eval()
                require(model.global_pool == expected, name, f"pools by {model.global_pool}")
                names = model.pretrained_cfg.get("label_names")
            else:
                model, info = getattr(transformers, expected).from_pretrained(folder / kind, output_loading_info=True)
                wrong = {key: value for key, value in info.items() if value}
                require(not wrong, name, f"loading says {wrong}")
                names = [model.config.id2label[number] for number in range(model.config.num_labels)]
                transformers.AutoImageProcessor.from_pretrained(folder / kind)
            with torch.no_grad():
                theirs = model.eval()(ours["pixels"])
            theirs = getattr(theirs, "logits", theirs)
            require(kind == "timm" or names == ["a bird", "cat", "dog", "7", "left"], name, f"classes are {names}")
            found = difference(ours["logits"], theirs)
            require(found <= LOGITS_TOLERANCE, name, f"logits differ by {found:.1e}")
            print(f"ok   {name}: logits {found:.1e}")


def save_classifiers(root):
    labels = dict(enumerate(["ant", "bee", "cow", "dog"]))
    named = dict(id2label=labels, label2id={name: number for number, name in labels.items()})
    vit, video = transformers.ViTConfig, transformers.VideoMAEConfig
    for number, (name, model) in enumerate([
        ("vit", transformers.ViTForImageClassification(vit(**SIZES, **named, layer_norm_eps=1e-6))),
        ("vit-grey", transformers.ViTForImageClassification(vit(**SIZES, **named, num_channels=1))),
        ("videomae", transformers.VideoMAEForVideoClassification(video(**SIZES, **named, num_frames=4, tubelet_size=2))),
    ]):
        model.eval()
        randomise(model, 70 + number)
        config = model.config
        frames = [config.num_frames] if config.model_type == "videomae" else []
        generator = torch.Generator().manual_seed(300 + number)
        pixels = torch.randn([2, *frames, config.num_channels, config.image_size, config.image_size], generator=generator)
        with torch.no_grad():
            computed = {"pixels": pixels, "logits": model(pixels).logits.contiguous()}
        for variant in ["saved", "bin"]:
            folder = root / f"{name}-{variant}"
            (folder / "model").mkdir(parents=True)
            save_file(computed, folder / "computed.safetensors")
            if variant == "saved":
                model.save_pretrained(folder / "model")
            else:
                config.architectures = [type(model).__name__]
                config.save_pretrained(folder / "model")
                torch.save(model.state_dict(), folder / "model" / "pytorch_model.bin")


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
    check_classifiers(root)
    saved = root / "saved"
    shutil.rmtree(saved, ignore_errors=True)
    saved.mkdir()
    save_models(saved)
    save_timm_models(saved)
    classifiers = root / "saved-classifiers"
    shutil.rmtree(classifiers, ignore_errors=True)
    save_classifiers(classifiers)
    if failures:
        sys.exit(f"interchange: {len(failures)} failed: {', '.join(sorted(set(failures)))}")


main()
