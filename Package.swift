// swift-tools-version: 6.3
import PackageDescription

/// Every use of unsafe memory is written `unsafe`, or the build fails.
let safe: [SwiftSetting] = [.strictMemorySafety(), .treatWarning("StrictMemorySafety", as: .error)]

let package = Package(
  name: "swift-mae",
  products: [
    .library(name: "MaskedAutoencoders", targets: ["MaskedAutoencoders"]),
    .executable(name: "mae", targets: ["mae"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Several processes, on one machine or more, train together (Debian: libopenmpi-dev)."),
    .trait(name: "OneDNN", description: "Products of oneDNN beside our own and those of OpenBLAS (Debian: libdnnl-dev)."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CFFmpeg", pkgConfig: "libavformat",
      providers: [.apt(["libavformat-dev", "libavcodec-dev", "libswscale-dev"])]),
    .systemLibrary(name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"])]),
    .target(
      name: "CMPI", cSettings: [.define("MAE_MPI", .when(traits: ["MPI"]))],
      linkerSettings: [.linkedLibrary("mpi", .when(traits: ["MPI"]))]),
    .target(name: "CKernels"),
    .target(name: "CTypeface", exclude: ["LICENSE", "make.py"]),
    .target(name: "MAEFoundation", dependencies: ["CKernels"], swiftSettings: safe),
    .target(name: "MAECluster", dependencies: ["CMPI", "MAEFoundation"], swiftSettings: safe),
    .target(name: "MAECore", dependencies: ["CKernels", "MAEFoundation"], swiftSettings: safe),
    .target(name: "MAEMedia", dependencies: ["CFFmpeg", "CKernels", "MAECore", "MAEFoundation"], swiftSettings: safe),
    .target(
      name: "MAEEngine",
      dependencies: ["CBLAS", .target(name: "CDNNL", condition: .when(traits: ["OneDNN"])), "CKernels", "MAECore"],
      swiftSettings: safe),
    .target(name: "MAEModels", dependencies: ["MAECore", "MAEEngine", "MAEFoundation"], swiftSettings: safe),
    .target(name: "MAEData", dependencies: ["CZlib", "MAECluster", "MAECore", "MAEFoundation", "MAEMedia"], swiftSettings: safe),
    .target(
      name: "MAECheckpoint", dependencies: ["MAECore", "MAEEngine", "MAEFoundation", "MAEModels"], swiftSettings: safe),
    .target(name: "MAERecipes", dependencies: ["MAECore", "MAEFoundation", "MAEModels", "Yams"], swiftSettings: safe),
    .target(
      name: "MAETraining",
      dependencies: [
        "MAECheckpoint", "MAECluster", "MAECore", "MAEData", "MAEEngine", "MAEFoundation", "MAEMedia", "MAEModels", "MAERecipes",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: safe),
    .target(
      name: "MAEEvaluation",
      dependencies: [
        "MAECheckpoint", "MAECluster", "MAECore", "MAEData", "MAEEngine", "MAEFoundation", "MAEMedia", "MAEModels", "MAERecipes",
        "MAETraining",
      ], swiftSettings: safe),
    .target(
      name: "MAEReports",
      dependencies: [
        "CFreeType", "CTypeface", "MAECheckpoint", "MAECluster", "MAECore", "MAEData", "MAEEngine", "MAEEvaluation",
        "MAEFoundation", "MAEMedia", "MAEModels", "MAERecipes", "MAETraining",
      ], swiftSettings: safe),
    .target(
      name: "MaskedAutoencoders",
      dependencies: [
        "MAECheckpoint", "MAECluster", "MAECore", "MAEData", "MAEEngine", "MAEEvaluation", "MAEFoundation", "MAEMedia",
        "MAEModels",
        "MAERecipes", "MAEReports", "MAETraining",
      ], swiftSettings: safe),
    .executableTarget(
      name: "mae",
      dependencies: ["MaskedAutoencoders", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: safe),

    .target(name: "TestSupport", dependencies: ["MAECluster", "MAEEngine"], path: "Tests/TestSupport"),
    .testTarget(name: "MAEFoundationTests", dependencies: ["MAEFoundation", "TestSupport"]),
    .testTarget(name: "MAEClusterTests", dependencies: ["MAECluster", "MAEFoundation", "TestSupport"]),
    .testTarget(name: "MAECoreTests", dependencies: ["MAECore"]),
    .testTarget(
      name: "MAEMediaTests", dependencies: ["MAECore", "MAEFoundation", "MAEMedia", "TestSupport"], resources: [.copy("Fixtures")]
    ),
    .testTarget(name: "MAEEngineTests", dependencies: ["CKernels", "MAECore", "MAEEngine", "TestSupport"]),
    .testTarget(name: "MAEModelsTests", dependencies: ["MAECore", "MAEEngine", "MAEModels", "TestSupport"]),
    .testTarget(
      name: "MAEDataTests", dependencies: ["MAECluster", "MAECore", "MAEData", "MAEFoundation", "MAEMedia", "TestSupport"]),
    .testTarget(
      name: "MAECheckpointTests",
      dependencies: ["MAECheckpoint", "MAECore", "MAEEngine", "MAEFoundation", "MAEModels", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "ReferenceTests",
      dependencies: ["MAECheckpoint", "MAECore", "MAEEngine", "MAEModels", "MAETraining", "TestSupport"],
      resources: [.copy("Cases")]),
    .testTarget(
      name: "MAERecipesTests", dependencies: ["MAECore", "MAEModels", "MAERecipes"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MAETrainingTests",
      dependencies: [
        "MAECheckpoint", "MAECluster", "MAECore", "MAEData", "MAEEngine", "MAEFoundation", "MAEModels", "MAERecipes",
        "MAETraining", "TestSupport", .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "Logging", package: "swift-log"),
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "MAEEvaluationTests",
      dependencies: [
        "MAECheckpoint", "MAECore", "MAEData", "MAEEngine", "MAEEvaluation", "MAEMedia", "MAEModels", "MAERecipes",
        "MAEReports", "MAETraining", "TestSupport",
      ],
      resources: [.copy("Cases"), .copy("Fixtures")]),
    .testTarget(
      name: "MAEReportsTests",
      dependencies: [
        "MAECore", "MAEData", "MAEEngine", "MAEFoundation", "MAEMedia", "MAEModels", "MAEReports", "MAETraining", "TestSupport",
      ]),
    .testTarget(name: "CommandTests", dependencies: ["MAERecipes", "MaskedAutoencoders", "mae", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

// What builds the documentation (Tests/documentation.sh) joins when it is asked for. It builds with every trait
// switched on, and documentation needs no header of oneDNN or MPI.
if Context.environment["MAE_DOCUMENTATION"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
  package.traits = []
  for target in package.targets {
    target.dependencies.removeAll { if case .targetItem("CDNNL", _) = $0 { true } else { false } }
    if target.name == "CMPI" { (target.cSettings, target.linkerSettings) = (nil, nil) }
  }
}
