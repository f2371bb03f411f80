import ArgumentParser

/// `--allow-truncated` of the commands that read stills.
enum TruncatedStills {
  static let help: ArgumentHelp = "Take what there is of a still whose end is missing; the rest is grey (default: it is bad)."
}
