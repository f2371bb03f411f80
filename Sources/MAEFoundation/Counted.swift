/// A number of things in words, e.g. `1 still`, `3 stills`, `2 entries`.
package func counted(_ count: Int, _ noun: String) -> String {
  if count == 1 { return "1 \(noun)" }
  if noun.hasSuffix("ch") { return "\(count) \(noun)es" }
  return noun.hasSuffix("y") ? "\(count) \(noun.dropLast())ies" : "\(count) \(noun)s"
}
