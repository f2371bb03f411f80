import MAECore

/// Pictures in rows and columns with titles, and lines of text below.
public struct Montage: Sendable {
  /// Pictures side by side.
  public struct Row: Sendable {
    /// At the left of the row; empty for none.
    public var title: String
    /// From the left; `nil` leaves a place empty.
    public var pictures: [Image?]

    /// A row of pictures.
    public init(_ title: String = "", _ pictures: [Image?]) {
      self.title = title
      self.pictures = pictures
    }
  }

  /// At the top; empty for none.
  public var title: String
  /// Above the columns; empty for none.
  public var columnTitles: [String]
  /// From top to bottom.
  public var rows: [Row]
  /// Broken into lines as wide as the picture.
  public var caption: [String]
  /// Pictures are enlarged by the smallest whole factor that makes the widest this wide, in pixels.
  public var cellWidth: Int

  /// A montage that is not drawn yet.
  public init(title: String = "", columnTitles: [String] = [], rows: [Row], caption: [String] = [], cellWidth: Int = 192) {
    self.title = title
    self.columnTitles = columnTitles
    self.rows = rows
    self.caption = caption
    self.cellWidth = cellWidth
  }

  /// Draws everything, as large as it needs.
  public func draw() -> Image {
    let layout = MontageLayout(self)
    var canvas = Canvas(size: layout.size)
    layout.drawTitles(on: &canvas)
    for (rowIndex, row) in rows.enumerated() {
      for (column, picture) in row.pictures.enumerated() {
        guard let picture else { continue }
        let rect = layout.place(of: picture, row: rowIndex, column: column)
        canvas.draw(picture, x: rect.x, y: rect.y, scale: layout.scale)
      }
    }
    layout.drawCaption(on: &canvas)
    return canvas.image
  }
}

/// Where the parts of a montage go, in pixels.
struct MontageLayout {
  private static let leastWidth = 440
  private static let titleGap = 18
  private static let labelGap = 10

  let montage: Montage
  let scale: Int
  let cell: FrameSize
  let columns: Int
  /// Upper left corner of the first picture.
  let left, top: Int
  let captionLines: [String]
  let size: FrameSize

  init(_ montage: Montage) {
    self.montage = montage
    let pictures = montage.rows.flatMap { $0.pictures.compactMap(\.self) }
    let widest = pictures.map(\.size.width).max() ?? 1
    scale = max(1, (montage.cellWidth + widest - 1) / widest)
    cell = FrameSize(width: widest * scale, height: (pictures.map(\.size.height).max() ?? 1) * scale)
    columns = max(montage.rows.map(\.pictures.count).max() ?? 0, montage.columnTitles.count)

    let labels = montage.rows.map { Style.label.width(of: $0.title) }.max() ?? 0
    left = Style.margin + (labels > 0 ? labels + 18 : 0)
    let titles = montage.title.isEmpty ? 0 : Style.title.capHeight + Self.titleGap
    let columnTitles = montage.columnTitles.allSatisfy(\.isEmpty) ? 0 : Style.label.capHeight + Self.labelGap
    top = Style.margin + titles + columnTitles

    let gridRight = left + columns * (cell.width + Style.gap) - Style.gap
    let right = max(gridRight, Style.margin + Self.leastWidth)
    captionLines = montage.caption.flatMap { Style.note.lines(of: $0, width: right - Style.margin) }
    let grid = montage.rows.count * (cell.height + Style.gap) - Style.gap
    let caption = captionLines.isEmpty ? 0 : Self.titleGap + captionLines.count * Style.note.lineHeight - 6
    size = FrameSize(width: right + Style.margin, height: top + grid + caption + Style.margin)
  }

  func place(of picture: Image, row: Int, column: Int) -> PixelRect {
    let (width, height) = (picture.size.width * scale, picture.size.height * scale)
    return PixelRect(
      x: left + column * (cell.width + Style.gap) + (cell.width - width) / 2,
      y: top + row * (cell.height + Style.gap) + (cell.height - height) / 2, width: width, height: height)
  }

  func drawTitles(on canvas: inout Canvas) {
    let title = Style.title.shortened(montage.title, width: size.width - 2 * Style.margin)
    canvas.write(title, x: Style.margin, top: Style.margin, Style.title)
    for (column, title) in montage.columnTitles.enumerated() {
      canvas.write(
        Style.label.shortened(title, width: cell.width), x: left + column * (cell.width + Style.gap),
        top: top - Self.labelGap - Style.label.capHeight, Style.label)
    }
    for (index, row) in montage.rows.enumerated() {
      let middle = top + index * (cell.height + Style.gap) + cell.height / 2
      canvas.write(row.title, x: Style.margin, top: middle - Style.label.capHeight / 2, Style.label)
    }
  }

  func drawCaption(on canvas: inout Canvas) {
    let captionTop = top + montage.rows.count * (cell.height + Style.gap) - Style.gap + Self.titleGap
    for (index, line) in captionLines.enumerated() {
      canvas.write(line, x: Style.margin, top: captionTop + index * Style.note.lineHeight, Style.note)
    }
  }
}
