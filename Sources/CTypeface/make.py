#!/usr/bin/env python3
"""Makes dejavu.c, and LICENSE, from DejaVu Sans: the outlines of European scripts and of the signs that captions need, without what
FreeType does not use when nothing is hinted.

    pip install fonttools
    make.py /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf      (Debian: fonts-dejavu-core)
"""

import io
import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

RANGES = [
    (0x20, 0x7E), (0xA0, 0x24F),  # Latin and its extensions A and B
    (0x300, 0x36F),  # marks that combine
    (0x370, 0x3FF), (0x400, 0x4FF),  # Greek, Cyrillic
    (0x1E00, 0x1EFF),  # Latin of Vietnam and others
    (0x2010, 0x2027), (0x2030, 0x205E),  # punctuation
    (0x2070, 0x209F), (0x20A0, 0x20BF),  # raised and lowered figures, currencies
    (0x2190, 0x2199), (0x21D0, 0x21D4),  # arrows
    (0x2500, 0x257F),  # lines of boxes
]  # fmt: skip
SIGNS = "ℓ№™℃∂∆∏∑−∓√∝∞∩∪∫≈≠≡≤≥≪≫∈∉∀∃∅∇⊂⊃⊕⊗⋅⋯■□▲△▶▼◀●○◆★☆✓✗ﬁﬂ�"


def reduced(path):
    """The bytes of the font with these characters alone, and its licence."""
    font = TTFont(path, recalcTimestamp=False)
    notices = [font["name"].getDebugName(number).strip() for number in (0, 13)]
    options = subset.Options(
        hinting=False, layout_features=[], notdef_outline=True, glyph_names=False, name_IDs=[0, 1, 2, 5, 13, 14]
    )
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "MATH", "FFTM", "gasp", "kern"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)], text=SIGNS)
    subsetter.subset(font)
    file = io.BytesIO()
    font.save(file)
    return file.getvalue(), "\n\n".join(notices)


def literal(data, width=126):
    """Lines of a C string that holds `data`: it compiles at once, which a list of numbers does not."""
    line = ""
    for index, byte in enumerate(data):
        following = data[index + 1] if index + 1 < len(data) else 0
        if 0x20 <= byte <= 0x7E and chr(byte) not in '"\\?':
            part = chr(byte)
        else:
            part = f"\\{byte:03o}" if 0x30 <= following <= 0x37 else f"\\{byte:o}"
        if len(line) + len(part) > width:
            yield f'"{line}"'
            line = ""
        line += part
    yield f'"{line}"'


folder = pathlib.Path(__file__).parent
data, notice = reduced(sys.argv[1])
text = "\n".join(line.rstrip() for line in notice.splitlines())
(folder / "LICENSE").write_text(f"dejavu.c holds a part of the font DejaVu Sans, whose licence this is.\n\n{text}\n")
lines = "\n".join(literal(data))
(folder / "dejavu.c").write_text(
    f"""// A part of DejaVu Sans (LICENSE), a TrueType file of {len(data)} bytes. Made by make.py.
#include "CTypeface.h"

static const char bytes[] =
{lines};

const unsigned char *mae_typeface(long *count) {{
  *count = sizeof bytes - 1;
  return (const unsigned char *)bytes;
}}
"""
)
