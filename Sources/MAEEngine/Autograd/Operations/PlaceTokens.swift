/// How a batch of token sequences is put together from rows of an input, a mask token and class tokens.
public struct TokenPlacement: Sendable {
  /// Marks a row that is the mask token.
  public static let maskToken = -1
  /// Marks a row that is the first class token; of several, the next one has the next smaller number.
  public static let classToken = -2

  /// For each output row the input row it copies, or a mark. An input row is used at most once.
  public var sources: [Int32]
  /// For each output row its row in the position table; negative = no position.
  public var places: [Int32]

  /// As many sources as places.
  public init(sources: [Int32], places: [Int32]) {
    precondition(sources.count == places.count, "TokenPlacement: \(sources.count) sources, \(places.count) places")
    self.sources = sources
    self.places = places
  }

  /// The marks of so many class tokens.
  public static func classTokens(_ count: Int) -> [Int32] { (0..<count).map { Int32(classToken - $0) } }
}

extension Variable {
  /// Puts sequences together: output row i is its source plus its position, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - maskToken: one row; needed when the placement names it.
  ///   - classToken: a row for each class token; needed when the placement names them.
  ///   - positions: a table with a row per position, fixed (a constant) or learned.
  public func placed(
    _ placement: TokenPlacement, maskToken: Variable? = nil, classToken: Variable? = nil, positions: Variable? = nil
  ) -> Variable {
    let output = tape.kernels.placeRows(
      tensor, sources: placement.sources, maskToken: maskToken?.tensor, classToken: classToken?.tensor,
      positions: positions?.tensor, places: placement.places)
    return tape.record(output, from: [self, maskToken, classToken, positions]) {
      PlaceTokensStep(
        input: id, maskToken: maskToken?.id, classToken: classToken?.id, positions: positions?.id,
        classTokens: classToken?.rows ?? 0, inputShape: [rows, width],
        positionShape: positions.map { [$0.rows, $0.width] } ?? [], placement: placement)
    }
  }
}

private struct PlaceTokensStep: BackwardStep {
  let input, maskToken, classToken, positions: Variable.ID?
  let classTokens: Int
  let inputShape, positionShape: [Int]
  let placement: TokenPlacement

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let (kernels, width) = (gradients.kernels, inputShape[1])
    if input != nil {
      var origins = [Int32](repeating: -1, count: inputShape[0])
      for (row, source) in placement.sources.enumerated() where source >= 0 { origins[Int(source)] = Int32(row) }
      // Rows that were not used (a dropped class token) have no gradient.
      let used = origins.allSatisfy { $0 >= 0 }
      let gathered = kernels.gatherRows(outputGradient, used ? origins : origins.map { max(0, $0) })
      if !used {
        for (row, origin) in origins.enumerated() where origin < 0 {
          unsafe (gathered.pointer.base + row * width).update(repeating: 0, count: width)
        }
      }
      gradients.adopt(gathered, for: input)
    }
    addTokens(maskToken, [Int32(TokenPlacement.maskToken)], outputGradient, gradients)
    addTokens(classToken, TokenPlacement.classTokens(classTokens), outputGradient, gradients)
    if positions != nil {
      let table = kernels.zeros(positionShape)
      if placement.places.contains(where: { $0 < 0 }) {
        let placed = placement.places.indices.filter { placement.places[$0] >= 0 }
        let rows = kernels.gatherRows(outputGradient, placed.map(Int32.init))
        kernels.scatterAddRows(rows, placed.map { placement.places[$0] }, into: table)
      } else {
        kernels.scatterAddRows(outputGradient, placement.places, into: table)
      }
      gradients.adopt(table, for: positions)
    }
  }

  private func addTokens(_ id: Variable.ID?, _ marks: [Int32], _ outputGradient: Tensor, _ gradients: GradientSink) {
    guard let id else { return }
    let sums = gradients.kernels.zeros([marks.count, inputShape[1]])
    for (index, mark) in marks.enumerated() {
      let rows = placement.sources.indices.filter { placement.sources[$0] == mark }.map(Int32.init)
      gradients.kernels.addRows(outputGradient, rows, into: sums.rows(index..<index + 1))
    }
    gradients.adopt(sums, for: id)
  }
}
