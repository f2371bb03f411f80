/// What a file is, by its content and not by its name.
public enum MediaKind: String, Hashable, Codable, Sendable {
  /// No image or video format recognises it, or it holds sound alone.
  case notMedia
  /// One picture, also in a container that usually holds moving ones.
  case still
  /// Moving pictures: videos, and animations of several pictures.
  case video
}
