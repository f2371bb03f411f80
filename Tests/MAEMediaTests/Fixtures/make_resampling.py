"""Makes resampling.json: what Pillow's resize gives for generated pictures. Needs Pillow and NumPy.

    python3 make_resampling.py > resampling.json
"""
import base64
import json

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


cases = []
for kind, maker in (("noise", noise), ("shapes", shapes)):
    for (width, height), crop, (to_width, to_height) in (
        ((97, 61), (0, 0, 97, 61), (40, 33)),
        ((97, 61), (7, 5, 80, 50), (32, 48)),
        ((23, 31), (0, 0, 23, 31), (57, 40)),
        ((64, 48), (3, 2, 60, 44), (1, 3)),
        ((60, 40), (10, 10, 30, 20), (30, 9)),
    ):
        picture = Image.fromarray(maker(width, height))
        left, top, crop_width, crop_height = crop
        window = picture.crop((left, top, left + crop_width, top + crop_height))
        for name, filter in (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)):
            result = numpy.asarray(window.resize((to_width, to_height), filter))
            cases.append(dict(
                kind=kind, source=[width, height], crop=list(crop), size=[to_width, to_height], filter=name,
                pixels=base64.b64encode(result.tobytes()).decode()))
print(json.dumps(cases, indent=0))
