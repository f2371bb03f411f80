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
