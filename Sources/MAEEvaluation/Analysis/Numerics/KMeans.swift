import MAECore

/// Lloyd's k-means with k-means++ starts (Arthur and Vassilvitskii 2007).
package enum KMeans {
  private static let starts = 8
  private static let mostRounds = 100

  /// The group of each row of `[rows, width]`; groups are numbered by falling size.
  package static func groups(of values: [Double], width: Int, count: Int, random: RandomStream) -> [Int] {
    let rows = values.count / width
    let wanted = min(count, rows)
    var best: (groups: [Int], cost: Double) = ([], .infinity)
    for start in 0..<starts {
      var stream = random.fork("start", start)
      var centres = firstCentres(values, width: width, count: wanted, &stream)
      var groups = [Int](repeating: -1, count: rows)
      var cost = Double.infinity
      for _ in 0..<mostRounds {
        let (nearest, sum) = assign(values, width: width, centres)
        cost = sum
        if nearest == groups { break }
        groups = nearest
        centres = means(values, width: width, groups, centres)
      }
      if cost < best.cost { best = (groups, cost) }
    }
    return numberedBySize(best.groups)
  }

  /// The same groups with 0 for the largest; of equally large ones the one that comes first.
  static func numberedBySize(_ groups: [Int]) -> [Int] {
    var (sizes, firsts): ([Int: Int], [Int: Int]) = ([:], [:])
    for (index, group) in groups.enumerated() {
      sizes[group, default: 0] += 1
      if firsts[group] == nil { firsts[group] = index }
    }
    let order = sizes.keys.sorted { sizes[$0]! != sizes[$1]! ? sizes[$0]! > sizes[$1]! : firsts[$0]! < firsts[$1]! }
    let numbers = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })
    return groups.map { numbers[$0]! }
  }

  private static func firstCentres(
    _ values: [Double], width: Int, count: Int, _ random: inout RandomStream
  ) -> [[Double]] {
    let rows = values.count / width
    func row(_ index: Int) -> [Double] { Array(values[index * width..<(index + 1) * width]) }
    var centres = [row(random.below(rows))]
    var distances = [Double](repeating: .infinity, count: rows)
    while centres.count < count {
      for index in 0..<rows { distances[index] = min(distances[index], squaredDistance(values, index, width, centres.last!)) }
      let total = distances.reduce(0, +)
      var mark = random.uniform() * total
      // Rows that are all alike leave nothing to choose by.
      let chosen =
        distances.firstIndex { distance in
          mark -= distance
          return mark < 0
        } ?? random.below(rows)
      centres.append(row(chosen))
    }
    return centres
  }

  private static func assign(_ values: [Double], width: Int, _ centres: [[Double]]) -> (groups: [Int], cost: Double) {
    var (groups, cost) = ([Int](), 0.0)
    for row in 0..<values.count / width {
      var (nearest, smallest) = (0, Double.infinity)
      for (group, centre) in centres.enumerated() {
        let distance = squaredDistance(values, row, width, centre)
        if distance < smallest { (nearest, smallest) = (group, distance) }
      }
      groups.append(nearest)
      cost += smallest
    }
    return (groups, cost)
  }

  /// A group that lost all its rows keeps its centre.
  private static func means(_ values: [Double], width: Int, _ groups: [Int], _ centres: [[Double]]) -> [[Double]] {
    centres.indices.map { group in
      let members = groups.indices.filter { groups[$0] == group }
      guard !members.isEmpty else { return centres[group] }
      var sum = [Double](repeating: 0, count: width)
      for member in members { for column in 0..<width { sum[column] += values[member * width + column] } }
      return sum.map { $0 / Double(members.count) }
    }
  }

  private static func squaredDistance(_ values: [Double], _ row: Int, _ width: Int, _ centre: [Double]) -> Double {
    var sum = 0.0
    for column in 0..<width {
      let difference = values[row * width + column] - centre[column]
      sum += difference * difference
    }
    return sum
  }
}
