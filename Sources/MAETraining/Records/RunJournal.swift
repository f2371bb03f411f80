import Foundation
import MAEFoundation

/// `journal.jsonl`: what happened in a run, by the clock: starts, ends, and what was said between them.
///
/// Nothing in it is ever cut: a part of the run that was lost to a kill happened all the same.
public final class RunJournal {
  /// One line.
  public struct Entry: Codable, Hashable, Sendable {
    /// What an entry is about.
    public enum Kind: String, Codable, Hashable, Sendable {
      case start, note, end
    }

    /// Date and time, ISO 8601.
    public var time: String
    /// Steps that were done.
    public var step: Int
    /// What it is about.
    public var kind: Kind
    /// One sentence.
    public var text: String
  }

  private let file: LogFile

  /// Opens the journal of a run; a line that a kill cut short is ended first.
  ///
  /// - Throws: ``FileError``.
  public init(path: String) throws(FileError) {
    let text = try DurableFile.text(of: path) ?? ""
    file = try LogFile(path: path)
    if !text.isEmpty, !text.hasSuffix("\n") { try file.append("") }
  }

  /// Appends a line.
  ///
  /// - Throws: ``FileError``.
  public func add(_ kind: Entry.Kind, step: Int, _ text: String) throws(FileError) {
    try file.append(JSONText.line(Entry(time: Date().formatted(.iso8601), step: step, kind: kind, text: text)))
  }

  /// The lines of a file; those that are not whole are left out.
  public static func read(_ path: String) throws(FileError) -> [Entry] { try JSONLines.read(path) }
}
