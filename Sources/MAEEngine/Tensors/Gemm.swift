import CBLAS
import CKernels
import MAECore

#if OneDNN
  import CDNNL
#endif

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
  /// slopeOf becomes gelu(slopeOf), which costs next to nothing beside its slope.
  var activatesSlopeOf = false
  /// `[rows, columns]`, not c.
  var residual: Tensor?
  /// `[rows, columns]`; may be c.
  var activated: Tensor?
  /// `[rows]` += Σ over the depth of a, for a transposed a: a bias gradient beside a weight gradient.
  var aSums: Tensor?

  var rows: Int { aIsTransposed ? a.width : a.rows }
  var columns: Int { bIsTransposed ? b.rows : b.width }
  var depth: Int { aIsTransposed ? a.rows : a.width }

  /// Traps if more than `c (= or +=) a · b` is asked for: other back ends than our own compute nothing else.
  fileprivate func requirePlain() {
    precondition(
      bias == nil && slopeOf == nil && residual == nil && activated == nil && aSums == nil,
      "product: only the own back end adds biases, slopes, residuals, activations and sums; use it, or leave them out")
  }
}

/// Matrix products; the only place that knows which code computes them.
///
/// Training uses our own kernel for every class of shapes. It fuses what follows a product and gives the same bits for any
/// number of threads; the others compute plain products, and their bits depend on threads. Measured on two cores with AVX-512
/// (Zen 5), all products of MAE and VideoMAE from tiny to base: OpenBLAS 0.3.21 reaches half of its rate there (it does not know
/// the processor); oneDNN 2.6 is up to 4 % faster where the depth is at most 800 and nothing follows the product, a third slower
/// from a depth of 2048 on (the second half of a feed-forward), and 0 to 30 % slower for the derivative by the weight. They are
/// there to measure the machine's peak with (``productPeak(repetitions:)``).
extension Kernels {
  enum ProductBackend {
    case own
    case openBLAS
    #if OneDNN
      case oneDNN
    #endif

    static var builtIn: [Self] {
      #if OneDNN
        [.own, .openBLAS, .oneDNN]
      #else
        [.own, .openBLAS]
      #endif
    }
  }

  /// - Parameter precision: what operands are rounded to, by the own back end.
  func compute(
    _ product: Product, into c: Tensor, precision: Precision = .float32, backend: ProductBackend = .own
  ) {
    let (rows, columns, depth) = (product.rows, product.columns, product.depth)
    precondition(
      (product.bIsTransposed ? product.b.width : product.b.rows) == depth && c.count == rows * columns,
      """
      product: \(product.a.shape)\(product.aIsTransposed ? "ᵀ" : "") · \
      \(product.b.shape)\(product.bIsTransposed ? "ᵀ" : "") → \(c.shape)
      """
    )
    guard rows > 0, columns > 0 else { return }
    switch backend {
    case .own: computeBlocks(product, into: c, precision)
    case .openBLAS: computeWithOpenBLAS(product, into: c)
    #if OneDNN
      case .oneDNN: computeWithOneDNN(product, into: c)
    #endif
    }
  }

  private func computeBlocks(_ product: Product, into c: Tensor, _ precision: Precision) {
    let pointers = ProductPointers(product, into: c, precision)
    let blocks = ProductBlocks(product, threads: threads)
    let lanes = min(threads, blocks.count)
    let scratch = empty([lanes, Int(unsafe table.gemm_scratch())])
    let (room, roomFloats, multiply) = unsafe (scratch.pointer, scratch.width, table.gemm_block)
    workers.forEachPart(blocks.count, lanes: lanes) { block, lane in
      let (rows, columns) = blocks[block]
      unsafe withUnsafePointer(to: pointers.description) { description in
        unsafe multiply(
          description, Int64(rows.lowerBound), Int64(rows.upperBound), Int64(columns.lowerBound),
          Int64(columns.upperBound), room.base + lane * roomFloats)
      }
    }
  }

