import ArgumentParser
import Foundation
import MAECheckpoint
import MAECore
import MAEData
import MAEEngine
import MAEEvaluation
import MAEMedia
import MAEReports

/// `mae reconstruct`: what a model makes of masked clips and stills.
struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct", abstract: "Show what a model makes of masked clips and stills.",
    discussion: """
      Example: mae reconstruct videos/cat.mp4 -m runs/first -o pictures

      For every input a picture (original, masked, reconstruction), and for videos also an mp4. Of a video the clip in the \
      middle is shown.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("Videos and stills: files, folders, lists.", valueName: "input")) var inputs: [String]
  @Option(
    name: [.customShort("m"), .customLong("model")],
    help: ArgumentHelp("A run folder, a checkpoint folder, or a weight file beside its config.json.", valueName: "checkpoint"))
  var checkpoint: String
  @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Folder for the pictures.", valueName: "folder")) var output:
    String
  @Option(help: "Hidden share of the tokens (default: as trained).") var maskRatio: Double?
  @Option(help: "Of the mask (default: 0).") var seed: UInt64?
  @Option(
    help: ArgumentHelp(
      "Which tokens to hide: safetensors with `mask`, one byte per token, or a picture at token-grid size, white = hidden.",
      valueName: "file")) var mask: String?
  @Option(help: ArgumentHelp("Write pixels, mask, prediction and loss as safetensors.", valueName: "file")) var tensors: String?
  @Option(help: ArgumentHelp("Where the clip begins.", valueName: "seconds")) var start: Double?
  @Option(help: "Threads that compute (default: one per core).") var threads: Int?
  @Option(help: "Of the results: text or json.") var format = Format.text

  func validate() throws {
    if mask != nil, maskRatio != nil || seed != nil {
      throw ValidationError("--mask says which tokens are hidden; leave out --mask-ratio and --seed")
    }
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); expected at least 1") }
    if let start, !(start >= 0) { throw ValidationError("--start is \(start); expected at least 0 seconds") }
  }

  func run() throws {
    for path in inputs + [checkpoint] + [mask].compactMap(\.self) where !Paths.exists(path) {
      throw Failure(Exit.inputMissing, "\(path): no such file or folder")
    }
    let manifest = try Manifest(inputs, excluding: [])
    let files = manifest.files.map(\.path) + manifest.bad.map(\.file)
    if mask != nil || tensors != nil, files.count != 1 {
      throw ValidationError("\(mask != nil ? "--mask" : "--tensors") takes exactly one input; there are \(files.count)")
    }
    let masking: Reconstructor.Masking = mask.map { .file($0) } ?? .random(ratio: maskRatio, seed: seed ?? 0)
    let kernels = Kernels(threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    let reconstructor = try Reconstructor(checkpoint: checkpoint, masking: masking, on: kernels)
    for assumption in reconstructor.checkpoint.assumptions { Console.say(assumption) }
    try makeOutput()

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
    if failure != nil { throw Exit.dataUnusable }
  }

  private func reconstruct(_ path: String, by reconstructor: Reconstructor, named name: String) throws -> Result {
    let file = try reconstructor.reconstruct(path, start: start)
    let pictures = ReconstructionPictures(file, by: reconstructor)
    let picture = "\(output)/\(name).png"
    try written(picture) { () throws(MediaError) in try PictureWriter.writePNG(ReconstructionStrip.draw(pictures), to: picture) }
    var result = Result(
      file: path, psnr: file.reconstruction.signalToNoise, loss: file.reconstruction.loss, picture: picture, video: nil)
    if file.sample.kind == .video, pictures.frameCount > 1 {
      let video = "\(output)/\(name).mp4"
      try written(video) { () throws(MediaError) in try ComparisonVideo.write(pictures, to: video) }
      result.video = video
    }
    if let tensors { try SafeTensorsWriter.write(file.tensors(of: reconstructor.model), to: tensors) }
    return result
  }

  /// A file that cannot be written is not the data's fault.
  private func written(_ path: String, _ write: () throws(MediaError) -> Void) throws {
    do throws(MediaError) {
      try write()
    } catch {
      throw Failure(Paths.exists(path) ? Exit.inputOutput : Exit.cannotCreate, error.description)
    }
  }

  private func makeOutput() throws {
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw Failure(Exit.cannotCreate, "\(output): the folder cannot be made; choose another output folder")
    }
    guard FileManager.default.isWritableFile(atPath: output) else {
      throw Failure(Exit.cannotCreate, "\(output): cannot be written to; choose another output folder")
    }
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
    /// Of hidden patches, in decibels.
    var psnr: Double
    var loss: Double
    var picture: String
    var video: String?
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
  /// The frames that were predicted; of a pair the whole first frame too.
  init(_ file: ReconstructedFile, by reconstructor: Reconstructor) {
    let (reconstruction, clip) = (file.reconstruction, file.reconstruction.original)
    let isPair = reconstructor.model.configuration.method.graph == .siamese
    let shown = isPair ? Array(0..<clip.frameCount) : reconstruction.predictedFrames
    let framesPerSlot = max(1, clip.frameCount / reconstruction.mask.grid.time)
    let masked = shown.map { frame in
      if isPair, !reconstruction.predictedFrames.contains(frame) { return clip.frame(frame) }
      return MaskedPicture.draw(clip.frame(frame), mask: reconstruction.mask, slot: isPair ? 0 : frame / framesPerSlot)
    }
    self.init(
      title: URL(fileURLWithPath: file.path).lastPathComponent, original: shown.map(clip.frame), masked: masked,
      reconstruction: shown.map(reconstruction.completed.frame), caption: reconstructor.caption(file),
      times: shown.map { clip.times[$0] }, frameRate: file.frameRate * Double(shown.count) / Double(clip.frameCount))
  }
}
