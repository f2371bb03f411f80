import MAECore

/// What is around the bodies of a scene: the ground, the lamp above it and the hand that holds the camera.
struct Scenery: Sendable {
  let light: Light
  let camera: Camera
  let ground: Tile
  private let hue: Double

  init(random: inout RandomStream) {
    light = Light(random: &random)
    camera = Camera(random: &random)
    hue = random.uniform()
    let earth = Texture.Palette(hue: hue, chroma: 0.02...0.1, lightness: 0.6...0.9, contrast: 0.08...0.22)
    ground = Texture(earth, repetitions: 3...7, random: &random).tile(side: 256)
  }

  /// What a body is made of: another hue than the ground's, and stronger colours.
  func surface(side: Int, random: inout RandomStream) -> Tile {
    let paint = Texture.Palette(
      hue: hue + random.uniform(0.2, 0.8), chroma: 0.09...0.18, lightness: 0.65...0.9, contrast: 0.2...0.4)
    return Texture(paint, repetitions: 3...6, random: &random).tile(side: side)
  }

  /// The ground as it is seen.
  func canvas(size: FrameSize, view: Camera.View) -> Canvas { Canvas(size: size, ground: ground, view: view, light: light) }
}
