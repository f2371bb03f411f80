import MAEEngine

/// A range of the flat buffer of parameters that decays or does not.
struct ParameterGroup: Hashable {
  var range: Range<Int>
  var decays: Bool

  /// Neighbours with equal decay in one group; the gaps between parameters hold zeros and belong to any.
  static func groups(of store: ParameterStore, undecayed: Set<Parameter.Role>) -> [ParameterGroup] {
    var groups: [ParameterGroup] = []
    for parameter in store.parameters where parameter.isTrainable {
      let range = store.place(of: parameter)
      let decays = !undecayed.contains(parameter.role)
      if let last = groups.indices.last, groups[last].decays == decays {
        groups[last].range = groups[last].range.lowerBound..<range.upperBound
      } else {
        groups.append(ParameterGroup(range: range, decays: decays))
      }
    }
    return groups
  }
}
