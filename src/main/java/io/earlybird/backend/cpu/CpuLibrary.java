package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The CPU libraries as a whole: loading, instruction set and threads.
 *
 * <p>{@link NativeKernels} loads oneDNN and the kernels by itself when it is first used; {@link
 * #load()} does it earlier and turns a failure into a message for the user.
 */
public final class CpuLibrary {
  private static final int MESSAGE_BYTES = 4096;
  private static final String RESOURCE = "linux-x86_64/libearlybird_cpu.so";

  private CpuLibrary() {}

  /**
   * Loads oneDNN and the kernels; later calls do nothing.
   *
   * @throws EarlybirdException if a library is missing or does not fit this machine
   */
  public static void load() {
    try {
      NativeKernels.eb_kernel_count();
    } catch (LinkageError e) {
      Throwable root = e;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      throw new EarlybirdException("the CPU backend cannot be loaded: " + root.getMessage(), e);
    }
  }

  /**
   * Tells builds of the kernels apart, 8 hexadecimal digits: which of them are fastest was measured
   * for one build.
   */
  public static String fingerprint() {
    return Fingerprint.VALUE;
  }

  /** Computed when it is first wanted. */
  private static final class Fingerprint {
    static final String VALUE = checksum(RESOURCE);
  }

  private static String checksum(String resource) {
    CRC32 sum = new CRC32();
    try (InputStream library = CpuLibrary.class.getResourceAsStream(resource)) {
      if (library != null) {
        sum.update(library.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return String.format("%08x", sum.getValue());
  }

  /**
   * Instruction set of the kernels in use, such as {@code x86-64-v3}; {@code x86-64-v4-amx} where
   * AMX multiplies bf16 numbers.
   */
  public static String isaName() {
    load();
    return NativeKernels.eb_isa_name().getString();
  }

  /** Whether own kernels multiply bf16 numbers by AMX here. */
  public static boolean hasAmx() {
    return isaName().endsWith("-amx");
  }

  /** Whether own kernels multiply bf16 numbers here; they need AVX512-BF16. */
  public static boolean hasBf16Products() {
    load();
    return NativeKernels.eb_has_bf16() != 0;
  }

  /** Whether this processor multiplies bf16 numbers in hardware. */
  public static boolean processorHasBf16() {
    return Processor.has("avx512_bf16") || Processor.has("amx_bf16");
  }

  /**
   * Sets the number of OpenMP threads of the calling thread, for oneDNN and own kernels alike.
   *
   * @param threads 1..1024
   * @throws IllegalArgumentException if out of range
   */
  public static void setThreads(int threads) {
    load();
    if (NativeKernels.eb_set_threads(threads) != NativeKernels.EB_OK) {
      throw new IllegalArgumentException("threads must be in 1..1024, not " + threads);
    }
  }

  /** Number of OpenMP threads that kernels called from the calling thread use. */
  public static int threads() {
    load();
    return NativeKernels.eb_get_threads();
  }

  /**
   * Puts kernels of a user's shared library in the place of our own, for the whole process; an
   * earlier plugin is unloaded. No kernel may run meanwhile.
   *
   * @param library exports functions of the C ABI, such as {@code eb_relu_f32}
   * @return the names of the replaced kernels
   * @throws EarlybirdException if it cannot be loaded, exports no kernel, or exports a name with
   *     {@code eb_} that is none; all kernels are then our own
   */
  public static List<String> loadPlugin(Path library) {
    load();
    byte[] message = new byte[MESSAGE_BYTES];
    int status =
        NativeKernels.eb_load_plugin(library.toAbsolutePath().toString(), message, MESSAGE_BYTES);
    int length = 0;
    while (message[length] != 0) {
      length++;
    }
    String text = new String(message, 0, length, StandardCharsets.UTF_8);
    if (status != NativeKernels.EB_OK) {
      throw new EarlybirdException("plugin " + library + ": " + text);
    }
    return List.of(text.split(" "));
  }

  /** Puts our own kernels back. Does nothing if there is no plugin. */
  public static void unloadPlugin() {
    load();
    NativeKernels.eb_unload_plugin();
  }
}
