import Foundation
import MAECheckpoint
import MAEData
import MAEEvaluation
import MAEFoundation
import MAEMedia

/// What a model made of files, written as pictures, films and tensors: the result of `mae reconstruct`.
public struct ReconstructionReport: Sendable {
  /// One file.
  public struct Entry: Encodable, Sendable {
    /// One later frame of a pair.
    public struct Gap: Encodable, Sendable {
      /// Frames after the first one.
      public var frames: Int
      /// In decibels over the hidden pixels, and the model's own loss.
      public var psnr, loss: Double
    }

    /// The path that was given.
    public var file: String
    /// Of hidden patches, in decibels; of several gaps the mean.
    public var psnr: Double
    /// The same of the mean of each hidden patch, which normalised predictions are given; nil where nothing is given.
    public var psnrOfMeans: Double?
    /// The same of what copying gives: the mean colour of all visible patches, and of each hidden patch the nearest visible one.
    public var psnrOfMeanColour, psnrOfNearestPatch: Double?
    /// The method's reconstruction error; of several gaps the mean.
    public var loss: Double
    /// Original, masked and completed: a PNG.
    public var picture: String
    /// The same as a film: an mp4; nil where nothing moves.
    public var video: String?
    /// Of a model of pairs of frames.
    public var gaps: [Gap]?
    /// Predicted and true rewards of an episode, where the model predicts them.
    public var rewards: EpisodeRewards?
    /// The same as curves: a page; nil where there are none.
    public var rewardPage: String?
  }

  /// In the order of the files.
  public private(set) var entries: [Entry] = []
  /// Files that could not be read.
  public private(set) var bad: [BadFile] = []
  /// What was done to files so that the model can take them, a sentence for each kind of thing.
  public let remarks: [String]

  /// Completes files one after the other and writes what they show into a folder, which is made if need be.
  ///
  /// - Parameters:
  ///   - files: paths of videos and stills. Of several, those that cannot be read are left out; see ``bad``.
  ///   - start: where clips begin, in seconds; nil for those in the middle.
  ///   - gaps: see ``Reconstructor/reconstruct(_:start:gaps:)``.
  ///   - tensors: a file for what was computed for the last file (``ReconstructedFile/tensors(of:)``); of several gaps for the
  ///     widest, which is the hardest.
  ///   - progress: called with the number of files that are done.
  /// - Throws: ``DataError`` when the only file cannot be read, or a start or gap lies outside of it; ``MediaError`` and
  ///   ``FileError`` when something cannot be written, or would replace a file that is read.
  public init(
    _ files: [String], by reconstructor: Reconstructor, start: Double? = nil, gaps: [Int]? = nil, into folder: String,
    tensors: String? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    try Folder.make(folder)
    if let tensors { try Folder.make(Folder.parent(of: tensors)) }
    var names = OutputNames()
    let sampling = reconstructor.request.sampling
    let hasFilm = sampling.isPair ? gaps?.count != 1 : sampling.frameCount > 1
    let bases = files.map { "\(folder)/\(names.next(for: $0))" }
    try SourceFiles.requireKept(
      writing: zip(files, bases).flatMap { Self.targets($0, $1, hasFilm: hasFilm) }, reading: files + reconstructor.files)
    try SourceFiles.requireKept(
      writing: [tensors].compactMap(\.self), reading: files + reconstructor.files, advice: "give another name with --tensors")
    var remarks = SampleRemarks(reconstructor.request)
    for (index, (path, base)) in zip(files, bases).enumerated() {
      do {
        let made = try reconstructor.reconstruct(path, start: start, gaps: gaps)
        remarks.add(path, made[0].sample)
        var entry = try Self.write(made, by: reconstructor, to: base)
        if let rewards = try reconstructor.rewards(of: path) {
          (entry.rewards, entry.rewardPage) = (rewards, base + "-rewards.html")
          let name = (path as NSString).lastPathComponent
          try RewardPage(title: name, rewards: rewards).page.write(to: base + "-rewards.html")
        }
        entries.append(entry)
        if let tensors, let file = made.last { try SafeTensorsWriter.write(file.tensors(of: reconstructor.model), to: tensors) }
      } catch let error as DataError where files.count > 1 {
        bad.append(BadFile(file: path, reason: error.reason))
      }
      progress(index + 1)
    }
    self.remarks = remarks.sentences
  }

