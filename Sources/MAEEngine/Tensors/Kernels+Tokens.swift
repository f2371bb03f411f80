import CKernels

/// Row numbers that several threads read.
@safe struct RowNumbers: @unchecked Sendable {
  // Only read while `withRowNumbers` runs.
  let base: UnsafePointer<Int32>
}

func withRowNumbers(_ numbers: [Int32], _ body: (RowNumbers) -> Void) {
  unsafe numbers.withUnsafeBufferPointer { buffer in
    if let base = buffer.baseAddress { unsafe body(RowNumbers(base: base)) }
  }
}

extension Kernels {
  /// Row i of the result is row `numbers[i]` of x.
  public func gatherRows(_ x: Tensor, _ numbers: [Int32]) -> Tensor {
    let y = empty([numbers.count, x.width])
    let (from, to, width, gather) = unsafe (x.pointer, y.pointer, x.width, table.gather_rows)
    withRowNumbers(numbers) { rows in
      workers.forEachRange(numbers.count, grain: rowGrain(width: width)) { range in
        unsafe gather(
          from.base, Int64(width), rows.base + range.lowerBound, Int64(range.count), Int64(width),
          to.base + range.lowerBound * width, Int64(width))
      }
    }
    return y
  }

  /// The values of tensors of equal size as the rows of one matrix.
  func stacked(_ tensors: [Tensor]) -> Tensor {
    let count = tensors[0].count
    let stack = empty([tensors.count, count])
    for (row, tensor) in tensors.enumerated() { copy(tensor, into: stack.rows(row..<row + 1)) }
    return stack
  }

  /// y row `numbers[i]` += x row i; numbers may repeat.
  func scatterAddRows(_ x: Tensor, _ numbers: [Int32], into y: Tensor) {
    let (from, to, width, scatter) = unsafe (x.pointer, y.pointer, x.width, table.scatter_add_rows)
    let count = numbers.count
    withRowNumbers(numbers) { rows in
      // Columns are shared out, not rows: equal numbers then never meet on two threads.
      workers.forEachRange(width, grain: 64) { range in
        unsafe scatter(
          from.base + range.lowerBound, Int64(width), rows.base, Int64(count), Int64(range.count),
          to.base + range.lowerBound, Int64(width))
      }
    }
  }

  /// sum [width] += the rows of x with these numbers.
  func addRows(_ x: Tensor, _ numbers: [Int32], into sum: Tensor) {
    let (from, to, width, add) = unsafe (x.pointer, sum.pointer, x.width, table.add)
    let count = numbers.count
    withRowNumbers(numbers) { rows in
      workers.forEachRange(width, grain: 64) { range in
        for index in 0..<count {
          unsafe add(
            from.base + Int(rows.base[index]) * width + range.lowerBound, to.base + range.lowerBound, Int64(range.count))
        }
      }
    }
  }

  /// Builds a sequence: row i is input row `sources[i]` (or the mask token or a class token) plus row `places[i]` of `positions`.
  func placeRows(
    _ input: Tensor, sources: [Int32], maskToken: Tensor?, classToken: Tensor?, positions: Tensor?, places: [Int32]
  ) -> Tensor {
    let y = empty([sources.count, input.width])
    let width = input.width
    let (from, to, table) = (input.pointer, y.pointer, positions?.pointer)
    let (mask, special, sum) = unsafe (maskToken?.pointer, classToken?.pointer, self.table.sum)
    withRowNumbers(sources) { sources in
      withRowNumbers(places) { places in
        workers.forEachRange(y.rows, grain: rowGrain(width: width)) { range in
          for row in range {
            let number = unsafe Int(sources.base[row])
            let source =
              switch number {
              case TokenPlacement.maskToken: unsafe mask!.base
              case 0...: unsafe from.base + number * width
              default: unsafe special!.base + (TokenPlacement.classToken - number) * width
              }
            let place = unsafe Int(places.base[row])
            if let table, place >= 0 {
              unsafe sum(source, table.base + place * width, to.base + row * width, Int64(width))
            } else {
              unsafe (to.base + row * width).update(from: source, count: width)
            }
          }
        }
      }
    }
    return y
  }
}
