extension String {
  /// Whether a class is called after left or right, which a mirror exchanges.
  var namesDirection: Bool {
    lowercased().split { !$0.isLetter }.contains { $0.hasPrefix("left") || $0.hasPrefix("right") }
  }
}
