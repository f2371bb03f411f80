"""Writes positions.safetensors: position tables and what PyTorch's interpolation makes of them."""
import torch
from safetensors.torch import save_file

torch.manual_seed(5)
table = torch.randn(1, 1 + 4 * 3, 8)
plane = table[:, 1:].reshape(1, 4, 3, 8).permute(0, 3, 1, 2)
tensors = {"table": table}
for height, width in [(4, 5), (7, 3), (9, 10), (2, 2), (1, 1)]:
    resized = torch.nn.functional.interpolate(plane, size=(height, width), mode="bicubic", align_corners=False)
    rows = resized.permute(0, 2, 3, 1).flatten(1, 2)
    tensors[f"{height}x{width}"] = torch.cat([table[:, :1], rows], 1).contiguous()
time = torch.randn(1, 4, 8)
tensors["time"] = time
for slots in [2, 7, 1]:
    resized = torch.nn.functional.interpolate(time.transpose(1, 2), size=slots, mode="linear", align_corners=False)
    tensors[f"time {slots}"] = resized.transpose(1, 2).contiguous()
save_file(tensors, "positions.safetensors")
