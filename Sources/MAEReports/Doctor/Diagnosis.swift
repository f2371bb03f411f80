import Foundation
import MAECheckpoint
import MAECluster
import MAECore
import MAEEngine
import MAEFoundation
import MAEMedia
import MAETraining

/// Whether a machine has what training needs: the result of `mae doctor`.
public struct Diagnosis: Codable, Hashable, Sendable {
  /// One thing that was looked at.
  public struct Finding: Codable, Hashable, Sendable {
    /// What it is about.
    public var part: String
    /// What was found.
    public var found: String
    /// What to do; nil when all is well.
    public var advice: String?
  }

  /// In the order of looking.
  public var findings: [Finding]
  /// Whether there is nothing to do.
  public var isGood: Bool { findings.allSatisfy { $0.advice == nil } }

  /// Looks at this machine.
  ///
  /// - Parameter folder: where runs are to be written; its disk is timed with a file of 32 MB that goes away again.
  public init(folder: String) {
    findings = [
      Self.system, Self.processor, Self.memory, Self.ffmpeg, Self.decoders, Self.encoders, Self.products, Self.disk(folder),
      Self.models, Self.mpi,
    ]
  }

  /// As JSON with snake-case keys.
  public var json: String { JSONText.indented(self) + "\n" }

  /// A table with a tick or a cross for each thing, as Markdown.
  public var markdown: String {
    let rows = findings.map { finding in
      let text = [finding.found, finding.advice].compactMap(\.self).joined(separator: "; ").replacing("|", with: "\\|")
      return "| \(finding.advice == nil ? "✓" : "✗") | \(finding.part) | \(text) |\n"
    }
    return "| | part | found |\n|---|---|---|\n" + rows.joined()
  }

  private static let environment = RunEnvironment(
    commandLine: [], threads: ProcessInfo.processInfo.activeProcessorCount)

  private static var system: Finding {
    Finding(part: "program", found: "\(environment.program) on \(environment.operatingSystem)")
  }

  private static var processor: Finding {
    let level = InstructionLevel.current
    let names = InstructionLevel.available.map(\.name).joined(separator: ", ")
    var advice: String?
    if !level.isFastest {
      advice = "MAE_CPU_LEVEL asks for \(level); unset it for \(InstructionLevel.available[0])"
    } else if level.name == "portable" {
      advice = "vector kernels need AVX2 (x86-64-v3); take another machine where speed matters"
    }
    return Finding(
      part: "processor",
      found: "\(environment.processor), \(counted(environment.cores, "core")), instructions \(level) of \(names)",
      advice: advice)
  }

  private static var memory: Finding {
    let (limit, free) = (MachineMemory.current, MachineMemory.availableBytes)
    var found = "\(size(limit.bytes)) in \(limit.owner)"
    if let free { found += ", \(size(free)) free" }
    let isLittle = min(limit.bytes, free ?? .max) < 2 << 30
    return Finding(
      part: "memory", found: found,
      advice: isLittle
        ? "little for training; mae pretrain --plan says what a run needs, --batch-size and --recompute lower it" : nil)
  }

  private static let installation = FFmpegInstallation()

  private static var ffmpeg: Finding {
    let names = zip(["libavformat", "libavcodec", "libswscale"], installation.libraries).map { "\($0) \($1)" }
    return Finding(part: "FFmpeg", found: "\(installation.version) (\(names.joined(separator: ", ")))")
  }

  private static var decoders: Finding {
    let missing = installation.missingDecoders
    return Finding(
      part: "decoders", found: installation.decoders.joined(separator: ", "),
      advice: missing.isEmpty
        ? nil : "none for \(missing.joined(separator: ", ")); install an FFmpeg with them where data need it")
  }

  private static var encoders: Finding {
    var advice: [String] = []
    if installation.videoEncoder == nil { advice.append("none for videos; install Debian's libavcodec-extra") }
    if !installation.missingEncoders.isEmpty {
      advice.append("none for \(installation.missingEncoders.joined(separator: ", ")), so no pictures; install a whole FFmpeg")
    }
    return Finding(
      part: "encoders", found: "videos by \(installation.videoEncoder ?? "none")",
      advice: advice.isEmpty ? nil : advice.joined(separator: "; "))
  }

  private static var products: Finding {
    Finding(part: "BLAS", found: "\(OpenBLAS.configuration), kernels for \(OpenBLAS.core), \(OpenBLAS.threading)")
  }

  private static func disk(_ folder: String) -> Finding {
    do {
      let speed = try DiskSpeed(folder: folder)
      let free = Folder.freeBytes(at: folder)
      var advice: [String] = []
      if speed.bytesPerSecond < 50e6 {
        advice.append("slow for videos; copy the data to a faster disk, or give --cache a folder on one")
      }
      if free < 2 << 30 { advice.append("little is free; a checkpoint of a base model takes 1.3 GB") }
      return Finding(
        part: "disk", found: "\(folder): \(Int(speed.bytesPerSecond / 1e6)) MB/s written and read, \(size(free)) free",
        advice: advice.isEmpty ? nil : advice.joined(separator: "; "))
    } catch {
      return Finding(part: "disk", found: "\(error)", advice: "name a folder that can be written to")
    }
  }

  private static var models: Finding {
    let names = ShippedModels.paths().map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    return Finding(
      part: "models", found: names.isEmpty ? "none came with the program" : names.joined(separator: ", "),
      advice: names.isEmpty
        ? ShippedModels.trouble() ?? "mae demo shows a fresh one only; set \(ShippedModels.variable) to a folder of models" : nil)
  }

  private static var mpi: Finding {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let path = folders.map { "\($0)/mpirun" }.first { Folder.isAnything(at: $0) }
    let found = "\(path ?? "no mpirun"), \(MPIProcesses.builtWith.map { "built with \($0)" } ?? "built without MPI")"
    return Finding(part: "MPI", found: found + "; runs of several processes alone need it (samples/cluster)")
  }

  private static func size(_ bytes: Int) -> String { String(format: "%.1f GB", Double(bytes) / 1e9) }
}
