"""Makes the stills of this folder with Pillow 13 (pip install pillow pillow-heif) and avifenc 0.11: python make.py"""
import os
import struct
import subprocess
import zlib
import numpy
import pillow_heif
from PIL import Image, ImageOps

pillow_heif.register_heif_opener()
width, height = 40, 24
y, x = numpy.mgrid[0:height, 0:width]
# A bright corner at the upper left, red to the right, blue downwards: no two orientations look alike.
pixels = numpy.stack([30 + 5 * x, 220 * ((x < 16) & (y < 8)), 20 + 9 * y], -1).clip(0, 255).astype(numpy.uint8)
picture = Image.fromarray(pixels)

for number in range(1, 9):
    exif = Image.Exif()
    exif[274] = number
    picture.save(f"turned-{number}.jpg", quality=92, exif=exif)
    picture.save(f"turned-{number}.png", exif=exif)
    picture.save(f"turned-{number}.webp", quality=92, exif=exif)
    picture.save(f"turned-{number}.tiff", compression="tiff_lzw", tiffinfo={274: number})
    picture.save(f"turned-{number}.avif", quality=92, exif=exif)  # Pillow writes irot and imir
    ImageOps.exif_transpose(Image.open(f"turned-{number}.png")).save(f"upright-{number}.png")

# EXIF that contradicts the container's own turning does not count in HEIC.
exif[274] = 6
picture.save("exif-only.heic", quality=92, exif=exif)
# EXIF as old ImageMagick put it into a PNG: hexadecimal digits in a packed text.
picture.save("raw-profile-8.png")
plain = open("raw-profile-8.png", "rb").read()
block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0"
text = "\nexif\n%8d\n" % len(block) + "\n".join(block.hex()[i : i + 72] for i in range(0, 2 * len(block), 72)) + "\n"
body = b"zTXtRaw profile type exif\0\0" + zlib.compress(text.encode())
chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
open("raw-profile-8.png", "wb").write(plain[:33] + chunk + plain[33:])
# XMP turns a picture whose EXIF says nothing.
packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>8</tiff:Orientation></x:xmpmeta>'
picture.save("xmp-8.jpg", quality=92, xmp=packet)
picture.save("xmp-8.webp", quality=92, xmp=packet)
# JPEG inside TIFF: red, green and blue; luminance and colour differences; grey; several strips.
big = picture.resize((80, 56), Image.Resampling.BICUBIC)
big.save("jpeg.tiff", compression="jpeg", quality=92)
big.convert("L").save("jpeg-grey.tiff", compression="jpeg", quality=92)
big.convert("YCbCr").save("jpeg-ycbcr.tiff", compression="jpeg", quality=92, tiffinfo={278: 16})
big.save("jpeg-tiff.png")
# Ways of coding that the ffmpeg program does not write.
noisy = Image.fromarray((pixels + numpy.random.default_rng(1).integers(0, 60, pixels.shape)).clip(0, 255).astype(numpy.uint8))
noisy.save("baseline.jpg", quality=90)
noisy.save("progressive.jpg", quality=90, progressive=True)
noisy.save("restart.jpg", quality=90, restart_marker_blocks=2)
noisy.save("lossy.webp", quality=90)
noisy.save("lossless.webp", lossless=True)
noisy.save("noisy.jp2")
noisy.save("noisy.gif")
noisy.save("noisy.heic", quality=90)
noisy.save("noisy.avif", quality=90)
# A grid of four coded pictures.
large = picture.resize((160, 128), Image.Resampling.BICUBIC)
large.save("grid.png")
subprocess.run("avifenc --min 5 --max 10 -y 444 --grid 2x2 grid.png grid.avif", shell=True, check=True)
