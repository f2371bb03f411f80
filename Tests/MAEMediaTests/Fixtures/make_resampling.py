"""Makes resampling.json: what Pillow's resize gives for generated pictures. Needs Pillow and NumPy.

    python3 make_resampling.py > resampling.json
    python3 make_resampling.py PHOTOGRAPH... > photographs.json

The second form takes pictures of one's own; MAE_RESAMPLING=photographs.json makes the tests compare them too. Each is kept without
loss beside itself as NAME.lossless.png, since JPEG decoders differ.
"""
import base64
import json
import pathlib
import sys

import numpy
from PIL import Image


def noise(width, height):
    """Bytes of a linear congruential generator: the highest eight bits of its state."""
    state, values = 12345, []
    for _ in range(width * height * 3):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state >> 23)
    return numpy.array(values, numpy.uint8).reshape(height, width, 3)


def shapes(width, height):
    """Gradients, a disc and stripes: smooth parts and hard edges as in photographs."""
    y, x = numpy.mgrid[0:height, 0:width]
    red = x * 255 // (width - 1)
    green = y * 255 // (height - 1)
    inside = (2 * x - width) ** 2 + (2 * y - height) ** 2 < (min(width, height) * 3 // 4) ** 2
    blue = numpy.where(inside, 250, (x // 5 + y // 3) % 2 * 200)
    return numpy.stack([red, green, blue], 2).astype(numpy.uint8)


FILTERS = (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC))


def results(kind, picture, crop, size):
    left, top, width, height = crop
    window = picture.crop((left, top, left + width, top + height))
    for name, filter in FILTERS:
        result = numpy.asarray(window.resize(size, filter))
        yield dict(
            kind=kind, source=list(picture.size), crop=list(crop), size=list(size), filter=name,
            pixels=base64.b64encode(result.tobytes()).decode())


cases = []
if len(sys.argv) > 1:
    for path in map(pathlib.Path, sys.argv[1:]):
        picture = Image.open(path).convert("RGB")
        lossless = path.with_name(path.name + ".lossless.png").resolve()
        picture.save(lossless)
        width, height = picture.size
        cases += results(str(lossless), picture, (0, 0, width, height), (224, 224))
        cases += results(str(lossless), picture, (width // 5, height // 7, width // 2, height // 2), (97, 64))
else:
    for kind, maker in (("noise", noise), ("shapes", shapes)):
        for (width, height), crop, size in (
            ((97, 61), (0, 0, 97, 61), (40, 33)),
            ((97, 61), (7, 5, 80, 50), (32, 48)),
            ((23, 31), (0, 0, 23, 31), (57, 40)),
            ((64, 48), (3, 2, 60, 44), (1, 3)),
            ((60, 40), (10, 10, 30, 20), (30, 9)),
        ):
            cases += results(kind, Image.fromarray(maker(width, height)), crop, size)
print(json.dumps(cases, indent=0))
