import json
import pathlib

import numpy as np

TYPES = {"F32": np.float32, "U8": np.uint8}


def read_tensors(path):
    """The tensors of a safetensors file that the program wrote, by name."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    return {
        name: np.frombuffer(data[8 + size + first : 8 + size + last], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
        for first, last in [entry["data_offsets"]]
    }


def read_features(path):
    """What `mae embed` wrote."""
    return read_tensors(path)["features"]
