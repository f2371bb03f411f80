import MAECore

/// The numbers of a model: one flat buffer of trainable values, one of their gradients, one of fixed tables.
///
/// Each parameter starts at a multiple of 16 floats; the gaps stay zero. Belongs to the training thread.
public final class ParameterStore {
  /// In the order of their declaration.
  public let parameters: [Parameter]
  /// All trainable values, gaps included.
  public let trainable: Tensor
  /// Gradients, laid out as `trainable`; made when first asked for.
  public private(set) lazy var gradients: Tensor = makeGradients()

  private let fixed: Tensor
  private let places: [Range<Int>]
  private let pool = BufferPool()
  private var isFresh: [Bool]
  private let byName: [String: Parameter]

  /// Makes all parameters of `scope` with their initial values, which depend on the seed and each parameter's name alone.
  ///
  /// - Parameter seed: nil leaves values at zero, for weights that are about to be loaded.
  public init(_ scope: ParameterScope, seed: UInt64?) {
    parameters = scope.declarations.map(\.parameter)
    byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    isFresh = [Bool](repeating: true, count: parameters.count)
    var (trainableCount, fixedCount) = (0, 0)
    var places: [Range<Int>] = []
    for parameter in parameters {
      let start = parameter.isTrainable ? trainableCount : fixedCount
      places.append(start..<start + parameter.count)
      let next = start + (parameter.count + 15) / 16 * 16
      if parameter.isTrainable { trainableCount = next } else { fixedCount = next }
    }
    self.places = places
    trainable = Tensor.zeros(trainableCount, in: pool)
    fixed = Tensor.zeros(fixedCount, in: pool)
    let random = seed.map { RandomStream(seed: $0).fork("parameters") }
    for (parameter, initializer) in scope.declarations {
      if let random {
        tensor(of: parameter).assign(initializer.values(count: parameter.count, random: random.fork(parameter.name)))
      } else if case .values = initializer {
        tensor(of: parameter).assign(initializer.values(count: parameter.count, random: RandomStream(seed: 0)))
      }
    }
  }

  /// The parameter of a name; nil when there is none.
  public subscript(name: String) -> Parameter? { byName[name] }

  /// Trained values, without gaps.
  public var trainableCount: Int { parameters.reduce(0) { $0 + ($1.isTrainable ? $1.count : 0) } }

  /// Where a trainable parameter stands in ``trainable``.
  public func place(of parameter: Parameter) -> Range<Int> {
    precondition(parameter.isTrainable, "ParameterStore: \(parameter.name) is fixed")
    return places[parameter.index]
  }

  /// A copy, as many as the parameter has.
  public func values(of parameter: Parameter) -> [Float] { tensor(of: parameter).floats() }

  /// - Precondition: as many values as the parameter has.
  public func setValues(_ values: [Float], of parameter: Parameter) { tensor(of: parameter).assign(values) }

  /// Lets `body` write the values in place.
  public func update(_ parameter: Parameter, _ body: (inout MutableSpan<Float>) -> Void) {
    tensor(of: parameter).update(body)
  }

  /// Lets `body` change gradients, all of them, gaps included, as they lie in memory.
  ///
  /// - Precondition: ``completeGradients()`` was called.
  package func updateGradients<Failure: Error>(_ body: (inout MutableSpan<Float>) throws(Failure) -> Void) throws(Failure) {
    try gradients.update(body)
  }

  /// Lets `body` change values, first all that are trained, then the fixed ones, gaps included.
  package func updateValues<Failure: Error>(_ body: (inout MutableSpan<Float>) throws(Failure) -> Void) throws(Failure) {
    for values in [trainable, fixed] { try values.update(body) }
  }

  /// A copy, as many as the parameter has.
  public func gradient(of parameter: Parameter) -> [Float] { gradientForAdding(of: parameter).floats() }

  /// The numbers as a matrix of ``Parameter/rows`` rows; shares memory.
  package func tensor(of parameter: Parameter) -> Tensor {
    (parameter.isTrainable ? trainable : fixed).values(places[parameter.index], shape: parameter.shape)
  }

  /// A matrix of the slice's rows, or its values; shares memory.
  func tensor(of slice: ParameterSlice) -> Tensor {
    let whole = tensor(of: slice.parameter)
    if slice.parameter.shape.count == 1 { return whole.values(slice.range, shape: [slice.range.count]) }
    let width = slice.parameter.width
    return whole.values(
      slice.range.lowerBound * width..<slice.range.upperBound * width, shape: [slice.range.count, width])
  }

  /// Makes every gradient zero. Memory is not touched until a gradient is written.
  public func clearGradients() { for index in isFresh.indices { isFresh[index] = true } }

  /// Writes zeros where no gradient was written since ``clearGradients()``, so that the flat buffer is whole.
  public func completeGradients() {
    for parameter in parameters where parameter.isTrainable { _ = gradientForAdding(of: parameter) }
  }

  /// A gradient to add to.
  func gradientForAdding(of parameter: Parameter) -> Tensor {
    let gradient = gradients.values(place(of: parameter), shape: parameter.shape)
    if isFresh[parameter.index] {
      unsafe gradient.pointer.base.update(repeating: 0, count: gradient.count)
      isFresh[parameter.index] = false
    }
    return gradient
  }

  /// A gradient to write, and whether it must be added to what is there.
  func gradientForWriting(of parameter: Parameter) -> (gradient: Tensor, accumulate: Bool) {
    let wasFresh = isFresh[parameter.index]
    isFresh[parameter.index] = false
    return (gradients.values(place(of: parameter), shape: parameter.shape), !wasFresh)
  }

  private func makeGradients() -> Tensor { .zeros(trainable.count, in: pool) }
}
