/// The program's own version.
public enum Version {
  /// As release notes have it.
  public static let current = "0.1.0"
}
