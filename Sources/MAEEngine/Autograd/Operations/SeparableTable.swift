extension Variable {
  /// A position table from one over space and one over time: row `t · places + s` is `space[s] + time[t]`, after the rows of
  /// `first` (a class token's position), if any (Feichtenhofer et al. 2022, section 3.1).
  public static func separableTable(space: Variable, time: Variable, first: Variable?) -> Variable {
    let tape = space.tape
    let (places, slots, width) = (space.rows, time.rows, space.width)
    let firstRows = first?.rows ?? 0
    let (spaceRows, timeRows) = separableRows(places: places, slots: slots)
    let kernels = tape.kernels
    let body = kernels.sum(kernels.gatherRows(space.tensor, spaceRows), kernels.gatherRows(time.tensor, timeRows))
    let table = kernels.empty([firstRows + slots * places, width])
    if let first { table.rows(0..<firstRows).assign(first.tensor.floats()) }
    kernels.add(body, to: kernels.cleared(table.rows(firstRows..<table.rows)))
    return tape.record(table, from: [space, time, first]) {
      SeparableTableStep(
        space: space.id, time: time.id, first: first?.id, places: places, slots: slots, firstRows: firstRows)
    }
  }

  fileprivate static func separableRows(places: Int, slots: Int) -> (space: [Int32], time: [Int32]) {
    ((0..<slots * places).map { Int32($0 % places) }, (0..<slots * places).map { Int32($0 / places) })
  }
}

private struct SeparableTableStep: BackwardStep {
  let space, time, first: Variable.ID?
  let places, slots, firstRows: Int

  func backward(_ outputGradient: Tensor, into gradients: GradientSink) {
    let kernels = gradients.kernels
    let (spaceRows, timeRows) = Variable.separableRows(places: places, slots: slots)
    let body = outputGradient.rows(firstRows..<outputGradient.rows)
    for (id, rows, count) in [(space, spaceRows, places), (time, timeRows, slots)] {
      let table = kernels.zeros([count, outputGradient.width])
      kernels.scatterAddRows(body, rows, into: table)
      gradients.adopt(table, for: id)
    }
    if first != nil { gradients.adopt(kernels.copy(outputGradient.rows(0..<firstRows)), for: first) }
  }
}
