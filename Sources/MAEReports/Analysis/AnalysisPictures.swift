import Foundation
import MAECore
import MAEEvaluation

/// The pictures of an analysis: of a clip, a few time slots side by side.
struct AnalysisPictures {
  /// Two strips of four time slots stand beside each other, and six stills.
  private var cellWidth: Int { slots.count == 1 ? 168 : 126 }
  private static let mostSlots = 4
  private static let gap = 4

  private let result: AnalysisResult
  private let clips: [Clip]
  /// Time slots that are shown.
  private let slots: [Int]

  init(_ result: AnalysisResult, _ clips: [Clip]) {
    self.result = result
    self.clips = clips
    let count = min(result.grid.time, Self.mostSlots)
    slots = (0..<count).map { $0 * result.grid.time / count }
  }

  private var grid: TokenGrid { result.grid }
  private var width: Int { cellWidth * slots.count + Self.gap * (slots.count - 1) }

  private func title(_ sample: Int) -> String {
    let described = result.samples[sample]
    let name = URL(fileURLWithPath: described.path).lastPathComponent
    let short = name.count > 24 ? "\(name.prefix(12))…\(name.suffix(10))" : name
    return described.label.map { "\(short) · \($0)" } ?? short
  }

  /// The maps of figures: those over the samples in a row for each sample, what their colours mean, then matrices and planes.
  func parts(_ figures: [(figure: MetricFigure, metric: MetricResult)]) -> [PagePart] {
    let rows = result.pictured.map { row($0, figures) }
    let drawn = Set(rows.flatMap(\.kinds))
    var notes: [String] = []
    if drawn.contains(.tokens) { notes.append("maps run from dark (least in this \(result.noun)) to light (most)") }
    if drawn.contains(.clusters) { notes.append("colours of groups only tell them apart") }
    let note = notes.joined(separator: "; ")
    let matrices = result.pictured.flatMap { sample in
      figures.compactMap { figure, metric -> HeatMap? in
        guard case .map(let name, _, _) = figure else { return nil }
        return metric.map(name, of: sample).flatMap { matrix($0, sample) }
      }
    }
    let planes = result.pictured.flatMap { sample in figures.compactMap { plane($0.figure, $0.metric, sample) } }
    return rows.filter { $0.pictures.count > 1 }.map { .pictures($0.pictures) }
      + (note.isEmpty ? [] : [.paragraph(note.prefix(1).uppercased() + note.dropFirst() + ".")])
      + (matrices.isEmpty ? [] : [.heatMaps(matrices)]) + (planes.isEmpty ? [] : [.charts(planes)])
  }

  // MARK: Over the sample

  /// A sample as it is, and what maps show over it.
  private func row(
    _ sample: Int, _ figures: [(figure: MetricFigure, metric: MetricResult)]
  ) -> (pictures: [PagePicture], kinds: [TokenMap.Kind]) {
    var (pictures, kinds, missing): ([PagePicture], [TokenMap.Kind], String) = ([], [], "")
    for case (.map(let name, let caption, let otherwise), let metric) in figures where !metric.maps.isEmpty {
      guard let map = metric.map(name, of: sample) else {
        if !otherwise.isEmpty { missing = "; \(otherwise)" }
        continue
      }
      guard let image = overlay(map) else { continue }
      pictures.append(PagePicture(image, caption: caption, width: width))
      kinds.append(map.kind)
    }
    return ([PagePicture(strip(sample), caption: title(sample) + missing, width: width)] + pictures, kinds)
  }

  /// A value per token as colours, groups as tints, masks as the encoder sees them.
  private func overlay(_ map: TokenMap) -> Image? {
    switch map.kind {
    case .tokens: return heat(map)
    case .clusters:
      let groups = map.values.map { Int($0) }
      return strip(map.sample) { image, slot in
        ClusterPicture.draw(image, groups: Array(groups[slot * grid.plane..<(slot + 1) * grid.plane]), grid: grid)
      }
    case .mask:
      let mask = TokenMask(grid: grid, isHidden: map.values.map { $0 == 1 })
      let hints = map.values.indices.filter { map.values[$0] == 2 }
      return strip(map.sample) { image, slot in MaskedPicture.draw(image, mask: mask, hints: hints, slot: slot) }
    case .pairs, .plane: return nil
    }
  }

  /// Twice as large as on the page, so that dense screens show it sharply.
  private func sideBySide(_ pictures: [Image]) -> Image {
    PictureStrip.draw(pictures, width: 2 * cellWidth, gap: 2 * Self.gap)
  }

  /// The shown time slots of a sample, each changed by `draw`.
  private func strip(_ sample: Int, _ draw: (_ frame: Image, _ slot: Int) -> Image = { frame, _ in frame }) -> Image {
    let clip = clips[result.pictured.firstIndex(of: sample)!]
    let framesPerSlot = max(1, clip.frameCount / grid.time)
    return sideBySide(slots.map { draw(clip.frame($0 * framesPerSlot).inRGB, $0) })
  }

  private func heat(_ map: TokenMap) -> Image {
    let range = (map.values.min() ?? 0)...(map.values.max() ?? 1)
    return sideBySide(
      slots.map { slot in
        HeatMap(
          "", rows: grid.height, columns: grid.width,
          values: Array(map.values[slot * grid.plane..<(slot + 1) * grid.plane]), range: range
        ).image
      })
  }

  // MARK: Beside the sample

  private func matrix(_ map: TokenMap, _ sample: Int) -> HeatMap? {
    guard map.kind == .pairs else { return nil }
    return HeatMap(title(sample), rows: map.shape[0], columns: map.shape[1], values: map.values)
  }

  /// Dots in the plane, a colour for each group.
  private func plane(_ figure: MetricFigure, _ metric: MetricResult, _ sample: Int) -> Chart? {
    guard case .plane(let name, let label, let groupName, let key) = figure,
      let plane = metric.map(name, of: sample), let tokens = plane.tokens,
      let groups = result.metrics[key]?.map(groupName, of: sample)
    else { return nil }
    return Chart(
      title(sample), x: Axis("\(label) 1"), y: Axis("\(label) 2"),
      series: Set(groups.values.map { Int($0) }).sorted().map { number in
        let members = tokens.indices.filter { Int(groups.values[tokens[$0]]) == number }
        return Series(
          "group \(number + 1)", x: members.map { plane.values[2 * $0] }, y: members.map { plane.values[2 * $0 + 1] },
          mark: .dots, tint: .number(number))
      }, aspect: 1.5)
  }
}
