import MAECore

/// A picture whose patches are tinted by the group they belong to.
public enum ClusterPicture {
  /// How much of a pixel is tint.
  private static let strength = 0.62

  /// The picture in grey under the groups' colours; groups have the colours of a chart's series.
  ///
  /// - Parameter groups: the group of each patch, from 0, row after row.
  /// - Precondition: the picture divides into the grid's rows and columns, and there is a group for each place.
  public static func draw(_ original: Image, groups: [Int], grid: TokenGrid) -> Image {
    precondition(groups.count == grid.plane, "ClusterPicture: \(groups.count) groups for the grid \(grid)")
    precondition(
      original.size.height % grid.height == 0 && original.size.width % grid.width == 0,
      "ClusterPicture: \(original.size) does not divide into \(grid)")
    let patch = FrameSize(width: original.size.width / grid.width, height: original.size.height / grid.height)
    var canvas = Canvas(original)
    for y in 0..<original.size.height {
      for x in 0..<original.size.width {
        let colour = canvas.colour(x: x, y: y)
        let light = 0.299 * Double(colour.red) + 0.587 * Double(colour.green) + 0.114 * Double(colour.blue)
        let tint = Style.series[groups[y / patch.height * grid.width + x / patch.width] % Style.series.count]
        canvas.paint(x: x, y: y, Colour(grey: UInt8(light)).mixed(with: tint, strength))
      }
    }
    return canvas.image
  }
}
