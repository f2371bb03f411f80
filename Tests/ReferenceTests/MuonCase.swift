import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

/// Ten steps of PyTorch's Muon and AdamW in float32; `make.py` beside the case made it.
struct MuonCase: Decodable {
  var steps: Int
  var rate: Double
  var weightDecay: Double
  var momentum: Double
  /// How many maps each matrix is.
  var maps: [String: Int]
  /// What AdamW changes.
  var vectors: [String]

  /// Compares weights and momentum at every level of instructions.
  func agreement(_ state: StateDictionary) throws -> String {
    try InstructionLevel.available.map { "\($0): \(try agreement(state, on: Kernels(threads: 2, level: $0)))" }
      .joined(separator: ", ")
  }

  private func agreement(_ state: StateDictionary, on kernels: Kernels) throws -> Double {
    func expected(_ name: String) throws -> StoredTensor { try #require(state[name], "\(name)") }
    let scope = ParameterScope()
    for name in maps.keys.sorted() {
      _ = scope.parameter(name, try expected("start/\(name)").shape, .zeros, role: .weight, hiddenMaps: maps[name])
    }
    for name in vectors { _ = scope.parameter(name, try expected("start/\(name)").shape, .zeros, role: .bias) }
    let store = ParameterStore(scope, seed: 1)
    var recipe = OptimizerRecipe(baseLearningRate: rate, weightDecay: weightDecay, undecayed: [.bias])
    (recipe.kind, recipe.momentum) = (.muon, momentum)
    let optimizer = recipe.optimizer(for: store, on: kernels)
    for parameter in store.parameters { store.setValues(try expected("start/\(parameter.name)").floats(), of: parameter) }

    var differences = Differences()
    func compare(_ prefix: String, _ ours: (Parameter) -> [Float]?) throws {
      for parameter in store.parameters {
        guard let values = ours(parameter) else { continue }
        differences.add(.parameter, "\(prefix)/\(parameter.name)", values, try expected("\(prefix)/\(parameter.name)").floats())
      }
    }
    for step in 0..<steps {
      store.completeGradients()
      for parameter in store.parameters {
        let place = store.place(of: parameter)
        store.gradients.values(place, shape: [place.count]).assign(try expected("gradient/\(step)/\(parameter.name)").floats())
      }
      optimizer.update(learningRate: rate * Double(step + 1) / Double(steps))
      if [1, steps].contains(step + 1) { try compare("after/\(step + 1)", store.values(of:)) }
    }
    try compare("momentum") { parameter in
      optimizer.state(of: parameter).first { $0.name == "momentum_buffer" }?.values.floats()
    }
    #expect(differences.largest(.parameter) <= ReferenceCases.outputTolerance, "\(differences.worst(.parameter))")
    return differences.largest(.parameter)
  }
}
