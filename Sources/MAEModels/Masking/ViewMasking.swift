import MAECore

/// Hides whole cameras, and tokens of the others (Seo et al. 2023, Multi-View Masked World Models; public code
/// `mvmwm/common/mae.py`).
///
/// In each frame so many of the views are hidden as a whole; of what is left, tokens of all frames and views together, the
/// ratio is hidden. Views are visited in order and hidden by a coin while there are some to hide, the last ones without a
/// choice, so the chances are not equal with three and more; the first is always left to its coin.
public struct ViewMasking: MaskingStrategy {
  /// `views`
  public static let kind = "views"
  /// How many views are hidden in each frame.
  public static let hiddenViews = OptionDefinition(
    "hidden-views", default: .whole(1), help: "Cameras that are hidden as a whole in each frame, drawn anew for each."
  ) { $0.whole.map { $0 >= 0 } == true ? nil : "expected at least 0" }
  /// How many views are hidden.
  public static let options = [hiddenViews]

  private let ratio: Double
  private let views, hidden: Int

  /// The masking at a ratio, which is one within the views that stay.
  public init(_ configuration: MaskingConfiguration) {
    ratio = configuration.ratio
    views = configuration.views ?? 1
    hidden = views == 1 ? 0 : configuration[Self.hiddenViews].whole ?? 1
  }

  /// Whether a view stays.
  public static func problems(in model: ModelConfiguration) -> [String] {
    let (views, hidden) = (model.input.viewCount, model.masking[hiddenViews].whole ?? 1)
    guard views > 1, hidden >= views else { return [] }
    return ["model.masking.options.hidden-views is \(hidden); expected fewer than the \(views) views"]
  }

  /// What people should know beside name and ratio.
  public func remark(on grid: TokenGrid) -> String? {
    guard hidden > 0 else { return nil }
    let percent = (overallRatio * 1000).rounded() / 10
    return "\(hidden) of \(views) views hidden in each frame and \(ratio) of the others: \(percent) % of all tokens"
  }

  /// Hidden share of all tokens.
  private var overallRatio: Double { ratio + (1 - ratio) * (Double(hidden) / Double(views)) }

  /// Tokens that stay visible.
  public func visibleCount(in grid: TokenGrid) -> Int { Int(Double(grid.count) * (1 - overallRatio)) }

  /// The mask of one sample.
  public func mask(_ context: MaskContext, random: inout RandomStream) -> TokenMask {
    let grid = context.grid
    let noise = (0..<grid.count).map { _ in random.uniform(0, 1) }
    return mask(grid, patchNoise: noise, viewNoise: (0..<grid.time).map { _ in random.uniform(0, 1) })
  }

  /// The mask of given draws: the tokens with the least noise are visible, equal ones in the order of the grid.
  ///
  /// - Parameters:
  ///   - patchNoise: of each token, 0…1.
  ///   - viewNoise: of each picture, frame by frame.
  package func mask(_ grid: TokenGrid, patchNoise: [Double], viewNoise: [Double]) -> TokenMask {
    var noise = patchNoise
    for slot in hiddenSlots(viewNoise) {
      for place in slot * grid.plane..<(slot + 1) * grid.plane { noise[place] = 1.01 }
    }
    let order = noise.indices.sorted { (noise[$0], $0) < (noise[$1], $1) }
    let visible = Set(order.prefix(visibleCount(in: grid)))
    return TokenMask(grid: grid, isHidden: noise.indices.map { !visible.contains($0) })
  }

  /// Pictures that are hidden as a whole.
  package func hiddenSlots(_ viewNoise: [Double]) -> [Int] {
    var slots: [Int] = []
    for first in stride(from: 0, to: viewNoise.count, by: views) where hidden > 0 {
      var left = hidden
      for view in 0..<views where left > 0 {
        let isForced = view > 0 && left == views - view
        guard isForced || viewNoise[first + view] > 0.5 else { continue }
        slots.append(first + view)
        left -= 1
      }
    }
    return slots
  }
}

extension MaskingKind {
  /// ``ViewMasking``
  public static let views = MaskingKind(ViewMasking.self)
}
