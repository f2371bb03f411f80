import Foundation
import MAEFoundation

/// By what the folder of a run is known: how the first line of its `config.yaml` begins.
public enum RunMark {
  /// How the `config.yaml` of every run begins.
  public static let signature = "# swift-mae run: the resolved recipe."

  /// The first line of the `config.yaml` of a run, with the command that repeats it.
  ///
  /// - Parameter command: that trains, as `pretrain`.
  public static func firstLine(repeatedBy command: String) -> String {
    "\(signature) Repeat it with: mae \(command) --config config.yaml -o NEW-FOLDER"
  }

  /// Whether `path` is the folder of a run.
  public static func isRun(_ path: String) -> Bool {
    guard var file = try? PatientFile(path: join(path, "config.yaml")) else { return false }
    return (try? file.read(signature.utf8.count)) == Array(signature.utf8)
  }

  /// Whether `path` is the folder of a run or lies in it.
  static func isInside(_ path: String) -> Bool {
    let parts = URL(fileURLWithPath: path).resolvingSymlinksInPath().pathComponents
    return parts.indices.contains { isRun(NSString.path(withComponents: Array(parts[...$0]))) }
  }
}
