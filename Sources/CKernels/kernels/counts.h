// Counts of floats, and memory cut into pieces by them.

static inline int64_t smaller(int64_t x, int64_t y) { return x < y ? x : y; }

static inline int64_t rounded_up(int64_t x, int64_t step) { return (x + step - 1) / step * step; }

/// Memory that a call lays its own tables out in; without a start, pieces are only counted.
typedef struct {
  float *start;
  int64_t used;
} room;

/// The next `floats` floats of a room.
static float *take(room *room, int64_t floats) {
  float *piece = room->start == NULL ? NULL : room->start + room->used;
  room->used += floats;
  return piece;
}
