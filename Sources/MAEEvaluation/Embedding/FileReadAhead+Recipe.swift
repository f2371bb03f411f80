import MAECheckpoint
import MAECore
import MAEData
import MAEModels
import MAETraining

extension FileReadAhead {
  /// Reads what a run is judged by: of each file the samples in the largest centred window.
  init(judging recipe: Recipe, _ sampling: FrameSampling, threads: Int) {
    var request = recipe.request
    (request.sampling, request.crop) = (sampling, .centre(filter: request.crop.filter))
    let (preprocessor, size) = (PreprocessorConfiguration(recipe.model), request.size)
    self.init(
      request: request, window: { preprocessor.window(in: $0, for: size) },
      allowsTruncated: recipe.data.allowsTruncated ?? false, timeLimit: .seconds(recipe.data.decodeTimeout),
      chunk: sampling.frameCount > 1 ? 4 : 32, threads: threads)
  }
}
