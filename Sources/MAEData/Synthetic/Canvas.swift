import MAECore

/// A picture in the making: amounts of light, and lengths in shorter sides from its centre.
struct Canvas {
  private let size: FrameSize
  /// Pixels per unit of length.
  private let unit: Float
  private let light: Light
  private var pixels: [SIMD4<Float>]

  /// The ground as a camera sees it.
  init(size: FrameSize, ground: Tile, view: Camera.View, light: Light) {
    self.size = size
    self.light = light
    unit = Float(size.shorterSide)
    pixels = []
    pixels.reserveCapacity(size.pixelCount)
    // Whole repetitions of the tile keep its coordinates above 0.
    let centre = view.centre + 16 * Camera.groundSide
    for row in 0..<size.height {
      for column in 0..<size.width {
        let place = (centre + view.ground(self.place(column, row))) / Camera.groundSide
        pixels.append(ground.value(x: place.x, y: place.y))
      }
    }
  }

  private func place(_ column: Int, _ row: Int) -> SIMD2<Float> {
    SIMD2(Float(2 * column + 1 - size.width), Float(2 * row + 1 - size.height)) / (2 * unit)
  }

  /// Draws the shadow of a body, then the body.
  mutating func draw(_ body: Body, at placement: Body.Placement) {
    let (field, unit, light) = (ShapeField[body.shape], unit, light)
    var shadow = placement
    shadow.centre += light.shadowOffset(height: body.height * placement.radius)
    // Shadows are soft over a fifth of the radius to each side of their outline.
    let softness: Float = 0.2
    forEachPixel(near: shadow, reach: 1 + softness) { pixel, place in
      let depth = (softness - field.value(place)[0]) / (2 * softness)
      if depth > 0 { pixel *= 1 - 0.55 * min(1, depth) }
    }
    forEachPixel(near: placement, reach: 1 + 1 / (placement.radius * unit)) { pixel, place in
      let value = field.value(place)
      // The outline takes its share of a pixel.
      let share = min(1, 0.5 - value[0] * placement.radius * unit)
      guard share > 0 else { return }
      let colour = body.surface.value(x: ShapeField.tilePlace(place.x), y: ShapeField.tilePlace(place.y))
      let slope = SIMD2(
        placement.turn.x * value[1] - placement.turn.y * value[2], placement.turn.y * value[1] + placement.turn.x * value[2])
      pixel += share * (light.reflected(colour, slope: slope) - pixel)
    }
  }

  /// - Parameters:
  ///   - reach: how far around the body, in radii.
  ///   - change: is given a pixel and its place in the body's own, unturned coordinates, in radii.
  private mutating func forEachPixel(
    near placement: Body.Placement, reach: Float, _ change: (inout SIMD4<Float>, SIMD2<Float>) -> Void
  ) {
    let middle = placement.centre * unit + SIMD2(Float(size.width), Float(size.height)) / 2
    let reach = min(reach, ShapeField.extent)
    func range(_ middle: Float, _ count: Int) -> Range<Int> {
      let (first, end) = (Int(middle - reach * placement.radius * unit), Int(middle + reach * placement.radius * unit) + 1)
      return max(0, min(first, count))..<max(0, min(end, count))
    }
    let columns = range(middle.x, size.width)
    let turn = placement.turn / placement.radius
    for row in range(middle.y, size.height) {
      for column in columns {
        let away = place(column, row) - placement.centre
        let place = SIMD2(turn.x * away.x + turn.y * away.y, turn.x * away.y - turn.y * away.x)
        if (place * place).sum() < reach * reach { change(&pixels[row * size.width + column], place) }
      }
    }
  }

  /// As a screen shows it, brighter near the lamp.
  func image() -> Image {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pixels.count * 3)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let pixel = light.brightness(place(column, row)) * pixels[row * size.width + column]
        for channel in 0..<3 { bytes.append(PerceptualColour.screenValue(pixel[channel])) }
      }
    }
    return Image(size: size, pixels: bytes)
  }
}
