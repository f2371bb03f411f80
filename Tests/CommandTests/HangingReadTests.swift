import Foundation
import TestSupport
import Testing

/// Files whose reads do not return, as on a network drive that is gone: a library loaded before all others makes `pread` wait.
@Suite(.serialized, .enabled(if: HangingReads.library != nil)) struct HangingReadTests {
  /// Runs the program while reads of files with `stuck` in their path hang.
  private func start(_ arguments: [String], in folder: TemporaryFolder) throws -> Running {
    try Running(Program.path, arguments, ["LD_PRELOAD": #require(HangingReads.library)], in: folder)
  }

  /// The media of a run, and one more file beside each that hangs.
  private func folder(_ run: Result<String, any Error>) throws -> TemporaryFolder {
    let folder = try TemporaryFolder(run)
    let media = try #require(FileManager.default.subpaths(atPath: folder.path + "/media")).sorted()
    for ending in ["mp4", "png"] {
      guard let path = media.first(where: { $0.hasSuffix(ending) }) else { continue }
      try FileManager.default.copyItem(
        atPath: "\(folder.path)/media/\(path)", toPath: "\(folder.path)/media/stuck.\(ending)")
    }
    return folder
  }

  private static let sentence = "nothing got on for 0.5 s; the file is given up"

  @Test("check names the file and goes on") func check() throws {
    let folder = try folder(TrainedRun.onClips)
    for depth in [[], ["--deep"]] {
      let outcome = try start(["check", "media", "--decode-timeout", "0.5"] + depth, in: folder).outcome()
      #expect(outcome.code == 65)
      #expect(outcome.output.contains("videos     6") && outcome.output.contains("stills     2"), "\(outcome.output)")
      for name in ["stuck.mp4", "stuck.png"] {
        #expect(outcome.output.contains("media/\(name): reading: \(Self.sentence)"), "\(outcome.output)")
      }
    }
  }

  @Test("commands on single files end with the sentence", arguments: ["frames", "embed", "reconstruct"])
  func single(command: String) throws {
    let folder = try folder(TrainedRun.onClips)
    let model = command == "frames" ? ["-o", "out"] : ["-m", "run", "-o", command == "embed" ? "out.safetensors" : "out"]
    let outcome = try start([command, "media/stuck.mp4", "--decode-timeout", "0.5"] + model, in: folder).outcome()
    #expect(outcome.code == 65 && outcome.errors.contains("stuck.mp4: reading: \(Self.sentence)"), "\(outcome.errors)")
  }

  @Test("of several files the others are used") func several() throws {
    let folder = try folder(TrainedRun.onStills)
    for arguments in [
      ["embed", "media", "-m", "run", "-o", "out.safetensors"], ["reconstruct", "media", "-m", "run", "-o", "out"],
      ["analyze", "run", "--data", "media", "-o", "out"],
    ] {
      let outcome = try start(arguments + ["--decode-timeout", "0.5"], in: folder).outcome()
      #expect(outcome.code == (arguments[0] == "reconstruct" ? 65 : 0), "\(outcome.errors)")
      #expect(outcome.errors.contains("stuck.png: left out: reading: \(Self.sentence)"), "\(outcome.errors)")
    }
  }

  @Test("a search that takes longer than two seconds says what it has found", arguments: ["plain", "json", "bar", "none"])
  func searching(style: String) throws {
    let folder = TemporaryFolder()
    for name in ["media/a/stuck.png", "media/b/notes.txt"] { try folder.write("text", to: name) }
    let outcome = try start(["check", "media", "--decode-timeout", "2.5", "--progress", style], in: folder).outcome()
    let said = style == "json" ? ["\"files\":2", "\"folders\":3", "\"looked_at\":1"] : ["2 files in 3 folders", "1 looked at"]
    #expect(said.allSatisfy(outcome.errors.contains) == (style != "none"), "\(outcome.errors)")
    #expect(outcome.code == 65 && !outcome.output.contains("2 files in"))
  }

  @Test("a list that hangs ends the search") func list() throws {
    let folder = try folder(TrainedRun.onClips)
    try folder.write("media/clips\n", to: "stuck.txt")
    let outcome = try start(["check", "stuck.txt", "--decode-timeout", "0.5"], in: folder).outcome()
    #expect(outcome.code == 74 && outcome.errors.contains("stuck.txt: reading: \(Self.sentence)"), "\(outcome.errors)")
  }

  @Test("signals are answered while a read hangs", arguments: ["embed", "pretrain"]) func signals(command: String) throws {
    let folder = try folder(TrainedRun.onStills)
    let arguments =
      command == "embed"
      ? ["embed", "list.txt", "-m", "run", "-o", "out.safetensors"]
      : [
        "pretrain", "list.txt", "-o", "new", "--method", "self-guided", "--guide-mode", "image", "--guide-start", "0", "--preset",
        "tiny", "--input-size", "32", "--patch-size", "8", "--batch-size", "2", "--threads", "1", "--max-bad", "1",
      ]
    // The first look at a file is for what it is, and does not hang here.
    try folder.write("media/later-stuck.png\n", to: "list.txt")
    try FileManager.default.moveItem(atPath: folder.path + "/media/stuck.png", toPath: folder.path + "/media/later-stuck.png")
    let run = try start(arguments, in: folder)
    // Signals are caught from here on.
    #expect(
      run.wait {
        command == "embed"
          ? ((try? folder.names(".")) ?? []).contains { $0.hasSuffix(".partial") } : folder.exists("new/config.yaml")
      })
    Thread.sleep(forTimeInterval: 1)
    let sent = ContinuousClock.now
    run.send(SIGTERM)
    let outcome = try run.outcome()
    #expect(ContinuousClock.now - sent < .seconds(2))
    #expect(outcome.code == 75, "\(outcome.errors)")
  }
}

private enum HangingReads {
  /// The library; nil where there is no compiler of C.
  static let library: String? = {
    let base = FileManager.default.temporaryDirectory.path + "/mae-hanging-\(getpid())"
    let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
        static ssize_t (*original)(int, void *, size_t, off_t);
        if (!original) original = dlsym(RTLD_NEXT, "pread");
        char link[64], path[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, path, sizeof path - 1);
        path[length < 0 ? 0 : length] = 0;
        // Of some files the beginning can be read.
        if (strstr(path, "stuck") && (!strstr(path, "later") || count > 4096)) sleep(60);
        return original(file, buffer, count, offset);
      }
      ssize_t pread64(int file, void *buffer, size_t count, off_t offset) { return pread(file, buffer, count, offset); }
      """
    guard (try? Data(source.utf8).write(to: URL(fileURLWithPath: base + ".c"))) != nil else { return nil }
    defer { try? FileManager.default.removeItem(atPath: base + ".c") }
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-o", base + ".so", base + ".c", "-ldl"]
    compiler.standardError = FileHandle.nullDevice
    guard (try? compiler.run()) != nil else { return nil }
    compiler.waitUntilExit()
    return compiler.terminationStatus == 0 ? base + ".so" : nil
  }()
}
