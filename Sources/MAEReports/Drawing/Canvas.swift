import MAECore

/// An RGB picture to draw on. Positions are pixels from the upper left corner; what falls outside is cut off.
public struct Canvas: Sendable {
  /// What was drawn so far.
  public private(set) var image: Image

  /// An empty canvas.
  public init(size: FrameSize, colour: Colour = Style.paper) {
    image = Image(size: size, filledWith: [colour.red, colour.green, colour.blue])
  }

  /// Starts from a copy of a picture; grey is spread over three channels, transparency is dropped.
  public init(_ image: Image) { self.image = image.inRGB }

  /// In pixels.
  public var size: FrameSize { image.size }

  /// The colour of a pixel, which must lie inside.
  public func colour(x: Int, y: Int) -> Colour {
    let offset = image.offset(x: x, y: y)
    return Colour(red: image.pixels[offset], green: image.pixels[offset + 1], blue: image.pixels[offset + 2])
  }

  /// Lays `coverage` (0 … 1) of a colour over one pixel.
  public mutating func paint(x: Int, y: Int, _ colour: Colour, coverage: Double = 1) {
    guard x >= 0, y >= 0, x < size.width, y < size.height, coverage > 0 else { return }
    let mixed = coverage >= 1 ? colour : self.colour(x: x, y: y).mixed(with: colour, coverage)
    let offset = image.offset(x: x, y: y)
    image.pixels[offset] = mixed.red
    image.pixels[offset + 1] = mixed.green
    image.pixels[offset + 2] = mixed.blue
  }

  /// Fills a rectangle.
  public mutating func fill(_ rect: PixelRect, _ colour: Colour) {
    for y in max(0, rect.y)..<max(0, rect.y, min(size.height, rect.y + rect.height)) {
      for x in max(0, rect.x)..<max(0, rect.x, min(size.width, rect.x + rect.width)) { paint(x: x, y: y, colour) }
    }
  }

  /// Draws the border of a rectangle, `thickness` pixels wide, just outside of it.
  public mutating func frame(_ rect: PixelRect, _ colour: Colour, thickness: Int = 1) {
    let (x, y, t) = (rect.x - thickness, rect.y - thickness, thickness)
    let (width, height) = (rect.width + 2 * t, rect.height + 2 * t)
    fill(PixelRect(x: x, y: y, width: width, height: t), colour)
    fill(PixelRect(x: x, y: y + height - t, width: width, height: t), colour)
    fill(PixelRect(x: x, y: y, width: t, height: height), colour)
    fill(PixelRect(x: x + width - t, y: y, width: t, height: height), colour)
  }

  /// Draws a picture with its upper left corner at `x`, `y`, every pixel as a square of `scale` × `scale`.
  public mutating func draw(_ picture: Image, x left: Int, y top: Int, scale: Int = 1) {
    let source = picture.inRGB
    for y in max(0, top)..<max(0, top, min(size.height, top + picture.size.height * scale)) {
      for x in max(0, left)..<max(0, left, min(size.width, left + picture.size.width * scale)) {
        let from = source.offset(x: (x - left) / scale, y: (y - top) / scale)
        let to = image.offset(x: x, y: y)
        for channel in 0..<3 { image.pixels[to + channel] = source.pixels[from + channel] }
      }
    }
  }

  /// Draws a smooth line of `thickness` pixels with round ends; coordinates are pixel centres. To its own start it is a dot.
  public mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), _ colour: Colour, thickness: Double = 1
  ) {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let length = dx * dx + dy * dy
    // The edge is a ramp one pixel wide.
    let reach = thickness / 2 + 0.5
    func pixels(_ one: Double, _ other: Double, of count: Int) -> Range<Int> {
      let first = max(0, min(Double(count), (min(one, other) - reach).rounded(.down)))
      return Int(first)..<Int(max(first, min(Double(count), (max(one, other) + reach).rounded(.up))))
    }
    for y in pixels(start.y, end.y, of: size.height) {
      for x in pixels(start.x, end.x, of: size.width) {
        let (px, py) = (Double(x) - start.x, Double(y) - start.y)
        let along = length > 0 ? max(0, min(1, (px * dx + py * dy) / length)) : 0
        let distance = ((px - along * dx) * (px - along * dx) + (py - along * dy) * (py - along * dy)).squareRoot()
        paint(x: x, y: y, colour, coverage: min(1, reach - distance))
      }
    }
  }
}

extension Image {
  /// The same picture with three channels; transparency is dropped, as converters to RGB do.
  public var inRGB: Image {
    switch channels {
    case .rgb: return self
    case .grey: return Image(size: size, pixels: pixels.flatMap { [$0, $0, $0] })
    case .rgba:
      var rgb = [UInt8]()
      rgb.reserveCapacity(size.pixelCount * 3)
      for start in stride(from: 0, to: pixels.count, by: 4) { rgb.append(contentsOf: pixels[start..<start + 3]) }
      return Image(size: size, pixels: rgb)
    }
  }

  /// The picture with every pixel as a square of `scale` × `scale` pixels: nothing is smoothed, so single pixels stay visible.
  public func enlarged(by scale: Int) -> Image {
    precondition(scale > 0, "enlarged: scale \(scale)")
    var canvas = Canvas(size: FrameSize(width: size.width * scale, height: size.height * scale))
    canvas.draw(self, x: 0, y: 0, scale: scale)
    return canvas.image
  }

  /// The smallest whole factor that makes the picture at least `width` pixels wide.
  func scale(toReach width: Int) -> Int { max(1, (width + size.width - 1) / size.width) }
}
