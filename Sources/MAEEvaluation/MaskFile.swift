import MAECheckpoint
import MAECore
import MAEData
import MAEMedia

/// Masks that somebody else made.
public enum MaskFile {
  /// Reads a safetensors file whose tensor `mask`, `[tokens]` or `[masks, tokens]`, has one value per token (not 0 = hidden), or
  /// a picture at the size of the token grid (white = hidden).
  ///
  /// - Throws: ``CheckpointError`` or ``DataError`` when the file is missing or no mask, or hides nothing or everything.
  public static func masks(path: String) throws -> [[Bool]] {
    let isPicture = (try? MediaProbe.kind(of: path)) == .still
    let masks = isPicture ? [try picture(path)] : try tensor(path)
    for mask in masks {
      guard mask.contains(true) else { throw DataError(.unusable, "\(path): hides no token; at least one has to be hidden") }
      guard mask.contains(false) else {
        throw DataError(.unusable, "\(path): hides every token; at least one has to be visible")
      }
    }
    return masks
  }

  /// The one mask of a file, for a grid; that of one time slot holds for all.
  public static func read(path: String, grid: TokenGrid) throws -> TokenMask {
    let masks = try masks(path: path)
    guard masks.count == 1 else { throw DataError(.unusable, "\(path): has \(masks.count) masks; expected one") }
    guard [grid.count, grid.plane].contains(masks[0].count) else {
      throw DataError(
        .unusable, "\(path): masks \(masks[0].count) tokens; the model has \(grid.count) (\(grid)), \(grid.plane) in a time slot")
    }
    let slots = grid.count / masks[0].count
    return TokenMask(grid: grid, isHidden: Array(repeatElement(masks[0], count: slots).joined()))
  }

  private static func tensor(_ path: String) throws -> [[Bool]] {
    guard let tensor = try SafeTensorsReader.read(path: path)["mask"] else {
      throw DataError(.unusable, "\(path): has no tensor called mask")
    }
    guard let tokens = tensor.shape.last, (1...2).contains(tensor.shape.count), tensor.count > 0 else {
      throw DataError(.unusable, "\(path): mask has the shape \(tensor.shape); expected [tokens] or [masks, tokens]")
    }
    let hidden = tensor.floats().map { $0 != 0 }
    return stride(from: 0, to: hidden.count, by: tokens).map { Array(hidden[$0..<$0 + tokens]) }
  }

  private static func picture(_ path: String) throws -> [Bool] {
    try StillReader.read(path: path, channels: .grey).pixels.map { $0 > 127 }
  }
}
