import Foundation

/// By what the folder of a run is known: the first line of its `config.yaml`.
public enum RunMark {
  /// The first line of the `config.yaml` of a run.
  public static let signature =
    "# swift-mae run: the resolved recipe. Repeat it with: mae pretrain --config config.yaml -o NEW-FOLDER"

  /// Whether `path` is the folder of a run.
  public static func isRun(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: join(path, "config.yaml")) else { return false }
    defer { try? handle.close() }
    let start = try? handle.read(upToCount: signature.utf8.count)
    return start.map { String(decoding: $0, as: UTF8.self) } == signature
  }

  /// Whether `path` is the folder of a run or lies among its checkpoints.
  static func isInside(_ path: String) -> Bool {
    let parts = URL(fileURLWithPath: path).resolvingSymlinksInPath().pathComponents
    return parts.indices.contains { last in
      let isAncestor = isRun(NSString.path(withComponents: Array(parts[...last])))
      return isAncestor && (last == parts.count - 1 || parts[last + 1] == "checkpoints")
    }
  }
}
