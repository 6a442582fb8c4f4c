package io.earlybird.backend.cuda;

import static org.bytedeco.cuda.global.cudart.cudaDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaRuntimeGetVersion;
import static org.bytedeco.cuda.global.cudnn.cudnnGetVersion;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.Loader;

/**
 * Finds and loads the driver, CUDA's runtime, cuBLAS, cuDNN, the presets' glue and our kernels, in
 * this order and once per process. Each library is loaded by its full path before anything that
 * needs it, so that neither the dynamic linker's search path nor the presets' own search matters.
 * No class of the presets is touched before that: a failed first touch would spoil it for good.
 */
final class CudaLibraries {
  /** CUDA runtime 13.0. */
  private static final int OLDEST_RUNTIME = 13000;

  /** cuDNN 9.0. */
  private static final long OLDEST_CUDNN = 90000;

  private static final String KERNELS = "linux-x86_64/libjniearlybird_cuda.so";

  private static Optional<String> failure;

  private CudaLibraries() {}

  /** Loads everything; why it cannot be used, in one line for the user, or nothing. */
  static synchronized Optional<String> load() {
    if (failure == null) {
      failure = Optional.ofNullable(loadAll(CudaLibraryPath.ofThisMachine()));
    }
    return failure;
  }

  private static String loadAll(CudaLibraryPath path) {
    String os = System.getProperty("os.name") + "/" + System.getProperty("os.arch");
    if (!os.equals("Linux/amd64")) {
      return "needs Linux on x86-64, not " + os;
    }
    if (CudaLibraries.class.getResource(KERNELS) == null) {
      return "this build has no CUDA kernels; install nvcc 13 and build again";
    }
    Optional<Path> driver = path.find("libcuda.so.1");
    if (driver.isEmpty()) {
      return "no NVIDIA driver (libcuda.so.1 not found)";
    }
    List<Path> wanted = new ArrayList<>(List.of(driver.get()));
    for (String name :
        List.of("libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13", "libcudnn_graph.so.9")) {
      Optional<Path> library = path.find(name);
      if (library.isEmpty()) {
        return name
            + " not found; install CUDA 13 and cuDNN 9, or PyTorch for CUDA 13 in a Python"
            + " environment, or name its folder by -D"
            + CudaLibraryPath.PROPERTY;
      }
      wanted.add(library.get());
    }
    path.find("libnvrtc.so.13").ifPresent(wanted::add);
    path.find("libnvJitLink.so.13").ifPresent(wanted::add);
    // cuDNN opens its parts by name when it needs them; loaded already, they are found.
    Path cudnnFolder = path.find("libcudnn_graph.so.9").orElseThrow().getParent();
    wanted.addAll(CudaLibraryPath.matching(cudnnFolder, "libcudnn*.so.9"));
    String unloaded = loadInAnyOrder(wanted);
    return unloaded != null ? unloaded : loadGlue();
  }

  /**
   * Loads libraries, those that need others after those, whatever the order of the list. Parts of
   * cuDNN that do not load are left to cuDNN.
   */
  private static String loadInAnyOrder(List<Path> libraries) {
    List<Path> left = new ArrayList<>(libraries);
    String problem = null;
    for (boolean progress = true; progress && !left.isEmpty(); ) {
      progress = false;
      for (Path library : List.copyOf(left)) {
        try {
          System.load(library.toString());
          left.remove(library);
          progress = true;
        } catch (UnsatisfiedLinkError e) {
          problem = library + " cannot be loaded: " + oneLine(e);
        }
      }
    }
    boolean optional =
        left.stream().allMatch(l -> l.getFileName().toString().startsWith("libcudnn_"));
    return optional ? null : problem;
  }

  private static String loadGlue() {
    try {
      for (Class<?> preset : List.of(cudart.class, cublas.class, cudnn.class)) {
        Loader.load(preset);
      }
      String version = checkVersions();
      if (version != null) {
        return version;
      }
      Loader.load(NativeCudaKernels.class);
      return null;
    } catch (LinkageError e) {
      return "the libraries cannot be loaded: " + oneLine(e);
    }
  }

  private static String checkVersions() {
    int[] runtime = new int[1];
    cudaRuntimeGetVersion(runtime);
    if (runtime[0] < OLDEST_RUNTIME) {
      return "CUDA runtime " + version(runtime[0]) + " found, 13.0 or newer wanted";
    }
    if (cudnnGetVersion() < OLDEST_CUDNN) {
      return "cuDNN " + cudnnVersion() + " found, 9.0 or newer wanted";
    }
    int[] count = new int[1];
    int status = cudaGetDeviceCount(count);
    if (status != cudart.cudaSuccess || count[0] == 0) {
      return "no CUDA device"
          + (status == cudart.cudaSuccess ? "" : ": " + cudaGetErrorString(status).getString())
          + " (driver for CUDA "
          + version(driverVersion())
          + ", runtime "
          + version(runtime[0])
          + ")";
    }
    return null;
  }

  /** The newest CUDA that the driver serves, as 1000 major + 10 minor. */
  private static int driverVersion() {
    int[] version = new int[1];
    cudaDriverGetVersion(version);
    return version[0];
  }

  /** Versions of everything that is loaded. */
  static String versions() {
    int[] runtime = new int[1];
    cudaRuntimeGetVersion(runtime);
    return "driver for CUDA "
        + version(driverVersion())
        + ", runtime "
        + version(runtime[0])
        + ", cuDNN "
        + cudnnVersion();
  }

  private static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }

  private static String cudnnVersion() {
    long v = cudnnGetVersion();
    return v / 10000 + "." + v % 10000 / 100 + "." + v % 100;
  }

  private static String oneLine(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage());
    return message.strip().split("\\R", 2)[0];
  }
}
