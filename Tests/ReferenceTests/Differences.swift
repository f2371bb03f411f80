/// How far tensors are from their references: max |ours − theirs| / max |theirs|.
struct Differences {
  enum Kind: String, CaseIterable { case output, gradient, parameter }

  private var entries: [(kind: Kind, name: String, value: Double)] = []
  /// Of key biases, whose gradient is zero in exact arithmetic, relative to the step's largest gradient.
  var largestKeyBias = 0.0
  /// Tensors of the reference that nothing was compared with.
  var uncompared: [String] = []

  mutating func add(_ kind: Kind, _ name: String, _ ours: [Float], _ theirs: [Float]) {
    guard ours.count == theirs.count else {
      entries.append((kind, "\(name) (\(ours.count) values for \(theirs.count))", .infinity))
      return
    }
    var (difference, size) = (0.0, 0.0)
    for (our, their) in zip(ours, theirs) {
      let gap = abs(Double(our) - Double(their))
      difference = gap.isNaN ? .infinity : max(difference, gap)
      size = max(size, abs(Double(their)))
    }
    entries.append((kind, name, size > 0 ? difference / size : difference))
  }

  /// The same of a parameter or its gradient, without what exact arithmetic does not determine.
  ///
  /// - Parameters:
  ///   - gradient: that of the first step.
  ///   - largest: the largest value of all parameters there.
  mutating func add(
    _ kind: Kind, ofParameter name: String, _ ours: [Float], _ theirs: [Float], gradient: [Float]?, largest: Double
  ) {
    guard ours.count == theirs.count else { return add(kind, name, ours, theirs) }
    var kept = Array(ours.indices)
    if let keys = Self.keyBias(name, count: ours.count) {
      if kind == .gradient {
        largestKeyBias = max(largestKeyBias, ours[keys].reduce(0.0) { max($0, abs(Double($1))) } / largest)
      }
      kept.removeSubrange(keys)
      if kept.isEmpty { return }
    }
    if kind == .parameter, let gradient, gradient.count == ours.count {
      // AdamW divides by the gradient's own size: where that is near its epsilon, rounding decides.
      let least = 1e-5 * (gradient.map(abs).max() ?? 0)
      kept.removeAll { abs(gradient[$0]) < least }
    }
    add(kind, name, kept.map { ours[$0] }, kept.map { theirs[$0] })
  }

  /// Where the key bias stands in a bias of attention: all of it, the middle third, the first half, or nowhere.
  private static func keyBias(_ name: String, count: Int) -> Range<Int>? {
    if name.hasSuffix("k.bias") || name.hasSuffix("key.bias") || name.hasSuffix("k_proj.bias") { return 0..<count }
    if name.hasSuffix("qkv.bias") || name.hasSuffix("in_proj_bias") { return count / 3..<2 * count / 3 }
    if name.hasSuffix("attn.kv.bias") { return 0..<count / 2 }
    return nil
  }

  func largest(_ kind: Kind) -> Double { entries.filter { $0.kind == kind }.map(\.value).max() ?? .infinity }

  func worst(_ kind: Kind) -> String {
    guard let worst = entries.filter({ $0.kind == kind }).max(by: { $0.value < $1.value }) else { return "nothing compared" }
    return "\(worst.name) differs by \(worst.value)"
  }

  var summary: String {
    Kind.allCases.map { kind in
      "\(kind.rawValue)s \(short(largest(kind))) (\(entries.count { $0.kind == kind }))"
    }.joined(separator: ", ")
  }

  private func short(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    var (scaled, exponent) = (value, 0)
    while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
    return "\((scaled * 10).rounded() / 10)e\(exponent)"
  }
}
