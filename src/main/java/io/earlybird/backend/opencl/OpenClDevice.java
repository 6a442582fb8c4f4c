package io.earlybird.backend.opencl;

import static org.jocl.CL.CL_DEVICE_DOUBLE_FP_CONFIG;
import static org.jocl.CL.CL_DEVICE_ENDIAN_LITTLE;
import static org.jocl.CL.CL_DEVICE_GLOBAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_LOCAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_COMPUTE_UNITS;
import static org.jocl.CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_WORK_GROUP_SIZE;
import static org.jocl.CL.CL_DEVICE_NAME;
import static org.jocl.CL.CL_DEVICE_SINGLE_FP_CONFIG;
import static org.jocl.CL.CL_DEVICE_TYPE;
import static org.jocl.CL.CL_DEVICE_TYPE_ALL;
import static org.jocl.CL.CL_DEVICE_TYPE_CPU;
import static org.jocl.CL.CL_DEVICE_TYPE_GPU;
import static org.jocl.CL.CL_DEVICE_VERSION;
import static org.jocl.CL.CL_DRIVER_VERSION;
import static org.jocl.CL.CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
import static org.jocl.CL.CL_FP_DENORM;
import static org.jocl.CL.CL_FP_INF_NAN;
import static org.jocl.CL.CL_FP_ROUND_TO_NEAREST;
import static org.jocl.CL.CL_PLATFORM_NAME;
import static org.jocl.CL.clGetDeviceIDs;
import static org.jocl.CL.clGetDeviceInfo;
import static org.jocl.CL.clGetPlatformIDs;
import static org.jocl.CL.clGetPlatformInfo;

import io.earlybird.backend.Support;
import io.earlybird.backend.cpu.SignalHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * A device of one of the machine's OpenCL platforms and what it can do.
 *
 * @param number what {@code --device} calls it: devices are counted over all platforms
 * @param type processor, GPU or other
 * @param memoryBytes global memory
 * @param largestBuffer bytes of the largest piece of memory it gives
 * @param localBytes local memory of a work-group
 * @param mostWorkItems work-items of the largest group
 * @param floats bits of CL_DEVICE_SINGLE_FP_CONFIG
 * @param doubles bits of CL_DEVICE_DOUBLE_FP_CONFIG; 0 for a device without fp64
 * @param littleEndian whether it stores the lowest byte of a number first, as the host does
 */
