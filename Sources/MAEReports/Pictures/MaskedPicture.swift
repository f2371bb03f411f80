import MAECore

/// What the encoder sees: the visible patches of a picture, and a neutral grey with fine lines where it sees nothing.
public enum MaskedPicture {
  /// The picture with the patches of one time slot covered.
  ///
  /// - Parameter hints: tokens of the grid that get a frame: they are shown although they were to be hidden.
  /// - Precondition: the picture divides into the grid's rows and columns, and `slot` is below the grid's time slots.
  public static func draw(_ original: Image, mask: TokenMask, hints: [Int] = [], slot: Int = 0) -> Image {
    let grid = mask.grid
    precondition(slot >= 0 && slot < grid.time, "MaskedPicture: slot \(slot) of the grid \(grid)")
    precondition(
      original.size.height % grid.height == 0 && original.size.width % grid.width == 0,
      "MaskedPicture: \(original.size) does not divide into \(grid)")
    let patch = FrameSize(width: original.size.width / grid.width, height: original.size.height / grid.height)
    let isHidden = mask.bytes
    var canvas = Canvas(original)
    for row in 0..<grid.height {
      for column in 0..<grid.width where isHidden[slot * grid.plane + row * grid.width + column] == 1 {
        cover(&canvas, PixelRect(x: column * patch.width, y: row * patch.height, width: patch.width, height: patch.height))
      }
    }
    for hint in hints where hint / grid.plane == slot {
      let (row, column) = (hint / grid.width % grid.height, hint % grid.width)
      canvas.frame(
        PixelRect(x: column * patch.width + 1, y: row * patch.height + 1, width: patch.width - 2, height: patch.height - 2),
        Style.hint)
    }
    return canvas.image
  }

  /// Every frame of a clip with its hidden patches covered; frames of one tubelet share a mask.
  ///
  /// - Precondition: the clip's frames divide into the grid's time slots, its pixels into rows and columns.
  public static func draw(_ clip: Clip, mask: TokenMask) -> [Image] {
    precondition(
      clip.frameCount % mask.grid.time == 0, "MaskedPicture: \(clip.frameCount) frames do not divide into \(mask.grid)")
    let tubelet = clip.frameCount / mask.grid.time
    return (0..<clip.frameCount).map { draw(clip.frame($0), mask: mask, slot: $0 / tubelet) }
  }

  private static func cover(_ canvas: inout Canvas, _ rect: PixelRect) {
    for y in rect.y..<rect.y + rect.height {
      for x in rect.x..<rect.x + rect.width {
        canvas.paint(x: x, y: y, (x + y) % 4 == 0 ? Style.hiddenLines : Style.hidden)
      }
    }
  }
}
