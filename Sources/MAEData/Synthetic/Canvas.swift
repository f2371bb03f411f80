import MAECore

/// A picture in the making: amounts of light, and lengths in shorter sides from its centre.
struct Canvas {
  private let raster: Raster
  private let light: Light
  private var pixels: [SIMD4<Float>]

  /// The ground as a camera sees it.
  init(size: FrameSize, ground: Tile, view: Camera.View, light: Light) {
    self.light = light
    let raster = Raster(size: size)
    self.raster = raster
    pixels = []
    pixels.reserveCapacity(size.pixelCount)
    // Whole repetitions of the tile keep its coordinates above 0.
    let centre = view.centre + 16 * Camera.groundSide
    for row in 0..<size.height {
      for column in 0..<size.width {
        let place = (centre + view.ground(raster.place(column, row))) / Camera.groundSide
        pixels.append(ground.value(x: place.x, y: place.y))
      }
    }
  }

  /// Draws the shadow of a body, then the body.
  mutating func draw(_ body: Body, at placement: Body.Placement) {
    let (field, raster, light) = (ShapeField[body.shape], raster, light)
    var shadow = placement
    shadow.centre += light.shadowOffset(height: body.height * placement.radius)
    // Shadows are soft over a fifth of the radius to each side of their outline.
    let softness: Float = 0.2
    raster.forEachPixel(near: shadow, reach: 1 + softness) { pixel, place in
      let depth = (softness - field.value(place)[0]) / (2 * softness)
      if depth > 0 { pixels[pixel] *= 1 - 0.55 * min(1, depth) }
    }
    raster.forEachPixel(near: placement, reach: 1 + 1 / (placement.radius * raster.unit)) { pixel, place in
      let value = field.value(place)
      // The outline takes its share of a pixel.
      let share = min(1, 0.5 - value[0] * placement.radius * raster.unit)
      guard share > 0 else { return }
      let colour = body.surface.value(x: ShapeField.tilePlace(place.x), y: ShapeField.tilePlace(place.y))
      let slope = SIMD2(
        placement.turn.x * value[1] - placement.turn.y * value[2], placement.turn.y * value[1] + placement.turn.x * value[2])
      pixels[pixel] += share * (light.reflected(colour, slope: slope) - pixels[pixel])
    }
  }

  /// Calls `visit` with the number of each pixel whose centre a body covers, row by row.
  func forEachPixel(of body: Body, at placement: Body.Placement, _ visit: (Int) -> Void) {
    let field = ShapeField[body.shape]
    raster.forEachPixel(near: placement, reach: 1) { pixel, place in
      if field.value(place)[0] < 0 { visit(pixel) }
    }
  }

  /// As a screen shows it, brighter near the lamp.
  func image() -> Image {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pixels.count * 3)
    let size = raster.size
    for row in 0..<size.height {
      for column in 0..<size.width {
        let pixel = light.brightness(raster.place(column, row)) * pixels[row * size.width + column]
        for channel in 0..<3 { bytes.append(PerceptualColour.screenValue(pixel[channel])) }
      }
    }
    return Image(size: size, pixels: bytes)
  }
}

/// Where pixels lie in a picture, whose shorter side is the unit of length.
private struct Raster {
  let size: FrameSize
  /// Pixels per unit of length.
  let unit: Float

  init(size: FrameSize) {
    self.size = size
    unit = Float(size.shorterSide)
  }

  /// Of a pixel's centre, from the picture's.
  func place(_ column: Int, _ row: Int) -> SIMD2<Float> {
    SIMD2(Float(2 * column + 1 - size.width), Float(2 * row + 1 - size.height)) / (2 * unit)
  }

  /// - Parameters:
  ///   - reach: how far around the body, in radii.
  ///   - visit: is given the number of a pixel and its place in the body's own, unturned coordinates, in radii.
  func forEachPixel(
    near placement: Body.Placement, reach: Float, _ visit: (_ pixel: Int, _ place: SIMD2<Float>) -> Void
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
        if (place * place).sum() < reach * reach { visit(row * size.width + column, place) }
      }
    }
  }
}
