import MAEFoundation
import MAEMedia

extension Manifest {
  /// A tar archive whose members are files of the manifest, each named `train-000.tar:000123.jpg`.
  ///
  /// Members of a shard that was changed need not be what they were: size and time tell, as members cannot.
  public struct Shard: Codable, Hashable, Sendable {
    /// As found or listed.
    public var path: String
    /// In bytes.
    public var size: Int
    /// When it was last changed, in seconds since 1970.
    public var changed: Double

    /// A shard as it was found.
    public init(path: String, size: Int, changed: Double) {
      self.path = path
      self.size = size
      self.changed = changed
    }
  }

  /// How much could not be listed, in words.
  var placesUnlisted: String { counted(unlisted.count, unlisted.contains { Shards.isShard($0.file) } ? "place" : "folder") }
}
