import ArgumentParser
import MaskedAutoencoders

/// What a person knows about weights that they do not tell themselves.
struct WeightFlags: ParsableArguments {
  @Option(parsing: .unconditional, help: "Heads of the encoder, where neither the weights nor a config.json beside them tell.")
  var heads: Int?
  @Option(parsing: .unconditional, help: "Heads of the decoder, likewise.") var decoderHeads: Int?
  @Option(
    help: ArgumentHelp(
      "Of several models in one file, that under this key, e.g. model_ema (default: the one that fits best).", valueName: "key"))
  var weightsKey: String?

  func validate() throws {
    for (flag, value) in [("heads", heads), ("decoder-heads", decoderHeads)] {
      if let value, value < 1 { throw ValidationError("--\(flag) is \(value); expected at least 1") }
    }
  }

  var options: WeightOptions { WeightOptions(key: weightsKey, heads: heads, decoderHeads: decoderHeads) }
}
