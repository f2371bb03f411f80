import Foundation
import MAECore
import MAEFoundation
import MAEModels

extension ModelConfiguration {
  /// Where our values stand in safetensors metadata and in a `config.json` of ours.
  static let metadataKey = "configuration"

  /// Values that an older version did not write are those of the method's preset.
  package init(json: [UInt8], file: String, in catalogue: Catalogue = .builtIn) throws(CheckpointError) {
    let stored = try JSONValue.parse(json, of: file)
    let decoder = JSONDecoder()
    decoder.userInfo[Catalogue.key] = catalogue
    let method = stored.object?["method"]?.text.flatMap(catalogue.method)
    var model = method?.model(.base)
    // A method of clips may have been given a guide, whose values an older version did not write all.
    if let masking = model?.masking, masking.guide == nil { model?.masking.guide = GuideConfiguration() }
    guard let model, let preset = try? JSONParser.parse(Array(model.json.utf8)),
      let configuration = try? decoder.decode(
        Self.self, from: Data(stored.completed(by: preset).serialized(indent: false).utf8))
    else {
      throw .unusable(file, "its model configuration cannot be understood; it comes from another version or is damaged")
    }
    self = configuration
  }

  /// Every value, as one line of JSON with sorted keys.
  package var json: String { JSONText.line(self) }

  /// Bounds every size before anything is computed from it, so that a damaged file cannot ask for the impossible.
  func checkSizes(file: String) throws(CheckpointError) {
    var sizes = [
      ("input height", input.size.height, 65_536), ("input width", input.size.width, 65_536), ("frames", input.frames, 65_536),
      ("patch", input.patch, 4096), ("tubelet", input.tubelet, 65_536),
    ]
    let stacks = [("encoder", encoder.blocks)] + (decoder.map { [("decoder", $0.blocks)] } ?? [])
    for (name, blocks) in stacks {
      sizes += [
        ("\(name) width", blocks.width, 65_536), ("\(name) depth", blocks.depth, 4096), ("\(name) heads", blocks.heads, 65_536),
        ("\(name) feed-forward width", blocks.feedForwardWidth, 1 << 20),
      ]
    }
    if let frames = target.predictedFrames { sizes.append(("predicted frames", frames, 65_536)) }
    if let count = encoder.classTokenCount { sizes.append(("class tokens", count, 1024)) }
    if let views = input.views { sizes.append(("cameras", views.count, 1024)) }
    if let touch = input.touch {
      // None are possible beside a vector.
      if touch.sensors != 0 { sizes.append(("touch sensors", touch.sensors, 1024)) }
      sizes.append(("touch patch", touch.patch, 4096))
    }
    if let vector = input.vector { sizes.append(("vector", vector.count, VectorInput.limit)) }
    if let unit = masking.rounding.unit { sizes.append(("masking unit", unit, 65_536)) }
    for (name, value, limit) in sizes where !(1...limit).contains(value) {
      throw .unusable(file, "its configuration gives \(name) as \(value); expected 1 to \(limit)")
    }
    if let problem = problems.first { throw .unusable(file, "its configuration is impossible: \(problem)") }
    guard grid.count <= 1 << 22 else {
      throw .unusable(file, "its configuration makes \(grid.count) tokens, more than is supported")
    }
  }
}

extension JSONValue {
  /// Values of a configuration that can be nil: they are absent then, which a preset must not overrule.
  private static let optional: Set<String> = [
    "decoder", "cross", "layerScale", "predictedFrames", "decoderRatio", "keptRatio", "classTokenCount", "masks", "guide",
    "block", "stem", "views", "touch", "vector",
  ]
  /// Values of one form or another, which cannot be mixed.
  private static let choices: Set<String> = ["rounding"]

  /// This configuration, and what it lacks from a preset.
  fileprivate func completed(by preset: JSONValue) -> JSONValue {
    guard var object, let preset = preset.object else { return self }
    for key in preset.keys {
      if let own = object[key] {
        object[key] = Self.choices.contains(key) ? own : own.completed(by: preset[key]!)
      } else if !Self.optional.contains(key) {
        object[key] = preset[key]
      }
    }
    return .object(object)
  }
}
