/// The kinds of parameters that an optimizer may treat differently, by the names used in recipes.
public enum ParameterKind: String, Codable, Hashable, Sendable, CaseIterable {
  case weight, bias, norm, token, position
  case layerScale = "layer-scale"
  case relativeBias = "relative-bias"
}
