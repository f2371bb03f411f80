import MAEEngine

extension SymmetricMatrix {
  /// (A + Aᵀ) ÷ 2.
  init(symmetrising values: [Float], count: Int) {
    var symmetric = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0..<count {
        symmetric[row * count + column] = (Double(values[row * count + column]) + Double(values[column * count + row])) / 2
      }
    }
    self.init(count: count, values: symmetric)
  }
}
