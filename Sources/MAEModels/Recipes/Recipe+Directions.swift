extension Recipe {
  /// Turns mirroring off where a class is called after left or right, or a sense of turning, which a mirror exchanges.
  ///
  /// - Returns: what to say of it; nil where nothing was changed.
  public mutating func keepDirections(of classes: some Sequence<String>) -> String? {
    guard data.flip > 0, let name = classes.first(where: Self.namesDirection) else { return nil }
    data.flip = 0
    return "samples are not mirrored, because a class is called '\(name)'; --hflip 0.5 mirrors them"
  }

  private static func namesDirection(_ name: String) -> Bool {
    let directions = ["left", "right", "clockwise", "anticlockwise", "counterclockwise"]
    return name.lowercased().split { !$0.isLetter }.contains { word in directions.contains { word.hasPrefix($0) } }
  }
}
