import ArgumentParser
import MaskedAutoencoders

/// `mae propagate`: labels of a first frame, handed on through a video.
struct PropagateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propagate", abstract: "Hand the labels of a first frame on through a video, by an encoder's features.",
    discussion: """
      Example: mae propagate horse.mp4 --labels horse.png -m runs/siammae -o horse

      Nothing is trained: each patch takes the labels of the patches that look most like it, in the first frame and in some \
      frames before. Labels are an indexed PNG of the frames' size (0 is the background), a folder of them with the frames' \
      names (of a video, with their numbers), of which all but the first are there to be compared with, or a file of points, \
      {"frames": [[[x, y], …], …]}. OUT gets an indexed PNG for each frame, or a file of points, and a film of the frames \
      with their labels. Without --labels the input is a folder as DAVIS (JPEGImages, Annotations), VIP (Images, \
      Annotations/Category_ids) or JHMDB (Rename_Images, joint_positions) has it; mae samples DIR --sequences 8 makes one with \
      exact masks and points.

      davis   objects at 480x880; J and F as DAVIS defines them, without the first and the last frame
      jhmdb   points at 320x320; PCK, without the first frame
      vip     classes of parts, the longer side 880; mean IoU, the first frame included as the public code has it
      dino    objects as DINO is judged: other neighbourhoods, temperature and size

      Figures depend on the protocol by up to twenty points, so it is printed with them. The first frame's labels are written as \
      they were given.
      """)

  @Argument(
    help: ArgumentHelp("A video, a folder of numbered stills, or without --labels a folder of sequences.", valueName: "video"))
  var input: String
  @Option(
    help: ArgumentHelp("Labels of the first frame, or a folder with those of all frames.", valueName: "first.png|folder|json"),
    transform: \.tidyPath)
  var labels: String?
  @OptionGroup var checkpoint: CheckpointOption
  @Option(
    name: [.short, .customLong("output")], help: ArgumentHelp("Folder for labels, films and figures.", valueName: "folder"),
    transform: \.tidyPath)
  var output: String
  @Option(
    name: .customLong("protocol"),
    help: "davis, jhmdb, vip or dino (default: by the labels davis or jhmdb, of a folder as VIP's vip).")
  var preset: PropagationPreset?
  @Option(
    help: ArgumentHelp(
      "Size that frames are encoded at: HEIGHTxWIDTH, one number for the shorter side, or own (default: the protocol's).",
      valueName: "pixels")) var size: PropagationSize?
  @Option(
    parsing: .unconditional,
    help: "Frames before each that are looked at beside the first; 0: the first alone (default: the protocol's).")
  var queue: Int?
  @Option(parsing: .unconditional, help: "How far away labels may come from, in patches (default: the protocol's).")
  var radius: Int?
  @Option(parsing: .unconditional, help: "Patches whose labels are averaged (default: the protocol's).") var topK: Int?
  @Option(parsing: .unconditional, help: "Temperature of their weights (default: the protocol's).") var temperature: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Take random weights of this seed in place of the checkpoint's, to compare with.", valueName: "seed"))
  var untrained: UInt64?
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var decodeTimeout: DecodeTimeout
  @OptionGroup var compute: ComputeOptions
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text
  @OptionGroup var weights: WeightFlags

  func validate() throws {
    for (flag, value, least) in [("queue", queue, 0), ("radius", radius, 1), ("top-k", topK, 1)] {
      if let value, value < least { throw ValidationError("--\(flag) is \(value); expected at least \(least)") }
    }
    if let temperature, !(temperature > 0 && temperature.isFinite) {
      throw ValidationError("--temperature is \(temperature); expected a number above 0")
    }
  }

  func run() throws {
    let (sequences, kind) = try found()
    var rules = preset?.rules ?? .usual(for: kind)
    rules.size = size ?? rules.size
    rules.queue = queue ?? rules.queue
    rules.radius = radius ?? rules.radius
    rules.neighbours = topK ?? rules.neighbours
    rules.temperature = temperature ?? rules.temperature
    let kernels = compute.kernels
    let encoder = try FrameEncoder(checkpoint: checkpoint.path, weights: weights.options, seed: untrained, on: kernels)
    for remark in encoder.remarks { Console.say(remark) }
    Console.catchSignals(saves: false)
    let line = CountLine("labelled", "frames")
    let report = try PropagationReport(
      sequences, by: Propagation(encoder, rules, timeLimit: decodeTimeout.duration, on: kernels), into: output,
      isCancelled: { StopSignal.requested != nil }, progress: line.update)
    line.close()
    guard let report else {
      Console.say("Interrupted; there is no result, and what was labelled so far lies in \(output).")
      throw ExitCode(.interrupted)
    }
    for sequence in report.result.sequences where !sequence.lostLabels.isEmpty {
      Console.say(
        """
        \(sequence.name): labels \(sequence.lostLabels.map(String.init).joined(separator: ", ")) of the first frame are too \
        small for patches of \(encoder.patch) pixels and are lost; a larger --size keeps them
        """)
    }
    for film in report.films { Console.say(film) }
    switch format {
    case .text: Console.result(PropagationTable(report.result).text, terminator: "")
    case .json: Console.result(report.json)
    }
  }

  /// The sequences, and what their labels are.
  private func found() throws -> ([LabelledSequence], PropagationProtocol.Kind) {
    if let labels {
      let sequence = try LabelledSequence(input, labels: labels)
      return ([sequence], sequence.hasKeypoints ? .keypoints : .masks)
    }
    guard let layout = LabelledSequence.Layout(of: input) else {
      throw ValidationError(
        """
        --labels is missing; give the labels of the first frame, or a folder of sequences as DAVIS, VIP or JHMDB has it, which \
        \(input) is not
        """)
    }
    let takesKeypoints = preset?.rules.kind == .keypoints
    let sequences = try LabelledSequence.all(in: input, layout, takesKeypoints: takesKeypoints)
    return (sequences, sequences[0].hasKeypoints ? .keypoints : layout == .vip ? .parts : .masks)
  }
}

/// The name of a ``PropagationProtocol``.
enum PropagationPreset: String, ExpressibleByArgument, CaseIterable {
  case davis, jhmdb, vip, dino

  var rules: PropagationProtocol {
    switch self {
    case .davis: .davis
    case .jhmdb: .jhmdb
    case .vip: .vip
    case .dino: .dino
    }
  }
}

extension PropagationSize: ExpressibleByArgument {
  /// `480x880`, `480`, or `own`.
  public init?(argument: String) {
    if argument == "own" {
      self = .own
    } else if let number = Int(argument), number > 0 {
      self = .shorterSide(number, multiple: nil)
    } else if let size = FrameSize(argument: argument) {
      self = .fixed(size)
    } else {
      return nil
    }
  }
}
