import ArgumentParser
import Foundation
import MAECore
import MAEData
import MAEFoundation
import MAEMedia
import MAEReports

/// `mae frames`: exact frames of a video as pictures.
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames", abstract: "Write frames of a video as pictures, upright and at its own size.",
    discussion: "Example: mae frames cat.mp4 --clip 16,4 -o pictures --sheet")

  @Argument(help: ArgumentHelp("A video.", valueName: "video")) var path: String
  @Option(help: ArgumentHelp("Frame numbers from 0.", valueName: "0,4,8")) var at: String?
  @Option(help: ArgumentHelp("Seconds from the first shown frame.", valueName: "0.5,1.2")) var times: String?
  @Option(help: ArgumentHelp("T frames, R apart, from START or in the middle.", valueName: "t,r[,start]")) var clip: String?
  @Option(name: [.short, .long], help: ArgumentHelp("Folder for the pictures.", valueName: "folder")) var output = "."
  @Flag(help: "Stretch pictures with pixels that are not square, as players do.") var squarePixels = false
  @Flag(help: "Also write a contact sheet, sheet.png.") var sheet = false
  @OptionGroup var decodeTimeout: DecodeTimeout

  func validate() throws {
    guard [at, times, clip].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("--at, --times and --clip exclude each other; give one of them")
    }
  }

  func run() throws {
    let reader = try VideoReader(path: path, options: VideoReader.Options(timeLimit: decodeTimeout.duration))
    let numbers = try wanted(reader)
    try Folder.make(output)
    let size = squarePixels ? reader.info.shownSize : reader.info.size
    let frames = try reader.clip(at: numbers, size: size, filter: .bicubic)
    // A short video repeats its last frame in a clip; one file of it is enough.
    for (index, number) in numbers.enumerated() where numbers.firstIndex(of: number) == index {
      let name = "\(output)/frame-\(String(format: "%06d", number.value)).png"
      try PictureWriter.writePNG(frames.frame(index), to: name)
      Console.result(name)
    }
    if sheet {
      let name = "\(output)/sheet.png"
      try PictureWriter.writePNG(contactSheet(frames, numbers), to: name)
      Console.result(name)
    }
  }

  private func wanted(_ reader: VideoReader) throws -> [FrameNumber] {
    let info = reader.info
    if let times {
      return try list(times, "times", Double.init).map { seconds in
        guard seconds >= 0, seconds <= info.duration else {
          throw ValidationError("--times: \(seconds) s is not within the video, which lasts \(info.duration) s")
        }
        return reader.frameNumber(at: seconds)
      }
    }
    if let clip {
      let values = try list(clip, "clip", Int.init)
      guard values.count == 2 || values.count == 3, values[0] > 0, values[1] > 0 else {
        throw ValidationError("--clip is '\(clip)'; expected frames,stride or frames,stride,start, such as 16,4")
      }
      let sampler = ClipSampler(.clip(frames: values[0], stride: values[1]))
      guard values.count == 3 else { return try sampler.centre(in: info.frameCount, frameRate: info.frameRate) }
      return try sampler.frames(
        from: inside(values[2], info, "clip"), in: info.frameCount, frameRate: info.frameRate)
    }
    return try list(at ?? "0", "at", Int.init).map { try inside($0, info, "at") }
  }

  private func inside(_ number: Int, _ info: VideoInfo, _ flag: String) throws -> FrameNumber {
    guard number >= 0, number < info.frameCount else {
      throw ValidationError("--\(flag): frame \(number) is not within the video, which has \(info.frameCount) frames")
    }
    return FrameNumber(number)
  }

  private func list<Value>(_ text: String, _ flag: String, _ parse: (String) -> Value?) throws -> [Value] {
    try text.split(separator: ",").map { item in
      guard let value = parse(item.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--\(flag): '\(item)' is not a number")
      }
      return value
    }
  }

  private func contactSheet(_ frames: Clip, _ numbers: [FrameNumber]) -> Image {
    // Small pictures: a sheet is for a glance.
    let width = min(frames.size.width, 240)
    let size = FrameSize(width: width, height: max(1, frames.size.height * width / frames.size.width))
    let columns = min(8, Int(Double(frames.frameCount).squareRoot().rounded(.up)))
    let pictures = (0..<frames.frameCount).map {
      Resampler.resize(frames.frame($0), crop: nil, to: size, filter: .bilinear, isFlipped: false)
    }
    let rows = stride(from: 0, to: pictures.count, by: columns).map { start in
      Montage.Row("frame \(numbers[start])", Array(pictures[start..<min(pictures.count, start + columns)]))
    }
    let name = URL(fileURLWithPath: path).lastPathComponent
    return Montage(title: name, rows: rows, caption: ["frames \(numbers.map(\.description).joined(separator: ", "))"]).draw()
  }
}
