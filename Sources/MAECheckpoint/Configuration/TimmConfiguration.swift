import MAECore
import MAEFoundation
import MAEModels

/// The `config.json` of a timm model folder.
enum TimmConfiguration {
  /// - Returns: nil when the file is not of that kind.
  static func read(_ object: JSONObject, file: String) throws(CheckpointError) -> ModelConfiguration? {
    guard let architecture = object["architecture"]?.text else { return nil }
    guard architecture.hasPrefix("vit_") else {
      throw .unusable(file, "architecture is \(architecture); of timm's models only vision transformers (vit_…) are supported")
    }
    let arguments = ConfigurationObject(object: object["model_args"]?.object ?? JSONObject(), file: file)
    let size = ModelSize.allCases.first { architecture.hasPrefix("vit_\($0.rawValue)_") } ?? .base
    let words = architecture.split(separator: "_")
    let patch = words.first { $0.hasPrefix("patch") }.flatMap { Int($0.dropFirst(5)) } ?? 16
    let side = words.last.flatMap { Int($0) } ?? 224
    var model = Method.mae.model(size)
    let encoder = size.encoder
    let width = try arguments.integer("embed_dim", encoder.width, 1...65_536)
    model.encoder.blocks = BlockConfiguration(
      width: width, depth: try arguments.integer("depth", encoder.depth, 1...4096),
      heads: try arguments.integer("num_heads", encoder.heads, 1...65_536),
      feedForwardWidth: Int((Double(width) * (try arguments.number("mlp_ratio", 4, 0...64))).rounded()))
    model.encoder.finalNorm = try arguments.bool("final_norm", true)
    model.input.patch = try arguments.integer("patch_size", patch, 1...4096)
    model.input.size = try arguments.size("img_size", FrameSize(square: side))
    let channels = try arguments.integer("in_chans", 3)
    guard let channels = PixelChannels(rawValue: channels) else {
      throw .unusable(file, "in_chans is \(channels); supported are 1, 3 and 4")
    }
    let pixels = ConfigurationObject(object: object["pretrained_cfg"]?.object ?? JSONObject(), file: file)
    let standard = channels == .rgb
    model.input.channels = channels
    model.input.mean = try pixels.values(
      "mean", standard ? InputConfiguration.imageNetMean : [Float](repeating: 0.5, count: channels.count), count: channels.count)
    model.input.deviation = try pixels.values(
      "std", standard ? InputConfiguration.imageNetDeviation : [Float](repeating: 0.5, count: channels.count),
      count: channels.count)
    return model
  }
}
