import MAECheckpoint
import MAECore
import MAEEngine
import MAEModels

extension Model {
  /// The same weights in a model with another input size, number of frames or masking; this one where nothing differs.
  ///
  /// Fixed position tables are those of the new grid. Learned ones are interpolated, bicubic in the plane as He et al. 2021's
  /// public code does for fine-tuning (`util/pos_embed.py`), linear in time.
  ///
  /// - Throws: ``ConfigurationError``.
  /// - Precondition: parameters differ in nothing but their position tables.
  package func adapted(to configuration: ModelConfiguration) throws(ConfigurationError) -> Model {
    guard configuration != self.configuration else { return self }
    let model = try Model(configuration, seed: nil)
    let isSameGrid = configuration.grid == self.configuration.grid
    for (old, new) in zip(parameters.parameters, model.parameters.parameters) {
      guard new.role == .position, !isSameGrid else {
        model.parameters.setValues(parameters.values(of: old), of: new)
        continue
      }
      guard new.isTrainable else { continue }
      model.parameters.setValues(resized(parameters.values(of: old), of: old, for: model, by: .bicubic), of: new)
    }
    return model
  }

  /// A learned position table, or something that stands for each of its numbers, on the grid of another model.
  fileprivate func resized(
    _ values: [Float], of parameter: Parameter, for model: Model, by weights: PositionResizing.Weights
  ) -> [Float] {
    let (old, new) = PositionResizing.grids(of: parameter.name, configuration.grid, model.configuration.grid)
    let (rows, width) = (parameter.shape[1], parameter.shape[2])
    // A table of class tokens alone has no grid.
    guard rows >= old.count, !parameter.name.hasSuffix("_class") else { return values }
    return PositionResizing.resized(values, width: width, leading: rows - old.count, from: old, to: new, by: weights)
  }
}

extension Optimizer {
  /// Takes over what the optimizer of a model that was adapted remembers.
  ///
  /// What stands for learned position tables is interpolated with weights of which none is negative: by the Cauchy–Schwarz
  /// inequality the mean of first moments is then at most as large beside the root of the mean of second ones as it was in some
  /// place, so that no step becomes longer than the steps before the change.
  ///
  /// - Precondition: both optimizers are of one recipe.
  package func takeState(of optimizer: any Optimizer, _ old: Model, adaptedTo new: Model) {
    let isSameGrid = old.configuration.grid == new.configuration.grid
    for (before, after) in zip(old.parameters.parameters, new.parameters.parameters) where after.isTrainable {
      for (from, to) in zip(optimizer.state(of: before), state(of: after)) {
        let values = from.values.floats()
        to.values.assign(
          after.role == .position && !isSameGrid ? old.resized(values, of: before, for: new, by: .bilinear) : values)
      }
    }
    setStepCount(optimizer.stepCount)
  }
}
