"""Times training steps of the transformers models on random pixels and prints one line of JSON.

    pytorch_step.py CASE [--steps N] [--threads N] [--compile]

A step is forward, backward, fused AdamW and clearing the gradients, as `mae bench step` does it: the same tokens, the same
decoder, the same number of samples. Two steps go before the timed ones.
"""

import argparse
import json
import resource
import statistics
import time

import torch
import transformers

# encoder width, heads; decoder width, heads, blocks; samples
CASES = {
    "mae-tiny": ("image", 192, 3, 192, 3, 4, 32),
    "mae-base": ("image", 768, 12, 512, 16, 8, 16),
    "videomae-small": ("video", 384, 6, 192, 3, 4, 4),
    "videomae-base": ("video", 768, 12, 384, 6, 4, 2),
}


def build(kind, width, heads, decoder_width, decoder_heads, decoder_blocks):
    sizes = dict(
        hidden_size=width,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        decoder_hidden_size=decoder_width,
        decoder_num_attention_heads=decoder_heads,
        decoder_intermediate_size=4 * decoder_width,
        decoder_num_hidden_layers=decoder_blocks,
    )
    if kind == "image":
        return transformers.ViTMAEForPreTraining(transformers.ViTMAEConfig(norm_pix_loss=True, mask_ratio=0.75, **sizes))
    return transformers.VideoMAEForPreTraining(transformers.VideoMAEConfig(norm_pix_loss=True, **sizes))


def tube_mask(samples, slots=8, places=196, hidden=176):
    order = torch.rand(samples, places).argsort(dim=1)
    return (order < hidden).repeat(1, slots)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    kind, *sizes, samples = CASES[options.case]
    model = build(kind, *sizes).train()
    pixels = torch.rand(samples, *((3,) if kind == "image" else (16, 3)), 224, 224)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
    run = torch.compile(model) if options.compile else model

    seconds = []
    for step in range(options.steps + 2):
        start = time.perf_counter()
        inputs = {} if kind == "image" else {"bool_masked_pos": tube_mask(samples)}
        loss = run(pixels, **inputs).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        if step >= 2:
            seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "step_seconds": statistics.median(seconds),
        "step_seconds_minimum": min(seconds),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "instruction_level": torch.backends.cpu.get_cpu_capability().lower(),
        "parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
    }))


main()
