import ArgumentParser
import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEFoundation
import MAEMedia
import MAERecipes
import MAEReports

/// `mae reconstruct`: what a model makes of masked clips and stills.
struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct", abstract: "Show what a model makes of masked clips and stills.",
    discussion: """
      Example: mae reconstruct videos/cat.mp4 -m runs/first -o pictures

      For every input a picture (original, masked, reconstruction), and for videos also an mp4. Of a video the clip in the \
      middle is shown. A model of pairs (siammae) shows its first frame and what it makes of several later ones.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("Videos and stills: files, folders, lists.", valueName: "input")) var inputs: [String]
  @Option(
    name: [.customShort("m"), .customLong("model")],
    help: ArgumentHelp("A run folder, a checkpoint folder, or a weight file beside its config.json.", valueName: "checkpoint"))
  var checkpoint: String
  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Folder for the pictures.", valueName: "folder")) var output:
    String
  @Option(\.maskRatio, byDefault: "as trained") var maskRatio: RecipeChange?
  @Option(help: "Of the mask (default: 0).") var seed: UInt64?
  @Option(
    help: ArgumentHelp(
      "Which tokens to hide: safetensors with `mask`, one byte per token, or a picture at token-grid size, white = hidden.",
      valueName: "file")) var mask: String?
  @Option(help: ArgumentHelp("Write pixels, mask, prediction and loss as safetensors.", valueName: "file")) var tensors: String?
  @Option(help: ArgumentHelp("Where the clip begins.", valueName: "seconds")) var start: Double?
  @Option(help: ArgumentHelp("Frames from the first frame to each later one (siammae).", valueName: "a,b,…")) var gaps: String?
  @Option(help: "Threads that compute (default: one per core).") var threads: Int?
  @Option(help: "Of the results: text or json.") var format = Format.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    if mask != nil, maskRatio != nil || seed != nil {
      throw ValidationError("--mask says which tokens are hidden; leave out --mask-ratio and --seed")
    }
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); expected at least 1") }
    _ = try parsedGaps()
    if let start, !(start >= 0) { throw ValidationError("--start is \(start); expected at least 0 seconds") }
  }

  private func parsedGaps() throws -> [Int]? {
    guard let gaps else { return nil }
    let numbers = gaps.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !numbers.isEmpty, numbers.allSatisfy({ $0.map { (1...1_000_000).contains($0) } == true }) else {
      throw ValidationError("--gaps is \(gaps); expected whole numbers of at least 1, as 4,12,24")
    }
    return numbers.compactMap(\.self)
  }

  func run() throws {
    for path in inputs + [checkpoint] + [mask].compactMap(\.self) where !Paths.exists(path) {
      throw Failure(.missing, "\(path): no such file or folder")
    }
    let manifest = try Manifest(inputs, excluding: [])
    let files = manifest.files.map(\.path) + manifest.bad.map(\.file)
    if mask != nil || tensors != nil, files.count != 1 {
      throw ValidationError("\(mask != nil ? "--mask" : "--tensors") takes exactly one input; there are \(files.count)")
    }
    let masking =
      try mask.map { Reconstructor.Masking.file($0) }
      ?? .random(ratio: maskRatio?.value(of: \.maskRatio), seed: seed ?? 0)
    let kernels = Kernels(threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let reconstructor = try Reconstructor(checkpoint: checkpoint, weights: weights.options, masking: masking, on: kernels)
    let isPair = reconstructor.request.sampling.isPair
    if gaps != nil, !isPair {
      throw ValidationError("--gaps is for models of pairs; this one is \(reconstructor.model.configuration.method.name)")
    }
    for remark in reconstructor.remarks { Console.say(remark) }
    try OutputFolder.make(output)

    var names = OutputNames()
    var results: [Result] = []
    var failure: (any Error)?
    for path in files {
      do {
        results.append(try reconstruct(path, by: reconstructor, named: names.next(for: path)))
      } catch let error as DataError where files.count > 1 {
        // One bad file of many is said and passed over.
        Console.error(error.description)
        failure = error
      }
    }
    report(results)
    if failure != nil { throw FailureKind.unusable.exitCode }
  }

  private func reconstruct(_ path: String, by reconstructor: Reconstructor, named name: String) throws -> Result {
    let isPair = reconstructor.request.sampling.isPair
    let files = try reconstructor.reconstruct(path, start: start, gaps: try parsedGaps())
    let pictures = ReconstructionPictures(files, by: reconstructor)
    let picture = "\(output)/\(name).png"
    try PictureWriter.writePNG(ReconstructionStrip.draw(pictures), to: picture)
    var result = Result(file: path, psnr: files.signalToNoise, loss: files.loss, picture: picture)
    if isPair {
      result.gaps = files.map { Result.Gap(frames: $0.gap, psnr: $0.reconstruction.signalToNoise, loss: $0.reconstruction.loss) }
    }
    if files[0].sample.kind == .video, pictures.frameCount > 1 {
      let video = "\(output)/\(name).mp4"
      try ComparisonVideo.write(pictures, to: video)
      result.video = video
    }
    // Of several gaps the widest: it is the hardest.
    if let tensors, let file = files.last { try SafeTensorsWriter.write(file.tensors(of: reconstructor.model), to: tensors) }
    return result
  }

  private func report(_ results: [Result]) {
    switch format {
    case .text:
      for result in results {
        let ratio = result.psnr.isFinite ? String(format: "%.2f dB", result.psnr) : "infinite"
        let written = [result.picture, result.video].compactMap(\.self).joined(separator: "  ")
        Console.result("\(result.file)  PSNR \(ratio)  loss \(String(format: "%.4f", result.loss))  \(written)")
      }
      if results.count > 1 {
        let mean = results.map(\.psnr).filter(\.isFinite).reduce(0, +) / Double(max(1, results.count { $0.psnr.isFinite }))
        Console.result("mean of \(results.count)  PSNR \(String(format: "%.2f dB", mean))")
      }
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      if let data = try? encoder.encode(results) { Console.result(String(decoding: data, as: UTF8.self)) }
    }
  }

  private struct Result: Encodable {
    var file: String
    /// One later frame of a pair.
    struct Gap: Encodable {
      var frames: Int
      var psnr, loss: Double
    }

    /// Of hidden patches, in decibels; of several gaps the mean.
    var psnr: Double
    var loss: Double
    var picture: String
    var video: String?
    var gaps: [Gap]?
  }
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

extension ReconstructionPictures {
  /// The frames that were predicted: of one clip, or of pairs that share their first frame.
  init(_ files: [ReconstructedFile], by reconstructor: Reconstructor) {
    let (title, caption) = (URL(fileURLWithPath: files[0].path).lastPathComponent, reconstructor.caption(files))
    guard !reconstructor.request.sampling.isPair else {
      self.init(
        title: title, past: files.map { $0.reconstruction.original.frame(0) },
        original: files.map { $0.reconstruction.original.frame(1) },
        masked: files.map {
          MaskedPicture.draw($0.reconstruction.original.frame(1), mask: $0.reconstruction.mask, slot: 0)
        },
        reconstruction: files.map { $0.reconstruction.completed.frame(1) }, caption: caption,
        times: files.map { $0.sample.clip.times[1] - $0.sample.clip.times[0] }, frameRate: 2)
      return
    }
    let (reconstruction, clip) = (files[0].reconstruction, files[0].reconstruction.original)
    let shown = reconstruction.predictedFrames
    let framesPerSlot = max(1, clip.frameCount / reconstruction.mask.grid.time)
    self.init(
      title: title, original: shown.map(clip.frame),
      masked: shown.map { MaskedPicture.draw(clip.frame($0), mask: reconstruction.mask, slot: $0 / framesPerSlot) },
      reconstruction: shown.map(reconstruction.completed.frame), caption: caption, times: shown.map { clip.times[$0] },
      frameRate: files[0].frameRate * Double(shown.count) / Double(clip.frameCount))
  }
}
