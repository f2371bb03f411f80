/// A value on a tape.
public struct Variable {
  /// Which gradient belongs to it; nil when none is needed.
  struct ID: Hashable, Sendable { let index: Int }

  /// The tape that it was made on.
  public let tape: Tape
  /// Its numbers.
  public let tensor: Tensor
  let id: ID?
  /// What an operation keeps of this value for its derivative.
  let saved: SavedTensor

  /// The same value, from which no gradient goes back.
  public var detached: Variable { tape.constant(tensor) }
  /// The same value where nothing is recorded, for looking at what a layer would make of it.
  public var unrecorded: Variable { Tape(tape.parameters, on: tape.kernels, recording: false).constant(tensor) }

  /// Of the numbers, outermost axis first.
  public var shape: [Int] { tensor.shape }
  /// Of the numbers seen as a matrix.
  public var rows: Int { tensor.rows }
  /// Of the numbers seen as a matrix.
  public var width: Int { tensor.width }
}

/// A value that backward needs: kept, or cheap enough to compute again.
struct SavedTensor {
  private let make: () -> Tensor

  static func kept(_ tensor: Tensor) -> SavedTensor { SavedTensor { tensor } }
  static func rebuilt(_ make: @escaping () -> Tensor) -> SavedTensor { SavedTensor(make: make) }

  private init(make: @escaping () -> Tensor) { self.make = make }

  func tensor() -> Tensor { make() }
}

/// The derivative of one recorded operation.
protocol BackwardStep {
  /// Passes the gradient of the operation's output on to its inputs and parameters. The output gradient may be overwritten.
  func backward(_ outputGradient: Tensor, into gradients: GradientSink)
  /// What a profile calls the operation.
  var name: String { get }
}

extension BackwardStep {
  /// That of the type.
  var name: String {
    let name = String(describing: type(of: self))
    return name.hasSuffix("Step") ? String(name.dropLast(4)) : name
  }
}
