extension ContainerFormat {
  /// FFmpeg's formats that are not read, by the reason. Formats that stand neither here nor among the allowed ones are new to
  /// this library, and not read either.
  static let refused: [(reason: String, names: Set<String>)] = [
    ("holds sound alone", sound), ("holds subtitles or text", text), ("shows text as pictures", textPictures),
    ("opens other files", pointers), ("is a device or a connection", devices),
    ("has no header that tells what it holds", headerless),
  ]

  private static let pointers: Set = [
    "alias_pix", "brender_pix", "concat", "dash", "dvdvideo", "hls", "image2", "image2pipe", "imf", "mlv", "pgmyuv", "sdp",
    "svg_pipe",
    "vapoursynth", "vobsub", "webm_dash_manifest",
  ]

  private static let devices: Set = [
    "alsa", "android_camera", "decklink", "fbdev", "iec61883", "jack", "kmsgrab", "lavfi", "libcdio", "libdc1394", "libgme",
    "libmodplug", "libopenmpt", "openal", "oss", "pulse", "rtp", "rtsp", "sap", "sndio", "video4linux2,v4l2", "x11grab",
    "xcbgrab",
  ]

  private static let headerless: Set = ["bitpacked", "data", "mpegtsraw", "rawvideo", "v210", "v210x", "vidc"]

  private static let textPictures: Set = ["adf", "bin", "idf", "tty", "xbin"]

  private static let text: Set = [
    "aqtitle", "ass", "dvbsub", "dvbtxt", "ffmetadata", "jacosub", "lrc", "mcc", "microdvd", "mpl2", "mpsub", "pjs", "rcwt",
    "realtext", "sami", "scc", "srt", "stl", "subviewer", "subviewer1", "sup", "tedcaptions", "ttml", "vplayer", "webvtt",
  ]

  private static let sound: Set = [
    "3dostr", "aa", "aac", "aax", "ac3", "ac4", "ace", "acm", "act", "adp", "ads", "adx", "aea", "afc", "aiff", "aix", "alaw",
    "alp",
    "amr", "amrnb", "amrwb", "apac", "apc", "ape", "apm", "aptx", "aptx_hd", "argo_asf", "argo_cvg", "ast", "au", "avr", "bfstm",
    "binka", "bit", "boa", "bonk", "brstm", "caf", "codec2", "codec2raw", "daud", "dcstr", "derf", "dfpwm", "dsf", "dss", "dts",
    "dtshd", "ea_cdata", "eac3", "epaf", "evc_raw", "f32be", "f32le", "f64be", "f64le", "flac", "fsb", "fwse", "g722", "g723_1",
    "g726", "g726le", "g728", "g729", "genh", "gsm", "hca", "hcom", "iamf", "ilbc", "ircam", "iss", "kvag", "laf", "lc3", "loas",
    "mca", "mlp", "mmf", "mp3", "mpc", "mpc8", "msf", "msp", "mtaf", "mulaw", "musx", "nistsphere", "nsp", "oma", "osq",
    "paf_audio",
    "pp_bnk", "pvf", "qcp", "qoa", "redspark", "rka", "rsd", "rso", "s16be", "s16le", "s24be", "s24le", "s32be", "s32le", "s337m",
    "s8", "sbc", "sbg", "scd", "sdns", "sdr2_audio", "sds", "sdx", "shn", "sln", "sol", "sox", "spdif", "svag", "svs",
    "swf_audio",
    "tak", "truehd", "tta", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le", "u8", "usm_audio", "vag", "voc", "vpk", "vqf",
    "w64", "wady", "wav", "wavarc", "wsaud", "wsd", "wv", "wve", "xa", "xmd", "xvag", "xwma",
  ]
}

/// What becomes of FFmpeg's formats, by their names.
package enum MediaFormats {
  package static func isRead(_ name: String) -> Bool { ContainerFormat.kind(of: name) != nil }

  package static func reasons(against name: String) -> [String] {
    ContainerFormat.refused.filter { $0.names.contains(name) }.map(\.reason)
  }
}
