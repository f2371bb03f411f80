import MAECore
import MAEFoundation
import MAEModels

/// How pictures become a model's input: the `preprocessor_config.json` of a model folder.
public struct PreprocessorConfiguration: Hashable, Sendable {
  /// To which size pictures are resized before cropping.
  public enum Resize: Hashable, Sendable {
    case none
    /// To this size whatever the aspect ratio.
    case exact(FrameSize)
    /// Until the shorter side is this long.
    case shortestEdge(Int)
  }

  /// Before cropping.
  public var resize: Resize
  /// A centred window after resizing; nil = all.
  public var crop: FrameSize?
  /// What resizing uses.
  public var filter: ResizeFilter
  /// Per channel, of pixels scaled to 0…1.
  public var mean: [Float]
  /// Of each channel, for pixels of 0 … 1.
  public var deviation: [Float]

  /// What is done to a picture before a model sees it.
  public init(resize: Resize, crop: FrameSize?, filter: ResizeFilter, mean: [Float], deviation: [Float]) {
    self.resize = resize
    self.crop = crop
    self.filter = filter
    self.mean = mean
    self.deviation = deviation
  }

  /// What transformers does for the method: stills are squashed to the input size, clips resized by their shorter side and
  /// cropped in the centre.
  public init(_ model: ModelConfiguration) {
    let size = model.input.size
    let isCropped = model.method.isForVideo && size.isSquare
    self.init(
      resize: isCropped ? .shortestEdge(size.width) : .exact(size), crop: isCropped ? size : nil,
      filter: model.method.recipe(.base).data.filter, mean: model.input.mean,
      deviation: model.input.deviation)
  }

  /// - Parameters:
  ///   - standard: what holds where the file says nothing.
  ///   - channels: of the model's input.
  init(path: String, standard: PreprocessorConfiguration, channels: Int) throws(CheckpointError) {
    guard let object = try JSONValue.read(path: path).object else { throw .unusable(path, "is not a JSON object") }
    let fields = ConfigurationObject(object: object, file: path)
    self = standard
    // Image files say 1 for Lanczos and 3 for bicubic, the rest counts as bilinear.
    if let number = object["resample"]?.integer { filter = number == 1 || number == 3 ? .bicubic : .bilinear }
    if try !fields.bool("do_resize", true) {
      resize = .none
    } else if let size = object["size"]?.object {
      let sizes = ConfigurationObject(object: size, file: path)
      if size["shortest_edge"] != nil {
        resize = .shortestEdge(try sizes.integer("shortest_edge", 224, 1...65_536))
      } else if size["height"] != nil || size["width"] != nil {
        resize = .exact(try Self.size(sizes))
      }
    } else if object["size"] != nil {
      let size = try fields.size("size", FrameSize(square: 224))
      resize = try fields.bool("do_center_crop", false) ? .shortestEdge(size.shorterSide) : .exact(size)
    }
    if try !fields.bool("do_center_crop", crop != nil) {
      crop = nil
    } else if let size = object["crop_size"]?.object {
      crop = try Self.size(ConfigurationObject(object: size, file: path))
    } else if object["crop_size"] != nil {
      crop = try fields.size("crop_size", FrameSize(square: 224))
    }
    if try fields.bool("do_normalize", true) {
      mean = try fields.values("image_mean", mean, count: channels)
      deviation = try fields.values("image_std", deviation, count: channels)
      guard deviation.allSatisfy({ $0 > 0 }) else { throw .unusable(path, "image_std has a value that is not positive") }
    } else {
      mean = [Float](repeating: 0, count: channels)
      deviation = [Float](repeating: 1, count: channels)
    }
  }

  private static func size(_ fields: ConfigurationObject) throws(CheckpointError) -> FrameSize {
    FrameSize(
      width: try fields.integer("width", 224, 1...65_536), height: try fields.integer("height", 224, 1...65_536))
  }

  /// The file's content.
  var json: JSONValue {
    func sides(_ size: FrameSize) -> JSONValue { ["height": .integer(size.height), "width": .integer(size.width)] }
    var object = JSONObject()
    object["image_processor_type"] = crop == nil ? "ViTImageProcessor" : "VideoMAEImageProcessor"
    switch resize {
    case .none: object["do_resize"] = false
    case .exact(let size):
      object["do_resize"] = true
      object["size"] = sides(size)
    case .shortestEdge(let side):
      object["do_resize"] = true
      object["size"] = ["shortest_edge": .integer(side)]
    }
    object["resample"] = filter == .bicubic ? 3 : 2
    if let crop {
      object["do_center_crop"] = true
      object["crop_size"] = sides(crop)
    }
    object["do_rescale"] = true
    object["rescale_factor"] = .number(1 / 255)
    object["do_normalize"] = true
    object["image_mean"] = .array(mean.map { JSONValue($0) })
    object["image_std"] = .array(deviation.map { JSONValue($0) })
    return .object(object)
  }
}
