package io.earlybird.backend.cuda;

/**
 * What earlybird asks NVIDIA's management library (NVML) about: the power and energy of every GPU
 * that the driver shows, counted from 0. Needs no special rights.
 */
public interface Nvml extends AutoCloseable {
  /** A call of NVML failed. */
  final class NvmlException extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean unsupported;

    /**
     * A failure.
     *
     * @param message what NVML says, for example {@code GPU is lost}
     * @param unsupported whether the GPU lacks this function
     */
    public NvmlException(String message, boolean unsupported) {
      super(message);
      this.unsupported = unsupported;
    }

    /** Whether the GPU lacks this function. */
    public boolean isUnsupported() {
      return unsupported;
    }
  }

  /** Number of GPUs. */
  int count() throws NvmlException;

  /** Product name of a GPU. */
  String name(int gpu) throws NvmlException;

  /** Its unique id, {@code GPU-…}. */
  String uuid(int gpu) throws NvmlException;

  /** Energy since the driver was loaded, in mJ; Volta and newer. */
  long totalMillijoules(int gpu) throws NvmlException;

  /** Power now, in mW. */
  long milliwatts(int gpu) throws NvmlException;

  @Override
  void close();
}
