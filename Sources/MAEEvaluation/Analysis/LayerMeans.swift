/// Means over samples of values that blocks have, and their standard deviations.
public struct LayerMeans {
  private struct Key: Hashable {
    var name: String
    var stack: BlockStack
  }

  private struct Sum {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0
  }

  private var keys: [Key] = []
  private var sums: [Key: [Int: Sum]] = [:]

  /// Nothing added yet.
  public init() {}

  /// Adds a sample's value; nil and what is not a number are left out.
  public mutating func add(_ value: Double?, to name: String, _ view: LayerView) {
    let key = Key(name: name, stack: view.stack)
    if sums[key] == nil { keys.append(key) }
    var sum = sums[key, default: [:]][view.layer, default: Sum()]
    if let value, value.isFinite {
      sum.count += 1
      sum.sum += value
      sum.squares += value * value
    }
    sums[key, default: [:]][view.layer] = sum
  }

  /// A series per name and stack, in the order in which they first came.
  public var series: [MetricSeries] {
    keys.map { key in
      let layers = sums[key]!.sorted { $0.key < $1.key }
      let means = layers.map { $0.value.count > 0 ? $0.value.sum / $0.value.count : nil }
      let deviations = zip(layers, means).map { layer, mean -> Double? in
        guard let mean, layer.value.count > 1 else { return nil }
        return max(0, layer.value.squares / layer.value.count - mean * mean).squareRoot()
      }
      return MetricSeries(
        key.name, stack: key.stack, axis: .layer, at: layers.map { Double($0.key) }, values: means, deviations: deviations)
    }
  }
}
