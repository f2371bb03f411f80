import ArgumentParser
import MaskedAutoencoders

/// `--decode-timeout` of the commands that read single files: the setting of a run.
struct DecodeTimeout: ParsableArguments {
  @Option(
    name: .customLong(Settings.shared.decodeTimeout.option), parsing: .unconditional,
    help: ArgumentHelp(stringLiteral: Settings.shared.decodeTimeout.summary + "."))
  var seconds = 60.0

  var duration: Duration { .seconds(seconds) }

  func validate() throws {
    var recipe = Method.mae.recipe(.tiny)
    recipe.data.decodeTimeout = seconds
    if let problem = Settings.shared.decodeTimeout.problem(in: recipe) { throw ValidationError(problem) }
  }
}
