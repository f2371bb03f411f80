import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEFoundation
import MAEModels

/// Latents of the rows of episodes, for world models: every row is encoded by itself, with nothing hidden; of a model that stacks
/// frames together with the rows before it, the reset taking the place of those that there are none of.
///
///     FOLDER/NAME.npz    latent [rows, width], tokens [rows, 1 + tokens, width], action, reward, is_first, is_last, is_terminal
///
/// The class token comes first where there is one; of several cameras and sensors of touch the tokens of each follow in the order
/// of the model. A vector beside the picture is the last token, and counts in the mean like the others.
public struct EpisodeEmbedding {
  /// What was written.
  public struct Summary: Codable, Hashable, Sendable {
    /// Where the files lie.
    public var folder: String
    /// Files that were written.
    public var episodes: Int
    /// Rows of all of them.
    public var rows: Int
    /// Files without latents, and why.
    public var bad: [BadFile]
  }

  /// What people should know about the model, one sentence each.
  public let remarks: [String]
  /// Of the weights.
  private let files: [String]
  private let model: Model
  private let request: SampleRequest
  private let pooling: Pooling
  private let batchSize: Int
  private let kernels: Kernels

  /// - Parameters:
  ///   - path: a run folder, a checkpoint folder, or a weight file with its `config.json`.
  ///   - batchSize: rows that are encoded at once; nil = 32.
  /// - Throws: ``CheckpointError`` when there is no whole encoder; ``ConfigurationError`` when a token is of several frames and
  ///   not of all that the model takes, or there is no class token to pool to.
  public init(
    checkpoint path: String, weights: WeightOptions = WeightOptions(), pooling: Pooling = .mean, batchSize: Int? = nil,
    on kernels: Kernels = Kernels()
  ) throws {
    let checkpoint = try Checkpoint.read(path: path, options: weights)
    let configuration = checkpoint.configuration
    guard [1, configuration.input.frames].contains(configuration.input.tubelet) else {
      throw ConfigurationError(
        "--per-episode encodes every row by itself, and a token of this model is of \(configuration.input.tubelet) of "
          + "\(configuration.input.frames) frames")
    }
    guard pooling != .cls || configuration.encoder.classToken else {
      throw ConfigurationError("--pool is cls; this \(configuration.method.name) has no class token, use mean")
    }
    (self.pooling, self.batchSize, self.kernels, files) = (pooling, batchSize ?? 32, kernels, checkpoint.files)
    try checkpoint.requireHeads(decoder: false)
    model = try Model(configuration, seed: nil)
    let report = try checkpoint.load(into: model)
    remarks = report.remarks
    if let missing = report.missing.first(where: { $0.hasPrefix("encoder.") }) {
      throw CheckpointError(.unusable, file: checkpoint.path, tensor: missing, reason: "is missing")
    }
    request = checkpoint.fixedRequest(for: configuration)
  }

