/// One axis of a chart: what it measures and how values become places.
public struct Axis: Sendable {
  /// How distances on the axis stand for values.
  public enum Scale: Sendable {
    case linear
    /// Values that are not positive are left out.
    case logarithmic
  }

  /// With the unit, e.g. "learning rate" or "time (s)".
  public var label: String
  /// How distances on the axis stand for values.
  public var scale: Scale
  /// The values at the ends; where `nil`, what the data needs.
  public var lower, upper: Double?
  /// For counts such as layers: ticks on whole numbers only.
  public var wholeNumbers: Bool

  /// An axis whose ends are given, or follow the data.
  public init(
    _ label: String, scale: Scale = .linear, from lower: Double? = nil, to upper: Double? = nil, wholeNumbers: Bool = false
  ) {
    self.label = label
    self.scale = scale
    self.lower = lower
    self.upper = upper
    self.wholeNumbers = wholeNumbers
  }
}
