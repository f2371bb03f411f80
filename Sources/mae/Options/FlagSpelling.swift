/// Flags of the public training scripts, pasted as they are.
enum FlagSpelling {
  /// `--mask_ratio 0.9` and `--mask_ratio=0.9` as `--mask-ratio`; values and what follows `--` stay.
  static func normalised(_ arguments: some Sequence<String>) -> [String] {
    var isFlag = true
    return arguments.map { argument in
      if argument == "--" { isFlag = false }
      guard isFlag, argument.hasPrefix("--") else { return argument }
      let name = argument.prefix { $0 != "=" }
      return String(name.replacing("_", with: "-") + argument.dropFirst(name.count))
    }
  }
}
