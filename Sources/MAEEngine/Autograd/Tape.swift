/// Records operations as they run and replays their derivatives backwards.
///
/// Steps keep tensors and identities, never variables, so a tape has no reference cycle; a step is dropped as soon as it ran,
/// which returns its buffers to the pool. Belongs to the training thread.
public final class Tape {
  /// Whose values operations use, and whose gradients backward adds to.
  public let parameters: ParameterStore
  /// What operations compute with.
  public let kernels: Kernels
  /// A tape that does not record is inference: nothing is kept.
  public let isRecording: Bool
  /// How often the loss counts, for instance as one of several batches whose gradients are added.
  public let gradientScale: Float
  /// Floating-point operations of products and attention, forward and (if recording) backward.
  public package(set) var flops = 0

  /// Whether a value so far depends on a leaf or on a trainable parameter.
  private(set) var needsGradient = false

  /// Where times of operations are collected, if anywhere.
  public var profile: Profile?

  private var steps: [(output: Variable.ID, step: any BackwardStep)] = []
  private var nextIndex = 0

  /// A tape without steps.
  public init(_ parameters: ParameterStore, on kernels: Kernels, recording: Bool = true, gradientScale: Float = 1) {
    self.parameters = parameters
    self.kernels = kernels
    isRecording = recording
    self.gradientScale = gradientScale
  }

  /// A value without gradient.
  public func constant(_ tensor: Tensor) -> Variable {
    Variable(tape: self, tensor: tensor, id: nil, saved: .kept(tensor))
  }

  /// A value without gradient that is made again when backward needs it, rather than kept.
  public func constant(rebuilding make: @escaping () -> Tensor) -> Variable {
    Variable(tape: self, tensor: make(), id: nil, saved: .rebuilt(make))
  }

  /// A value whose gradient ``GradientSink/leaf(_:)`` gives after backward.
  package func leaf(_ tensor: Tensor) -> Variable {
    Variable(tape: self, tensor: tensor, id: isRecording ? newID() : nil, saved: .kept(tensor))
  }

  func value(of parameter: Parameter) -> Tensor { parameters.tensor(of: parameter) }

  func value(of slice: ParameterSlice) -> Tensor { parameters.tensor(of: slice) }

  /// Adds an operation's output; `step` is only made when it will run, which is when a gradient goes on from it.
  ///
  /// - Parameters:
  ///   - flops: of the forward part; the derivative counts twice as much.
  ///   - inputs, parameters: what the operation computes from; those that are not there, or without gradient, do no harm.
  func record(
    _ tensor: Tensor, flops: Int = 0, from inputs: [Variable?], _ parameters: [Parameter?] = [], saved: SavedTensor? = nil,
    _ step: () -> any BackwardStep
  ) -> Variable {
    let needsGradient = inputs.contains { $0?.id != nil } || parameters.contains { $0?.isTrainable == true }
    return record(tensor, flops: flops, needsGradient: needsGradient, saved: saved, step)
  }

  func record(
    _ tensor: Tensor, flops: Int, needsGradient: Bool, saved: SavedTensor? = nil, _ step: () -> any BackwardStep
  ) -> Variable {
    if needsGradient { self.needsGradient = true }
    let records = isRecording && needsGradient
    self.flops += records ? 3 * flops : flops
    guard records else { return Variable(tape: self, tensor: tensor, id: nil, saved: .kept(tensor)) }
    let id = newID()
    let step = step()
    steps.append((id, step))
    profile?.add(forward: step, flops: flops)
    return Variable(tape: self, tensor: tensor, id: id, saved: saved ?? .kept(tensor))
  }

  /// Computes the gradients of everything the loss depends on, ``gradientScale`` times; those of parameters are added to the
  /// store's.
  public func backward(from loss: Variable) {
    precondition(loss.tensor.count == 1, "backward: the loss has shape \(loss.shape); expected one value")
    guard let id = loss.id else { return }
    backward(from: id, kernels.tensor([gradientScale], [1]))
  }

  /// Runs all steps back from a value with a given gradient and returns the sink, which knows the leaves' gradients.
  ///
  /// - Parameter collected: gradients that leaves have already; given up.
  @discardableResult
  func backward(
    from id: Variable.ID, _ gradient: Tensor, addingTo collected: [(id: Variable.ID, gradient: Tensor)] = []
  ) -> GradientSink {
    profile?.skip()
    let sink = GradientSink(parameters, kernels)
    for leaf in collected { sink.adopt(leaf.gradient, for: leaf.id) }
    sink.adopt(gradient, for: id)
    while let (output, step) = steps.popLast() {
      guard let gradient = sink.take(output) else { continue }
      step.backward(gradient, into: sink)
      profile?.add(backward: step)
    }
    return sink
  }

  private func newID() -> Variable.ID {
    nextIndex += 1
    return Variable.ID(index: nextIndex)
  }
}
