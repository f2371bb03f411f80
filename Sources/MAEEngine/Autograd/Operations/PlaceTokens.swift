/// How a batch of token sequences is put together from rows of an input, a mask token and a class token.
public struct TokenPlacement: Sendable {
  /// Marks a row that is the mask token.
  public static let maskToken = -1
  /// Marks a row that is the class token.
  public static let classToken = -2

  /// For each output row the input row it copies, or one of the marks. An input row is used at most once.
  public var sources: [Int32]
  /// For each output row its row in the position table; negative = no position.
  public var places: [Int32]

  /// As many sources as places.
  public init(sources: [Int32], places: [Int32]) {
    precondition(sources.count == places.count, "TokenPlacement: \(sources.count) sources, \(places.count) places")
    self.sources = sources
    self.places = places
  }
}

extension Variable {
  /// Puts sequences together: output row i is its source plus its position, `[rows, width]`.
  ///
  /// - Parameters:
  ///   - maskToken: one row; needed when the placement names it.
  ///   - classToken: one row; needed when the placement names it.
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
        inputShape: [rows, width], positionShape: positions.map { [$0.rows, $0.width] } ?? [], placement: placement)
    }
  }
}

private struct PlaceTokensStep: BackwardStep {
  let input, maskToken, classToken, positions: Variable.ID?
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
    addToken(maskToken, TokenPlacement.maskToken, outputGradient, gradients)
    addToken(classToken, TokenPlacement.classToken, outputGradient, gradients)
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

  private func addToken(_ id: Variable.ID?, _ mark: Int, _ outputGradient: Tensor, _ gradients: GradientSink) {
    guard let id else { return }
    let rows = placement.sources.indices.filter { Int(placement.sources[$0]) == mark }.map(Int32.init)
    let sum = gradients.kernels.zeros([1, inputShape[1]])
    gradients.kernels.addRows(outputGradient, rows, into: sum)
    gradients.adopt(sum, for: id)
  }
}
