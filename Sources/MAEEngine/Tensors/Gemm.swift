import CBLAS
import CKernels

/// A matrix product `c (= or +=) a · b` and what a layer does with it while it is in the cache.
///
/// In this order, where given: `c += bias`, `c *= gelu'(slopeOf)`, `c += residual`, `activated = gelu(c)`.
struct Product {
  var a: Tensor
  var b: Tensor
  /// a is stored `[depth, rows]`.
  var aIsTransposed = false
  /// b is stored `[columns, depth]`.
  var bIsTransposed = false
  var accumulate = false
  /// `[columns]`
  var bias: Tensor?
  /// `[rows, columns]`
  var slopeOf: Tensor?
  /// `[rows, columns]`, not c.
  var residual: Tensor?
  /// `[rows, columns]`; may be c.
  var activated: Tensor?
  /// `[rows]` += Σ over the depth of a, for a transposed a: a bias gradient beside a weight gradient.
  var aSums: Tensor?

  var rows: Int { aIsTransposed ? a.width : a.rows }
  var columns: Int { bIsTransposed ? b.rows : b.width }
  var depth: Int { aIsTransposed ? a.rows : a.width }
}

/// Matrix products; the only place that knows which code computes them.
///
/// Our own kernel fuses what follows a product and gives the same bits for any number of threads. `openBLAS` computes plain
/// products only; it is there to measure the machine's peak with (``productPeak(repetitions:)``).
extension Kernels {
  enum ProductBackend: CaseIterable {
    case own
    case openBLAS
  }

  func compute(_ product: Product, into c: Tensor, backend: ProductBackend = .own) {
    let (rows, columns, depth) = (product.rows, product.columns, product.depth)
    precondition(
      (product.bIsTransposed ? product.b.width : product.b.rows) == depth && c.count == rows * columns,
      "product: \(product.a.shape)\(product.aIsTransposed ? "ᵀ" : "") · \(product.b.shape)\(product.bIsTransposed ? "ᵀ" : "") → \(c.shape)"
    )
    guard rows > 0, columns > 0 else { return }
    switch backend {
    case .own: computeBlocks(product, into: c)
    case .openBLAS: computeWithOpenBLAS(product, into: c)
    }
  }

  private func computeBlocks(_ product: Product, into c: Tensor) {
    let pointers = ProductPointers(product, into: c)
    let blocks = ProductBlocks(rows: product.rows, columns: product.columns, threads: threads)
    let lanes = min(threads, blocks.count)
    let scratch = empty([lanes, Int(mae_gemm_scratch())])
    let (room, roomFloats) = (scratch.pointer, scratch.width)
    workers.forEachPart(lanes) { lane in
      for block in stride(from: lane, to: blocks.count, by: lanes) {
        let (rows, columns) = blocks[block]
        unsafe withUnsafePointer(to: pointers.description) { description in
          unsafe mae_gemm_block(
            description, Int64(rows.lowerBound), Int64(rows.upperBound), Int64(columns.lowerBound),
            Int64(columns.upperBound), room.base + lane * roomFloats)
        }
      }
    }
  }

  private func computeWithOpenBLAS(_ product: Product, into c: Tensor) {
    openblas_set_num_threads(Int32(threads))
    unsafe cblas_sgemm(
      CblasRowMajor, product.aIsTransposed ? CblasTrans : CblasNoTrans, product.bIsTransposed ? CblasTrans : CblasNoTrans,
      blasint(product.rows), blasint(product.columns), blasint(product.depth), 1, product.a.pointer.base,
      blasint(product.a.width), product.b.pointer.base, blasint(product.b.width), product.accumulate ? 1 : 0,
      c.pointer.base, blasint(product.columns))
  }
}

/// How a product is cut into blocks that threads share.
///
/// Each block packs its own columns of b, so rows are only cut where there are many; cuts fall on whole register tiles.
private struct ProductBlocks {
  private let rows, columns, rowStep, columnStep: Int

  init(rows: Int, columns: Int, threads: Int) {
    (self.rows, self.columns) = (rows, columns)
    let cutsRows = rows >= 1024 * threads
    let wanted = threads == 1 ? 1 : threads
    rowStep = cutsRows ? Self.step(rows, parts: wanted, tile: 8) : rows
    columnStep = cutsRows ? columns : Self.step(columns, parts: wanted, tile: 48)
  }

  private static func step(_ size: Int, parts: Int, tile: Int) -> Int {
    let tiles = (size + tile - 1) / tile
    return max(1, (tiles + parts - 1) / parts) * tile
  }

  private var columnBlocks: Int { (columns + columnStep - 1) / columnStep }
  var count: Int { columnBlocks * ((rows + rowStep - 1) / rowStep) }

  subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = (index / columnBlocks * rowStep, index % columnBlocks * columnStep)
    return (row..<min(rows, row + rowStep), column..<min(columns, column + columnStep))
  }
}

/// A product as the kernel takes it.
@safe private struct ProductPointers: @unchecked Sendable {
  // Threads write blocks of c that share no element; everything else is only read.
  let description: mae_gemm

  init(_ product: Product, into c: Tensor) {
    unsafe description = mae_gemm(
      a: product.a.pointer.base, b: product.b.pointer.base, a_stride: Int64(product.a.width),
      b_stride: Int64(product.b.width), a_transposed: product.aIsTransposed ? 1 : 0,
      b_transposed: product.bIsTransposed ? 1 : 0, accumulate: product.accumulate ? 1 : 0, depth: Int64(product.depth),
      c: c.pointer.base, c_stride: Int64(product.columns), bias: product.bias?.pointer.base, scale: nil,
      slope_of: product.slopeOf?.pointer.base, residual: product.residual?.pointer.base,
      activated: product.activated?.pointer.base, a_sums: product.aSums?.pointer.base)
  }
}
