import ArgumentParser
import MaskedAutoencoders

@main
struct MAECommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mae", abstract: "Masked-autoencoder pretraining on images and video.",
    discussion: """
      Example: mae pretrain videos/ -o runs/first --preset tiny
               mae reconstruct videos/cat.mp4 -m runs/first -o pictures
      """,
    version: "mae \(Version.current)",
    subcommands: [
      DemoCommand.self,
      PretrainCommand.self,
      ReconstructCommand.self,
      EmbedCommand.self,
      ProbeCommand.self,
      FineTuneCommand.self,
      ClassifyCommand.self,
      PropagateCommand.self,
      AnalyzeCommand.self,
      ReportCommand.self,
      FramesCommand.self,
      CheckCommand.self,
      InspectCommand.self,
      ExportCommand.self,
      SamplesCommand.self,
      BenchCommand.self,
      DoctorCommand.self,
    ])

  /// When the program began, from where on the time of a run with a limit passes.
  static let startedAt = ContinuousClock.now

  static func main() {
    _ = startedAt
    Console.prepare()
    let arguments = FlagSpelling.normalised(CommandLine.words.dropFirst())
    let suggestion = Suggestion(arguments: arguments)
    do {
      try Together.join()
      _ = try InstructionLevel.chosen()
      try suggestion.checkCommand()
      var command = try parseAsRoot(arguments)
      try Together.require(command)
      try command.run()
    } catch {
      Exit.end(with: error, suggestion)
    }
    Exit.end()
  }
}
