// zlib, for members of zip archives that are compressed.
#ifndef SWIFT_MAE_CZLIB_SHIM_H
#define SWIFT_MAE_CZLIB_SHIM_H

#include <zlib.h>

/// Begins to unpack a stream without a header, as zip archives hold it: `inflateInit2` is a macro.
static inline int mae_inflate_init(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

#endif