  /// What a file may become: a still becomes no film, and is only looked at where there is one.
  ///
  /// - Parameter hasFilm: whether a video becomes one, for several of its frames are completed.
  private static func targets(_ path: String, _ base: String, hasFilm: Bool) -> [String] {
    let film = base + ".mp4"
    let isStill = !hasFilm || Folder.isAnything(at: film) && (try? MediaProbe.kind(of: path)) == .still
    return isStill ? [base + ".png"] : [base + ".png", film]
  }

  private static func write(_ made: [ReconstructedFile], by reconstructor: Reconstructor, to base: String) throws -> Entry {
    let pictures = ReconstructionPictures(made, by: reconstructor)
    var entry = Entry(
      file: made[0].path, psnr: made.signalToNoise, psnrOfMeans: made.signalToNoiseOfMeans,
      psnrOfMeanColour: made.signalToNoise(ofCopying: .meanColour),
      psnrOfNearestPatch: made.signalToNoise(ofCopying: .nearestPatch), loss: made.loss, picture: base + ".png")
    try PictureWriter.writePNG(ReconstructionStrip.draw(pictures), to: entry.picture)
    if reconstructor.request.sampling.isPair {
      entry.gaps = made.map {
        Entry.Gap(frames: $0.gap, psnr: $0.reconstruction.signalToNoise, loss: $0.reconstruction.loss)
      }
    }
    if made[0].sample.kind == .video, pictures.frameCount > 1 {
      try ComparisonVideo.write(pictures, to: base + ".mp4")
      entry.video = base + ".mp4"
    }
    return entry
  }

  /// A line per file, and the mean of several.
  public var text: String {
    func decibels(_ value: Double) -> String { String(format: "%.2f dB", value) }
    func mean(_ value: (Entry) -> Double?, of entries: [Entry]) -> String? {
      let finite = entries.compactMap(value).filter(\.isFinite)
      return finite.isEmpty ? nil : decibels(finite.reduce(0, +) / Double(finite.count))
    }
    func comparison(_ entries: [Entry]) -> String {
      let others = [
        ("means", mean({ $0.psnrOfMeans }, of: entries)), ("mean colour", mean({ $0.psnrOfMeanColour }, of: entries)),
        ("nearest patch", mean({ $0.psnrOfNearestPatch }, of: entries)),
      ].compactMap { name, value in value.map { "\(name) \($0)" } }
      let prediction = mean({ $0.psnr }, of: entries) ?? "infinite"
      return "PSNR \(prediction)" + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
    }
    var lines = entries.map { entry in
      let written = [entry.picture, entry.video, entry.rewardPage].compactMap(\.self).joined(separator: "  ")
      let rewards = entry.rewards.map { rewards in
        let correlation = rewards.correlation.map { String(format: ", correlation %.2f", $0) } ?? ""
        return String(format: "  reward error %.4f (mean %.4f)", rewards.error, rewards.errorOfMean) + correlation
      }
      return "\(entry.file)  \(comparison([entry]))  loss \(String(format: "%.4f", entry.loss))\(rewards ?? "")  \(written)\n"
    }
    if entries.count > 1 { lines.append("mean of \(entries.count)  \(comparison(entries))\n") }
    return lines.joined()
  }

  /// The entries as JSON; what is not finite is text.
  public var json: String { JSONText.indented(entries) }
}

/// Names of pictures after the files they show; files of the same name get a number.
struct OutputNames {
  private var taken: Set<String> = []

  mutating func next(for path: String) -> String {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    var candidate = name
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }
}
