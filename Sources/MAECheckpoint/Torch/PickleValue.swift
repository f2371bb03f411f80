/// A value that a pickle can build here. Containers are numbers into the arenas of ``PickleHeap``, so values nested a million
/// deep neither recurse when they are released nor leak when they contain themselves.
enum PickleValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  /// A tuple, list or set.
  case sequence(Int)
  case dictionary(Int)
  case global(TorchGlobal)
  case storage(Int)
  case tensor(Int)
  /// A tensor without plain numbers, and what it is: "sparse", "complex".
  case oddTensor(String)
  /// Something that is skipped, with whatever attributes it was given.
  case object(Int)

  var isTensor: Bool {
    switch self {
    case .tensor, .oddTensor: true
    default: false
    }
  }

  /// A plain value as text, as Python prints it.
  var plainText: String? {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .text(let value): value
    default: nil
    }
  }
}

/// A block of numbers in a PyTorch file, shared by the tensors that look at it.
struct TorchStorage: Sendable {
  /// Nil for untyped storages, which count bytes, and for types without support.
  var type: ElementType?
  /// Bytes of one value.
  var unit: Int
  /// What its numbers are where their type is not supported.
  var oddity: String?
  /// Its name in the file.
  var key: String
  /// Where it starts inside the block named `key`, in values (views of the older format).
  var offset = 0
  /// In values; in bytes when untyped.
  var count: Int
}

/// A strided look at a storage.
struct TorchTensor: Sendable {
  var storage: TorchStorage
  var type: ElementType
  /// In values from the start of the storage.
  var offset: Int
  var shape: [Int]
  /// In values.
  var strides: [Int]
}