  /// Writes a file for each episode; others are left out. A cancelled one leaves those that are whole.
  ///
  /// - Throws: ``FileError`` when a file cannot be written or would replace one that is read, ``DataError`` when no episode can
  ///   be read.
  public func write(
    _ manifest: Manifest, to folder: String, isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws -> Summary {
    try Folder.make(folder)
    try SourceFiles.requireKept(
      writing: manifest.files.map { "\(folder)/\(Self.name(of: $0))" }, reading: manifest.sources + files)
    var summary = Summary(folder: folder, episodes: 0, rows: 0, bad: manifest.bad)
    var names: Set<String> = []
    for (number, file) in manifest.files.sortedByPath.enumerated() {
      if isCancelled() { return summary }
      do throws(DataError) {
        guard let episode = try Episode.read(file.path, for: request) else {
          throw DataError(
            .unusable, path: file.path,
            "it is no episode: neither .npz, nor a video or folder of frames with rewards beside it (NAME.csv, .jsonl or "
              + ".rewards.npy)")
        }
        let arrays = try latents(of: episode, path: file.path) + Self.copied(from: file.path, episode)
        let name = Self.name(of: file)
        guard names.insert(name).inserted else {
          throw DataError(
            .unusable, path: file.path, "another episode has the same name, \(name); embed their folders one by one")
        }
        do throws(FileError) {
          try NumPyArchive.write(arrays, to: "\(folder)/\(name)")
        } catch {
          throw DataError(.inputOutput, error.description)
        }
        summary.episodes += 1
        summary.rows += episode.rows
      } catch {
        if error.kind == .inputOutput { throw error }
        summary.bad.append(BadFile(file: file.path, reason: error.reason))
      }
      progress(number + 1)
    }
    guard summary.episodes > 0 else {
      let first = summary.bad.first.map { "\($0.file): \($0.reason); " } ?? ""
      throw DataError(.unusable, "\(first)none of \(summary.bad.count) files is an episode")
    }
    return summary
  }

  /// Of the file with its latents.
  private static func name(of file: ManifestFile) -> String {
    let last = (file.path as NSString).lastPathComponent
    return (file.frameRate == nil ? (last as NSString).deletingPathExtension : last) + ".npz"
  }

  private func latents(
    of episode: Episode, path: String
  ) throws(DataError) -> [(name: String, array: NumPyArray)] {
    let (configuration, encoder) = (model.configuration, model.objective.encoder)
    let (input, width) = (configuration.input, configuration.encoder.blocks.width)
    let tokens = (0..<Int32(input.viewCount * (1 + input.sensors) * configuration.grid.plane)).map { $0 }
    // Stacked frames are as far apart as in training.
    let gap = if case .clip(_, let stride) = request.sampling { stride } else { 1 }
    let rowCount = encoder.classRows + tokens.count + (input.vector == nil ? 0 : 1)
    var (pooled, all): ([Float], [Float]) = ([], [])
    for first in stride(from: 0, to: episode.rows, by: batchSize) {
      let rows = first..<min(episode.rows, first + batchSize)
      var clips: [Clip] = []
      for row in rows {
        let window = SampleWindow(
          frames: (0..<input.tubelet).map { FrameNumber(max(0, row - gap * (input.tubelet - 1 - $0))) },
          crop: PixelRect(whole: episode.size), isFlipped: false)
        clips.append(try episode.clip(window, for: request, path: path))
      }
      let output = encoder(
        model.source(ClipBatch(clips)), EncoderTokens(visible: Array(repeating: tokens, count: rows.count)),
        in: Pass(inferring: model.parameters, on: kernels)
      ).tensor.floats()
      all += output
      for row in 0..<rows.count {
        let values = output[row * rowCount * width..<(row + 1) * rowCount * width]
        pooled += pooling == .cls ? Array(values.prefix(width)) : mean(values.dropFirst(encoder.classRows * width), width)
      }
    }
    return [
      ("latent", NumPyArray([episode.rows, width], floats: pooled)),
      ("tokens", NumPyArray([episode.rows, rowCount, width], floats: all)),
    ]
  }

  private func mean(_ tokens: ArraySlice<Float>, _ width: Int) -> [Float] {
    var sums = [Float](repeating: 0, count: width)
    for (index, value) in tokens.enumerated() { sums[index % width] += value }
    return sums.map { $0 * Float(width) / Float(tokens.count) }
  }

  /// What is not a picture and not a note for people.
  private static func copied(
    from path: String, _ episode: Episode
  ) throws(DataError) -> [(name: String, array: NumPyArray)] {
    guard Episode.isNamedLikeOne(path) else {
      let rewards = episode.rewards.map { ("reward", NumPyArray([$0.count], floats: $0)) }
      return [episode.actions.map { ("action", $0) }, rewards].compactMap(\.self)
    }
    let archive = try NumPyArchive(path: path)
    var arrays: [(name: String, array: NumPyArray)] = []
    for name in ["action", "reward", "discount", "is_first", "is_last", "is_terminal"] where archive.names.contains(name) {
      arrays.append((name, try archive.array(name)))
    }
    return arrays
  }
}
