/// The values that a pickle builds. Containers live in arenas and are referred to by number.
struct PickleHeap {
  let file: FileBytes
  private(set) var sequences: [[PickleValue]] = []
  private(set) var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
  var tensors: [TorchTensor] = []
  var storages: [TorchStorage] = []
  private(set) var objects: [PickleValue] = []
  private var copyBudget = 20_000_000

  init(_ file: FileBytes) { self.file = file }

  func damaged(_ reason: String = "contradicts itself; it is damaged") -> CheckpointError {
    .unusable(file.path, "its description of the weights \(reason)")
  }

  mutating func sequence(_ values: [PickleValue]) -> PickleValue {
    sequences.append(values)
    return .sequence(sequences.count - 1)
  }

  mutating func dictionary(_ pairs: [(key: PickleValue, value: PickleValue)]) -> PickleValue {
    dictionaries.append(pairs)
    return .dictionary(dictionaries.count - 1)
  }

  mutating func object(_ state: PickleValue = .none) -> PickleValue {
    objects.append(state)
    return .object(objects.count - 1)
  }

  func pairs(_ values: [PickleValue]) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw damaged() }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  func elements(_ value: PickleValue) throws(CheckpointError) -> [PickleValue] {
    guard case .sequence(let number) = value else { throw damaged() }
    return sequences[number]
  }

  /// Adds to a list or set.
  mutating func extend(_ list: PickleValue, with values: [PickleValue]) throws(CheckpointError) {
    switch list {
    case .sequence(let number): sequences[number].append(contentsOf: values)
    case .object: break
    default: throw damaged()
    }
  }

  /// Adds to a dictionary.
  mutating func set(
    _ pairs: [(key: PickleValue, value: PickleValue)], in dictionary: PickleValue
  ) throws(CheckpointError) {
    switch dictionary {
    case .dictionary(let number): dictionaries[number].append(contentsOf: pairs)
    case .object(let number):
      // A class derived from dict: its items are its attributes.
      if case .dictionary(let items) = objects[number] {
        dictionaries[items].append(contentsOf: pairs)
      } else {
        objects[number] = self.dictionary(pairs)
      }
    default: throw damaged()
    }
  }

  /// Gives an object its attributes; those of dictionaries and tensors (hooks, versions) say nothing about the weights.
  mutating func describe(_ value: PickleValue, by state: PickleValue) {
    if case .object(let number) = value, case .none = objects[number] { objects[number] = state }
  }

  /// Refuses copies of copies that would grow without bound.
  mutating func countCopies(_ count: Int) throws(CheckpointError) {
    copyBudget -= count
    guard copyBudget >= 0 else { throw damaged("makes copies of copies without end") }
  }
}