  private func computeWithOpenBLAS(_ product: Product, into c: Tensor) {
    product.requirePlain()
    openblas_set_num_threads(Int32(threads))
    unsafe cblas_sgemm(
      CblasRowMajor, product.aIsTransposed ? CblasTrans : CblasNoTrans, product.bIsTransposed ? CblasTrans : CblasNoTrans,
      blasint(product.rows), blasint(product.columns), blasint(product.depth), 1, product.a.pointer.base,
      blasint(product.a.width), product.b.pointer.base, blasint(product.b.width), product.accumulate ? 1 : 0,
      c.pointer.base, blasint(product.columns))
  }
}

#if OneDNN
  extension Kernels {
    private func computeWithOneDNN(_ product: Product, into c: Tensor) {
      product.requirePlain()
      omp_set_num_threads(Int32(threads))
      let status = unsafe dnnl_sgemm(
        Self.letter(product.aIsTransposed), Self.letter(product.bIsTransposed), dnnl_dim_t(product.rows),
        dnnl_dim_t(product.columns), dnnl_dim_t(product.depth), 1, product.a.pointer.base, dnnl_dim_t(product.a.width),
        product.b.pointer.base, dnnl_dim_t(product.b.width), product.accumulate ? 1 : 0, c.pointer.base,
        dnnl_dim_t(product.columns))
      precondition(status == dnnl_success, "dnnl_sgemm: status \(status.rawValue)")
    }

    private static func letter(_ isTransposed: Bool) -> CChar { CChar(UInt8(ascii: isTransposed ? "T" : "N")) }
  }
#endif

/// How a product is cut into blocks of equal size that threads share.
///
/// Each block packs its own columns of b, and packs or reads its rows of a: cut where that costs least. Two blocks for each
/// thread even out threads that the system holds up, unless they would cost more than that is worth.
private struct ProductBlocks {
  private let rows, columns, rowStep, columnStep: Int

  init(_ product: Product, threads: Int) {
    (rows, columns) = (product.rows, product.columns)
    let best = Self.cheapest(product, parts: threads)
    let finer = Self.cheapest(product, parts: 2 * threads)
    let chosen = threads > 1 && finer.cost < best.cost + 0.02 ? finer : best
    rowStep = Self.step(rows, parts: chosen.rowParts, tile: 16)
    columnStep = Self.step(columns, parts: chosen.columnParts, tile: 16)
  }

  /// The cheapest of all ways to cut into so many parts, and its cost as a share of the product's own time.
  private static func cheapest(_ product: Product, parts: Int) -> (rowParts: Int, columnParts: Int, cost: Double) {
    let (rows, columns) = (product.rows, product.columns)
    let ways = (1...parts).filter { parts.isMultiple(of: $0) }.map { rowParts in
      // Cycles for each step of the depth, measured on AVX-512; a cycle multiplies 32 pairs.
      let columnParts = parts / rowParts
      let groups = product.aIsTransposed ? (columns / columnParts + 383) / 384 : 1
      let packing = 0.6 * Double(columns * rowParts)
      let reading = (product.aIsTransposed ? 0.5 : 0.3) * Double(rows * columnParts * groups)
      return (rowParts, columnParts, 32 * (packing + reading) / Double(rows * columns))
    }
    return ways.min { $0.2 < $1.2 }!
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

  init(_ product: Product, into c: Tensor, _ precision: Precision) {
    unsafe description = mae_gemm(
      a: product.a.pointer.base, b: product.b.pointer.base, a_stride: Int64(product.a.width),
      b_stride: Int64(product.b.width), a_transposed: product.aIsTransposed ? 1 : 0,
      b_transposed: product.bIsTransposed ? 1 : 0, rounds_to_bf16: precision == .bf16 ? 1 : 0,
      accumulate: product.accumulate ? 1 : 0, depth: Int64(product.depth),
      c: c.pointer.base, c_stride: Int64(product.columns), bias: product.bias?.pointer.base,
      slope_of: product.slopeOf?.pointer.base, residual: product.residual?.pointer.base,
      activated: product.activated?.pointer.base, activates_slope_of: product.activatesSlopeOf ? 1 : 0,
      a_sums: product.aSums?.pointer.base)
  }
}
