import Foundation
import MAECore

/// A textured object that moves over a textured background, which drifts on its own.
///
/// A scene is a pure function of its random stream: the same stream gives the same bytes.
public struct SyntheticScene: Sendable {
  /// Of the object.
  public let shape: ShapeKind
  /// `nil` for a scene in which the object stands still.
  public let motion: MotionKind?
  private let path: Motion?
  private let start: Pose
  private let surface, background: Texture
  /// Of the background, in shorter sides per second.
  private let drift: SIMD2<Double>

  /// A scene for a clip.
  public init(_ shape: ShapeKind, _ motion: MotionKind, random stream: RandomStream) {
    var random = stream.fork("scene")
    let path = Motion(motion, random: &random)
    self.init(shape, path, start: path.start, random: &random)
  }

  /// A scene for a still: the object lies well inside the picture.
  public init(still shape: ShapeKind, random stream: RandomStream) {
    var random = stream.fork("scene")
    var pose = Pose.random(&random)
    pose.column = 0.36 + 0.28 * pose.column
    pose.row = 0.36 + 0.28 * pose.row
    self.init(shape, nil, start: pose, random: &random)
  }

  private init(_ shape: ShapeKind, _ path: Motion?, start: Pose, random: inout RandomStream) {
    self.shape = shape
    self.path = path
    self.start = start
    motion = path?.kind
    let hue = random.uniform()
    background = Texture(hue: hue, periods: 1.0...2.0, random: &random)
    surface = Texture(hue: hue + random.uniform(0.3, 0.7), periods: 0.4...0.8, random: &random)
    let (direction, speed) = (random.uniform(0, 2 * .pi), random.uniform(0.04, 0.14))
    drift = speed * SIMD2(cos(direction), sin(direction))
  }

  /// `frames` pictures at `frameRate` per second.
  public func clip(size: FrameSize, frames: Int, frameRate: Double) -> Clip {
    let times = (0..<frames).map { Double($0) / frameRate }
    return Clip(size: size, times: times, pixels: times.flatMap { picture(size: size, time: $0).pixels })
  }

  /// The scene after `time` seconds, four samples per pixel.
  public func picture(size: FrameSize, time: Double = 0) -> Image {
    let unit = 1 / Double(size.shorterSide)
    let (width, height) = (Double(size.width) * unit, Double(size.height) * unit)
    let pose = path?.pose(at: time) ?? start
    var pixels = [UInt8]()
    pixels.reserveCapacity(size.pixelCount * 3)
    for row in 0..<size.height {
      for column in 0..<size.width {
        var sum = SIMD3<Double>()
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
          let (x, y) = ((Double(column) + dx) * unit, (Double(row) + dy) * unit)
          sum += colour(x: x, y: y, time: time, pose: pose, width: width, height: height)
        }
        for channel in 0..<3 { pixels.append(UInt8((sum[channel] / 4).rounded())) }
      }
    }
    return Image(size: size, pixels: pixels)
  }

  private func colour(x: Double, y: Double, time: Double, pose: Pose, width: Double, height: Double) -> SIMD3<Double> {
    // The shortest way to the object on the torus.
    var (dx, dy) = (x - pose.column * width, y - pose.row * height)
    dx -= (dx / width).rounded() * width
    dy -= (dy / height).rounded() * height
    if dx * dx + dy * dy < pose.radius * pose.radius {
      let (s, c) = (sin(2 * .pi * pose.rotation) / pose.radius, cos(2 * .pi * pose.rotation) / pose.radius)
      let (u, v) = (c * dx + s * dy, c * dy - s * dx)
      if shape.distance(x: u, y: v) < 0 {
        // The texture belongs to the object: it turns and grows with it.
        return surface.colour(x: u * 0.25, y: v * 0.25)
      }
    }
    return background.colour(x: x - drift.x * time, y: y - drift.y * time)
  }
}
