"""Makes the weight files of this folder: one tiny MAE (width 4, one block each) in the many ways in which people keep it.

    python make.py FOLDER        (torch 2.x, safetensors, numpy)

`expected.safetensors` has the plain weights; every other file holds the same numbers, except the copies named in the tests
(`ema`, `teacher`), which are doubled.
"""

import argparse
import collections
import datetime
import enum
import functools
import sys
import types
import warnings

import numpy
import torch
from safetensors.torch import load_file, save_file

warnings.simplefilter("ignore")
folder = sys.argv[1] if len(sys.argv) > 1 else "."
torch.manual_seed(3)
WIDTH, PATCH, TOKENS = 4, 2, 4


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = torch.nn.Linear(WIDTH, WIDTH)


class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = torch.nn.Linear(4 * WIDTH, WIDTH)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = torch.nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.norm2 = torch.nn.LayerNorm(WIDTH)
        self.mlp = Mlp()


class Embedding(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = torch.nn.Conv2d(3, WIDTH, PATCH, PATCH)


class Model(torch.nn.Module):
    """The names of facebookresearch/mae, models_mae.py."""

    def __init__(self):
        super().__init__()
        self.cls_token = torch.nn.Parameter(torch.randn(1, 1, WIDTH))
        self.pos_embed = torch.nn.Parameter(torch.randn(1, 1 + TOKENS, WIDTH), requires_grad=False)
        self.patch_embed = Embedding()
        self.blocks = torch.nn.ModuleList([Block()])
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.mask_token = torch.nn.Parameter(torch.randn(1, 1, WIDTH))
        self.decoder_pos_embed = torch.nn.Parameter(torch.randn(1, 1 + TOKENS, WIDTH), requires_grad=False)
        self.decoder_embed = torch.nn.Linear(WIDTH, WIDTH)
        self.decoder_blocks = torch.nn.ModuleList([Block()])
        self.decoder_norm = torch.nn.LayerNorm(WIDTH)
        self.decoder_pred = torch.nn.Linear(WIDTH, PATCH * PATCH * 3)


model = Model().eval()
state = model.state_dict()
save_file(dict(state), f"{folder}/expected.safetensors")
doubled = {name: 2 * tensor for name, tensor in state.items()}
is_decoder = lambda name: name.startswith(("decoder_", "mask_token"))
encoder = {name: tensor for name, tensor in state.items() if not is_decoder(name)}
decoder = {name: tensor for name, tensor in state.items() if is_decoder(name)}


def save(name, value, **options):
    torch.save(value, f"{folder}/{name}", **options)


def prefixed(prefix, tensors=state):
    return {prefix + name: tensor for name, tensor in tensors.items()}


def inside_blocks(wrapper):
    """A wrapper between a block's number and its parts."""
    parts = {}
    for name, tensor in state.items():
        words = name.split(".")
        if "blocks" in words[0]:
            words.insert(2, wrapper)
        parts[".".join(words)] = tensor
    return parts


class Foreign:
    """A class of a module that no other machine has."""

    def __init__(self, **values):
        self.__dict__.update(values)


class ForeignDictionary(dict):
    pass


class ForeignList(list):
    pass


class Slotted:
    __slots__ = ("value",)


class Colour(enum.Enum):
    RED = 1


def foreign(kind, module, name):
    """The class under the name of another package."""
    words = module.split(".")
    for count in range(1, len(words) + 1):
        sys.modules.setdefault(".".join(words[:count]), types.ModuleType(".".join(words[:count])))
    kind.__module__, kind.__qualname__, kind.__name__ = module, name, name
    setattr(sys.modules[module], name, kind)
    return kind


legacy = {"_use_new_zipfile_serialization": False}

# Under any key.
optimizer = torch.optim.AdamW(model.parameters())
optimizer.zero_grad()
sum(parameter.sum() for parameter in model.parameters() if parameter.requires_grad).backward()
optimizer.step()
model.load_state_dict(load_file(f"{folder}/expected.safetensors"))
state = model.state_dict()
training = {"epoch": 3, "model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(), "loss": 0.5}
save("key-model_state_dict.pth", training, **legacy)
save("key-net.pth", {"net": state, "acc": 7})
save("key-nested.pth", {"checkpoint": {"weights": {"student": state}}, "epoch": 3}, **legacy)
save("key-list.pth", [state, {"lr": 0.1}], **legacy)
save("key-split.pth", {"encoder": encoder, "decoder": decoder, "epoch": 3}, **legacy)
save("copies-ema.pth", {"state_dict": state, "state_dict_ema": doubled}, **legacy)
save(
    "copies-teacher.pth",
    {"teacher": prefixed("backbone.", {name: 2 * tensor for name, tensor in encoder.items()}), "student": prefixed("module.backbone.")},
    _use_new_zipfile_serialization=False,
)

# Behind any prefix.
save_file(prefixed("model.", dict(state)), f"{folder}/prefix-model.safetensors")
save("prefix-forward_module.pth", {"state_dict": prefixed("_forward_module.")}, **legacy)
save("prefix-sequential.pth", {"state_dict": prefixed("model.0.net.")}, **legacy)
save("prefix-part.pth", {"state_dict": {**prefixed("backbone."), "neck.weight": torch.zeros(2), "queue": torch.zeros(3)}}, **legacy)
save("wrapper-orig_mod.pth", {"model": inside_blocks("_orig_mod")}, **legacy)
save("wrapper-fsdp.pth", {"model": prefixed("_fsdp_wrapped_module.", inside_blocks("_checkpoint_wrapped_module"))}, **legacy)
averaged = torch.optim.swa_utils.AveragedModel(model)
save("wrapper-averaged.pth", averaged.state_dict(), **legacy)

# Whole modules.
save("module-whole.pth", {"model": model, "epoch": 3})
# The older form keeps the source text of every class; a word of it is enough here.
torch.serialization.get_source_lines_and_file = lambda *_: (["class Model: ..."], 1, "model.py")
save("module-legacy.pth", model, **legacy)

# Beside values of every class.
settings = argparse.Namespace(norm_pix_loss=True, mask_ratio=0.5, decoder_num_heads=2, kind=int, act=torch.nn.GELU)
attribute_dictionary = foreign(ForeignDictionary, "lightning_fabric.utilities.data", "AttributeDict")(lr=0.1, sizes=[1, 2])
foreign(ForeignList, "mmengine.config", "ConfigList")
foreign(Foreign, "code.configs.model", "Config")
foreign(Slotted, "somewhere.else", "Slotted")
foreign(Colour, "somewhere.else", "Colour")
slotted = Slotted()
slotted.value = 4
values = {
    "args": settings,
    "hyper_parameters": attribute_dictionary,
    "list": ForeignList([1, Foreign(a=1)]),
    "config": Foreign(width=WIDTH, when=datetime.date(2026, 11, 25), nested=Foreign(x=None)),
    "slotted": slotted,
    "colour": Colour.RED,
    "when": datetime.datetime.now(datetime.timezone.utc),
    "version": torch.__version__,
    "counts": collections.defaultdict(int, {"a": 1}),
    "groups": collections.defaultdict(list, {"a": [1]}),
    "deque": collections.deque([1, 2], maxlen=3),
    "counter": collections.Counter("abc"),
    "types": (int, float, str, complex, torch.float16, torch.nn.Linear, type(None), list, bytes),
    "partial": functools.partial(torch.nn.LayerNorm, eps=1e-6),
    "method": settings.__eq__,
    "numbers": (1 << 70, -(1 << 70), 1 << 31, -1, 3 + 4j, float("inf"), True, b"x", bytearray(b"y"), {1, 2}, frozenset([3]), range(4), slice(1, 2)),
    "numpy": (numpy.float64(0.5), numpy.arange(3), numpy.random.get_state(), numpy.dtype("float32")),
    "device": torch.device("cpu"),
    "size": torch.Size([1, 2]),
    "generator": torch.get_rng_state(),
    "module": torch.nn.GELU(),
    "storage": torch.zeros(3).untyped_storage(),
    3: "a key that is a number",
    None: "and one that is nothing",
}
for protocol in [2, 4, 5]:
    save(f"classes-{protocol}.pth", {"model": state, **values}, pickle_protocol=protocol, _use_new_zipfile_serialization=protocol == 2)

# Beside tensors without plain numbers.
odd = {
    "freqs_cis": torch.polar(torch.ones(3), torch.arange(3.0)),
    "freqs_double": torch.zeros(2, dtype=torch.complex128),
    "sparse": torch.eye(3).to_sparse(),
    "sparse_rows": torch.eye(3).to_sparse_csr(),
    "quantised": torch.quantize_per_tensor(torch.ones(4), 0.1, 3, torch.qint8),
    "quantised_channels": torch.quantize_per_channel(torch.ones(2, 2), torch.ones(2), torch.zeros(2, dtype=torch.long), 0, torch.quint8),
    "meta": torch.zeros(5, device="meta"),
    "nested": torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    "eight_bits": torch.zeros(4).to(torch.float8_e8m0fnu),
    "buffer": torch.nn.Buffer(torch.zeros(2)),
}
save("odd.pth", {"model": {**state, **odd}})
save("odd-legacy.pth", {"model": {**{name: odd[name] for name in ["freqs_cis", "freqs_double", "sparse"]}, **state}}, **legacy)
save("odd-needed.pth", {"model": {**state, "norm.weight": state["norm.weight"].to(torch.complex64)}}, **legacy)
save_file({**state, "freqs_cis": odd["freqs_cis"]}, f"{folder}/odd.safetensors")

# Beside adapters (Hu et al. 2021) of rank 2 on the encoder's attention; `lora-merged.safetensors` has what they come to at scale 2.
down, up = torch.randn(2, WIDTH), torch.randn(3 * WIDTH, 2)
merged = {**state, "blocks.0.attn.qkv.weight": state["blocks.0.attn.qkv.weight"] + 2 * up @ down}
save_file({"blocks.0.attn.qkv.weight": merged["blocks.0.attn.qkv.weight"]}, f"{folder}/lora-merged.safetensors")
loralib = {"blocks.0.attn.qkv.lora_A": down, "blocks.0.attn.qkv.lora_B": up}
save("lora-unknown.pth", {"model": {**state, **loralib}}, **legacy)
save("lora-noted.pth", {"model": {**state, **loralib}, "args": argparse.Namespace(lora_alpha=4, lora_r=2)}, **legacy)
peft = {f"base_model.model.{name}": tensor for name, tensor in state.items()}
for part in ["weight", "bias"]:
    peft[f"base_model.model.blocks.0.attn.qkv.base_layer.{part}"] = peft.pop(f"base_model.model.blocks.0.attn.qkv.{part}")
peft["base_model.model.blocks.0.attn.qkv.lora_A.default.weight"] = down
peft["base_model.model.blocks.0.attn.qkv.lora_B.default.weight"] = up
save("lora-peft.pth", peft, **legacy)
save("lora-alpha.pth", {**state, "blocks.0.attn.qkv.lora_down.weight": down, "blocks.0.attn.qkv.lora_up.weight": up, "blocks.0.attn.qkv.alpha": torch.tensor(4.0)}, **legacy)
save("lora-magnitude.pth", {**state, **loralib, "blocks.0.attn.qkv.lora_magnitude_vector": torch.ones(3 * WIDTH)}, **legacy)
save("lora-alone.pth", {name: tensor for name, tensor in peft.items() if "lora" in name}, **legacy)
