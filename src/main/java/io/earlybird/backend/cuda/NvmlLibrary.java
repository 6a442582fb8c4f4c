package io.earlybird.backend.cuda;

import static org.bytedeco.cuda.global.nvml.NVML_ERROR_NOT_SUPPORTED;
import static org.bytedeco.cuda.global.nvml.NVML_SUCCESS;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetCount_v2;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetHandleByIndex_v2;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetName;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetPowerUsage;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetTotalEnergyConsumption;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetUUID;
import static org.bytedeco.cuda.global.nvml.nvmlErrorString;
import static org.bytedeco.cuda.global.nvml.nvmlInit_v2;
import static org.bytedeco.cuda.global.nvml.nvmlShutdown;

import io.earlybird.EarlybirdException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.javacpp.Loader;

/**
 * NVML itself. It comes with the driver: where there is no driver nothing is loaded. The library is
 * loaded by its full path before the preset's glue, which is never touched without it.
 */
public final class NvmlLibrary implements Nvml {
  private static final String LIBRARY = "libnvidia-ml.so.1";
  private static final int NAME_BYTES = 96;

  private NvmlLibrary() {}

  /**
   * Loads and starts NVML.
   *
   * @throws EarlybirdException if it cannot be used here, with the reason
   */
  public static Nvml open() {
    Optional<Path> library = CudaLibraryPath.ofThisMachine().find(LIBRARY);
    if (library.isEmpty()) {
      throw new EarlybirdException("no " + LIBRARY + "; it comes with NVIDIA's driver");
    }
    try {
      System.load(library.get().toString());
      Loader.load(nvml.class);
    } catch (LinkageError e) {
      throw new EarlybirdException(library.get() + " cannot be loaded: " + e.getMessage(), e);
    }
    int status = nvmlInit_v2();
    if (status != NVML_SUCCESS) {
      throw new EarlybirdException("NVML does not start: " + text(status));
    }
    return new NvmlLibrary();
  }

  @Override
  public int count() throws NvmlException {
    int[] count = new int[1];
    check(nvmlDeviceGetCount_v2(count));
    return count[0];
  }

  @Override
  public String name(int gpu) throws NvmlException {
    byte[] text = new byte[NAME_BYTES];
    check(nvmlDeviceGetName(device(gpu), text, text.length));
    return string(text);
  }

  @Override
  public String uuid(int gpu) throws NvmlException {
    byte[] text = new byte[NAME_BYTES];
    check(nvmlDeviceGetUUID(device(gpu), text, text.length));
    return string(text);
  }

  @Override
  public long totalMillijoules(int gpu) throws NvmlException {
    long[] energy = new long[1];
    check(nvmlDeviceGetTotalEnergyConsumption(device(gpu), energy));
    return energy[0];
  }

  @Override
  public long milliwatts(int gpu) throws NvmlException {
    int[] power = new int[1];
    check(nvmlDeviceGetPowerUsage(device(gpu), power));
    return Integer.toUnsignedLong(power[0]);
  }

  /** The handle is asked for each time: after a GPU was lost an old one must not be used. */
  private static nvmlDevice_st device(int gpu) throws NvmlException {
    nvmlDevice_st device = new nvmlDevice_st();
    check(nvmlDeviceGetHandleByIndex_v2(gpu, device));
    return device;
  }

  private static String string(byte[] text) {
    int length = 0;
    while (length < text.length && text[length] != 0) {
      length++;
    }
    return new String(text, 0, length, StandardCharsets.US_ASCII);
  }

  private static void check(int status) throws NvmlException {
    if (status != NVML_SUCCESS) {
      throw new NvmlException(text(status), status == NVML_ERROR_NOT_SUPPORTED);
    }
  }

  private static String text(int status) {
    return nvmlErrorString(status).getString();
  }

  @Override
  public void close() {
    nvmlShutdown();
  }
}
