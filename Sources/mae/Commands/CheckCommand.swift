import ArgumentParser
import MaskedAutoencoders

/// `mae check`: what a data folder holds, and every file that is no use.
struct CheckCommand: ParsableCommand, SharingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look through data: counts, sizes, codecs, and every bad file with its reason.",
    discussion: """
      Ends with 0 if every media file is good and with 65 if one is bad or a folder or shard cannot be listed wholly. Never \
      changes a file.

      Example: mae check videos/ --deep
      """)

  @Argument(help: ArgumentHelp("Files, folders, tar shards and lists.", valueName: "data")) var paths: [String]
  @Flag(help: "Decode every frame instead of only opening the files, and count what the decoder complains about.") var deep =
    false
  @Flag(help: "End with 65 for damaged files too, those that can be used but that the decoder complains about.") var strict =
    false
  @Flag(\.allowTruncated) var allowTruncated = false
  @OptionGroup var progressOption: ProgressOption
  @OptionGroup var decodeTimeout: DecodeTimeout
  @Option(help: ArgumentHelp("Folder that keeps frame indexes for later runs (default: none).", valueName: "folder"))
  var cache: String?
  @Option(help: "How the result is printed: text or json.") var format = TextFormat.text

  func run() throws {
    if let cache { try Folder.make(cache) }
    var options = DataSurvey.Options()
    options.isDeep = deep
    options.timeLimit = decodeTimeout.duration
    options.cacheFolder = cache
    options.allowsTruncated = allowTruncated
    options.threads = ComputeOptions.cores
    let search = SearchLine(paths)
    let line = CountLine("checked", "files")
    let survey = try DataSurvey(paths, options: options, processes: Together.processes, searching: search.update) { done, total in
      search.close()
      line.update(done, of: total)
    }
    line.close()
    Console.result(format == .json ? JSONText.indented(survey) + "\n" : survey.text, terminator: "")
    let isUnusable = !survey.bad.isEmpty || !survey.unlisted.isEmpty || strict && !survey.damaged.isEmpty
    if isUnusable { throw ExitCode(.unusable) }
  }
}
