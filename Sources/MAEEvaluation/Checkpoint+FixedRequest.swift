import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEModels
import MAETraining

extension Checkpoint {
  /// The recipe of the run that the checkpoint belongs to, if it still lies in its folder: `FOLDER` of
  /// `FOLDER/checkpoints/step-N`, or of a weight file in it.
  package var recipe: Recipe? {
    var folder = URL(fileURLWithPath: path)
    for _ in 0..<3 {
      folder.deleteLastPathComponent()
      if RunFolder.isRunFolder(folder.path) { return try? Recipe.stored(in: folder.path, catalogue: catalogue) }
    }
    return nil
  }

  /// Takes over how clips were sampled: how far apart their frames were, and whether they were spread over whole videos. An
  /// export lies in no run's folder; its notes came with it.
  package func keepSampling(in data: inout DataRecipe) {
    let known = recipe?.data
    if let rate = known?.samplingRate ?? metadata["sampling-rate"].flatMap({ Int($0) }), rate > 0 { data.samplingRate = rate }
    if (known?.sampling.rawValue ?? metadata["sampling"]) == DataRecipe.Sampling.uniform.rawValue { data.sampling = .uniform }
  }

  /// The samples that a finished model is shown: frames as far apart as in its training, one centred window, no flip.
  ///
  /// - Parameter configuration: of the model, which may differ from the file's in its masking.
  package func fixedRequest(for configuration: ModelConfiguration) -> SampleRequest {
    let recipe = recipe
    var described = recipe ?? configuration.method.recipe(.base)
    keepSampling(in: &described.data)
    described.model = configuration
    var request = described.request
    request.crop = .centre(filter: preprocessor.filter)
    request.flipProbability = 0
    request.repeats = 1
    return request
  }
}
