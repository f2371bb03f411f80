import MAECore
import MAEEngine
import MAEModels

/// How the weights of a file meet the parameters of a model.
struct WeightFit {
  let parameters: [Parameter]
  let weights: StateDictionary

  init(_ weights: StateDictionary, _ configuration: ModelConfiguration) {
    parameters = configuration.parameters.filter(\.isStored)
    self.weights = weights
  }

  /// Parameters that the file does not hold.
  var missing: [String] { parameters.map(\.name).filter { weights[$0] == nil } }

  /// Weights that the model has no parameter for.
  var leftOver: [String] {
    let names = Set(parameters.map(\.name))
    return weights.names.filter { !names.contains($0) }
  }

  /// Checks the file against its own configuration: all shapes equal, the encoder whole, the decoder whole or absent.
  func check(file: String) throws(CheckpointError) {
    for parameter in parameters {
      guard let tensor = weights[parameter.name], tensor.shape != parameter.shape else { continue }
      throw .unusable(
        file, "has the shape \(tensor.shape), but its configuration asks for \(parameter.shape)", tensor: parameter.name)
    }
    if let extra = leftOver.first(where: { !$0.hasPrefix("encoder.norm.") }) {
      throw .unusable(file, "has no place in the model that its configuration describes", tensor: extra)
    }
    let hasDecoder = weights.names.contains { $0.hasPrefix("decoder.") }
    if let gap = missing.first(where: { !$0.hasPrefix("decoder.") && !isOptional($0) || $0.hasPrefix("decoder.") && hasDecoder })
    {
      throw .unusable(file, "is missing; the file is not whole", tensor: gap)
    }
  }

  /// A classifier's encoder may lack the final norm; an encoder alone may lack the mask token and fixed tables.
  private func isOptional(_ name: String) -> Bool { name.hasPrefix("encoder.norm.") || name == "encoder.mask_token" }
}
