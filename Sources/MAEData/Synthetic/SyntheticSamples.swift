import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// Small clips and stills of our own making, for samples, tests and first experiments.
///
///     FOLDER/clips/<motion>/<shape>-0001.mp4
///     FOLDER/stills/<shape>/0001.png
///
/// The motion names the class of a clip, and only motion tells it (see ``MotionKind``); the shape names the class of a still.
public enum SyntheticSamples {
  /// Unless another is asked for, in pixels.
  public static let size = FrameSize(width: 144, height: 128)
  /// Of a clip, unless another number is asked for.
  public static let frames = 40
  private static let frameRates = [12.0, 15, 20, 25]
  /// x264's look-ahead over macroblock trees gives other bytes from run to run on CPUs with AVX-512; without it the bytes repeat.
  private static let encoding = VideoWriter.Options(encoderOptions: ["mbtree": "0"])

  /// Renders samples; the same seed gives the same files. Files of the same names are replaced.
  ///
  /// - Parameters:
  ///   - clips: how many clips, spread evenly over the motions.
  ///   - stills: how many stills, spread evenly over the shapes.
  ///   - seed: of everything random.
  ///   - size: width and height in pixels, even numbers.
  ///   - frames: of every clip; it plays at 12, 15, 20 or 25 frames per second.
  ///   - speed: seconds of a scene that pass in a second of its clip.
  /// - Returns: the paths of the files, clips first.
  /// - Throws: ``FileError`` when a file or folder cannot be made, ``MediaError`` when a clip cannot be written.
  @discardableResult
  public static func render(
    into folder: String, clips: Int, stills: Int, seed: UInt64 = 0, size: FrameSize = size, frames: Int = frames,
    speed: Double = 1, didFinish: (@Sendable (_ done: Int) -> Void)? = nil
  ) throws -> [String] {
    let random = RandomStream(seed: seed)
    let samples =
      (0..<clips).map { Sample.clip(number: $0, random: random.fork("clip", $0)) }
      + (0..<stills).map { Sample.still(number: $0, random: random.fork("still", $0)) }
    for parent in Set(samples.map(\.folder)) { try Folder.make(folder + "/" + parent) }
    return try parallelMap(samples, threads: ProcessInfo.processInfo.activeProcessorCount, didFinish: didFinish) { sample in
      try sample.write(into: folder, size: size, frames: frames, speed: speed)
      return folder + "/" + sample.path
    }
  }

  /// One file to be rendered.
  private struct Sample: Sendable {
    var folder: String
    var name: String
    /// Made when it is drawn: its textures take more memory than its file.
    var scene: @Sendable () -> SyntheticScene
    /// `nil` for a still.
    var frameRate: Double?

    var path: String { folder + "/" + name }

    static func clip(number: Int, random stream: RandomStream) -> Sample {
      var random = stream
      let motion = MotionKind.allCases[number % MotionKind.allCases.count]
      let shape = ShapeKind.allCases[random.below(ShapeKind.allCases.count)]
      return Sample(
        folder: "clips/\(motion.rawValue)", name: "\(shape.rawValue)-\(digits(number)).mp4",
        scene: { SyntheticScene(shape, motion, random: stream) }, frameRate: frameRates[random.below(frameRates.count)])
    }

    static func still(number: Int, random stream: RandomStream) -> Sample {
      let shape = ShapeKind.allCases[number % ShapeKind.allCases.count]
      return Sample(
        folder: "stills/\(shape.rawValue)", name: "\(digits(number)).png",
        scene: { SyntheticScene(still: shape, random: stream) }, frameRate: nil)
    }

    func write(into root: String, size: FrameSize, frames: Int, speed: Double) throws {
      let scene = scene()
      guard let frameRate else { return try PictureWriter.writePNG(scene.picture(size: size), to: root + "/" + path) }
      let writer = try VideoWriter(path: root + "/" + path, size: size, frameRate: frameRate, options: encoding)
      for frame in 0..<frames { try writer.append(scene.picture(size: size, time: speed * Double(frame) / frameRate)) }
      try writer.finish()
    }

    private static func digits(_ number: Int) -> String { String(format: "%04d", number + 1) }
  }
}
