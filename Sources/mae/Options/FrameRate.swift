import ArgumentParser
import MaskedAutoencoders

/// `--fps` of the commands that read folders of frames: the setting of a run.
struct FrameRate: ParsableArguments {
  @Option(
    name: .customLong(Settings.shared.frameRate.option), parsing: .unconditional,
    help: {
      var help = ArgumentHelp(stringLiteral: Settings.shared.frameRate.help())
      help.valueName = "rate"
      return help
    }())
  var fps: Double?

  func validate() throws {
    var recipe = Method.mae.recipe(.tiny)
    recipe.data.frameRate = fps
    if let problem = Settings.shared.frameRate.problem(in: recipe) { throw ValidationError(problem) }
  }
}
