/// The Python functions and classes that a weight file may name. None is run: each stands for something we build ourselves or
/// leave out.
enum TorchGlobal: Hashable, Sendable {
  case rebuildTensor, rebuildTensorWithType, rebuildParameter, rebuildFromType
  case orderedDictionary, sequence, encode
  case storage(ElementType)
  case untypedStorage
  /// Built as an object without meaning: optimizers, argument lists, numpy scalars.
  case ignored

  /// Nil for everything that is not on the list.
  init?(module: String, name: String) {
    switch "\(module).\(name)" {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
    case "torch._utils._rebuild_tensor_v3": self = .rebuildTensorWithType
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state": self = .rebuildParameter
    case "torch._tensor._rebuild_from_type_v2": self = .rebuildFromType
    case "collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict": self = .orderedDictionary
    case "builtins.list", "__builtin__.list", "builtins.tuple", "__builtin__.tuple", "builtins.set", "__builtin__.set",
      "builtins.frozenset", "__builtin__.frozenset", "torch.Size":
      self = .sequence
    case "_codecs.encode": self = .encode
    case "torch.storage.UntypedStorage", "torch.UntypedStorage": self = .untypedStorage
    case let full where Self.ignoredNames.contains(full): self = .ignored
    default:
      if module == "torch" || module == "torch.storage", let type = Self.storageTypes[name] {
        self = .storage(type)
      } else if module == "torch", Self.dtypes[name] != nil {
        self = .ignored
      } else if module.hasPrefix("torch.optim.") {
        self = .ignored
      } else {
        return nil
      }
    }
  }

  private static let storageTypes: [String: ElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
    "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
    "BoolStorage": .bool,
  ]

  /// Names of torch's element types, which appear as bare values.
  static let dtypes: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16, "int64": .int64, "int32": .int32,
    "int16": .int16, "int8": .int8, "uint8": .uint8, "bool": .bool, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64,
    "float8_e4m3fn": .float8e4m3, "float8_e5m2": .float8e5m2,
  ]

  private static let ignoredNames: Set<String> = [
    "argparse.Namespace", "types.SimpleNamespace", "collections.defaultdict", "builtins.int", "builtins.float", "builtins.bool",
    "builtins.str", "builtins.object", "__builtin__.object", "builtins.complex", "builtins.bytearray", "__builtin__.bytearray",
    "copy_reg._reconstructor", "copyreg._reconstructor", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath",
    "pathlib.WindowsPath", "pathlib._local.PosixPath", "datetime.datetime", "datetime.timedelta", "yacs.config.CfgNode",
    "easydict.EasyDict", "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig", "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata", "omegaconf.nodes.AnyNode", "typing.Any", "numpy.dtype", "numpy.ndarray",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct", "torch.device", "torch.nn.parameter.Parameter", "torch.Tensor",
    "torch._tensor.Tensor", "torch.serialization._get_layout", "torch.cuda.amp.grad_scaler.GradScaler",
    "torch.amp.grad_scaler.GradScaler",
  ]
}
