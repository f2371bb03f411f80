import MAECore

/// What hidden patches can be filled with by copying from visible ones: a prediction that learned something is better.
public enum Copying: CaseIterable, Sendable {
  /// The mean colour of all visible patches.
  case meanColour
  /// The visible patch that is nearest, counted in rows, columns and time slots; the first of several.
  case nearestPatch
}

extension Model {
  /// The clip with copies in place of its hidden tokens; visible tokens keep their bytes.
  ///
  /// Only frames that are predicted are read and changed; see ``predictedFrames``.
  ///
  /// - Precondition: a token is visible.
  public func copying(_ what: Copying, over clip: Clip, mask: TokenMask) -> Clip {
    precondition(!mask.visible.isEmpty, "Model.copying: no token is visible")
    var result = clip
    let channels = clip.channels.count
    let mean = what == .meanColour ? meanColour(of: mask.visible, in: clip) : []
    for token in mask.hidden {
      let places = runs(of: token, in: clip)
      switch what {
      case .meanColour:
        for run in places { for place in run { result.pixels[place] = mean[place % channels] } }
      case .nearestPatch:
        let source = mask.visible.min { distance($0, token) < distance($1, token) }!
        for (run, from) in zip(places, runs(of: source, in: clip)) {
          result.pixels.replaceSubrange(run, with: clip.pixels[from])
        }
      }
    }
    return result
  }

  private func meanColour(of tokens: [Int32], in clip: Clip) -> [UInt8] {
    let channels = clip.channels.count
    var (sums, count) = ([Int](repeating: 0, count: channels), 0)
    for token in tokens {
      for run in runs(of: token, in: clip) {
        for place in run { sums[place % channels] += Int(clip.pixels[place]) }
        count += run.count / channels
      }
    }
    return sums.map { UInt8(($0 + count / 2) / count) }
  }

  /// The square of the distance between two tokens.
  private func distance(_ first: Int32, _ second: Int32) -> Int {
    let grid = configuration.grid
    func square(_ place: (Int) -> Int) -> Int {
      let difference = place(Int(first)) - place(Int(second))
      return difference * difference
    }
    return square { $0 / grid.plane } + square { $0 / grid.width % grid.height } + square { $0 % grid.width }
  }
}
