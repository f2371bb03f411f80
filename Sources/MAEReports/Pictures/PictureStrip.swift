import MAECore

/// Pictures of one size side by side, for pages: nothing around them and nothing written on them.
public enum PictureStrip {
  /// - Parameters:
  ///   - width: every picture is enlarged by the smallest whole factor that makes it this wide, in pixels.
  ///   - gap: between pictures, in pixels of the result.
  /// - Precondition: there is a picture, and all have the same size.
  public static func draw(_ pictures: [Image], width: Int, gap: Int = 4) -> Image {
    let size = pictures[0].size
    precondition(pictures.allSatisfy { $0.size == size }, "PictureStrip: pictures of several sizes")
    let scale = pictures[0].scale(toReach: width)
    let step = size.width * scale + gap
    var canvas = Canvas(
      size: FrameSize(width: step * pictures.count - gap, height: size.height * scale), colour: Style.secondaryInk)
    for (place, picture) in pictures.enumerated() { canvas.draw(picture, x: place * step, y: 0, scale: scale) }
    return canvas.image
  }
}