public record OpenClDevice(
    int number,
    cl_platform_id platform,
    cl_device_id id,
    String platformName,
    String name,
    String driver,
    String version,
    Type type,
    int computeUnits,
    long memoryBytes,
    long largestBuffer,
    long localBytes,
    long mostWorkItems,
    long floats,
    long doubles,
    boolean littleEndian) {
  /** What the kernels' local tiles take at most. */
  static final long LOCAL_BYTES = 16 << 10;

  /** Work-items in a group that kernels for GPUs ask for. */
  static final long WORK_ITEMS = 256;

  private static final long MEMORY_BYTES = 256L << 20;

  /** Kinds of devices. */
  public enum Type {
    /** A processor, such as PoCL shows it. */
    CPU,
    /** A graphics card. */
    GPU,
    /** Anything else. */
    OTHER
  }

  /**
   * All devices of this machine; empty where no platform is registered.
   *
   * @throws io.earlybird.EarlybirdException if there is no ICD loader
   */
  public static List<OpenClDevice> all() {
    OpenClLibrary.load();
    return SignalHandlers.keptDuring(OpenClDevice::ask);
  }

  private static List<OpenClDevice> ask() {
    List<OpenClDevice> devices = new ArrayList<>();
    int[] count = new int[1];
    if (clGetPlatformIDs(0, null, count) != CL.CL_SUCCESS || count[0] == 0) {
      return devices;
    }
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    clGetPlatformIDs(platforms.length, platforms, null);
    for (cl_platform_id platform : platforms) {
      if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count) != CL.CL_SUCCESS) {
        continue;
      }
      cl_device_id[] ids = new cl_device_id[count[0]];
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, ids.length, ids, null);
      for (cl_device_id id : ids) {
        devices.add(describe(devices.size(), platform, id));
      }
    }
    return devices;
  }

  private static OpenClDevice describe(int number, cl_platform_id platform, cl_device_id id) {
    long type = number(id, CL_DEVICE_TYPE);
    return new OpenClDevice(
        number,
        platform,
        id,
        text(
            (size, into, needed) ->
                clGetPlatformInfo(platform, CL_PLATFORM_NAME, size, into, needed)),
        deviceText(id, CL_DEVICE_NAME),
        deviceText(id, CL_DRIVER_VERSION),
        deviceText(id, CL_DEVICE_VERSION),
        (type & CL_DEVICE_TYPE_GPU) != 0
            ? Type.GPU
            : (type & CL_DEVICE_TYPE_CPU) != 0 ? Type.CPU : Type.OTHER,
        (int) number(id, CL_DEVICE_MAX_COMPUTE_UNITS),
        number(id, CL_DEVICE_GLOBAL_MEM_SIZE),
        number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        number(id, CL_DEVICE_LOCAL_MEM_SIZE),
        number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE),
        number(id, CL_DEVICE_SINGLE_FP_CONFIG),
        number(id, CL_DEVICE_DOUBLE_FP_CONFIG),
        number(id, CL_DEVICE_ENDIAN_LITTLE) != 0);
  }

  /** Asks for a piece of information the way OpenCL's functions do. */
  @FunctionalInterface
  private interface Question {
    int ask(long size, Pointer into, long[] needed);
  }

  private static String deviceText(cl_device_id id, int what) {
    return text((size, into, needed) -> clGetDeviceInfo(id, what, size, into, needed));
  }

  private static String text(Question question) {
    long[] needed = new long[1];
    if (question.ask(0, null, needed) != CL.CL_SUCCESS || needed[0] == 0) {
      return "unknown";
    }
    byte[] bytes = new byte[(int) needed[0]];
    question.ask(bytes.length, Pointer.to(bytes), null);
    return new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8).strip();
  }

  /** A number of 4 or 8 bytes; 0 if the device does not know the question. */
  private static long number(cl_device_id id, int what) {
    byte[] bytes = new byte[Long.BYTES];
    int status = clGetDeviceInfo(id, what, bytes.length, Pointer.to(bytes), null);
    return status == CL.CL_SUCCESS
        ? ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong()
        : 0;
  }

  /** Whether kernels give the bits that this project promises, and fit. */
  public Support usable() {
    if (doubles == 0) {
      return unusable("it has no double precision (cl_khr_fp64)");
    }
    long needed = CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST;
    if ((floats & needed) != needed) {
      return unusable("its fp32 has no subnormal numbers, infinities or rounding to nearest");
    }
    if (!littleEndian) {
      return unusable("it stores the highest byte of a number first");
    }
    if (memoryBytes < MEMORY_BYTES) {
      return unusable(
          String.format(
              Locale.ROOT,
              "it has %d MiB of memory, %d are needed",
              memoryBytes >> 20,
              MEMORY_BYTES >> 20));
    }
    if (localBytes < LOCAL_BYTES) {
      return unusable(
          String.format(
              Locale.ROOT,
              "it has %d KiB of local memory, %d are needed",
              localBytes >> 10,
              LOCAL_BYTES >> 10));
    }
    if (type != Type.CPU && mostWorkItems < WORK_ITEMS) {
      return unusable(
          "its groups hold " + mostWorkItems + " work-items, " + WORK_ITEMS + " are needed");
    }
    return Support.YES;
  }

  private Support unusable(String reason) {
    return Support.no("opencl: " + title() + " cannot be used: " + reason);
  }

  /** Whether it divides and takes roots in fp32 with correct rounding when asked to. */
  boolean roundsDivisions() {
    return (floats & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
  }

  /** Number, name and driver, for messages. */
  public String title() {
    return "device " + number + " (" + name + ", driver " + driver + ")";
  }

  /** One line on the device. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%s (device %d, %s, %d compute units, %.1f GiB), %s, %s, driver %s",
        name,
        number,
        type.name().toLowerCase(Locale.ROOT),
        computeUnits,
        memoryBytes / (double) (1L << 30),
        platformName,
        version,
        driver);
  }
}
