/// Names that differ only in numbers, for reports about many tensors.
enum NamePattern {
  /// The patterns with their counts: `blocks.*.ls1.gamma (12), norm.x`.
  ///
  /// - Parameter shown: further patterns are counted.
  static func counts(of names: [String], shown: Int = 6) -> String {
    var order: [String] = []
    var counts: [String: Int] = [:]
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      let pattern = parts.map { !$0.isEmpty && $0.allSatisfy(\.isNumber) ? "*" : $0 }.joined(separator: ".")
      if counts.updateValue((counts[pattern] ?? 0) + 1, forKey: pattern) == nil { order.append(pattern) }
    }
    let list = order.prefix(shown).map { counts[$0]! == 1 ? $0 : "\($0) (\(counts[$0]!))" }.joined(separator: ", ")
    return order.count > shown ? "\(list) and \(order.count - shown) more kinds" : list
  }
}
