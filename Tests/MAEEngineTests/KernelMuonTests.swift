import MAECore
import MAEEngine
import Testing

@Suite struct KernelMuonTests {
  static let shapes = [(1, 1), (1, 9), (7, 1), (3, 3), (17, 5), (5, 17), (48, 48), (129, 33), (31, 130)]

  private func matrix(_ rows: Int, _ columns: Int, scale: Float = 1) -> [Float] {
    var values = Values(seed: UInt64(1000 * rows + columns))
    return values.floats(rows * columns, scale: scale)
  }

  /// The iteration of the paper in double precision and plain loops, without transposing.
  private func exact(_ values: [Float], _ rows: Int, _ columns: Int) -> [Double] {
    func times(_ a: [Double], _ b: [Double], _ rows: Int, _ depth: Int, _ columns: Int) -> [Double] {
      (0..<rows * columns).map { i in
        (0..<depth).reduce(0) { $0 + a[i / columns * depth + $1] * b[$1 * columns + i % columns] }
      }
    }
    let size = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    var x = values.map { Double($0) / max(size, 1e-7) }
    for _ in 0..<5 {
      let transposed = (0..<x.count).map { x[$0 % rows * columns + $0 / rows] }
      let gram = times(x, transposed, rows, columns, rows)
      let (once, twice) = (
        times(gram, x, rows, rows, columns), times(times(gram, gram, rows, rows, rows), x, rows, rows, columns)
      )
      x = x.indices.map { 3.4445 * x[$0] - 4.7750 * once[$0] + 2.0315 * twice[$0] }
    }
    return x
  }

  @Test("the iteration agrees with its formula in double", arguments: shapes, everyLevel([1, 3]))
  func agrees(shape: (rows: Int, columns: Int), machine: (level: InstructionLevel, threads: Int)) {
    let kernels = Kernels(threads: machine.threads, level: machine.level)
    let values = matrix(shape.rows, shape.columns)
    let found = kernels.orthogonalized(kernels.tensor(values, [shape.rows, shape.columns])).floats()
    let expected = exact(values, shape.rows, shape.columns)
    #expect(worstDifference(found, expected, scale: expected.map(abs).max()!) < 2e-5)
    // The size of a matrix means nothing to it, and what it is given stays as it is.
    let large = kernels.orthogonalized(
      kernels.tensor(matrix(shape.rows, shape.columns, scale: 1024), [shape.rows, shape.columns]))
    #expect(large.floats() == found)
  }

  @Test("singular values become equal: rows of a wide matrix are nearly orthonormal")
  func orthonormal() {
    let (rows, columns) = (16, 400)
    let kernels = Kernels(threads: 1)
    let x = kernels.orthogonalized(kernels.tensor(matrix(rows, columns), [rows, columns]))
    let gram = kernels.product(x, x, bIsTransposed: true).floats()
    for row in 0..<rows {
      let length = gram[row * rows + row].squareRoot()
      #expect((0.65...1.25).contains(length), "\(length)")
      for other in 0..<row { #expect(abs(gram[row * rows + other]) < 0.35) }
    }
  }

  @Test("a step has the same bits on any number of threads, and without gradients weights only decay", arguments: shapes)
  func step(shape: (rows: Int, columns: Int)) {
    let count = shape.rows * shape.columns
    func run(threads: Int, gradient: [Float]) -> (weights: [Float], momentum: [Float]) {
      let kernels = Kernels(threads: threads)
      let (p, m) = (
        kernels.tensor(matrix(shape.rows, shape.columns, scale: 3), [shape.rows, shape.columns]),
        kernels.zeros([shape.rows, shape.columns])
      )
      for _ in 0..<2 {
        kernels.muon(
          p, gradients: kernels.tensor(gradient, p.shape), momentum: m, MuonStep(learningRate: 0.1, weightDecay: 0.5))
      }
      return (p.floats(), m.floats())
    }
    let gradient = matrix(shape.rows, shape.columns)
    let (one, three) = (run(threads: 1, gradient: gradient), run(threads: 3, gradient: gradient))
    #expect(one.weights == three.weights && one.momentum == three.momentum)
    let still = run(threads: 2, gradient: [Float](repeating: 0, count: count))
    let kept = matrix(shape.rows, shape.columns, scale: 3).map { $0 * Float(0.95) * Float(0.95) }
    #expect(still.weights == kept && still.momentum.allSatisfy { $0 == 0 })
  }

  @Test("its cost: five times three products")
  func cost() {
    #expect(Kernels.newtonSchulzFlops(rows: 10, columns: 10) == 5 * 3 * 2 * 1000)
    #expect(Kernels.newtonSchulzFlops(rows: 40, columns: 10) == Kernels.newtonSchulzFlops(rows: 10, columns: 40))
    #expect(Kernels.newtonSchulzFlops(rows: 10, columns: 40) == 5 * (2 * 2 * 10 * 10 * 40 + 2 * 1000))
  }
}
