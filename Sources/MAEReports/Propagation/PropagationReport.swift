import Foundation
import MAECore
import MAEData
import MAEEvaluation
import MAEFoundation
import MAEMedia

/// Labels handed on through sequences, written as files, and how good they are: the result of `mae propagate`.
///
///     FOLDER/NAME/00000.png   labels of each frame of a sequence, as an indexed PNG
///     FOLDER/NAME.json        or its points
///     FOLDER/NAME.mp4         the frames with their labels laid over them
///     FOLDER/propagation.json the figures
public struct PropagationReport: Sendable {
  /// The figures, with all that they depend on.
  public let result: PropagationResult
  /// The films that were written.
  public private(set) var films: [String] = []

  /// A film of a few frames is slowed down to last so long, in seconds, at two frames per second at least.
  public static let shortest = 3.0

  /// Labels sequences and writes their labels into a folder, which is made if need be.
  ///
  /// - Parameters:
  ///   - isCancelled: asked before every frame.
  ///   - progress: called with the number of frames that are done, and of all.
  /// - Returns: nil when it was cancelled; what was written so far stays.
  /// - Throws: what ``Propagation/run(_:isCancelled:visit:)`` throws; ``FileError`` and ``MediaError`` when something cannot be
  ///   written, or would replace a file that is read.
  public init?(
    _ sequences: [LabelledSequence], by propagation: Propagation, into folder: String, isCancelled: () -> Bool = { false },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    var names = OutputNames()
    let bases = sequences.map { "\(folder)/\(names.next(for: $0.name))" }
    try SourceFiles.requireKept(
      writing: zip(sequences, bases).flatMap { Self.targets($0, $1) } + ["\(folder)/propagation.json"],
      reading: sequences.flatMap(\.files) + propagation.encoder.checkpoint.files)
    var (next, output, done) = (0, SequenceOutput?.none, 0)
    var films: [String] = []
    func finish() throws {
      if let film = try output?.finish() { films.append(film) }
      output = nil
    }
    let result = try propagation.run(sequences, isCancelled: isCancelled) { sequence, frames, frame in
      if frame.number == 0 {
        try finish()
        try Folder.make(folder)
        output = try SequenceOutput(bases[next], frames)
        next += 1
      }
      try output?.add(frame)
      done += 1
      progress(done, sequences.reduce(0) { $0 + ($1.knownFrameCount ?? frames.count) })
    }
    try finish()
    guard let result else { return nil }
    (self.result, self.films) = (result, films)
    try DurableFile.write(json + "\n", to: "\(folder)/propagation.json")
  }

  /// Files that are written for a sequence, as far as they are there already where it is a video, whose number of frames is known
  /// when it is opened.
  private static func targets(_ sequence: LabelledSequence, _ base: String) -> [String] {
    guard !sequence.hasKeypoints else { return [base + ".mp4", base + ".json"] }
    let names: [String]
    switch sequence.frames {
    case .stills(let paths): names = paths.map { $0.fileStem + ".png" }
    case .video:
      names = (Folder.names(in: base) ?? []).filter { name in
        Int(name.fileStem).map { SequenceFrames.name(of: $0) + ".png" == name } ?? false
      }
    }
    return [base + ".mp4"] + names.map { "\(base)/\($0)" }
  }

  /// The figures for programs.
  public var json: String { JSONText.indented(result) }
}

/// The files of one sequence in the making.
private final class SequenceOutput {
  private let path: String
  private let film: VideoWriter
  private var points: [[Keypoint?]] = []

  init(_ path: String, _ frames: SequenceFrames) throws {
    self.path = path
    let rate = min(frames.frameRate, max(2, Double(frames.count) / PropagationReport.shortest))
    film = try VideoWriter(
      path: path + ".mp4", size: frames.size, frameRate: rate, options: .init(encoderOptions: ["preset": "veryfast"]))
  }

  func add(_ frame: Propagation.Frame) throws {
    switch frame.labels {
    case .picture(let picture):
      if frame.number == 0 { try Folder.make(path) }
      try picture.writePNG(to: "\(path)/\(frame.name).png")
    case .points(let found): points.append(found)
    }
    try film.append(LabelOverlay.picture(frame.image, frame.labels))
  }

  func finish() throws -> String {
    if !points.isEmpty { try KeypointFile(frames: points).write(to: path + ".json") }
    try film.finish()
    return path + ".mp4"
  }
}
