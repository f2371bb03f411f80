/// A drawn letter: how much of each pixel of a small rectangle it covers.
struct Glyph: Sendable {
  /// Of the rectangle's upper left pixel; `y` is 0 just below the baseline and grows downwards.
  var x, y: Int
  /// Of the rectangle, in pixels.
  var width: Int
  /// 0 … 255, row by row.
  var coverage: [UInt8]
}
