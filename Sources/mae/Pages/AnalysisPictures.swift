import Foundation
import MAECore
import MAEEvaluation
import MAEReports

/// The pictures of an analysis: of a clip, a few time slots side by side.
struct AnalysisPictures {
  /// Two strips of four time slots stand beside each other, and six stills.
  private var cellWidth: Int { slots.count == 1 ? 168 : 126 }
  private static let mostSlots = 4

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
  private static let gap = 4

  private func map(_ key: String, _ name: String, _ sample: Int) -> TokenMap? {
    result.metrics[key]?.maps.first { $0.name == name && $0.sample == sample }
  }

  private func title(_ sample: Int) -> String {
    let described = result.samples[sample]
    let name = URL(fileURLWithPath: described.path).lastPathComponent
    let short = name.count > 24 ? "\(name.prefix(12))…\(name.suffix(10))" : name
    return described.label.map { "\(short) · \($0)" } ?? short
  }

  // MARK: Rows of pictures

  /// For each sample: as it is, similarity to the mean patch, attention, and groups over the picture.
  var overview: [PagePart] {
    result.pictured.map { sample in
      var pictures = [PagePicture(strip(sample), caption: title(sample), width: width)]
      for (key, name, caption) in [
        ("mean_patch_similarity", "similarity", "similarity to the mean patch"),
        ("class_attention", "attention", "class attention"),
      ] {
        if let map = map(key, name, sample) { pictures.append(PagePicture(heat(map), caption: caption, width: width)) }
      }
      for (name, caption) in [("cut", "groups: repeated cut"), ("k_means", "groups: k-means")] {
        guard let map = map("patch_clusters", name, sample) else { continue }
        let groups = map.values.map { Int($0) }
        pictures.append(
          PagePicture(
            strip(sample) { image, slot in
              ClusterPicture.draw(image, groups: Array(groups[slot * grid.plane..<(slot + 1) * grid.plane]), grid: grid)
            }, caption: caption, width: width))
      }
      return .pictures(pictures)
    }
  }

  /// What the colours of ``overview`` mean.
  var colourNotes: [PagePart] {
    clips.isEmpty
      ? []
      : [
        .paragraph(
          "Maps run from dark (least in this \(grid.time > 1 ? "clip" : "picture")) to light (most); colours of groups only tell them apart."
        )
      ]
  }

  var matrices: [PagePart] {
    let maps = result.pictured.compactMap { sample in
      map("similarity_matrix", "similarity", sample).map {
        HeatMap(title(sample), rows: $0.shape[0], columns: $0.shape[1], values: $0.values)
      }
    }
    return maps.isEmpty ? [] : [.heatMaps(maps)]
  }

  var planes: [PagePart] {
    let charts = result.pictured.compactMap { sample -> Chart? in
      guard let plane = map("patch_tsne", "t_sne", sample), let tokens = plane.tokens,
        let groups = map("patch_clusters", "k_means", sample)
      else { return nil }
      let numbers = Set(groups.values.map { Int($0) }).sorted()
      return Chart(
        title(sample), x: Axis("t-SNE 1"), y: Axis("t-SNE 2"),
        series: numbers.map { number in
          let members = tokens.indices.filter { Int(groups.values[tokens[$0]]) == number }
          return Series(
            "group \(number + 1)", x: members.map { plane.values[2 * $0] }, y: members.map { plane.values[2 * $0 + 1] },
            mark: .dots, tint: .number(number))
        }, aspect: 1.5)
    }
    return charts.isEmpty ? [] : [.charts(charts)]
  }

  /// For each sample the masks, as the encoder would see them.
  var masks: [PagePart] {
    result.pictured.compactMap { sample in
      var pictures: [PagePicture] = []
      for (name, caption) in [
        ("random", "random"), ("bi_partition", "one side of the cut: the object?"), ("informed", "informed"),
        ("informed_with_hints", "informed, with hints"),
      ] {
        guard let map = map("masks", name, sample) else { continue }
        let mask = TokenMask(grid: grid, isHidden: map.values.map { $0 == 1 })
        let hints = map.values.indices.filter { map.values[$0] == 2 }
        pictures.append(
          PagePicture(
            strip(sample) { image, slot in MaskedPicture.draw(image, mask: mask, hints: hints, slot: slot) },
            caption: caption, width: width))
      }
      guard !pictures.isEmpty else { return nil }
      let isCut = map("masks", "informed", sample) != nil
      let caption = title(sample) + (isCut ? "" : "; no two parts were found")
      return .pictures([PagePicture(strip(sample), caption: caption, width: width)] + pictures)
    }
  }

  // MARK: Drawing

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
}
