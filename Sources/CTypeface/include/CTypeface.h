#ifndef SWIFT_MAE_CTYPEFACE_H
#define SWIFT_MAE_CTYPEFACE_H

/// The TrueType file of the typeface that pictures are written with. It stays for as long as the program runs.
const unsigned char *mae_typeface(long *count);

#endif
