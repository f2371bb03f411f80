"""The forward passes of the methods from their papers' formulas, on weights under the official names.

For exports that no library on the package index can load: the same numbers must come out of the stored names and shapes.
"""

import torch
from torch.nn import functional as F


class Weights:
    """A state dictionary with the few operations that use it."""

    def __init__(self, state, epsilon):
        self.state, self.epsilon = state, epsilon

    def __contains__(self, name):
        return name in self.state

    def __getitem__(self, name):
        return self.state[name]

    def linear(self, x, name):
        return F.linear(x, self[f"{name}.weight"], self.state.get(f"{name}.bias"))

    def norm(self, x, name, epsilon=None):
        return F.layer_norm(x, x.shape[-1:], self[f"{name}.weight"], self[f"{name}.bias"], epsilon or self.epsilon)

    def depth(self, prefix):
        blocks = [key[len(prefix) :] for key in self.state if key.startswith(prefix)]
        return 1 + max(int(key.split(".")[0]) for key in blocks)

    def joint(self, prefix):
        """Weight and bias of query, key and value together, however they are stored."""
        if f"{prefix}.in_proj_weight" in self:
            return self[f"{prefix}.in_proj_weight"], self[f"{prefix}.in_proj_bias"]
        if f"{prefix}.q.weight" in self:
            return tuple(torch.cat([self[f"{prefix}.{part}.{kind}"] for part in "qkv"]) for kind in ["weight", "bias"])
        if f"{prefix}.q_bias" in self:
            query, value = self[f"{prefix}.q_bias"], self[f"{prefix}.v_bias"]
            return self[f"{prefix}.qkv.weight"], torch.cat([query, torch.zeros_like(query), value])
        return self[f"{prefix}.qkv.weight"], self[f"{prefix}.qkv.bias"]

    def attention(self, x, prefix, heads, output, memory=None):
        weight, bias = self.joint(prefix)
        width = x.shape[-1]
        memory = x if memory is None else memory
        query = F.linear(x, weight[:width], bias[:width])
        key, value = F.linear(memory, weight[width:], bias[width:]).chunk(2, -1)
        return self.linear(mixed(query, key, value, heads), f"{prefix}.{output}")

    def feed_forward(self, x, prefix):
        return self.linear(F.gelu(self.linear(x, f"{prefix}.fc1")), f"{prefix}.fc2")

    def block(self, x, name, heads):
        x = x + self.attention(self.norm(x, f"{name}.norm1"), f"{name}.attn", heads, "proj")
        return x + self.feed_forward(self.norm(x, f"{name}.norm2"), f"{name}.mlp")

    def blocks(self, x, prefix, heads):
        for index in range(self.depth(prefix)):
            x = self.block(x, f"{prefix}{index}", heads)
        return x

    def cross_blocks(self, x, memory, prefix, heads):
        """Cross-attention, feed-forward, self-attention, each followed by a norm (the public SiamMAE code)."""
        for index in range(self.depth(prefix)):
            name = f"{prefix}{index}"
            crossed = self.attention(x, f"{name}.multihead_attn", heads, "out_proj", memory)
            x = self.norm(x + crossed, f"{name}.norm2")
            hidden = F.gelu(self.linear(x, f"{name}.linear1"))
            x = self.norm(x + self.linear(hidden, f"{name}.linear2"), f"{name}.norm3")
            x = self.norm(x + self.attention(x, f"{name}.self_attn", heads, "out_proj"), f"{name}.norm1")
        return x

    def patches(self, pixels, prefix=""):
        """Tokens of [N, C, H, W] or [N, T, C, H, W], time first."""
        weight, bias = self[f"{prefix}patch_embed.proj.weight"], self[f"{prefix}patch_embed.proj.bias"]
        if weight.ndim == 4:
            return F.conv2d(pixels, weight, bias, weight.shape[2:]).flatten(2).transpose(1, 2)
        return F.conv3d(pixels.transpose(1, 2), weight, bias, weight.shape[2:]).flatten(2).transpose(1, 2)

    def positions(self, prefix):
        """The table of all places, and the row of the class token or None."""
        if f"{prefix}pos_embed" in self:
            table, kept = self[f"{prefix}pos_embed"], 1 if "cls_token" in self else 0
            return table[:, kept:], table[:, :kept] if kept else None
        space, time = self[f"{prefix}pos_embed_spatial"], self[f"{prefix}pos_embed_temporal"]
        return (time[:, :, None] + space[:, None]).flatten(1, 2), self.state.get(f"{prefix}pos_embed_class")


def mixed(query, key, value, heads):
    """Attention of [N, tokens, width]."""
    split = [part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value)]
    return F.scaled_dot_product_attention(*split).transpose(1, 2).flatten(2)


def keep(tokens, flags):
    """The tokens of each sample whose flag is set, in order."""
    return tokens[flags].reshape(tokens.shape[0], -1, tokens.shape[-1])


def spread(visible, mask_token, mask):
    """Visible tokens at their places, the mask token elsewhere."""
    full = mask_token.expand(*mask.shape, -1).clone()
    full[~mask] = visible.flatten(0, 1)
    return full


