import json
import pathlib

import numpy as np


def read_features(path):
    """What `mae embed` wrote: the tensor `features` of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + size])["features"]
    first, last = entry["data_offsets"]
    return np.frombuffer(data[8 + size + first : 8 + size + last], np.float32).reshape(entry["shape"])
