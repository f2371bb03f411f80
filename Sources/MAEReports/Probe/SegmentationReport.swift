import MAECore
import MAEEvaluation
import MAEFoundation
import MAEMedia

/// A segmentation probe as files: `probe.json` for programs and `probe.html`, one page without anything from elsewhere.
public struct SegmentationReport {
  private let outcome: SegmentationProbing.Outcome

  /// Of what a probe found.
  public init(_ outcome: SegmentationProbing.Outcome) { self.outcome = outcome }

  /// Writes both files into a folder, which has to be there.
  ///
  /// - Returns: their paths.
  /// - Throws: ``ExplainedError`` when a picture cannot be encoded or a file cannot be written.
  public func write(to folder: String) throws -> [String] {
    let paths = ProbeReport.paths(in: folder)
    try DurableFile.write(JSONText.indented(result) + "\n", to: paths[0])
    try page.write(to: paths[1])
    return paths
  }

  /// Figures, classes, and pictures with their labels.
  public var page: Page {
    let comparison =
      result.untrainedMeanIou == nil
      ? "" : " A figure means something beside that of the network before training and of the pixels."
    return Page(
      title: "What the tokens of \(result.method) are worth for segmentation",
      lead: """
        A linear layer (\(result.settings)) on frozen patch tokens of \(result.checkpoint), judged on \(result.samples) pictures\
        \(result.folds.map { " in \($0) folds" } ?? "") at the size of the model's input.\(comparison)
        """,
      facts: facts, sections: [classes, pictures])
  }

  private var result: SegmentationResult { outcome.result }
  private func percent(_ share: Double) -> String { "\(NumberText.short(share * 100, digits: 3)) %" }

  private var facts: [Page.Fact] {
    var facts = [
      Page.Fact("mean IoU", percent(result.meanIou)), Page.Fact("pixels right", percent(result.pixelAccuracy)),
    ]
    if let untrained = result.untrainedMeanIou { facts.append(Page.Fact("untrained", percent(untrained))) }
    if let pixels = result.pixelsMeanIou { facts.append(Page.Fact("pixels", percent(pixels))) }
    if let step = result.step { facts.append(Page.Fact("step", "\(step)")) }
    return facts + [
      Page.Fact("classes", "\(result.classes.count)"), Page.Fact("training pictures", "\(result.trainingSamples)"),
    ]
  }

  private var classes: Page.Section {
    Page.Section(
      "Classes", lead: "Intersection over union of what was found with what is there.",
      parts: [
        .table(
          PageTable(
            ["class", "pixels", "IoU"],
            rows: result.classes.map { ["\($0.label)", "\($0.pixels)", $0.iou.map(percent) ?? "–"] }))
      ])
  }

  private var pictures: Page.Section {
    let hasUntrained = outcome.examples.first?.untrained != nil
    let rows = outcome.examples.map { example in
      Montage.Row(
        "",
        [example.picture, coloured(example.truth, example), coloured(example.prediction, example)]
          + (example.untrained.map { [coloured($0, example)] } ?? []))
    }
    let montage = Montage(
      columnTitles: ["picture", "labels", "found"] + (hasUntrained ? ["untrained"] : []), rows: rows, cellWidth: 128)
    return Page.Section(
      "Pictures", lead: "What the model sees, its labels, and what the layer found; pixels that are not judged are pale.",
      parts: [.pictures([PagePicture(montage.draw())])])
  }

  /// In the colours of Pascal VOC's and DAVIS' palettes.
  private func coloured(_ labels: [UInt8], _ example: SegmentationProbing.Example) -> Image {
    Image(
      size: example.picture.size,
      pixels: labels.flatMap { label -> [UInt8] in
        guard label != 255 else { return [224, 224, 192] }
        let colour = LabelPicture.palette[Int(label)]
        return [colour.red, colour.green, colour.blue]
      })
  }
}
