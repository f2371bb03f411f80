import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// A folder whose weights have names and orders of their own, and whose optimizer may clip: its steps, walked and compared. A
/// kind of folder says what goes in, what comes out, and what each parameter is there.
protocol SteppedCase {
  /// Parts of the loss, and what they are called there.
  static var lossParts: [(ours: String, theirs: String)] { get }
  /// Weights that are made here, not loaded; outputs depend on them.
  static var fixedTables: [String] { get }

  var path: String { get }
  var configuration: ModelConfiguration { get }
  var weights: StateDictionary { get }
  var expected: StateDictionary { get }
  var steps: Int { get }
  var optimizer: CaseDescription.Optimizer { get }

  func batch(_ step: Int, _ model: Model) throws -> Batch
  /// Those of the first step.
  func outputs(_ model: Model, _ batch: Batch, on kernels: Kernels) throws -> [(name: String, values: [Float])]
  func publicName(_ parameter: Parameter) -> String
  /// Values of a parameter from our order to theirs, or back.
  func moved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float]
}

extension SteppedCase {
  func differences(at level: InstructionLevel) throws -> Differences {
    let (kernels, model) = (Kernels(threads: 2, level: level), try Model(configuration, seed: nil))
    var differences = Differences()
    differences.uncompared = try load(model)
    var compared: Set<String> = []
    func compare(_ kind: Differences.Kind, _ name: String, _ ours: [Float]) {
      guard let theirs = expected[name] else { return }
      compared.insert(name)
      differences.add(kind, name, ours, theirs.floats())
    }
    let updates = recipe.optimizer(for: model.parameters, on: kernels)
    for step in 0..<steps {
      let batch = try batch(step, model)
      if step == 0 {
        for (name, ours) in try outputs(model, batch, on: kernels) { compare(.output, "step0/\(name)", ours) }
      }
      model.parameters.clearGradients()
      let tape = Tape(model.parameters, on: kernels)
      let loss = model.objective.loss(of: batch, in: Pass(on: tape))
      compare(.output, "step\(step)/loss", loss.total.tensor.floats())
      for (ours, theirs) in Self.lossParts {
        guard let value = loss.parts.first(where: { $0.name == ours })?.value else { continue }
        compare(.output, "step\(step)/\(theirs)", [Float(value)])
      }
      tape.backward(from: loss.total)
      model.parameters.completeGradients()
      let norm = updates.gradientNorm()
      compare(.gradient, "step\(step)/grad_norm", [Float(norm)])
      if step == 0 {
        compareParameters(.gradient, "step0/grad/", model, &differences, &compared) { model.parameters.gradient(of: $0) }
      }
      updates.update(learningRate: optimizer.lr, gradientScale: updates.clippingScale(norm: norm))
    }
    compareParameters(.parameter, "after5/", model, &differences, &compared) { model.parameters.values(of: $0) }
    differences.uncompared += expected.names.filter { !compared.contains($0) }
    return differences
  }

  private var recipe: OptimizerRecipe {
    var recipe = OptimizerRecipe(
      baseLearningRate: optimizer.lr, beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.eps,
      weightDecay: optimizer.weightDecay, undecayed: optimizer.noDecay.isEmpty ? [] : [.bias, .norm],
      clipGradient: optimizer.clipGlobalNorm)
    recipe.kind = optimizer.name?.contains("TensorFlow") == true ? .adam : .adamW
    return recipe
  }

  /// - Returns: names that have no place, on either side.
  private func load(_ model: Model) throws -> [String] {
    var left = Set(weights.names).subtracting(Self.fixedTables)
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let name = publicName(parameter)
      let values = try #require(weights[name], "\(path): \(name)").floats()
      model.parameters.setValues(moved(values, of: parameter, toTheirs: false), of: parameter)
      left.remove(name)
    }
    return left.sorted()
  }

  private func compareParameters(
    _ kind: Differences.Kind, _ prefix: String, _ model: Model, _ differences: inout Differences,
    _ compared: inout Set<String>, _ ours: (Parameter) -> [Float]
  ) {
    let largest = expected.filter { $0.name.hasPrefix(prefix) }
      .flatMap { $0.tensor.floats() }.reduce(0.0) { max($0, abs(Double($1))) }
    for parameter in model.parameters.parameters where parameter.isTrainable {
      let name = publicName(parameter)
      guard let reference = expected[prefix + name] else { continue }
      compared.insert(prefix + name)
      let (mine, theirs) = (moved(ours(parameter), of: parameter, toTheirs: true), reference.floats())
      differences.add(
        kind, ofParameter: name, mine, theirs, gradient: expected["step0/grad/" + name]?.floats(), largest: largest)
    }
  }

  func moved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float] {
    kernelsMoved(values, of: parameter, toTheirs: toTheirs)
  }

  /// Kernels are `[out, row, column, in]` here and `[out, in, row, column]` there; all else lies the same way.
  func kernelsMoved(_ values: [Float], of parameter: Parameter, toTheirs: Bool) -> [Float] {
    guard parameter.shape.count == 4 else { return values }
    let (outputs, window, inputs) = (parameter.shape[0], parameter.shape[1] * parameter.shape[2], parameter.shape[3])
    var moved = values
    for output in 0..<outputs {
      for place in 0..<window {
        for input in 0..<inputs {
          let (ours, theirs) = (
            (output * window + place) * inputs + input, (output * inputs + input) * window + place
          )
          if toTheirs { moved[theirs] = values[ours] } else { moved[ours] = values[theirs] }
        }
      }
    }
    return moved
  }
}
