import Yams

/// Turns an `Encodable` value into a tree of YAML nodes.
///
/// Keys keep the order of the declaration and become `kebab-case`, as the flags are; numbers are written with the fewest digits
/// that read back as the same number.
struct SettingsEncoder: Encoder {
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  private let slot: Slot

  static func node(of value: some Encodable) throws -> Node {
    let slot = Slot()
    try value.encode(to: SettingsEncoder(slot: slot))
    return slot.node
  }

  fileprivate init(slot: Slot) { self.slot = slot }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.content = .group([])
    return KeyedEncodingContainer(Group(slot: slot))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    slot.content = .list([])
    return List(slot: slot)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(slot: slot) }
}

/// A place in the tree that an encoder fills.
private final class Slot {
  enum Content {
    case value(Node)
    case group([(String, Slot)])
    case list([Slot])
  }

  var content = Content.value(Node.nothing)
  var isNumber = false

  var node: Node {
    switch content {
    case .value(let node): return node
    case .group(let pairs): return Node(pairs.map { (Node($0.0), $0.1.node) })
    case .list(let slots):
      // Short lists of plain values, such as a mean per channel, read best on one line.
      let nodes = slots.map(\.node)
      let isPlain = nodes.count <= 8 && slots.allSatisfy(\.isNumber)
      return Node(nodes, Tag(.seq), isPlain ? .flow : .block)
    }
  }

  func member(_ name: String) -> Slot {
    let member = Slot()
    if case .group(let pairs) = content { content = .group(pairs + [(name, member)]) }
    return member
  }

  func element() -> Slot {
    let element = Slot()
    if case .list(let slots) = content { content = .list(slots + [element]) }
    return element
  }

  func set(number text: String) {
    content = .value(Node(text))
    isNumber = true
  }
}

private struct Single: SingleValueEncodingContainer {
  let slot: Slot
  var codingPath: [any CodingKey] { [] }

  func encodeNil() { slot.content = .value(Node.nothing) }
  func encode(_ value: Bool) { slot.content = .value(Node(value ? "true" : "false")) }
  func encode(_ value: String) { slot.content = .value(.scalar(value.represented())) }
  func encode(_ value: Double) { slot.set(number: value.description) }
  func encode(_ value: Float) { slot.set(number: value.description) }
  func encode(_ value: Int) { slot.set(number: value.description) }
  func encode(_ value: Int8) { slot.set(number: value.description) }
  func encode(_ value: Int16) { slot.set(number: value.description) }
  func encode(_ value: Int32) { slot.set(number: value.description) }
  func encode(_ value: Int64) { slot.set(number: value.description) }
  func encode(_ value: UInt) { slot.set(number: value.description) }
  func encode(_ value: UInt8) { slot.set(number: value.description) }
  func encode(_ value: UInt16) { slot.set(number: value.description) }
  func encode(_ value: UInt32) { slot.set(number: value.description) }
  func encode(_ value: UInt64) { slot.set(number: value.description) }
  func encode(_ value: some Encodable) throws { try value.encode(to: SettingsEncoder(slot: slot)) }
}

private struct List: UnkeyedEncodingContainer {
  let slot: Slot
  var codingPath: [any CodingKey] { [] }
  var count: Int { if case .list(let slots) = slot.content { slots.count } else { 0 } }

  func encodeNil() { Single(slot: slot.element()).encodeNil() }
  func encode(_ value: some Encodable) throws { try value.encode(to: SettingsEncoder(slot: slot.element())) }

  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    SettingsEncoder(slot: slot.element()).container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { SettingsEncoder(slot: slot.element()).unkeyedContainer() }
  func superEncoder() -> any Encoder { SettingsEncoder(slot: slot.element()) }
}

private struct Group<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let slot: Slot
  var codingPath: [any CodingKey] { [] }

  private func member(_ key: any CodingKey) -> Slot { slot.member(SettingsKey.kebab(key.stringValue)) }

  func encodeNil(forKey key: Key) { Single(slot: member(key)).encodeNil() }
  func encode(_ value: some Encodable, forKey key: Key) throws {
    try value.encode(to: SettingsEncoder(slot: member(key)))
  }
  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
    SettingsEncoder(slot: member(key)).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    SettingsEncoder(slot: member(key)).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { SettingsEncoder(slot: slot.member("super")) }
  func superEncoder(forKey key: Key) -> any Encoder { SettingsEncoder(slot: member(key)) }
}
