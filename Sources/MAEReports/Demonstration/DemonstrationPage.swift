import MAEEvaluation
import MAEFoundation

/// The page of ``Demonstration``, written anew whenever something is added.
struct DemonstrationPage {
  let path: String
  /// Of what is there so far.
  var sections: [Page.Section] = []

  init(path: String) { self.path = path }

  /// Adds what a model made of files, as films where they move, and as pictures.
  mutating func add(_ title: String, _ report: ReconstructionReport, by reconstructor: Reconstructor) throws {
    var parts: [PagePart] = []
    let films = try report.entries.compactMap { entry in try entry.video.map { try PageFilm(path: $0, caption: $0) } }
    if !films.isEmpty { parts.append(.films(films)) }
    let pictures = try report.entries.map { entry in
      let made = ReconstructionPictures(try reconstructor.reconstruct(entry.file), by: reconstructor)
      return PagePicture(ReconstructionStrip.draw(made))
    }
    parts.append(.pictures(pictures))
    let mask = reconstructor.mask
    let share = Int((Double(mask.hidden.count) / Double(mask.grid.count) * 100).rounded())
    sections.append(
      Page.Section(
        title,
        lead: """
          It has seen none of these before. \(share) % of each is hidden from it, and it completes what it does not see from \
          what it does.
          """,
        parts: parts))
    try write()
  }

  private func write() throws {
    let own = Page.Section(
      "With your own files", lead: "Any folder of videos or stills is enough; there are no labels.",
      parts: [
        .definitions([
          Definition("mae pretrain FOLDER -o run", "Learns from it, for an hour at most unless told; started again, it goes on."),
          Definition("mae reconstruct FILE -m run -o pictures", "Shows what it makes of a file, as here."),
          Definition("mae embed FOLDER -m run -o features.safetensors", "Features of every file, for whatever comes next."),
          Definition("mae probe FOLDER -m run", "Says what these are worth where the names of folders are classes."),
        ])
      ])
    try Page(
      title: "Masked autoencoders",
      lead: "A network sees a small part of a picture or clip and learns to complete the rest; nobody tells it what is there.",
      sections: sections + [own]
    ).write(to: path)
  }
}
