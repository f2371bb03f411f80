import MAEEngine

/// A range of the flat buffer of parameters that decays or does not, and where its moments stand.
struct ParameterGroup: Hashable {
  var range: Range<Int>
  var moments: Range<Int>
  var decays: Bool

  /// Neighbours with equal decay in one group; the gaps between parameters hold zeros and belong to any.
  static func groups(
    of store: ParameterStore, undecayed: Set<Parameter.Role>, where isChanged: (Parameter) -> Bool
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
      if isNeighbour, let last = groups.indices.last, groups[last].decays == decays {
        groups[last].range = groups[last].range.lowerBound..<range.upperBound
      } else {
        groups.append(ParameterGroup(range: range, moments: 0..<0, decays: decays))
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
}
