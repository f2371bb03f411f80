import Foundation
import MAECore
import MAEFoundation
import MAEMedia
import Synchronization
import TestSupport
import Testing

/// How reads of a file fail or hang on purpose.
enum Trouble: Sendable {
  /// Reads past an offset fail, a number of times.
  case fails(Int32, after: Int, times: Int)
  /// Reads past an offset take as long.
  case waits(Double, after: Int)

  /// Opens files that have this trouble.
  var opening: FileOpening {
    { (path) throws(SystemError) in
      let failures = Mutex(0)
      return unsafe try PatientFile(path: path) { descriptor, buffer, offset in
        switch self {
        case .fails(let number, let after, let times):
          let fails =
            offset + buffer.count > after
            && failures.withLock {
              $0 += 1; return $0 <= times
            }
          if fails {
            errno = number
            return -1
          }
        case .waits(let seconds, let after): if offset >= after { Thread.sleep(forTimeInterval: seconds) }
        }
        return unsafe pread(descriptor, buffer.baseAddress, buffer.count, offset)
      }
    }
  }
}

@Suite("a read that fails is not the end of a file")
struct ReadErrorTests {
  private let folder = TemporaryFolder()

  private func options(_ trouble: Trouble, cache: String? = nil, limit: Duration? = nil) -> VideoReader.Options {
    var options = VideoReader.Options(timeLimit: limit, cacheFolder: cache)
    options.opening = trouble.opening
    return options
  }

  @Test(
    "errors that pass change nothing", arguments: [EIO, ESTALE, ETIMEDOUT], ["recording.ts", "superframes.webm", "plain.mp4"])
  func passing(error: Int32, name: String) throws {
    let path = try TestClip.named(name).path()
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    let reader = try VideoReader(path: path, options: options(.fails(error, after: size / 2, times: 2)))
    #expect(try reader.info == VideoReader(path: path).info)
  }

  @Test("errors that stay are a bad file, never a shorter one, and nothing is cached")
  func staying() throws {
    let cache = folder.path("cache")
    for name in ["recording.ts", "long-group.mkv", "plain.mp4", "packed.avi"] {
      let path = try TestClip.named(name).path()
      let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
      let error = #expect(throws: MediaError.self) {
        try VideoReader(path: path, options: options(.fails(EIO, after: size * 2 / 3, times: .max), cache: cache))
      }
      #expect(error?.description.hasSuffix("Input/output error") == true, "\(error?.description ?? "")")
      #expect(error?.isReadError == true)
      #expect(((try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []).isEmpty)
    }
  }

  @Test("the time limit counts from the last progress: slow is not stuck")
  func slowOrStuck() throws {
    let path = try TestClip.named("recording.ts").path()
    let slow = try VideoReader(path: path, options: options(.waits(0.02, after: 0), limit: .seconds(1)))
    #expect(slow.info.frameCount == 200)
    let error = #expect(throws: MediaError.self) {
      try VideoReader(path: path, options: options(.waits(1.3, after: 60_000), limit: .seconds(1)))
    }
    #expect(error?.code == .interrupted)
    #expect(error?.description.contains("nothing got on for 1 s") == true)
  }
}
