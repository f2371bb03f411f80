/// The Python functions and classes that a weight file names. None is run: each stands for something we build ourselves, or for
/// a value without meaning.
enum TorchGlobal: Hashable, Sendable {
  case rebuildTensor, rebuildTensorWithType, rebuildFromType
  /// Hands on the tensor that is its first argument.
  case rebuildParameter
  /// Makes a tensor that has no plain numbers, and what that is.
  case oddTensor(String)
  case orderedDictionary, sequence, encode
  /// A block of numbers; the element type is nil where it is not supported, the size is in bytes.
  case storage(ElementType?, size: Int, oddity: String)
  case untypedStorage
  case elementType(ElementType)
  /// Everything else: optimizers, arguments, dates, versions, whole modules.
  case unknown

  init(module: String, name: String) {
    switch "\(module).\(name)" {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
    case "torch._utils._rebuild_tensor_v3": self = .rebuildTensorWithType
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
      "torch._utils._rebuild_device_tensor_from_cpu_tensor":
      self = .rebuildParameter
    case "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2": self = .rebuildFromType
    case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor": self = .oddTensor("sparse")
    case "torch._utils._rebuild_qtensor": self = .oddTensor("quantised")
    case "torch._utils._rebuild_meta_tensor_no_storage": self = .oddTensor("without numbers (meta device)")
    case let full where full.hasPrefix("torch._utils._rebuild_"): self = .oddTensor("of a kind that is not supported")
    case "collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict": self = .orderedDictionary
    case "builtins.list", "__builtin__.list", "builtins.tuple", "__builtin__.tuple", "builtins.set", "__builtin__.set",
      "builtins.frozenset", "__builtin__.frozenset", "torch.Size":
      self = .sequence
    case "_codecs.encode": self = .encode
    case "torch.storage.UntypedStorage", "torch.UntypedStorage": self = .untypedStorage
    default: self = Self.storage(module, name) ?? Self.elementType(module, name) ?? .unknown
    }
  }

  private static func storage(_ module: String, _ name: String) -> TorchGlobal? {
    guard module == "torch" || module == "torch.storage", name.hasSuffix("Storage") else { return nil }
    if let type = storageTypes[name] { return .storage(type, size: type.size, oddity: "") }
    return switch name {
    case "ComplexFloatStorage": .storage(nil, size: 8, oddity: "complex")
    case "ComplexDoubleStorage": .storage(nil, size: 16, oddity: "complex")
    case "QInt32Storage": .storage(nil, size: 4, oddity: "quantised")
    case "QInt8Storage", "QUInt8Storage": .storage(nil, size: 1, oddity: "quantised")
    default: nil
    }
  }

  private static func elementType(_ module: String, _ name: String) -> TorchGlobal? {
    module == "torch" ? elementTypes[name].map(TorchGlobal.elementType) : nil
  }

  private static let storageTypes: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
    "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
    "BoolStorage": .bool,
  ]

  private static let elementTypes: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16, "int64": .int64, "int32": .int32,
    "int16": .int16, "int8": .int8, "uint8": .uint8, "bool": .bool, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
    "float8_e4m3fn": .float8e4m3, "float8_e5m2": .float8e5m2,
  ]
}

extension TorchGlobal {
  /// Whether only a file that wants to run something on the machine that opens it names this function: commands, other
  /// programs, code as text, further pickles.
  static func isHostile(module: String, name: String) -> Bool {
    let package = module.split(separator: ".").first.map(String.init) ?? ""
    if hostilePackages.contains(package) { return true }
    switch package {
    case "builtins", "__builtin__": return hostileBuiltins.contains(name.split(separator: ".").first.map(String.init) ?? "")
    case "torch": return ["torch.load", "torch.storage._load_from_bytes"].contains("\(module).\(name)") || module == "torch.hub"
    default: return false
    }
  }

  private static let hostilePackages: Set<String> = [
    "os", "posix", "nt", "subprocess", "pty", "runpy", "importlib", "socket", "shutil", "webbrowser", "ctypes", "timeit",
    "cProfile", "pickle", "_pickle", "cPickle", "marshal",
  ]

  private static let hostileBuiltins: Set<String> = [
    "eval", "exec", "execfile", "compile", "open", "file", "__import__", "breakpoint", "input", "globals", "locals", "vars",
  ]
}
