import CBLAS

/// The OpenBLAS that the program found; its products are those of some shapes (``Gemm``).
public enum OpenBLAS {
  /// Version and how it was built, as it says itself.
  public static var configuration: String { unsafe String(cString: openblas_get_config()) }
  /// The processor that its kernels are for, e.g. `SkylakeX`.
  public static var core: String { unsafe String(cString: openblas_get_corename()) }
  /// How it computes side by side.
  public static var threading: String {
    switch openblas_get_parallel() {
    case 0: "one thread"
    case 1: "threads"
    default: "OpenMP"
    }
  }
}
