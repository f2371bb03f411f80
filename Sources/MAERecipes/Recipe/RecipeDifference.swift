import MAEModels

/// A setting in which two recipes differ.
public struct RecipeDifference: Hashable, Sendable, CustomStringConvertible {
  /// Where it stands in a recipe.
  public let path: String
  /// What it is called on the command line; its path where it has no flag.
  public let name: String
  /// Both values as text; nil = not set.
  public let mine, theirs: String?

  /// `--mask-ratio is 0.75, there 0.9`
  public var description: String { "\(name) is \(mine ?? "not set"), there \(theirs ?? "not set")" }
}

extension Recipe {
  /// Settings in which two recipes differ, free settings aside; what follows from another difference is left out.
  public func differences(from other: Recipe) -> [RecipeDifference] {
    let differences = Settings.of([self, other]).filter { setting in
      !setting.isFree && setting.written(in: self) != setting.written(in: other)
        && (setting.tree(in: self) == nil) == (setting.tree(in: other) == nil)
    }.map { RecipeDifference(path: $0.path, name: $0.name, mine: $0.text(in: self), theirs: $0.text(in: other)) }
    // The length of a run is one thing, whether in steps or epochs.
    let (epochs, steps) = (Settings.shared.epochs, Settings.shared.steps)
    guard (schedule.steps == nil) != (other.schedule.steps == nil) else { return differences }
    let (mine, theirs) = schedule.steps == nil ? (epochs as any AnySetting, steps as any AnySetting) : (steps, epochs)
    return differences.filter { $0.path != theirs.path }.map { difference in
      guard difference.path == mine.path else { return difference }
      return RecipeDifference(
        path: difference.path, name: difference.name, mine: difference.mine,
        theirs: theirs.text(in: other).map { "\(theirs.name) \($0)" })
    }
  }
}
