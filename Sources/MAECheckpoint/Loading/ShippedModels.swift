import Foundation
import MAEFoundation

/// The models that come with the program, each in a folder of its own with weights, `config.json` and a card.
///
///     $MAE_MODELS                                        where that is set
///     <the program's folder>/../share/swift-mae/models   of an installed program
///     samples/models                                     of the package in which the program was built
public enum ShippedModels {
  /// The variable that names another folder of models.
  public static let variable = "MAE_MODELS"

  /// The folder of the models; nil where there is none.
  ///
  /// - Parameter program: the path of the running program, links followed.
  public static func folder(
    program: String = programPath, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    if let given = environment[variable], !given.isEmpty { return given }
    var place = Folder.parent(of: program)
    let installed = Folder.parent(of: place) + "/share/swift-mae/models"
    if Folder.exists(installed) { return installed }
    while !Folder.isAnything(at: place + "/Package.swift") {
      guard place != "/", place != "." else { return nil }
      place = Folder.parent(of: place)
    }
    let built = place + "/samples/models"
    return Folder.exists(built) ? built : nil
  }

  /// What is wrong with the folder that the variable names, a sentence; nil where it holds models, or none is named.
  public static func trouble(environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    guard let given = environment[variable], !given.isEmpty, paths(in: given).isEmpty else { return nil }
    let fault = Folder.exists(given) ? "holds no models, which are folders with a config.json" : "is no folder"
    return "\(variable) names \(given), which \(fault); mend it, or unset it for the models that came along"
  }

  /// The folders of the models, by name; none where there is no such folder.
  public static func paths(in folder: String? = ShippedModels.folder()) -> [String] {
    guard let folder, let names = Folder.names(in: folder) else { return [] }
    return names.sorted().map { "\(folder)/\($0)" }.filter { Folder.isAnything(at: $0 + "/config.json") }
  }

  /// The path of the running program, links followed.
  public static var programPath: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }
}
