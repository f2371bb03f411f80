// swift-tools-version: 6.3
import PackageDescription

/// Every use of unsafe memory is written `unsafe`, or the build fails.
let safe: [SwiftSetting] = [.strictMemorySafety(), .treatWarning("StrictMemorySafety", as: .error)]

let package = Package(
  name: "swift-mae",
  products: [
    .library(
      name: "MaskedAutoencoders",
      targets: [
        "MAECore", "MAEMedia", "MAEEngine", "MAEModels", "MAEData", "MAECheckpoint", "MAETraining", "MAEEvaluation", "MAEReports",
      ]),
    .executable(name: "mae", targets: ["mae"]),
  ],
  traits: [
    .trait(name: "OneDNN", description: "Products of oneDNN beside our own and those of OpenBLAS (Debian: libdnnl-dev).")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CFFmpeg", pkgConfig: "libavformat",
      providers: [.apt(["libavformat-dev", "libavcodec-dev", "libswscale-dev"])]),
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
    .target(name: "CKernels"),
    .target(name: "MAECore", swiftSettings: safe),
    .target(name: "MAEMedia", dependencies: ["CFFmpeg", "CKernels", "MAECore"], swiftSettings: safe),
    .target(
      name: "MAEEngine",
      dependencies: ["CBLAS", .target(name: "CDNNL", condition: .when(traits: ["OneDNN"])), "CKernels", "MAECore"],
      swiftSettings: safe),
    .target(name: "MAEModels", dependencies: ["MAEEngine", "MAECore"], swiftSettings: safe),
    .target(name: "MAEData", dependencies: ["MAEMedia", "MAECore"], swiftSettings: safe),
    .target(name: "MAECheckpoint", dependencies: ["MAEModels", "MAEEngine", "MAECore"], swiftSettings: safe),
    .target(
      name: "MAETraining", dependencies: ["MAEModels", "MAEData", "MAECheckpoint", "Yams"], swiftSettings: safe),
    .target(name: "MAEEvaluation", dependencies: ["MAETraining"], swiftSettings: safe),
    .target(name: "MAEReports", dependencies: ["MAECore", "MAEMedia"], swiftSettings: safe),
    .executableTarget(
      name: "mae",
      dependencies: [
        "MAETraining", "MAEEvaluation", "MAEReports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: safe),

    .target(name: "TestSupport", dependencies: ["MAECore", "MAEEngine"], path: "Tests/TestSupport"),
    .testTarget(name: "MAECoreTests", dependencies: ["MAECore", "TestSupport"]),
    .testTarget(name: "MAEMediaTests", dependencies: ["MAEMedia", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "MAEEngineTests", dependencies: ["MAEEngine", "CKernels", "TestSupport"]),
    .testTarget(name: "MAEModelsTests", dependencies: ["MAEModels", "TestSupport"]),
    .testTarget(name: "MAEDataTests", dependencies: ["MAEData", "TestSupport"]),
    .testTarget(name: "MAECheckpointTests", dependencies: ["MAECheckpoint", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ReferenceTests", dependencies: ["MAECheckpoint", "MAETraining", "TestSupport"], resources: [.copy("Cases")]),
    .testTarget(name: "MAETrainingTests", dependencies: ["MAETraining", "TestSupport"]),
    .testTarget(
      name: "MAEEvaluationTests", dependencies: ["MAEEvaluation", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "MAEReportsTests", dependencies: ["MAEReports", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["mae", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
