import CFFmpeg
import Foundation
import MAECore
import MAEFoundation

/// Writes single pictures.
public enum PictureWriter {
  /// Writes a PNG without loss: grey, RGB or RGBA as the image is.
  ///
  /// - Throws: ``FileError`` when the file cannot be written; what was at `path` before is then untouched.
  public static func writePNG(_ image: Image, to path: String) throws {
    try DurableFile.write(Array(try png(image, for: path)), to: path)
  }

  /// The bytes of a PNG file without loss: grey, RGB or RGBA as the image is.
  ///
  /// - Throws: ``MediaError`` when the picture cannot be encoded; `name` stands for it in the message.
  public static func png(_ image: Image, for name: String = "picture") throws(MediaError) -> Data {
    let format =
      switch image.channels {
      case .grey: "gray"
      case .rgb: "rgb24"
      case .rgba: "rgba"
      }
    return try encode(image, codec: "png", pixelFormat: format, [:], for: name)
  }

  /// The bytes of an indexed PNG file.
  static func png(_ labels: LabelPicture, for name: String) throws(MediaError) -> Data {
    try encode(size: labels.size, codec: "png", pixelFormat: "pal8", [:], for: name) { encoder throws(MediaError) in
      try encoder.send(labels)
    }
  }

  /// Writes a JPEG with full colour resolution. `quality` runs from 1 (small) to 100 (best).
  ///
  /// - Throws: ``FileError`` when the file cannot be written; what was at `path` before is then untouched.
  public static func writeJPEG(_ image: Image, to path: String, quality: Int = 92) throws {
    // The encoder's scale runs from 2 (best) to 31.
    let scale = 2 + (100 - min(100, max(1, quality))) * 29 / 99
    let options = ["flags": "+qscale", "global_quality": String(scale * Int(FF_QP2LAMBDA))]
    try DurableFile.write(Array(try encode(image, codec: "mjpeg", pixelFormat: "yuvj444p", options, for: path)), to: path)
  }

  private static func encode(
    _ image: Image, codec: String, pixelFormat: String, _ options: [String: String], for path: String
  ) throws(MediaError) -> Data {
    try encode(size: image.size, codec: codec, pixelFormat: pixelFormat, options, for: path) { encoder throws(MediaError) in
      try encoder.send(image, time: 0)
    }
  }

  private static func encode(
    size: FrameSize, codec: String, pixelFormat: String, _ options: [String: String], for path: String,
    send: (Encoder) throws(MediaError) -> Void
  ) throws(MediaError) -> Data {
    let encoder = try Encoder(
      path,
      .init(codec: codec, size: size, frameRate: AVRational(num: 25, den: 1), pixelFormat: pixelFormat, options: options))
    try send(encoder)
    encoder.finish()
    let packet = PacketHandle()
    guard try encoder.receive(into: packet) else {
      throw MediaError(code: .invalidData, path: path, doing: "encoding the picture")
    }
    return unsafe Data(bytes: packet.pointer.pointee.data, count: Int(packet.pointer.pointee.size))
  }
}
