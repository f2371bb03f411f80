import Foundation
import MAEEngine

/// A range of the flat buffer of parameters that decays or does not, at a share of the rate, and where its moments stand.
struct ParameterGroup: Hashable {
  var range: Range<Int>
  var moments: Range<Int>
  var decays: Bool
  /// What the rate is multiplied by.
  var rateScale = 1.0

  /// Neighbours with equal decay and rate in one group; the gaps between parameters hold zeros and belong to any.
  ///
  /// - Parameter layerDecay: see ``rateScale(of:in:layerDecay:)``.
  static func groups(
    of store: ParameterStore, undecayed: Set<Parameter.Role>, layerDecay: Double? = nil, where isChanged: (Parameter) -> Bool
  ) -> [ParameterGroup] {
    var groups: [ParameterGroup] = []
    var isNeighbour = false
    for parameter in store.parameters where parameter.isTrainable {
      guard isChanged(parameter) else {
        isNeighbour = false
        continue
      }
      let range = store.place(of: parameter)
      let decays = !undecayed.contains(parameter.role)
      let scale = rateScale(of: parameter, in: store, layerDecay: layerDecay)
      if isNeighbour, let last = groups.indices.last, groups[last].decays == decays, groups[last].rateScale == scale {
        groups[last].range = groups[last].range.lowerBound..<range.upperBound
      } else {
        groups.append(ParameterGroup(range: range, moments: 0..<0, decays: decays, rateScale: scale))
      }
      isNeighbour = true
    }
    var start = 0
    for index in groups.indices {
      groups[index].moments = start..<start + groups[index].range.count
      start = (start + groups[index].range.count + 15) / 16 * 16
    }
    return groups
  }

  /// What the rate of a parameter is multiplied by: the decay to the power of the layers behind its own, counted over all
  /// parameters, trained or not (Clark et al. 2020); 1 where there is none.
  static func rateScale(of parameter: Parameter, in store: ParameterStore, layerDecay: Double?) -> Double {
    guard let layerDecay, let depth = parameter.depth else { return 1 }
    let last = store.parameters.compactMap(\.depth).max() ?? depth
    return pow(layerDecay, Double(last - depth))
  }
}
