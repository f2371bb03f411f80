extension Variable {
  /// The same values under another shape; nothing is copied.
  public func reshaped(_ shape: [Int]) -> Variable {
    Variable(tape: tape, tensor: tensor.reshaped(to: shape), id: id, saved: saved)
  }
}
