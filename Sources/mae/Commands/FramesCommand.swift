import ArgumentParser
import MaskedAutoencoders

/// `mae frames`: exact frames of a video as pictures.
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames", abstract: "Write frames of a video as pictures, upright and at its own size.",
    discussion: "Example: mae frames cat.mp4 --clip 16,4 -o pictures --sheet")

  @Argument(help: ArgumentHelp("A video or still.", valueName: "file")) var path: String
  @Option(parsing: .unconditional, help: ArgumentHelp("Numbers of frames, from 0 (default: frame 0).", valueName: "0,4,8"))
  var at: String?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Times of frames in seconds, the first frame's being 0.", valueName: "0.5,1.2"))
  var times: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A clip: how many frames, how far apart, and if wanted the number of the first (else the clip is in the middle).",
      valueName: "frames,stride[,start]")) var clip: String?
  @Option(
    name: [.short, .long], help: ArgumentHelp("Folder for the pictures (default: nothing is written).", valueName: "folder"),
    transform: \.tidyPath)
  var output: String?
  @Flag(help: "Stretch pictures with pixels that are not square, as players do.") var squarePixels = false
  @Flag(help: "Also write a contact sheet, sheet.png.") var sheet = false
  @OptionGroup var decodeTimeout: DecodeTimeout

  func validate() throws {
    guard [at, times, clip].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("--at, --times and --clip exclude each other; give one of them")
    }
    _ = try choice()
  }

  private func choice() throws -> FramePictures.Choice {
    if let times { return .times(try NumberList.parse(times, flag: "times", "seconds as 0.5,1.2")) }
    guard let clip else { return .numbers(try NumberList.parse(at ?? "0", flag: "at", "frame numbers as 0,4,8")) }
    let expected = "frames,stride or frames,stride,start, such as 16,4"
    let values: [Int] = try NumberList.parse(clip, flag: "clip", expected)
    guard (2...3).contains(values.count), values[0] > 0, values[1] > 0 else {
      throw ValidationError("--clip is \(clip); expected \(expected)")
    }
    return .clip(frames: values[0], stride: values[1], start: values.count == 3 ? values[2] : nil)
  }

  func run() throws {
    let pictures = try FramePictures(path, choice(), squarePixels: squarePixels, timeLimit: decodeTimeout.duration)
    if let remark = pictures.remark { Console.say(remark) }
    guard let output else {
      for line in pictures.lines { Console.result(line) }
      return Console.say("Nothing was written; -o FOLDER writes pictures.")
    }
    for path in try pictures.write(to: output, withSheet: sheet) { Console.result(path) }
  }
}
