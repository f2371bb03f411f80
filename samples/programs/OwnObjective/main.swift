// An objective of one's own, and a method that uses it: a masked autoencoder whose decoder is one linear map.
//
//     swift run -c release --package-path samples/programs OwnObjective      in the folder above samples/
import MaskedAutoencoders

/// Encodes all tokens, hidden ones as mask tokens, and predicts each hidden patch, normalised, from its own embedding.
struct LinearlyDecoded: Objective {
  static let decoderAttention = DecoderAttention.none
  static var reads: Set<PartialKeyPath<ModelConfiguration>> {
    [\.masking, \.target.normalization, \.target.values, \.target.loss]
  }

  static func problems(of model: ModelConfiguration) -> [String] {
    model.decoder == nil ? [] : ["\(model.method) predicts without a decoder"]
  }

  let encoder: VisionTransformer
  private let head: Linear
  private let target: PixelTarget

  /// Parameters below "decoder" are what an encoder-only checkpoint lacks.
  init(_ model: ModelConfiguration, in scope: ParameterScope) {
    encoder = VisionTransformer(model, maskToken: true, in: scope["encoder"])
    let (width, values) = (model.encoder.blocks.width, model.predictionWidth)
    head = Linear(width, values, initializer: model.method.initialization.linear(width, values), in: scope["decoder"]["head"])
    target = PixelTarget(model)
  }

  func loss(of batch: Batch, in pass: Pass) -> Loss {
    let error = target.loss(of: predicted(encoded(batch, in: pass), batch), in: batch)
    return Loss(error, parts: [(name: "reconstruction", value: Double(error.tensor.scalar))])
  }

  func prediction(of batch: Batch, in pass: Pass) -> Prediction? {
    let latents = encoded(batch, in: pass)
    return target.prediction(of: predicted(latents, batch), latents, in: batch)
  }

  private func encoded(_ batch: Batch, in pass: Pass) -> Variable {
    let tokens = EncoderTokens(visible: batch.masks.map(\.visible), fillsWithMaskTokens: true)
    return encoder(batch.pixels, tokens, in: pass, probe: pass.probes["encoder"])
  }

  /// The rows of hidden tokens, and the map that makes pixels of them.
  private func predicted(_ latents: Variable, _ batch: Batch) -> PredictedRows {
    let tokens = latents.rows / batch.masks.count
    let rows = batch.masks.enumerated().flatMap { sample, mask in
      mask.hidden.map { Int32(sample * tokens + encoder.classRows) + $0 }
    }
    return PredictedRows(latents.rows(rows)) { head($0) }
  }
}

let linear = Method(
  name: "linear-mae", citation: "a sample", source: "image MAE without its decoder", isForVideo: false,
  objective: LinearlyDecoded.self, initialization: .mae
) { size in
  var recipe = Method.mae.recipe(size)
  recipe.model.decoder = nil
  return recipe
}

let stills = try Manifest(["samples/stills"])
var recipe = linear.recipe(.tiny)
recipe.model.input = InputConfiguration(size: FrameSize(square: 64), patch: 8)
(recipe.run.batchSize, recipe.schedule.steps) = (8, 100)
try Pretraining(recipe, manifest: stills, in: RunFolder("linear")).train()

let weights = WeightOptions(catalogue: .builtIn.adding(linear))
let reconstructor = try Reconstructor(checkpoint: "linear", weights: weights)
print(try ReconstructionReport([stills.files[0].path], by: reconstructor, into: "linear-pictures").text)
