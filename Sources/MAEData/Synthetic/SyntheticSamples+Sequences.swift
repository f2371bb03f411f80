import Foundation
import MAECore
import MAEFoundation
import MAEMedia

extension SyntheticSamples {
  /// Renders sequences with exact masks and points, in the folders that DAVIS has; the same seed gives the same files.
  ///
  ///     FOLDER/sequences/JPEGImages/480p/scene-0001/00000.jpg
  ///     FOLDER/sequences/Annotations/480p/scene-0001/00000.png
  ///     FOLDER/sequences/ImageSets/2017/val.txt
  ///     FOLDER/sequences/Keypoints/scene-0001.json
  ///
  /// `480p` is the name of DAVIS's folder; pictures have the size that is asked for.
  ///
  /// - Parameters:
  ///   - count: how many sequences.
  ///   - size: width and height in pixels.
  ///   - frames: of every sequence.
  ///   - didFinish: told after each how many are done.
  /// - Returns: the folder of the set.
  /// - Throws: ``FileError`` when a file or folder cannot be made.
  @discardableResult
  public static func renderSequences(
    into folder: String, count: Int, seed: UInt64 = 0, size: FrameSize = size, frames: Int = frames,
    didFinish: (@Sendable (_ done: Int) -> Void)? = nil
  ) throws -> String {
    let (root, random) = ("\(folder)/sequences", RandomStream(seed: seed))
    let names = (1...max(1, count)).prefix(count).map { String(format: "scene-%04d", $0) }
    for parent in ["ImageSets/2017", "Keypoints"] { try Folder.make("\(root)/\(parent)") }
    let threads = ProcessInfo.processInfo.activeProcessorCount
    _ = try parallelMap(Array(names.enumerated()), threads: threads, didFinish: didFinish) { number, name in
      let sequence = SyntheticSequence(random: random.fork("sequence", number))
      let (images, labels) = ("\(root)/JPEGImages/480p/\(name)", "\(root)/Annotations/480p/\(name)")
      for folder in [images, labels] { try Folder.make(folder) }
      var points = KeypointFile(frames: [])
      for index in 0..<frames {
        let frame = sequence.frame(index, size: size)
        let file = String(format: "%05d", index)
        try PictureWriter.writeJPEG(frame.image, to: "\(images)/\(file).jpg", quality: 95)
        try frame.labels.writePNG(to: "\(labels)/\(file).png")
        points.frames.append(frame.points)
      }
      try points.write(to: "\(root)/Keypoints/\(name).json")
    }
    try DurableFile.write(names.map { $0 + "\n" }.joined(), to: "\(root)/ImageSets/2017/val.txt")
    return root
  }
}
