// zlib, for members of zip archives and of MATLAB's files that are compressed.
#ifndef SWIFT_MAE_CZLIB_SHIM_H
#define SWIFT_MAE_CZLIB_SHIM_H

#include <zlib.h>

/// Begins to unpack a stream; -MAX_WBITS without a header, as zip archives hold it. `inflateInit2` is a macro.
static inline int mae_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }

#endif
