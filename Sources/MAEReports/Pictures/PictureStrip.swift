import MAECore

/// Pictures of one size side by side and below each other, for pages: nothing around them and nothing written on them.
public enum PictureStrip {
  /// One row.
  ///
  /// - Parameters:
  ///   - width: every picture is enlarged by the smallest whole factor that makes it this wide, in pixels.
  ///   - gap: between pictures, in pixels of the result.
  /// - Precondition: there is a picture, and all have the same size.
  public static func draw(_ pictures: [Image], width: Int, gap: Int = 4) -> Image {
    draw(rows: [pictures], width: width, gap: gap)
  }

  /// Rows below each other, from the top.
  ///
  /// - Precondition: the first row has a picture, and all pictures have the same size.
  public static func draw(rows: [[Image]], width: Int = 1, gap: Int = 4) -> Image {
    let size = rows[0][0].size
    precondition(rows.joined().allSatisfy { $0.size == size }, "PictureStrip: pictures of several sizes")
    let scale = rows[0][0].scale(toReach: width)
    let (across, down) = (size.width * scale + gap, size.height * scale + gap)
    let columns = rows.map(\.count).max() ?? 1
    var canvas = Canvas(
      size: FrameSize(width: across * columns - gap, height: down * rows.count - gap), colour: Style.secondaryInk)
    for (row, pictures) in rows.enumerated() {
      for (column, picture) in pictures.enumerated() {
        canvas.draw(picture, x: column * across, y: row * down, scale: scale)
      }
    }
    return canvas.image
  }
}
