import Foundation
import MAECheckpoint
import TestSupport
import Testing

@Suite struct ShippedModelsTests {
  @Test("models lie beside an installed program, in the package of a built one, or where a variable says")
  func places() throws {
    let folder = TemporaryFolder()
    let paths = ["usr/bin", "usr/share/swift-mae/models", "package/.build/x86_64/release", "package/samples/models", "lone/bin"]
    for path in paths {
      try FileManager.default.createDirectory(atPath: folder.path(path), withIntermediateDirectories: true)
    }
    try folder.write("", to: "package/Package.swift")
    func place(_ program: String, _ environment: [String: String] = [:]) -> String? {
      ShippedModels.folder(program: folder.path(program), environment: environment)
    }
    #expect(place("usr/bin/mae") == folder.path("usr/share/swift-mae/models"))
    #expect(place("package/.build/x86_64/release/mae") == folder.path("package/samples/models"))
    #expect(place("usr/bin/mae", ["MAE_MODELS": "/other"]) == "/other")
    #expect(place("usr/bin/mae", ["MAE_MODELS": ""]) == folder.path("usr/share/swift-mae/models"))
    #expect(place("lone/bin/mae") == nil)
    try FileManager.default.removeItem(atPath: folder.path("package/samples/models"))
    #expect(place("package/.build/x86_64/release/mae") == nil)
  }

  @Test("models are folders with a configuration, by name")
  func models() throws {
    let folder = TemporaryFolder()
    for name in ["README.md", "b/config.json", "a/config.json", "c/weights"] { try folder.write("", to: "models/\(name)") }
    #expect(ShippedModels.paths(in: folder.path("models")) == [folder.path("models/a"), folder.path("models/b")])
    #expect(ShippedModels.paths(in: folder.path("nowhere")).isEmpty)
    #expect(ShippedModels.paths(in: nil).isEmpty)
  }
}
