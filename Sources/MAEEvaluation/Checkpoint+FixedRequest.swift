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

  /// The samples that a finished model is shown: frames as far apart as in its training, one centred window, no flip.
  ///
  /// - Parameter configuration: of the model, which may differ from the file's in its masking.
  package func fixedRequest(for configuration: ModelConfiguration) -> SampleRequest {
    let recipe = recipe
    var described = recipe ?? configuration.method.recipe(.base)
    // An export lies in no run's folder; its notes came with it.
    if recipe == nil, let rate = metadata["sampling-rate"].flatMap({ Int($0) }), rate > 0 { described.data.samplingRate = rate }
    if recipe == nil, metadata["sampling"] == DataRecipe.Sampling.uniform.rawValue { described.data.sampling = .uniform }
    described.model = configuration
    var request = described.request
    request.crop = .centre(filter: preprocessor.filter)
    request.flipProbability = 0
    request.repeats = 1
    return request
  }
}
