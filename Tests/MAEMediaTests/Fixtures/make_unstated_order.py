"""Makes unstated-order.avi: MPEG-4 with bidirectional frames whose layer does not say whether frames come out of order, as DivX 5
writes it. ffmpeg's encoder always says so: its statement (vol_control_parameters, ISO 14496-2, 6.2.3) is cut out.

python3 make_unstated_order.py
"""
import os
import subprocess

FFMPEG = ["ffmpeg", "-v", "error", "-y"]


def bits_without_statement(bits):
    at = 1 + 8  # random_accessible_vol, video_object_type_indication
    at += 8 if bits[at] == "1" else 1  # verid and priority
    at += 20 if bits[at:at + 4] == "1111" else 4  # aspect ratio
    end = at + 4
    assert bits[at] == "1" and bits[end] == "0"  # chroma and order, without buffer sizes
    content = bits.rstrip("1")[:-1]  # stuffed with 0 and ones
    content = content[:at] + "0" + content[end + 1:] + "0"
    return content + "1" * (-len(content) % 8)


pictures = "testsrc2=s=64x48:r=25:d=1.2,noise=alls=12:allf=t:all_seed=3"
subprocess.run(
    FFMPEG + ["-f", "lavfi", "-i", pictures, "-c:v", "mpeg4", "-bf", "2", "-g", "12", "-q:v", "8", "-f", "m4v", "stated.m4v"],
    check=True)
with open("stated.m4v", "rb") as file:
    units = file.read().split(b"\0\0\1")
for number, unit in enumerate(units):
    if unit and 0x20 <= unit[0] <= 0x2F:
        bits = bits_without_statement("".join(f"{byte:08b}" for byte in unit[1:]))
        units[number] = unit[:1] + bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))
with open("unstated.m4v", "wb") as file:
    file.write(b"\0\0\1".join(units))
subprocess.run(
    FFMPEG + ["-f", "m4v", "-framerate", "25", "-i", "unstated.m4v", "-c", "copy", "-bsf:v", "setts=ts=N/(25*TB)", "-vtag", "DX50",
              "-bitexact", "unstated-order.avi"], check=True)
os.remove("stated.m4v")
os.remove("unstated.m4v")
