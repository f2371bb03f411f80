import MAECore
import MAEEngine

/// Which samples leave out which branches of a block in one pass (stochastic depth, Huang et al. 2016).
///
/// Each branch draws for itself. Branches that are kept count `1 / (1 − rate)`, as in timm; those that are left out are not
/// computed, which saves as large a part of the block as the rate says.
package struct DropPath {
  private let rate: Double
  private let random: RandomStream
  private let block: Int
  private let kept: Draw?

  /// Whether each of so many samples keeps a branch, `attention` or `feed-forward`, of a block, from 0.
  package typealias Draw = (_ block: Int, _ branch: String, _ samples: Int) -> [Bool]

  /// The draws of a block; nil where nothing is left out.
  ///
  /// - Parameters:
  ///   - rate: of the last block; it rises evenly from 0 of the first.
  ///   - random: of the pass; nil = nothing is left out, as after training.
  ///   - kept: takes the place of what is drawn at random.
  init?(_ rate: Float?, block: Int, of blocks: Int, random: RandomStream?, kept: Draw? = nil) {
    guard let rate, let random, block > 0, rate > 0 else { return nil }
    self.rate = Double(rate) * Double(block) / Double(blocks - 1)
    self.random = random.fork("drop path", block)
    (self.block, self.kept) = (block, kept)
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
    let given = kept?(block, name, samples)
    let kept = (0..<samples).filter { sample in given?[sample] ?? (random.uniform() >= rate) }
    guard !kept.isEmpty else { return x }
    let tokens = x.rows / samples
    let rows = kept.flatMap { Int32($0 * tokens)..<Int32(($0 + 1) * tokens) }
    return branch(x.rows(rows), kept.count).added(toRows: rows, of: x, factor: Float(1 / (1 - rate)))
  }
}
