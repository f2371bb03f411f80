import Foundation
import MAECore
import MAEEngine
import MAEModels
import MAETraining
import Testing

@Suite struct AdamWTests {
  /// A store with odd sizes, so that groups begin and end away from multiples of the vector width.
  private func store() -> ParameterStore {
    let scope = ParameterScope()
    _ = scope.parameter("a.weight", [3, 7], .normal(deviation: 1), role: .weight)
    _ = scope.parameter("a.bias", [5], .normal(deviation: 1), role: .bias)
    _ = scope.parameter("table", [4, 3], .normal(deviation: 1), role: .position, isTrainable: false)
    _ = scope.parameter("norm", [1], .normal(deviation: 1), role: .norm)
    _ = scope.parameter("token", [1, 17], .normal(deviation: 1), role: .token)
    _ = scope.parameter("b.weight", [129, 3], .normal(deviation: 1), role: .weight)
    return ParameterStore(scope, seed: 3)
  }

  @Test("ten steps agree with the formulas in double", arguments: [Method.mae, .videomae])
  func closedForm(method: Method) {
    let store = store()
    let kernels = Kernels(threads: 2)
    var recipe = method.recipe(.base).optimizer
    recipe.weightDecay = 0.3
    let optimizer = AdamW(recipe, for: store, on: kernels)
    var truth = Dictionary(
      uniqueKeysWithValues: store.parameters.map { parameter in
        (parameter.name, store.values(of: parameter).map { (p: Double($0), m: 0.0, v: 0.0) })
      })
    let decayed: Set<String> = method == .mae ? ["a.weight", "b.weight", "token"] : ["a.weight", "b.weight"]
    var random = RandomStream(seed: 5)
    for step in 1...10 {
      let rate = 0.01 * Double(step)
      var flat = [Float](repeating: 0, count: store.gradients.count)
      for parameter in store.parameters where parameter.isTrainable {
        for (index, place) in store.place(of: parameter).enumerated() {
          let gradient = Float(random.normal())
          flat[place] = gradient
          var (p, m, v) = truth[parameter.name]![index]
          let g = Double(gradient) * 0.5
          p *= 1 - rate * (decayed.contains(parameter.name) ? 0.3 : 0)
          m = 0.9 * m + 0.1 * g
          v = 0.95 * v + 0.05 * g * g
          p -= rate * (m / (1 - pow(0.9, Double(step)))) / ((v / (1 - pow(0.95, Double(step)))).squareRoot() + 1e-8)
          truth[parameter.name]![index] = (p, m, v)
        }
      }
      store.completeGradients()
      store.gradients.assign(flat)
      optimizer.update(learningRate: rate, gradientScale: 0.5)
    }
    for parameter in store.parameters {
      for (value, expected) in zip(store.values(of: parameter), truth[parameter.name]!) {
        #expect(abs(Double(value) - expected.p) < 2e-6 * max(1, abs(expected.p)), "\(parameter.name)")
      }
    }
    #expect(optimizer.stepCount == 10)
  }

  @Test("ten steps of TensorFlow's form agree with its formulas in double: decay beside the rate, epsilon beside the raw root")
  func tensorFlow() {
    let store = store()
    var recipe = OptimizerRecipe(baseLearningRate: 1, beta2: 0.999, epsilon: 1e-2, weightDecay: 0.02, undecayed: [])
    recipe.kind = .adam
    let optimizer = recipe.optimizer(for: store, on: Kernels(threads: 2))
    var truth = Dictionary(
      uniqueKeysWithValues: store.parameters.map { parameter in
        (parameter.name, store.values(of: parameter).map { (p: Double($0), m: 0.0, v: 0.0) })
      })
    var random = RandomStream(seed: 5)
    for step in 1...10 {
      // The first update of a warm-up has the rate 0: weights shrink all the same.
      let rate = 0.003 * Double(step - 1)
      var flat = [Float](repeating: 0, count: store.gradients.count)
      for parameter in store.parameters where parameter.isTrainable {
        for (index, place) in store.place(of: parameter).enumerated() {
          let gradient = Float(0.1 * random.normal())
          flat[place] = gradient
          var (p, m, v) = truth[parameter.name]![index]
          let g = Double(gradient)
          p *= 1 - 0.02
          m = 0.9 * m + 0.1 * g
          v = 0.999 * v + 0.001 * g * g
          let scale = (1 - pow(0.999, Double(step))).squareRoot() / (1 - pow(0.9, Double(step)))
          p -= rate * scale * m / (v.squareRoot() + 1e-2)
          truth[parameter.name]![index] = (p, m, v)
        }
      }
      store.completeGradients()
      store.gradients.assign(flat)
      optimizer.update(learningRate: rate)
    }
    for parameter in store.parameters {
      for (value, expected) in zip(store.values(of: parameter), truth[parameter.name]!) {
        #expect(abs(Double(value) - expected.p) < 3e-6 * max(1, abs(expected.p)), "\(parameter.name)")
      }
    }
  }

  @Test("the norm covers all gradients and clipping scales them") func theNormCoversAllGradientsAndClippingScalesThem() {
    let store = store()
    var recipe = MAEModels.Method.mae.recipe(.base).optimizer
    recipe.clipGradient = 2
    let optimizer = AdamW(recipe, for: store, on: Kernels(threads: 1))
    store.completeGradients()
    #expect(optimizer.gradientNorm() == 0)
    var flat = [Float](repeating: 0, count: store.gradients.count)
    for parameter in store.parameters where parameter.isTrainable {
      for place in store.place(of: parameter) { flat[place] = 3 }
    }
    store.gradients.assign(flat)
    #expect(abs(optimizer.gradientNorm() - 3 * Double(store.trainableCount).squareRoot()) < 1e-9)
    #expect(optimizer.clippingScale(norm: 1) == 1)
    #expect(abs(optimizer.clippingScale(norm: 8) - 0.25) < 1e-6)
    flat[0] = .nan
    store.gradients.assign(flat)
    #expect(!optimizer.gradientNorm().isFinite)
  }

  @Test("moments can be saved and set") func momentsCanBeSavedAndSet() {
    let (left, right) = (store(), store())
    let recipe = MAEModels.Method.mae.recipe(.base).optimizer
    let kernels = Kernels(threads: 1)
    let first = AdamW(recipe, for: left, on: kernels)
    let second = AdamW(recipe, for: right, on: kernels)
    func gradients(_ step: Int, _ store: ParameterStore) {
      store.completeGradients()
      var random = RandomStream(seed: UInt64(step))
      var flat = [Float](repeating: 0, count: store.gradients.count)
      for parameter in store.parameters where parameter.isTrainable {
        for place in store.place(of: parameter) { flat[place] = Float(random.normal()) }
      }
      store.gradients.assign(flat)
    }
    for step in 0..<3 {
      gradients(step, left)
      first.update(learningRate: 0.1)
    }
    for parameter in left.parameters where parameter.isTrainable {
      for (saved, place) in zip(first.state(of: parameter), second.state(of: parameter)) {
        place.values.assign(saved.values.floats())
      }
      right.setValues(left.values(of: parameter), of: parameter)
    }
    second.setStepCount(first.stepCount)
    for store in [left, right] { gradients(9, store) }
    first.update(learningRate: 0.1)
    second.update(learningRate: 0.1)
    for parameter in left.parameters { #expect(left.values(of: parameter) == right.values(of: parameter)) }
  }
}
