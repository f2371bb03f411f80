import ArgumentParser
import MaskedAutoencoders

/// `mae report`: a run, or several, as one page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show a run on one page, or compare several.",
    discussion: """
      Example: mae report runs/first
               mae report runs/first runs/second -o comparison.html

      Every run writes its page, report.html, itself; this writes it anew from what is in the folder, also while the run is \
      still going. Nothing on a page is loaded from elsewhere. Of several runs the page has their curves over steps, samples and \
      time, and the settings in which they differ.
      """)

  @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run")) var runs: [String]
  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp(
      "Page to write (default: report.html in the run's folder; of several runs comparison.html here).", valueName: "file.html"),
    transform: \.tidyPath)
  var output: String?

  @OptionGroup var progressOption: ProgressOption

  func validate() throws {
    guard !runs.isEmpty else { throw ValidationError("There is no run; name the folder of one") }
  }

  func run() throws {
    let path = output ?? (runs.count == 1 ? runs[0] + "/report.html" : "comparison.html")
    try WaitingLine.during("reading \(runs.count == 1 ? runs[0] : counted(runs.count, "run"))") {
      if runs.count == 1 { try RunReport(runs[0]).write(to: path) } else { try RunComparison(runs).write(to: path) }
    }
    Console.result(path)
  }
}
