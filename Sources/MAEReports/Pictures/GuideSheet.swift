import Foundation
import MAECore

/// What a self-guided model sees in pictures, and what it hides: one row for each picture.
public struct GuideSheet: Sendable {
  /// One picture and what the guide makes of it.
  public struct Row: Sendable {
    /// Usually the name of the file.
    public var title: String
    /// As the model sees it.
    public var picture: Image
    /// Per token whether it belongs to the object; nil when no object was found.
    public var isObject: [Bool]?
    /// Per token how much it is like the object; colours go from the picture's lowest score to its highest.
    public var scores: [Double]?
    /// As many as there are titles of masks.
    public var masks: [TokenMask]

    /// A row of the sheet.
    public init(title: String, picture: Image, isObject: [Bool]?, scores: [Double]?, masks: [TokenMask]) {
      self.title = title
      self.picture = picture
      self.isObject = isObject
      self.scores = scores
      self.masks = masks
    }
  }

  /// At the top.
  public var title: String
  /// Of the masks, from the left.
  public var maskTitles: [String]
  /// From top to bottom.
  public var rows: [Row]
  /// Lines below.
  public var caption: [String]

  /// A sheet that is not drawn yet.
  public init(title: String, maskTitles: [String], rows: [Row], caption: [String]) {
    self.title = title
    self.maskTitles = maskTitles
    self.rows = rows
    self.caption = caption
  }

  /// - Precondition: pictures divide into the grids of their masks.
  public func draw() -> Image {
    Montage(
      title: title, columnTitles: ["picture", "object", "score"] + maskTitles,
      rows: rows.map { row in
        let grid = row.masks[0].grid
        return Montage.Row(
          row.title,
          [
            row.picture, row.isObject.map { Self.object($0, grid, over: row.picture) },
            row.scores.map { Self.heat($0, grid, size: row.picture.size) },
          ] + row.masks.map { MaskedPicture.draw(row.picture, mask: $0) })
      },
      caption: caption, cellWidth: 144
    ).draw()
  }

  /// The object as it is, everything else pale.
  private static func object(_ isObject: [Bool], _ grid: TokenGrid, over picture: Image) -> Image {
    var canvas = Canvas(picture)
    forEachPixel(of: picture.size, grid) { x, y, token in
      if !isObject[token] { canvas.paint(x: x, y: y, Style.paper, coverage: 0.75) }
    }
    return canvas.image
  }

  private static func heat(_ scores: [Double], _ grid: TokenGrid, size: FrameSize) -> Image {
    let map = Canvas(HeatMap("", rows: grid.height, columns: grid.width, values: scores).image)
    var canvas = Canvas(size: size)
    forEachPixel(of: size, grid) { x, y, token in
      canvas.paint(x: x, y: y, map.colour(x: token % grid.width, y: token / grid.width))
    }
    return canvas.image
  }

  private static func forEachPixel(of size: FrameSize, _ grid: TokenGrid, _ body: (Int, Int, Int) -> Void) {
    for y in 0..<size.height {
      for x in 0..<size.width { body(x, y, y * grid.height / size.height * grid.width + x * grid.width / size.width) }
    }
  }
}
