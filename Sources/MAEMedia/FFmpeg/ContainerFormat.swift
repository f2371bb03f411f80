import CFFmpeg

/// A container or still format that this library reads.
///
/// The list leaves out everything that FFmpeg would take a text file for, that opens other files (playlists, scripts, file name
/// patterns), or that holds no pictures.
struct ContainerFormat: Hashable, Sendable {
  /// FFmpeg's name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
  let name: String
  let kind: Kind
  /// Whether the clock may start anew on the way, as in recordings of broadcasts that were joined.
  let clockMayJump: Bool

  enum Kind: Hashable, Sendable {
    /// A container of streams.
    case container
    /// Bare packets of one codec, which have no signature and are recognised by chance at low scores.
    case elementary
    /// An animation format: one picture makes it a still.
    case animation
    /// One picture.
    case still
  }

  init?(allowed description: UnsafePointer<AVInputFormat>, score: Int32) {
    guard let characters = unsafe description.pointee.name else { return nil }
    let name = unsafe String(cString: characters)
    guard let kind = Self.kind(of: name) else { return nil }
    if kind == .elementary || Self.rare.contains(name), score <= 25 { return nil }
    self.name = name
    self.kind = kind
    clockMayJump = unsafe description.pointee.flags & AVFMT_TS_DISCONT != 0
  }

  static func kind(of name: String) -> Kind? {
    if refused.contains(where: { $0.names.contains(name) }) { return nil }
    // An icon holds one picture in several sizes.
    if name.hasSuffix("_pipe") || name == "ico" { return .still }
    if animations.contains(name) { return .animation }
    if elementaryStreams.contains(name) { return .elementary }
    if rare.contains(name) { return .container }
    return name.split(separator: ",").contains { containers.contains(String($0)) } ? .container : nil
  }

  /// Whether the whole file is one coded picture.
  var isBarePicture: Bool { name.hasSuffix("_pipe") }

  /// Whether streams are described in front of their packets.
  var hasCompleteHeader: Bool {
    isMP4 || name.split(separator: ",").contains("matroska")
  }

  var isMP4: Bool { name.split(separator: ",").contains("mp4") }

  /// Whether packets have presentation times; else frames are shown as they come out of the decoder.
  var hasPresentationTimes: Bool { name != "avi" }

  /// Whether packets are found by their place in the file: where time tells little, or is found by reading on.
  var seeksByPosition: Bool { ["mjpeg", "mpeg", "mpegts"].contains(name) || kind == .elementary }

  private static let animations: Set = ["apng", "fits", "frm", "gif", "mjpeg", "txd"]

  /// Recordings of cameras, films of games and the like, which few files are; by chance others look like them at low scores.
  private static let rare: Set = [
    "anm", "argo_brp", "asf_o", "bethsoftvid", "bfi", "bmv", "c93", "cdg", "cdxl", "dfa", "dhav", "dsicin", "dxa", "filmstrip",
    "gdv", "hnm", "iff", "ifv", "ingenient", "iv8", "ivr", "jv", "lmlm4", "luodat", "lvf", "mgsts", "mm", "mods", "moflex",
    "mpjpeg", "msnwctcp", "mvi", "mxg", "nc", "paf", "psxstr", "r3d", "rl2", "sdr2", "ser", "sga", "siff", "simbiosis_imx",
    "smush", "tiertexseq", "tmv", "ty", "vividas", "vivo", "wc3movie",
  ]

  private static let elementaryStreams: Set = [
    "av1", "avs2", "avs3", "cavsvideo", "dirac", "dnxhd", "h261", "h263", "h264", "hevc", "ipu", "m4v", "mjpeg_2000", "mpegvideo",
    "obu", "vc1", "vvc", "evc",
  ]

  private static let containers: Set = [
    "4xm", "asf", "avi", "avs", "bink", "cine", "dv", "ea", "film_cpk", "flic", "flv", "gxf", "ivf", "kux", "live_flv", "lxf",
    "matroska", "mov", "mp4", "mpeg", "mpegts", "mtv", "mv", "mxf", "nsv", "nut", "nuv", "ogg", "pmp", "pva", "rm", "roq", "rpl",
    "smk", "smjpeg", "swf", "thp", "vc1test", "vmd", "webm", "wtv", "wsvqa", "xmv", "yop", "yuv4mpegpipe", "idcin", "ipmovie",
  ]
}
