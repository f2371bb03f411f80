/// Where a share lies with 95 % confidence, given how often something happened (Wilson 1927): never outside 0…1, and right for
/// few samples too.
package enum WilsonInterval {
  /// - Returns: both ends; 0…1 without samples.
  package static func ends(_ hits: Int, of count: Int) -> (low: Double, high: Double) {
    guard count > 0 else { return (0, 1) }
    let (n, z) = (Double(count), 1.959963984540054)
    let share = Double(hits) / n
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return (max(0, middle - half), min(1, middle + half))
  }
}
