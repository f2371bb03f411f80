import MAEFoundation
import MAEMedia

extension Manifest {
  /// A tar archive whose members are files of the manifest, each named `train-000.tar:000123.jpg`.
  ///
  /// Members of a shard that was changed need not be what they were: its version tells, as members cannot.
  public struct Shard: Codable, Hashable, Sendable {
    /// As found or listed.
    public var path: String
    /// As it was found.
    public var version: FileVersion

    /// A shard as it was found.
    public init(path: String, version: FileVersion) { (self.path, self.version) = (path, version) }
  }

  /// How much could not be listed, in words.
  var placesUnlisted: String { counted(unlisted.count, unlisted.contains { Shards.isShard($0.file) } ? "place" : "folder") }
}
