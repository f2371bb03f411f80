import MAECheckpoint
import MAECore
import MAEData
import MAEMedia

/// A mask that somebody else made.
public enum MaskFile {
  /// Reads a safetensors file whose tensor `mask` has one value per token (not 0 = hidden), or a picture at the size of the
  /// token grid (white = hidden), which holds for every time slot of a clip.
  ///
  /// - Throws: ``CheckpointError`` or ``DataError`` when the file is missing, of another size, or hides nothing or everything.
  public static func read(path: String, grid: TokenGrid) throws -> TokenMask {
    let isPicture = (try? MediaProbe.kind(of: path)) == .still
    let isHidden = isPicture ? try picture(path, grid) : try tensor(path, grid)
    guard isHidden.contains(true) else { throw DataError(.unusable, "\(path): hides no token; at least one has to be hidden") }
    guard isHidden.contains(false) else {
      throw DataError(.unusable, "\(path): hides every token; at least one has to be visible")
    }
    return TokenMask(grid: grid, isHidden: isHidden)
  }

  private static func tensor(_ path: String, _ grid: TokenGrid) throws -> [Bool] {
    guard let tensor = try SafeTensorsReader.read(path: path)["mask"] else {
      throw DataError(.unusable, "\(path): has no tensor called mask")
    }
    guard tensor.count == grid.count else {
      throw DataError(.unusable, "\(path): mask has \(tensor.count) values; the model has \(grid.count) tokens (\(grid))")
    }
    return tensor.floats().map { $0 != 0 }
  }

  private static func picture(_ path: String, _ grid: TokenGrid) throws -> [Bool] {
    let image = try StillReader.read(path: path, channels: .grey)
    guard image.size == FrameSize(width: grid.width, height: grid.height) else {
      throw DataError(
        .unusable,
        "\(path): is \(image.size) pixels (width × height); the model has \(grid.width)×\(grid.height) tokens in a frame")
    }
    let plane = image.pixels.map { $0 > 127 }
    return Array(repeatElement(plane, count: grid.time).joined())
  }
}
