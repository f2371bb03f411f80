import ArgumentParser
import MaskedAutoencoders

extension FrameSize: ExpressibleByArgument {
  /// `96`, or `HEIGHTxWIDTH` as in `--input-size`.
  public init?(argument: String) {
    let sides = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(sides.count), sides.allSatisfy({ $0 > 0 }) else { return nil }
    self.init(width: sides[sides.count - 1], height: sides[0])
  }

  /// As ``init(argument:)`` takes it.
  public var defaultValueDescription: String { isSquare ? "\(width)" : "\(height)x\(width)" }
}
