import MAECore
import MAEEngine

/// One way through a model: forward, and backward if its tape records.
///
/// What it computes depends on weights and batch alone, and on ``random`` where the model has dropout.
public struct Pass {
  /// What is computed, and what gradients need.
  public let tape: Tape
  /// Whether blocks keep only their inputs and are computed again in backward: less memory, more time, the same bits.
  public var recomputes = false
  /// Decides what dropout and drop path set to zero, where the model has any; nil = nothing, as after training.
  public var random: RandomStream?
  /// Which branches drop path keeps; nil = drawn from ``random``.
  package var keptBranches: DropPath.Draw?
  /// Share of the training run that is done, 0…1.
  public var progress = 0.0
  /// Exchanges rows of features where a batch is shared by several processes and a term of the loss is about all of it; nil where
  /// the batch is whole.
  public var sharedRows: SharedRows?
  /// Who looks at the blocks of a stack, by the name of its scope, such as `encoder` and `decoder`.
  public var probes: [String: Probe] = [:]

  /// A pass over a tape, which records or not.
  public init(on tape: Tape, recomputes: Bool = false, random: RandomStream? = nil) {
    self.tape = tape
    self.recomputes = recomputes
    self.random = random
  }

  /// A pass that records nothing, as after training.
  public init(inferring parameters: ParameterStore, on kernels: Kernels, probes: [String: Probe] = [:]) {
    self.init(on: Tape(parameters, on: kernels, recording: false))
    self.probes = probes
  }

  /// Runs a block, which must compute the same each time: backward runs it again where the pass says so.
  public func run(_ inputs: [Variable], block: @escaping ([Variable]) -> Variable) -> Variable {
    recomputes ? tape.recompute(inputs, block: block) : block(inputs)
  }
}

/// Looks at what the blocks of a stack compute.
public struct Probe {
  /// Called with the output of each block, from 0. A decoder's last block has one only with ``wantsAllRows``.
  public var output: ((_ block: Int, _ rows: Variable) -> Void)?
  /// Called with what attention brings to each row of a block, from 0, before the output projection; heads side by side. Of
  /// stacks of one sequence.
  public var attended: ((_ block: Int, _ rows: Variable) -> Void)?
  /// Called with the attention of each block within its sequence, from 0: `[samples · heads · queries, keys]`.
  ///
  /// A decoder's sequence is class token, visible tokens, hidden tokens; its last block has hidden tokens as queries only, unless
  /// ``wantsAllRows``.
  public var attention: ((_ block: Int, _ weights: Tensor) -> Void)?
  /// Whether a decoder's last block computes visible tokens too, which only an observer can want.
  public var wantsAllRows: Bool

  /// Looks at nothing unless given.
  public init(
    output: ((_ block: Int, _ rows: Variable) -> Void)? = nil, attention: ((_ block: Int, _ weights: Tensor) -> Void)? = nil,
    attended: ((_ block: Int, _ rows: Variable) -> Void)? = nil, wantsAllRows: Bool = false
  ) {
    self.output = output
    self.attended = attended
    self.attention = attention
    self.wantsAllRows = wantsAllRows
  }
}
