import MAEModels

/// The README of an exported model.
struct ModelCard {
  var source: Checkpoint
  var target: any ExportTarget
  var notes: [String]

  private var configuration: ModelConfiguration { source.configuration }

  var text: String {
    let blocks = configuration.encoder.blocks
    var lines = ["---"]
    if let library = target.library { lines.append("library_name: \(library)") }
    lines += ["tags:", "- masked-autoencoder", "---", ""]
    lines += ["# \(configuration.method.name), width \(blocks.width), patch \(configuration.input.patch)", ""]
    lines += ["A vision transformer pretrained by masked autoencoding (\(configuration.method.citation)).", ""]
    lines += ["| | |", "|---|---|"] + rows.map { "| \($0.name) | \($0.value) |" }
    lines += ["", "## Loading", "", "```python"] + target.loadingSnippet(for: source) + ["```"]
    if !notes.isEmpty { lines += ["", "## Notes", ""] + notes.map { "* \($0)" } }
    return lines.joined(separator: "\n") + "\n"
  }

  private var rows: [(name: String, value: String)] {
    let (input, grid) = (configuration.input, configuration.grid)
    let clip = input.frames == 1 ? "" : "\(input.frames) frames of "
    let tubelet = input.tubelet == 1 ? "" : "\(input.tubelet) frames × "
    var rows = [
      ("input", "\(clip)\(input.size) pixels, channels: \(input.channels.count)"),
      ("tokens", "\(grid), each \(tubelet)\(input.patch)×\(input.patch) pixels"),
      ("encoder", sizes(configuration.encoder.blocks)),
    ]
    if let decoder = configuration.decoder?.blocks, source.hasDecoder, target.hasDecoder(of: configuration) {
      rows.append(("decoder", sizes(decoder)))
    }
    rows += [
      ("masking", "\(configuration.masking.kind), ratio \(configuration.masking.ratio)"), ("targets", targets),
      ("pixel mean", list(input.mean)), ("pixel deviation", list(input.deviation)),
      ("norm epsilon", "\(configuration.encoder.blocks.normEpsilon)"),
    ]
    for key in ["step", "epoch"] { if let value = source.metadata[key] { rows.append((key, value)) } }
    return rows
  }

  private func sizes(_ blocks: BlockConfiguration) -> String {
    "width \(blocks.width), \(blocks.depth) blocks, \(blocks.heads) heads, feed-forward width \(blocks.feedForwardWidth)"
  }

  private var targets: String {
    switch configuration.target.normalization {
    case .none: "pixels"
    case .perPatch: "pixels, normalised per patch"
    case .perChannel: "pixels, normalised per patch and channel"
    }
  }

  private func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
}
