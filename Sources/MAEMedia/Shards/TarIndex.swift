import MAEFoundation

/// Where the members of a tar archive lie in it, found by reading headers and leaping over what is between them.
///
/// Members are contiguous and not compressed, so that each can be read by itself, in any order, as a part of the file. That takes
/// the place and the size of each, which are in the headers; libarchive, made for reading through an archive of any kind, would
/// be one more library to install, and tells the places of headers alone.
package struct TarIndex: Sendable {
  /// A regular file in the archive.
  package struct Member: Hashable, Sendable {
    /// As it would be unpacked, without `./` or `/` at the beginning.
    package let name: String
    /// The bytes of the archive that are its content.
    package let range: Range<Int>
  }

  /// A member that cannot be read, and why.
  package struct Refusal: Hashable, Sendable {
    package let name: String
    package let reason: String
  }

  /// In the order in which walking the unpacked folder would find them; hidden ones are left out.
  package private(set) var members: [Member] = []
  /// In the order of the archive.
  package private(set) var refusals: [Refusal] = []
  /// What is odd about the archive and hinders nothing.
  package private(set) var remarks: [String] = []
  /// Why members may be missing, or nil.
  package private(set) var damage: String?

  private static let repetition =
    "some of its names occur twice, and the last member of a name counts, as when it is unpacked"
  private static let noEnd = "it has no end mark: it may be cut short between two members"
  private static let goesOn =
    "more stands behind its end mark, as when archives are joined by cat, and is not read; join them with tar --concatenate"

  /// Bytes of the longest name or header extension that is believed.
  private static let extensionLimit = 1 << 20

  /// - Throws: ``SystemError`` when the file cannot be read; what is wrong with its content is ``damage``.
  package init(_ file: inout PatientFile) throws(SystemError) {
    var found: [[UInt8]: Range<Int>] = [:]
    var ahead = TarExtension()
    var place = 0
    while damage == nil {
      Progress.current?.advance()
      let block = try file.read(TarHeader.size, at: place)
      if block.isEmpty {
        if place == 0 {
          damage = "the file is empty"
        } else if ahead == TarExtension() {
          remarks.append(Self.noEnd)
        } else {
          damage = "it is cut short at byte \(file.size), in front of a member's header; get it again"
        }
        break
      }
      if block.allSatisfy({ $0 == 0 }) {
        // Writers put two blocks of zeros and fill up the record, which has twenty blocks as a rule.
        if try file.read(22 * TarHeader.size, at: place).contains(where: { $0 != 0 }) { remarks.append(Self.goesOn) }
        break
      }
      guard let header = TarHeader(block) else {
        damage = place == 0 ? "it is no tar archive, or its beginning is damaged; get it again" : Self.damaged(at: place)
        break
      }
      var start = place + TarHeader.size
      if header.kind == .sparse, header.isContinued {
        var map: [UInt8]
        repeat {
          map = try file.read(TarHeader.size, at: start)
          start += TarHeader.size
        } while map.count == TarHeader.size && map[504] != 0
      }
      let size = header.isExtension ? header.contentSize : header.hasContent ? ahead.size ?? header.contentSize : 0
      guard size <= file.size - start else {
        damage = "it is cut short: its last member, which begins at byte \(place), goes beyond its end; get it again"
        if header.kind == .file, let name = Self.shown(ahead.name ?? header.name) {
          refuse(name, "it goes beyond the end of its shard, which is cut short; get that again")
        }
        break
      }
      let content = start..<start + size
      if header.isExtension {
        guard size <= Self.extensionLimit, ahead.add(header.kind, try file.read(size, at: start)) else {
          damage = Self.damaged(at: place)
          break
        }
      } else {
        add(header, ahead, content, to: &found)
        ahead = TarExtension()
      }
      place = start + (size + TarHeader.size - 1) / TarHeader.size * TarHeader.size
    }
    members = found.sorted { Self.precedes($0.key, $1.key) }.map { Member(name: String(pathBytes: $0.key), range: $0.value) }
  }

  /// The member of a name.
  package subscript(name: String) -> Member? {
    let bytes = name.pathBytes
    let place = members.partitioningIndex { !Self.precedes($0.name.pathBytes, bytes) }
    return place < members.count && members[place].name.pathBytes == bytes ? members[place] : nil
  }

  private static func damaged(at place: Int) -> String {
    "its header at byte \(place) is damaged, so that what lies behind cannot be found; get it again"
  }

  private mutating func add(
    _ header: TarHeader, _ ahead: TarExtension, _ content: Range<Int>, to found: inout [[UInt8]: Range<Int>]
  ) {
    guard let name = Self.shown(ahead.name ?? header.name) else { return }
    switch header.kind {
    case .sparse: refuse(name, Self.sparse)
    case .file where ahead.isSparse: refuse(name, Self.sparse)
    // Version 7 had no letter for folders.
    case .file where name.last == UInt8(ascii: "/"): break
    case .file: enter(name, content, into: &found)
    case .hardLink:
      let target = ahead.target ?? header.target
      if let other = Self.shown(target).flatMap({ found[$0] }) {
        enter(name, other, into: &found)
      } else {
        refuse(name, "it is a link to \(String(pathBytes: target)), which does not stand before it; pack that file in its place")
      }
    case .link: refuse(name, "it is a link, which a shard cannot follow; pack the file that it leads to (tar --dereference)")
    case .special: refuse(name, "it is a pipe or a device, not a file")
    case .continued: refuse(name, "it continues from another volume; pack it in one piece")
    case .folder, .longName, .longLink, .records, .other: break
    }
  }

  private static let sparse = "its holes are left out, so that it is not in one piece; pack it without --sparse"

  private mutating func enter(_ name: [UInt8], _ content: Range<Int>, into found: inout [[UInt8]: Range<Int>]) {
    let isRepeated = found.updateValue(content, forKey: name) != nil
    if isRepeated, !remarks.contains(Self.repetition) { remarks.append(Self.repetition) }
  }

  private mutating func refuse(_ name: [UInt8], _ reason: String) {
    refusals.append(Refusal(name: String(pathBytes: name), reason: reason))
  }

  /// A name without `./` and `/` at the beginning; nil where the file or a folder around it is hidden.
  private static func shown(_ name: [UInt8]) -> [UInt8]? {
    let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
    var rest = name[...]
    while rest.first == slash || rest.starts(with: [dot, slash]) { rest = rest.dropFirst(rest.first == slash ? 1 : 2) }
    guard !rest.isEmpty, rest.first != dot, !zip(rest, rest.dropFirst()).contains(where: { $0 == slash && $1 == dot }) else {
      return nil
    }
    return Array(rest)
  }

  /// Whether a name comes first where each folder is walked in byte order.
  private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
    return left.lazy.map(rank).lexicographicallyPrecedes(right.lazy.map(rank))
  }
}

extension TarExtension {
  /// Adds what a header of a kind that extends the next one holds; false when it is damaged.
  fileprivate mutating func add(_ kind: TarHeader.Kind, _ content: [UInt8]) -> Bool {
    switch kind {
    case .longName: name = TarHeader.text(content)
    case .longLink: target = TarHeader.text(content)
    default: return add(records: content)
    }
    return true
  }
}
