/// Goes through everything that a pickle built and lists the tensors with the keys that lead to them.
///
/// Each dictionary, list and object is entered once, so neither cycles nor shared values make it long.
struct PickleWalk {
  private(set) var entries: [TensorEntry] = []
  /// By the names of the entries.
  private(set) var tensors: [String: TorchTensor] = [:]
  private let heap: PickleHeap
  private var stack: [Frame] = []
  private var visited: Set<Node> = []
  private var places: [String: Int] = [:]
  private var containers = 0

  /// Attributes of a whole module that hold its parts; they are no part of a parameter's name.
  private static let moduleParts: Set<String> = ["_modules", "_parameters", "_buffers"]
  private static let (deepest, longestPrefix) = (64, 1000)

  init(_ root: PickleValue, _ heap: PickleHeap) {
    self.heap = heap
    enter(root, prefix: "", container: nil)
    while let top = stack.indices.last {
      guard stack[top].next < stack[top].items.count else {
        stack.removeLast()
        continue
      }
      let frame = stack[top]
      let (key, value) = frame.items[frame.next]
      stack[top].next += 1
      switch value {
      case .tensor(let number):
        let tensor = heap.tensors[number]
        add(TensorEntry(name: frame.prefix + key, shape: tensor.shape, container: frame.container), tensor)
      case .oddTensor(let kind):
        add(TensorEntry(name: frame.prefix + key, shape: [], oddity: kind, container: frame.container), nil)
      default:
        let isPart = Self.moduleParts.contains(key)
        enter(
          value, prefix: isPart ? frame.prefix : "\(frame.prefix)\(key).",
          container: isPart || frame.isPart ? frame.container : nil, isPart: isPart)
      }
    }
  }

  /// Plain values at the root, and below the entries that hold settings: `epoch`, `args.mask_ratio`.
  func notes(_ root: PickleValue) -> [String: String] {
    let longest = 200
    var notes: [String: String] = [:]
    for (name, value) in items(root) {
      if let text = value.plainText, text.count <= longest { notes[name] = text }
      guard StateDictionary.settings.contains(name) else { continue }
      for (inner, value) in items(value) {
        if let text = value.plainText, text.count <= longest { notes["\(name).\(inner)"] = text }
      }
    }
    return notes
  }

  private struct Frame {
    var items: [(key: String, value: PickleValue)]
    var next = 0
    var prefix: String
    var container: Int
    /// Whether it is an attribute of a module that holds its parts.
    var isPart: Bool
  }

  private enum Node: Hashable { case dictionary(Int), sequence(Int) }

  /// - Parameter container: that of the module which the value is a part of; nil begins a new one.
  private mutating func enter(_ value: PickleValue, prefix: String, container: Int?, isPart: Bool = false) {
    guard stack.count < Self.deepest, prefix.utf8.count <= Self.longestPrefix, let node = node(value),
      visited.insert(node).inserted
    else { return }
    if container == nil { containers += 1 }
    let items = items(value).filter { $0.value.isTensor || self.node($0.value) != nil }
    stack.append(Frame(items: items, prefix: prefix, container: container ?? containers, isPart: isPart))
  }

  private mutating func add(_ entry: TensorEntry, _ tensor: TorchTensor?) {
    tensors[entry.name] = tensor
    if let place = places[entry.name] {
      entries[place] = entry
    } else {
      places[entry.name] = entries.count
      entries.append(entry)
    }
  }

  private func node(_ value: PickleValue) -> Node? {
    switch value {
    case .dictionary(let number): return .dictionary(number)
    case .sequence(let number): return .sequence(number)
    case .object(let number):
      if case .dictionary(let number) = heap.objects[number] { return .dictionary(number) }
      return nil
    default: return nil
    }
  }

  /// What dictionaries hold under texts and numbers, objects as attributes, and lists.
  private func items(_ value: PickleValue) -> [(key: String, value: PickleValue)] {
    switch node(value) {
    case .dictionary(let number)?:
      return heap.dictionaries[number].compactMap { key, value in
        switch key {
        case .text(let name): (name, value)
        case .integer(let number): (String(number), value)
        default: nil
        }
      }
    case .sequence(let number)?: return heap.sequences[number].enumerated().map { (String($0.offset), $0.element) }
    case nil: return []
    }
  }
}
