import MAECore
import MAEMedia

/// A film of original, masked and reconstructed frames side by side.
public enum ComparisonVideo {
  /// A clip of a few frames is over in a blink, so it is shown again until the film is this long, in seconds.
  public static let shortest = 3.0

  /// Writes an mp4.
  ///
  /// - Throws: ``FileError`` or ``MediaError`` when the file cannot be written.
  public static func write(_ pictures: ReconstructionPictures, to path: String) throws {
    let rate = max(1, pictures.frameRate)
    let repeats = max(1, Int((shortest * rate / Double(pictures.frameCount)).rounded(.up)))
    let frames = (0..<pictures.frameCount).map { frame($0, of: pictures) }
    // A film to look at once: encoding it as small as can be would take longer than completing the clip. What is shown again is
    // found where it was shown before, as long as the encoder looks back that far.
    let lookBack = repeats > 1 ? min(16, frames.count) : 1
    let encoding = VideoWriter.Options(encoderOptions: ["preset": "veryfast", "refs": "\(lookBack)"])
    let writer = try VideoWriter(path: path, size: frames[0].size, frameRate: rate, options: encoding)
    for _ in 0..<repeats {
      for frame in frames { try writer.append(frame) }
    }
    try writer.finish()
  }

  /// One frame of the film.
  public static func frame(_ index: Int, of pictures: ReconstructionPictures) -> Image {
    let layout = ComparisonLayout(pictures)
    var canvas = Canvas(size: layout.size)
    layout.drawText(on: &canvas)
    layout.drawFrame(index, on: &canvas)
    return canvas.image
  }
}

/// Where the parts of a comparison go, in pixels; the size is even, as video codecs want it.
private struct ComparisonLayout {
  private static let margin = 24
  private static let barHeight = 4

  let pictures: ReconstructionPictures
  let columns: Int
  let scale: Int
  let cell: FrameSize
  let top: Int
  let captionLines: [String]
  let size: FrameSize

  init(_ pictures: ReconstructionPictures) {
    self.pictures = pictures
    let source = pictures.original[0].size
    scale = pictures.original[0].scale(toReach: 224)
    cell = FrameSize(width: source.width * scale, height: source.height * scale)
    top = Self.margin + Style.label.capHeight + 10
    columns = pictures.rows.count
    let width = columns * cell.width + (columns - 1) * Style.gap
    captionLines = pictures.caption.flatMap { Style.note.lines(of: $0, width: width) }
    let caption = 16 + Style.note.capHeight + (captionLines.isEmpty ? 0 : 6 + captionLines.count * Style.note.lineHeight)
    let height = top + cell.height + Style.gap + Self.barHeight + caption + Self.margin
    size = FrameSize(width: (width + 2 * Self.margin + 1) / 2 * 2, height: (height + 1) / 2 * 2)
  }

  private func left(_ column: Int) -> Int { Self.margin + column * (cell.width + Style.gap) }
  private var barTop: Int { top + cell.height + Style.gap }
  private var textTop: Int { barTop + Self.barHeight + 14 }

  func drawText(on canvas: inout Canvas) {
    for (column, row) in pictures.rows.enumerated() { canvas.write(row.name, x: left(column), top: Self.margin, Style.label) }
    let title = Style.note.shortened(pictures.title, width: size.width - 2 * Self.margin - 120)
    canvas.write(title, x: Self.margin, top: textTop, Style.note)
    for (index, line) in captionLines.enumerated() {
      let top = textTop + Style.note.lineHeight + 6 + index * Style.note.lineHeight
      canvas.write(line, x: Self.margin, top: top, Style.note)
    }
  }

  func drawFrame(_ index: Int, on canvas: inout Canvas) {
    for (column, row) in pictures.rows.enumerated() { canvas.draw(row.pictures[index], x: left(column), y: top, scale: scale) }
    let width = columns * cell.width + (columns - 1) * Style.gap
    canvas.fill(PixelRect(x: Self.margin, y: barTop, width: width, height: Self.barHeight), Style.hairline)
    let done = width * (index + 1) / pictures.frameCount
    canvas.fill(PixelRect(x: Self.margin, y: barTop, width: done, height: Self.barHeight), Style.accent)
    canvas.write(
      ReconstructionStrip.seconds(pictures.times[index]), x: Self.margin + width, top: textTop, Style.note, alignment: .right)
  }
}
