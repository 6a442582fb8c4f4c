package io.earlybird.backend;

import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuLibrary;
import io.earlybird.backend.cuda.CudaBackend;
import io.earlybird.backend.cuda.CudaOptions;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.backend.opencl.OpenClDevice;
import io.earlybird.backend.opencl.OpenClSelfCheck;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
   * @throws EarlybirdException if the name is unknown, or the backend cannot be used here
   */
  public static Opened open(BackendOptions options) {
    String name = options.name();
    int device = options.device();
    if (device != 0 && !name.equals("cuda") && !name.equals("opencl")) {
      throw new EarlybirdException(
          "--device " + device + " goes with --backend cuda or opencl, not with " + name);
    }
    switch (name) {
      case AUTO:
        return best(options);
      case "cpu":
        return cpu(options, "asked for");
      case "cuda":
        return opened(cuda(options), "asked for");
      case "opencl":
        onlyFp32(options);
        return opened(opencl(OpenClBackend.device(device), options.choices()), "asked for");
      case "reference":
        onlyFp32(options);
        return opened(new ReferenceBackend(DType.F32), "asked for; slow, for checks");
      default:
        throw new EarlybirdException(
            "unknown backend '" + name + "': expected one of " + String.join(", ", NAMES));
    }
  }

  /** Opens a backend on its first device, in fp32. */
  public static Opened open(String name, int threads, Map<String, String> choices) {
    return open(new BackendOptions(name, threads, 0, Precision.FP32, false, choices));
  }

  private static void onlyFp32(BackendOptions options) {
    if (options.precision() != Precision.FP32) {
      throw new EarlybirdException(
          "--precision "
              + options.precision().label()
              + ": backend "
              + options.name()
              + " computes in fp32 alone");
    }
  }

  private static Opened opened(Backend backend, String why) {
    return new Opened(
        backend, "backend " + backend.name() + " (" + why + "): " + backend.describe());
  }

  /** CUDA, else a GPU whose OpenCL computes right, else the processor. */
  private static Opened best(BackendOptions options) {
    Support cuda = CudaBackend.probe();
    if (cuda.ok()) {
      try {
        return opened(cuda(options), "the best of this machine");
      } catch (EarlybirdException e) {
        cuda = Support.no(e.getMessage());
      }
    }
    Optional<OpenClDevice> gpu =
        options.precision() == Precision.FP32 ? OpenClSelfCheck.gpu() : Optional.empty();
    return gpu.isPresent()
        ? opened(
            opencl(gpu.get(), options.choices()),
            "a GPU that passed a self-check; " + cuda.reason())
        : cpu(options, "the best of this machine");
  }

  private static Opened cpu(BackendOptions options, String why) {
    boolean lacking = options.precision() == Precision.BF16 && !CpuLibrary.processorHasBf16();
    Precision possible = lacking ? Precision.FP32 : options.precision();
    int count =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    try (CpuBackend probe = new CpuBackend(count, possible, Map.of(), Map.of())) {
      return opened(
          new CpuBackend(count, possible, options.choices(), cache(probe).read()),
          lacking ? why + "; in fp32: " + CpuBackend.NO_BF16 : why);
    }
  }

  private static Backend cuda(BackendOptions options) {
    CudaBackend cuda =
        CudaBackend.open(
            new CudaOptions(
                options.device(),
                options.precision(),
                options.nondeterministic(),
                options.choices()));
    cuda.remember(cache(cuda).read());
    return cuda;
  }

  private static Backend opencl(OpenClDevice device, Map<String, String> choices) {
    KernelCache cache = cache(device.describe());
    OpenClBackend opencl = OpenClBackend.open(device, choices, cache.read());
    cache.add(opencl.choices());
    return opencl;
  }

  private static KernelCache cache(Backend backend) {
    String device = backend.describe();
    return cache(backend instanceof CpuBackend ? device + " " + CpuLibrary.fingerprint() : device);
  }

  private static KernelCache cache(String device) {
    return new KernelCache(device + " earlybird " + BuildInfo.version());
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
    if (backend instanceof CudaBackend cuda) {
      return cuda.options().nondeterministic()
          ? "not promised: --nondeterministic"
          : "the same on this kind of device with these libraries";
    }
    return backend instanceof OpenClBackend
        ? "the same on this kind of device with this driver"
        : "the same everywhere";
  }

  /** How a backend computes. */
  public static Precision precision(Backend backend) {
    if (backend instanceof CpuBackend cpu) {
      return cpu.precision();
    }
    return backend instanceof CudaBackend cuda ? cuda.options().precision() : Precision.FP32;
  }

  /** Instruction set of the kernels of a backend, for a run's record. */
  public static String instructionSet(Backend backend) {
    if (backend instanceof CudaBackend || backend instanceof OpenClBackend) {
      return backend.name();
    }
    return backend instanceof CpuBackend ? CpuLibrary.isaName() : "java";
  }

  /** Processor threads that compute; 0 where another kind of device or the reference does. */
  public static int processorThreads(Backend backend) {
    if (backend instanceof OpenClBackend opencl) {
      OpenClDevice device = opencl.device();
      return device.type() == OpenClDevice.Type.CPU ? device.computeUnits() : 0;
    }
    return backend instanceof CpuBackend cpu ? cpu.threads() : 0;
  }

  /** Processor threads that a backend uses. */
  public static int threads(Backend backend) {
    return backend instanceof CpuBackend cpu ? cpu.threads() : 1;
  }
}
