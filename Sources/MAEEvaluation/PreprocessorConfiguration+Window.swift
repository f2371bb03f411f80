import MAECheckpoint
import MAECore
import MAEData

extension PreprocessorConfiguration {
  /// The part of a picture that becomes the model's input: what resizing and cropping in that order leave.
  package func window(in source: FrameSize, for target: FrameSize) -> PixelRect {
    // Size of the picture after resizing, and of what is cut out of it.
    var resized = (width: Double(source.width), height: Double(source.height))
    switch resize {
    case .none: break
    case .exact(let size): resized = (Double(size.width), Double(size.height))
    case .shortestEdge(let side):
      let scale = Double(side) / Double(source.shorterSide)
      resized = (resized.width * scale, resized.height * scale)
    }
    guard let crop else {
      // Nothing is cut off where the shape is forced; else as much as the input's shape asks for.
      if case .exact = resize { return PixelRect(whole: source) }
      return CentreCrop.window(in: source, for: target)
    }
    let width = max(1, min(source.width, Int((Double(crop.width) * Double(source.width) / resized.width).rounded())))
    let height = max(1, min(source.height, Int((Double(crop.height) * Double(source.height) / resized.height).rounded())))
    return PixelRect(x: (source.width - width) / 2, y: (source.height - height) / 2, width: width, height: height)
  }
}
