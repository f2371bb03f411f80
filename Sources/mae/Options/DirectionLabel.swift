extension String {
  /// Whether a class is called after left or right, or a sense of turning, which a mirror exchanges.
  var namesDirection: Bool {
    let directions = ["left", "right", "clockwise", "anticlockwise", "counterclockwise"]
    return lowercased().split { !$0.isLetter }.contains { word in directions.contains { word.hasPrefix($0) } }
  }
}
