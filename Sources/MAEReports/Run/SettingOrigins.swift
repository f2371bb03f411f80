import Foundation
import MAEModels
import MAERecipes
import MAETraining

/// The settings of a run, each with where its value came from.
struct SettingOrigins {
  /// One setting.
  struct Line: Hashable {
    var name, value, origin: String
  }

  /// What the command line, a file, or other settings say.
  private(set) var chosen: [Line] = []
  /// What nobody changed.
  private(set) var usual: [Line] = []

  private static let longest = 160

  /// - Parameter environment: of the start of the run.
  init(_ recipe: Recipe, _ environment: RunEnvironment?) {
    let words = Self.words(environment?.commandLine ?? [])
    let paths = Set(words.map { Self.absolute($0, in: environment?.workingDirectory ?? "/") })
    let published = recipe.method.recipe(recipe.preset)
    for setting in Settings.of([recipe]) where setting.isRead(by: recipe) {
      guard let text = setting.text(in: recipe) else { continue }
      let value = text.count > Self.longest ? text.prefix(Self.longest) + " …" : text
      func line(_ origin: String) -> Line { Line(name: setting.flag ?? setting.path, value: value, origin: origin) }
      let isData = setting.path == Settings.shared.inputs.path && recipe.data.inputs.contains(where: paths.contains)
      if isData || Self.isGiven(setting, in: words) {
        chosen.append(line("the command line"))
      } else if text == setting.text(in: published) {
        usual.append(line(setting.origin))
      } else {
        chosen.append(line(Self.origin(words, recipe)))
      }
    }
  }

  /// Underscores are hyphens in names of flags.
  private static func words(_ commandLine: [String]) -> [String] {
    commandLine.map { word in
      guard word.hasPrefix("--") else { return word }
      let name = word.prefix { $0 != "=" }
      return String(name).replacing("_", with: "-") + word.dropFirst(name.count)
    }
  }

  private static func isGiven(_ setting: any AnySetting, in words: [String]) -> Bool {
    words.indices.contains { place in
      let word = words[place]
      if let flag = setting.flag, ["--\(flag)", "--no-\(flag)"].contains(word) || word.hasPrefix("--\(flag)=") { return true }
      guard place > 0, words[place - 1] == "--set", let name = word.split(separator: "=").first else { return false }
      return setting.path == name || setting.path == "model.\(name)" || setting.flag.map { $0 == name } == true
    }
  }

  /// As the recipe has what a word names.
  private static func absolute(_ word: String, in folder: String) -> String {
    if word.hasPrefix("/") { return word }
    return URL(fileURLWithPath: word, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).standardizedFileURL.path
  }

  /// Of a value that is not the method's, and that no flag gives.
  private static func origin(_ words: [String], _ recipe: Recipe) -> String {
    func has(_ flag: String) -> Bool { words.contains { $0 == flag || $0.hasPrefix(flag + "=") } }
    if has("--config") { return "the file of --config" }
    if recipe.run.extends != nil { return "the run of --extend" }
    if recipe.fineTuning != nil { return "the model and the recipe of fine-tuning" }
    return "follows from the data, the preset or other settings"
  }
}
