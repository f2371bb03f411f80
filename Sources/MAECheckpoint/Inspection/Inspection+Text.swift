import MAEModels

extension Inspection {
  /// The result for people: one fact per line.
  public var text: String {
    var lines = ["\(path)"]
    func line(_ name: String, _ value: String?) {
      guard let value else { return }
      lines.append("  \(name)\(String(repeating: " ", count: max(1, 16 - name.count)))\(value)")
    }
    line("method", method.map { "\($0) (\($0.citation))" })
    line("form", names.map { "\(form), names: \($0)" } ?? form)
    if files != [path] { line("files", files.joined(separator: ", ")) }
    line("input", inputText)
    line("encoder", encoder.map(Self.text))
    if method != nil {
      let head = decoder == nil && hasDecoder ? "one linear map" : nil
      line("decoder", decoder.map(Self.text) ?? head ?? "none: features and fine-tuning, but no reconstruction")
      line("pixel targets", targetText)
    }
    line("norm epsilon", normEpsilon.map { "\($0)" })
    line("tensors", "\(tensors), \(Self.grouped(parameters)) values, \(Self.grouped(bytes)) bytes, \(typeText)")
    line("non-finite", nonFinite.isEmpty ? "none" : nonFiniteText)
    for key in notes.keys.sorted() where key != "format" && key != "method" { line(key, notes[key]) }
    for part in Set(ignored.values).sorted() {
      line("not used", "\(part): \(ignored.filter { $0.value == part }.keys.sorted().joined(separator: ", "))")
    }
    for remark in remarks { line("note", remark) }
    for assumption in assumptions { line("assumed", assumption) }
    if !exports.isEmpty { line("export to", exports.joined(separator: ", ")) }
    line("problem", problem)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ stack: Stack) -> String {
    let heads = stack.heads.map { "\($0) head\($0 == 1 ? "" : "s")" } ?? "heads unknown"
    let blocks = "\(stack.depth) block\(stack.depth == 1 ? "" : "s")"
    return "width \(stack.width), \(blocks), \(heads), \(grouped(stack.parameters)) values"
  }

  private var inputText: String? {
    guard let imageSize, let channels, let frames, let patchSize, let tubeletSize, let grid else { return nil }
    let clip = frames == 1 ? "" : "\(frames) frames of "
    let tubelet = tubeletSize == 1 ? "" : "\(tubeletSize)×"
    return "\(clip)\(imageSize), \(channels) channel\(channels == 1 ? "" : "s"), patches \(tubelet)\(patchSize)×\(patchSize), "
      + "\(grid.count) tokens (\(grid))"
  }

  private var targetText: String {
    switch pixelNormalization.flatMap(TargetConfiguration.Normalization.init) {
    case TargetConfiguration.Normalization.none?: "not normalised"
    case .perPatch?: "normalised per patch"
    case .perChannel?: "normalised per patch and channel"
    case nil: "unknown"
    }
  }

  private var typeText: String { elementTypes.keys.sorted().map { "\($0) ×\(elementTypes[$0]!)" }.joined(separator: ", ") }

  private var nonFiniteText: String {
    nonFinite.prefix(4).map { "\($0.count) in \($0.tensor)" }.joined(separator: ", ") + (nonFinite.count > 4 ? " …" : "")
  }

  /// 1234567 as 1,234,567.
  private static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.map { ($0 > 0 && (digits.count - $0) % 3 == 0 ? "," : "") + String(digits[$0]) }.joined()
  }
}
