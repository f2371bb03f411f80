// What Swift cannot import: macros with casts.
#ifndef SWIFT_MAE_CFREETYPE_H
#define SWIFT_MAE_CFREETYPE_H

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_ADVANCES_H
#include FT_OUTLINE_H

static const FT_Int32 mae_load_unhinted = FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP;
static const FT_Int32 mae_load_units = FT_LOAD_NO_SCALE;

#endif
