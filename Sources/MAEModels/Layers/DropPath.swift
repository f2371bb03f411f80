import MAECore
import MAEEngine

/// Which samples leave out which branches of a block in one pass (stochastic depth, Huang et al. 2016).
///
/// Each branch draws for itself. Branches that are kept count `1 / (1 − rate)`, as in timm; those that are left out are not
/// computed, which saves as large a part of the block as the rate says.
struct DropPath: Sendable {
  private let rate: Double
  private let random: RandomStream

  /// The draws of a block; nil where nothing is left out.
  ///
  /// - Parameters:
  ///   - rate: of the last block; it rises evenly from 0 of the first.
  ///   - random: of the pass; nil = nothing is left out, as after training.
  init?(_ rate: Float?, block: Int, of blocks: Int, random: RandomStream?) {
    guard let rate, let random, block > 0, rate > 0 else { return nil }
    self.rate = Double(rate) * Double(block) / Double(blocks - 1)
    self.random = random.fork("drop path", block)
  }

  /// x with a branch added to the samples that keep it.
  ///
  /// - Parameters:
  ///   - x: `[samples · tokens, width]`.
  ///   - branch: of some of the samples, `[kept · tokens, width]` each, without its residual.
  func apply(
    _ name: String, to x: Variable, samples: Int, branch: (_ part: Variable, _ samples: Int) -> Variable
  ) -> Variable {
    var random = random.fork(name)
    let kept = (0..<samples).filter { _ in random.uniform() >= rate }
    guard !kept.isEmpty else { return x }
    let tokens = x.rows / samples
    let rows = kept.flatMap { Int32($0 * tokens)..<Int32(($0 + 1) * tokens) }
    return branch(x.rows(rows), kept.count).added(toRows: rows, of: x, factor: Float(1 / (1 - rate)))
  }
}
