import MAECore

/// How well a mask agrees with the true one, as DAVIS defines it (Perazzi et al. 2016; davis2017-evaluation).
public enum MaskMeasures {
  /// J, the area in common divided by the area of both together; 1 if both are empty.
  ///
  /// - Precondition: as many pixels in both.
  public static func region(_ truth: [Bool], _ prediction: [Bool]) -> Double {
    precondition(truth.count == prediction.count, "MaskMeasures: \(truth.count) and \(prediction.count) pixels")
    var (common, either) = (0, 0)
    for (isTrue, isPredicted) in zip(truth, prediction) {
      if isTrue && isPredicted { common += 1 }
      if isTrue || isPredicted { either += 1 }
    }
    return either == 0 ? 1 : Double(common) / Double(either)
  }

  /// F, the harmonic mean of the shares of either boundary that lie near the other: within ``tolerance(of:)``.
  ///
  /// It is 1 if there is no boundary on either side, also where a full mask meets an empty one, and 0 if there is one on one
  /// side.
  ///
  /// - Precondition: as many pixels in both as the size has.
  public static func boundary(_ truth: [Bool], _ prediction: [Bool], size: FrameSize) -> Double {
    let (ours, theirs) = (boundaryPixels(of: prediction, size: size), boundaryPixels(of: truth, size: size))
    guard !ours.isEmpty, !theirs.isEmpty else { return ours.isEmpty && theirs.isEmpty ? 1 : 0 }
    let radius = tolerance(of: size)
    let precision = share(of: ours, near: theirs, radius: radius, size: size)
    let recall = share(of: theirs, near: ours, radius: radius, size: size)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  /// How far apart boundaries may be, in pixels: ⌈0.008 · diagonal⌉.
  public static func tolerance(of size: FrameSize) -> Int {
    let (width, height) = (Double(size.width), Double(size.height))
    return Int((0.008 * (width * width + height * height).squareRoot()).rounded(.up))
  }

  /// Pixels, counted row by row, that differ from the one to the right, the one below, or the one between these two; at the
  /// right and the lower edge there is one of them, at the last pixel none.
  public static func boundaryPixels(of mask: [Bool], size: FrameSize) -> [Int] {
    precondition(mask.count == size.pixelCount, "MaskMeasures: \(mask.count) pixels for \(size)")
    var found: [Int] = []
    for row in 0..<size.height {
      for column in 0..<size.width {
        let place = row * size.width + column
        let (hasRight, hasLower) = (column + 1 < size.width, row + 1 < size.height)
        let isBoundary =
          (hasRight && mask[place] != mask[place + 1]) || (hasLower && mask[place] != mask[place + size.width])
          || (hasRight && hasLower && mask[place] != mask[place + size.width + 1])
        if isBoundary { found.append(place) }
      }
    }
    return found
  }

  private static func share(of pixels: [Int], near others: [Int], radius: Int, size: FrameSize) -> Double {
    var isNear = [Bool](repeating: false, count: size.pixelCount)
    let widths = (0...radius).map { row in (0...radius).last { $0 * $0 + row * row <= radius * radius }! }
    for other in others {
      let (row, column) = other.quotientAndRemainder(dividingBy: size.width)
      for y in max(0, row - radius)...min(size.height - 1, row + radius) {
        let width = widths[abs(y - row)]
        for x in max(0, column - width)...min(size.width - 1, column + width) { isNear[y * size.width + x] = true }
      }
    }
    return Double(pixels.count { isNear[$0] }) / Double(pixels.count)
  }
}
