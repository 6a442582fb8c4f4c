package io.earlybird.backend;

import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.backend.cuda.CudaBackend;
import io.earlybird.backend.cuda.CudaOptions;
import io.earlybird.backend.cuda.CudaPrecision;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Opens backends by name. A backend that was asked for by name is that backend or a failure with
 * the reason, never another one.
 */
public final class Backends {
  /** Means: the best one that this machine has. */
  public static final String AUTO = "auto";

  /** The names that {@link #open} knows. */
  public static final List<String> NAMES = List.of(AUTO, "cpu", "cuda", "opencl", "reference");

  private Backends() {}

  /**
   * A backend and why it is this one.
   *
   * @param backend to be closed by whoever opened it
   * @param why one line for the user
   */
  public record Opened(Backend backend, String why) {}

  /**
   * Opens a backend.
   *
   * @param name one of {@link #NAMES}
   * @param threads processor threads; 0 for all that the process may use
   * @param choices kernels of an earlier run, which this one must use too; for others this machine
   *     remembers what it measured once
   * @throws EarlybirdException if the name is unknown, or the backend cannot be used here
   */
  public static Opened open(String name, int threads, Map<String, String> choices) {
    switch (name) {
      case AUTO:
        Backend best = cpu(threads, choices);
        return new Opened(best, "backend cpu (the best of this build): " + best.describe());
      case "cpu":
        Backend cpu = cpu(threads, choices);
        return new Opened(cpu, "backend cpu (asked for): " + cpu.describe());
      case "cuda":
        Backend cuda = cuda(choices);
        return new Opened(cuda, "backend cuda (asked for): " + cuda.describe());
      case "opencl":
        Backend opencl = opencl(0, choices);
        return new Opened(opencl, "backend opencl (asked for): " + opencl.describe());
      case "reference":
        Backend reference = new ReferenceBackend(DType.F32);
        return new Opened(
            reference, "backend reference (asked for; slow, for checks): " + reference.describe());
      default:
        throw new EarlybirdException(
            "unknown backend '" + name + "': expected one of " + String.join(", ", NAMES));
    }
  }

  private static Backend cpu(int threads, Map<String, String> choices) {
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    try (CpuBackend probe = new CpuBackend(count)) {
      return new CpuBackend(count, choices, cache(probe).read());
    }
  }

  private static Backend cuda(Map<String, String> choices) {
    CudaBackend cuda = CudaBackend.open(new CudaOptions(0, CudaPrecision.FP32, false, choices));
    cuda.remember(cache(cuda).read());
    return cuda;
  }

  private static Backend opencl(int device, Map<String, String> choices) {
    OpenClBackend opencl = OpenClBackend.open(OpenClBackend.device(device), choices);
    opencl.remember(cache(opencl).read());
    return opencl;
  }

  private static KernelCache cache(Backend backend) {
    return new KernelCache(backend.describe() + " earlybird " + BuildInfo.version());
  }

  /**
   * Which kernels were chosen so far, as {@link #open} takes them; remembered on this machine too.
   */
  public static Map<String, String> choices(Backend backend) {
    Map<String, String> choices = new TreeMap<>();
    if (backend instanceof CpuBackend cpu) {
      choices.putAll(cpu.choices());
    } else if (backend instanceof CudaBackend cuda) {
      choices.putAll(cuda.choices());
    } else if (backend instanceof OpenClBackend opencl) {
      choices.putAll(opencl.choices());
    } else {
      return choices;
    }
    cache(backend).add(choices);
    return choices;
  }

  /**
   * When another run with the same seed gives the same bits, for a run's record: own kernels do for
   * any number of threads, those of libraries promise it for the same number and processor only.
   */
  public static String sameBits(Backend backend) {
    if (backend instanceof CpuBackend cpu) {
      Collection<String> kernels = cpu.choices().values();
      long own = kernels.stream().filter(CpuBackend::isOwn).count();
      return own == kernels.size()
          ? "the same for any number of threads: own kernels alone"
          : String.format(
              "the same with %d threads on this kind of processor: %d of %d chosen kernels are"
                  + " oneDNN's, whose sums may depend on the number of threads",
              cpu.threads(), kernels.size() - own, kernels.size());
    }
    if (backend instanceof CudaBackend) {
      return "the same on this kind of device with these libraries";
    }
    return backend instanceof OpenClBackend
        ? "the same on this kind of device with this driver"
        : "the same everywhere";
  }

  /** Instruction set of the kernels of a backend, for a run's record. */
  public static String instructionSet(Backend backend) {
    if (backend instanceof CudaBackend || backend instanceof OpenClBackend) {
      return backend.name();
    }
    return backend instanceof CpuBackend ? CpuLibrary.isaName() : "java";
  }

  /** Processor threads that a backend uses. */
  public static int threads(Backend backend) {
    return backend instanceof CpuBackend cpu ? cpu.threads() : 1;
  }
}
