// swift-tools-version: 6.3
import PackageDescription

// Programs that use the library as a package of their own would: nothing here sees more than what is public.
let library: [Target.Dependency] = [.product(name: "MaskedAutoencoders", package: "swift-mae")]

let package = Package(
  name: "programs",
  dependencies: [.package(name: "swift-mae", path: "../..")],
  targets: [
    .executableTarget(name: "TenLines", dependencies: library, path: "TenLines"),
    .executableTarget(name: "OwnMasking", dependencies: library, path: "OwnMasking"),
    .executableTarget(name: "OwnObjective", dependencies: library, path: "OwnObjective"),
  ],
  swiftLanguageModes: [.v6]
)
