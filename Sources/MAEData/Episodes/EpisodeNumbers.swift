import Foundation
import MAECore
import MAEFoundation
import MAEMedia

/// Rewards and actions in a file beside a video or a folder of frames, a row for each frame: `NAME.csv` with columns `reward` and
/// any others, `NAME.jsonl` with `reward` and `action`, or `NAME.rewards.npy` `[frames, 1 + actions]`, the reward first.
///
/// Tables and arrays lie beside videos for many reasons, so only what names a reward is taken for this.
package struct EpisodeNumbers: Sendable {
  /// Of each frame.
  package let rewards: [Float]
  /// Of each frame, equally many.
  package let actions: [[Float]]
  /// The file that they stand in.
  package let path: String

  /// The rewards beside a video or folder, as many as there are; nil where nothing beside it names any.
  ///
  /// - Throws: ``DataError`` when it cannot be read as such.
  package static func beside(_ path: String) throws(DataError) -> EpisodeNumbers? {
    guard let file = file(beside: path) else { return nil }
    return try EpisodeNumbers(path: file)
  }

  /// The same, as many as there are frames.
  ///
  /// - Parameter frames: of the video or folder.
  static func beside(_ path: String, frames: Int) throws(DataError) -> EpisodeNumbers? {
    guard let numbers = try beside(path) else { return nil }
    guard numbers.rewards.count == frames else {
      throw DataError(
        .unusable, path: numbers.path,
        "it has \(numbers.rewards.count) rows, and what lies beside it \(frames) frames; an episode has one row for every frame")
    }
    return numbers
  }

  /// The same for whoever reads the video or folder, which is of no use without what belongs to it.
  static func besideMedia(_ path: String, frames: Int) throws(MediaError) -> EpisodeNumbers? {
    do throws(DataError) {
      return try beside(path, frames: frames)
    } catch {
      throw MediaError(code: .invalidData, path: path, doing: "reading rewards", reason: error.description)
    }
  }

  /// Whether rewards stand beside a folder of stills, which makes it an episode; a list of something else does not.
  static func standBeside(folder: String) -> Bool { file(beside: folder) != nil }

  /// The file with the rewards of a video or folder; nil where nothing beside it names any.
  static func file(beside path: String) -> String? {
    let stem = FileTree.entry(at: path) == .folder ? path : String(path.dropLast(path.fileExtension.count + 1))
    return ["csv", "jsonl", "rewards.npy"].map { "\(stem).\($0)" }.first {
      FileTree.entry(at: $0) == .file && ($0.fileExtension == "npy" || namesReward($0))
    }
  }

  /// Whether the first line of a table, or of a list of objects, does.
  private static func namesReward(_ path: String) -> Bool {
    guard var file = try? PatientFile(path: path), let start = try? file.read(1 << 12) else { return false }
    let line = String(decoding: start.prefix { $0 != 0x0a }, as: UTF8.self)
    return path.fileExtension == "csv"
      ? line.split(separator: ",").contains { $0.trimmingCharacters(in: .whitespacesAndNewlines) == "reward" }
      : line.contains("\"reward\"")
  }

  /// What a file says.
  ///
  /// - Throws: ``DataError`` when the file cannot be read, names no reward, or a line is not like the others.
  package init(path: String) throws(DataError) {
    self.path = path
    let bytes: [UInt8]
    do throws(SystemError) {
      var file = try PatientFile(path: path)
      bytes = try file.read(file.size)
    } catch { throw DataError(.inputOutput, path: path, "cannot be read: \(error)") }
    let rows: [[Float]]
    if path.fileExtension == "npy" {
      let array = try NumPyArray(npy: bytes, path: path)
      let (values, width) = (array.floats(), max(1, array.shape.dropFirst().reduce(1, *)))
      rows = (0..<array.rows).map { Array(values[$0 * width..<($0 + 1) * width]) }
    } else {
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
      rows = try path.fileExtension == "csv" ? Self.table(lines, path) : Self.objects(lines, path)
    }
    if let odd = rows.firstIndex(where: { $0.count != rows[0].count }) {
      throw DataError(
        .unusable, path: path, "row \(odd + 1) has \(rows[odd].count) numbers, the first \(rows[0].count); rows must agree")
    }
    (rewards, actions) = (rows.map { $0[0] }, rows.map { Array($0.dropFirst()) })
  }

  private static func table(_ lines: [String], _ path: String) throws(DataError) -> [[Float]] {
    func cells(_ line: String) -> [String] {
      line.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
    guard let names = lines.first.map(cells), let reward = names.firstIndex(of: "reward") else {
      throw DataError(
        .unusable, path: path, "its first line names no column reward; expected reward and a column for each action")
    }
    var rows: [[Float]] = []
    for (number, line) in lines.dropFirst().enumerated() {
      let values = cells(line).map { Float($0) }
      guard values.count == names.count, !values.contains(nil) else {
        throw DataError(.unusable, path: path, "line \(number + 2) does not hold \(names.count) numbers: \(line.prefix(80))")
      }
      let numbers = values.compactMap(\.self)
      rows.append([numbers[reward]] + numbers.indices.filter { $0 != reward }.map { numbers[$0] })
    }
    return rows
  }

  private static func objects(_ lines: [String], _ path: String) throws(DataError) -> [[Float]] {
    struct Line: Decodable {
      var reward: Float
      var action: [Float]?
    }
    var rows: [[Float]] = []
    for (number, line) in lines.enumerated() {
      guard let row = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else {
        throw DataError(
          .unusable, path: path, "line \(number + 1) is not {\"reward\": number, \"action\": [numbers]}: \(line.prefix(80))")
      }
      rows.append([row.reward] + (row.action ?? []))
    }
    return rows
  }

  /// The rewards of some frames as numbers of a sample: `reward` of one frame, else `reward 0`, `reward 1` ….
  static func named(_ rewards: [Float]?, at frames: [FrameNumber]) -> [String: Double] {
    guard let rewards else { return [:] }
    if frames.count == 1 { return ["reward": Double(rewards[frames[0].value])] }
    return Dictionary(
      uniqueKeysWithValues: frames.enumerated().map { ("reward \($0)", Double(rewards[$1.value])) })
  }
}
