package io.earlybird.backend.opencl;

import static io.earlybird.backend.opencl.OpenClStatus.check;
import static org.jocl.CL.CL_PROGRAM_BINARIES;
import static org.jocl.CL.CL_PROGRAM_BINARY_SIZES;
import static org.jocl.CL.CL_PROGRAM_BUILD_LOG;
import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.clBuildProgram;
import static org.jocl.CL.clCreateKernel;
import static org.jocl.CL.clCreateProgramWithBinary;
import static org.jocl.CL.clCreateProgramWithSource;
import static org.jocl.CL.clGetProgramBuildInfo;
import static org.jocl.CL.clGetProgramInfo;
import static org.jocl.CL.clReleaseProgram;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.KernelCache;
import io.earlybird.backend.cpu.SignalHandlers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/**
 * Compiled OpenCL C of one device, each file once per set of options. Binaries are kept on disk
 * under a name made of device, driver, source and options; a binary that the driver does not take
 * any more is compiled again.
 */
final class OpenClPrograms implements AutoCloseable {
  private final OpenClDevice device;
  private final cl_context context;
  private final String options;
  private final Map<String, cl_program> programs = new HashMap<>();

  /**
   * No programs yet.
   *
   * @param defines options of every program
   */
  OpenClPrograms(OpenClDevice device, cl_context context, String defines) {
    this.device = device;
    this.context = context;
    this.options =
        "-cl-std=CL1.2 -w "
            + (device.roundsDivisions() ? "-cl-fp32-correctly-rounded-divide-sqrt " : "")
            + defines;
  }

  /**
   * A new kernel object, which the caller releases.
   *
   * @param file name of the file in native/opencl, without its ending
   * @param defines options beside those of every program
   * @throws EarlybirdException with the first error of the compiler's log
   */
  cl_kernel kernel(String file, String defines, String name) {
    cl_program program =
        programs.computeIfAbsent(
            file + " " + defines, key -> build(file, OpenClSource.of(file), defines));
    int[] status = new int[1];
    cl_kernel kernel = clCreateKernel(program, name, status);
    check(status[0], "making kernel " + name + " of " + file + ".cl");
    return kernel;
  }

  /** Builds a text from the binary of an earlier run or from source. */
  cl_program build(String file, String source, String defines) {
    String all = options + " " + defines;
    Path stored = stored(source, all);
    cl_program program = fromBinary(stored, all);
    return program == null ? fromSource(file, source, all, stored) : program;
  }

  private cl_program fromSource(String file, String source, String all, Path stored) {
    int[] status = new int[1];
    cl_program program = clCreateProgramWithSource(context, 1, new String[] {source}, null, status);
    check(status[0], "reading " + file + ".cl");
    if (!compiles(program, all)) {
      String error = firstError(log(program));
      clReleaseProgram(program);
      throw new EarlybirdException(
          "opencl: " + file + ".cl does not build on " + device.title() + ": " + error);
    }
    store(program, stored);
    return program;
  }

  private cl_program fromBinary(Path stored, String all) {
    byte[] binary;
    try {
      binary = Files.readAllBytes(stored);
    } catch (IOException e) {
      return null;
    }
    int[] status = new int[1];
    cl_device_id[] devices = {device.id()};
    cl_program program =
        clCreateProgramWithBinary(
            context,
            1,
            devices,
            new long[] {binary.length},
            new byte[][] {binary},
            new int[1],
            status);
    if (status[0] != CL_SUCCESS) {
      return null;
    }
    if (!compiles(program, all)) {
      clReleaseProgram(program);
      return null;
    }
    return program;
  }

  private boolean compiles(cl_program program, String all) {
    cl_device_id[] devices = {device.id()};
    return SignalHandlers.keptDuring(() -> clBuildProgram(program, 1, devices, all, null, null))
        == CL_SUCCESS;
  }

  private String log(cl_program program) {
    long[] size = new long[1];
    clGetProgramBuildInfo(program, device.id(), CL_PROGRAM_BUILD_LOG, 0, null, size);
    byte[] log = new byte[(int) size[0]];
    clGetProgramBuildInfo(
        program, device.id(), CL_PROGRAM_BUILD_LOG, log.length, Pointer.to(log), null);
    return new String(log, StandardCharsets.UTF_8).replace("\0", "");
  }

  /** The first line of a compiler's log that speaks of an error, or else the first line. */
  static String firstError(String log) {
    return log.lines()
        .filter(line -> line.contains("error"))
        .findFirst()
        .or(() -> log.lines().filter(line -> !line.isBlank()).findFirst())
        .map(String::strip)
        .orElse("the compiler gives no reason");
  }

  private Path stored(String source, String all) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(
          (device.describe() + "\n" + all + "\n" + source).getBytes(StandardCharsets.UTF_8));
      return KernelCache.folder()
          .resolve("opencl-" + HexFormat.of().formatHex(digest.digest(), 0, 16) + ".bin");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** It is a cache: what cannot be stored is compiled again. */
  private static void store(cl_program program, Path file) {
    long[] size = new long[1];
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null)
            != CL_SUCCESS
        || size[0] <= 0) {
      return;
    }
    byte[] binary = new byte[(int) size[0]];
    Pointer pointers = Pointer.to(Pointer.to(binary));
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, Sizeof.POINTER, pointers, null)
        != CL_SUCCESS) {
      return;
    }
    Path temporary = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    try {
      Files.createDirectories(file.getParent());
      Files.write(temporary, binary);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      temporary.toFile().delete();
    }
  }

  @Override
  public void close() {
    programs.values().forEach(org.jocl.CL::clReleaseProgram);
    programs.clear();
  }
}