def sinusoid(count, width):
    place = torch.arange(count, dtype=torch.float64)[:, None]
    channel = torch.arange(width, dtype=torch.float64)[None]
    angle = place / 10000 ** (2 * (channel // 2) / width)
    return torch.where(channel % 2 == 0, angle.sin(), angle.cos()).float()[None]


def visible_tokens(w, pixels, mask):
    """Class tokens, one or several, and the visible patches, as the first block gets them."""
    positions, kept = w["pos_embed"], w["cls_token"].shape[1]
    x = keep(w.patches(pixels) + positions[:, kept:], ~mask)
    return torch.cat([(w["cls_token"] + positions[:, :kept]).expand(len(x), -1, -1), x], 1)


def image(w, heads, decoder_heads, pixels, mask):
    kept = w["cls_token"].shape[1]
    x = w.linear(w.norm(w.blocks(visible_tokens(w, pixels, mask), "blocks.", heads), "norm"), "decoder_embed")
    x = torch.cat([x[:, :kept], spread(x[:, kept:], w["mask_token"], mask)], 1) + w["decoder_pos_embed"]
    x = w.norm(w.blocks(x, "decoder_blocks.", decoder_heads), "decoder_norm")
    return keep(w.linear(x[:, kept:], "decoder_pred"), mask)


def cross(w, heads, decoder_heads, pixels, mask, mixed_states=None, decoded=None):
    """Mask tokens attend a mixture of the encoder's states in each block, and not each other (the public CrossMAE code).

    `mixed_states` are those that are mixed, 0 the encoder's input, all unless given; `decoded` flags the tokens that are predicted, all
    hidden ones unless given.
    """
    states = [visible_tokens(w, pixels, mask)]
    for index in range(w.depth("blocks.")):
        states.append(w.block(states[-1], f"blocks.{index}", heads))
    if mixed_states is not None:
        states = [states[number] for number in mixed_states]
    x = keep((w["mask_token"] + w["decoder_pos_embed"][:, 1:]).expand(*mask.shape, -1), mask if decoded is None else decoded)
    for index, shares in enumerate(w["wfm.linear.weight"]):
        name = f"decoder_blocks.{index}"
        mixture = sum(share * state for share, state in zip(shares, states, strict=True))
        query = w.linear(w.norm(x, f"{name}.norm1"), f"{name}.cross_attn.q")
        key, value = w.linear(w.norm(mixture, f"dec_norms.{index}"), f"{name}.cross_attn.kv").chunk(2, -1)
        x = x + w.linear(mixed(query, key, value, decoder_heads), f"{name}.cross_attn.proj")
        x = x + w.feed_forward(w.norm(x, f"{name}.norm2"), f"{name}.mlp")
    return w.linear(w.norm(x, "decoder_norm"), "decoder_pred")


def spacetime(w, heads, decoder_heads, pixels, mask):
    def with_class(x, token, row):
        return x if row is None else torch.cat([(w[token] + row).expand(len(x), -1, -1), x], 1)

    places, row = w.positions("")
    first = 0 if row is None else 1
    x = with_class(keep(w.patches(pixels) + places, ~mask), "cls_token", row)
    latent = w.norm(w.blocks(x, "blocks.", heads), "norm")[:, first:]
    x = spread(w.linear(latent, "decoder_embed"), w["mask_token"], mask)
    places, row = w.positions("decoder_")
    x = with_class(x + places, "decoder_cls_token", row)
    x = w.norm(w.blocks(x, "decoder_blocks.", decoder_heads), "decoder_norm")
    return keep(w.linear(x[:, first:], "decoder_pred"), mask)


def clip(w, heads, decoder_heads, pixels, mask, final_epsilon):
    x = w.patches(pixels, "encoder.")
    x = keep(x + sinusoid(x.shape[1], x.shape[2]), ~mask)
    x = w.norm(w.blocks(x, "encoder.blocks.", heads), "encoder.norm")
    x = spread(w.linear(x, "encoder_to_decoder"), w["mask_token"], mask)
    x = w.blocks(x + sinusoid(x.shape[1], x.shape[2]), "decoder.blocks.", decoder_heads)
    return keep(w.linear(w.norm(x, "decoder.norm", final_epsilon), "decoder.head"), mask)


def pair(w, heads, decoder_heads, pixels, mask):
    positions = w["pos_embed"]

    def encoded(frame, flags):
        x = keep(w.patches(frame) + positions[:, 1:], flags)
        x = torch.cat([(w["cls_token"] + positions[:, :1]).expand(len(x), -1, -1), x], 1)
        return w.linear(w.norm(w.blocks(x, "blocks.", heads), "norm"), "decoder_embed")

    memory = encoded(pixels[:, 0], torch.ones_like(mask))
    x = encoded(pixels[:, 1], ~mask)
    x = torch.cat([x[:, :1], spread(x[:, 1:], w["mask_token"], mask)], 1) + w["decoder_pos_embed"]
    x = w.norm(w.cross_blocks(x, memory, "decoder_blocks.", decoder_heads), "decoder_norm")
    return keep(w.linear(x[:, 1:], "decoder_pred"), mask)


def predict(state, configuration, pixels, mask):
    """The prediction of hidden tokens [N, hidden, values]."""
    encoder, decoder = configuration["encoder"]["blocks"], configuration["decoder"]
    w = Weights(state, encoder["normEpsilon"])
    heads = encoder["heads"], decoder["blocks"]["heads"]
    with torch.no_grad():
        match configuration["method"]:
            case "videomae" | "videomae-v2" | "videomae-tpt":
                return clip(w, *heads, pixels, mask, decoder["finalNormEpsilon"])
            case "mae-st":
                return spacetime(w, *heads, pixels, mask)
            case "crossmae":
                return cross(w, *heads, pixels, mask)
            case "siammae":
                return pair(w, *heads, pixels, mask)
            case _:
                return image(w, *heads, pixels, mask)
