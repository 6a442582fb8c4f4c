package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The best instruction set is chosen, a cap is obeyed, and the bits are the same for all of them.
 */
class InstructionSetTest {
  private static final int[] SIZES = {0, 1, 3, 4, 7, 8, 15, 16, 17, 63, 64, 65, 1000, 4098};

  @Test
  void buildsOfTheKernelsAreToldApart() {
    assertThat(CpuLibrary.fingerprint()).matches("[0-9a-f]{8}").isNotEqualTo("00000000");
  }

  @Test
  void aCapIsObeyedAndTheBitsStayTheSame() throws Exception {
    String here = Probe.digest();
    assertThat(probe("v2")).startsWith("x86-64-v2", here);
    assertThat(probe("v3").get(1)).isEqualTo(here);
    assertThat(probe("v3").get(0)).isIn("x86-64-v2", "x86-64-v3");
  }

  @Test
  void aCapThatMeansNothingIsIgnored() throws Exception {
    assertThat(probe("v9").get(0)).isEqualTo(CpuLibrary.isaName());
  }

  @Test
  void aCapRulesOutBf16Products() throws Exception {
    assertThat(probe("v4").get(2)).isEqualTo("bf16 false");
    assertThat(probe("v9").get(2)).isEqualTo("bf16 " + CpuLibrary.hasBf16Products());
  }

  @Test
  void aCapRulesOutAmxAlone() throws Exception {
    List<String> capped = probe("v4-bf16");
    assertThat(capped.get(0)).isEqualTo(CpuLibrary.isaName().replace("-amx", ""));
    assertThat(capped.get(2)).isEqualTo("bf16 " + CpuLibrary.hasBf16Products());
  }

  /** What a process whose instruction set is capped says: the set's name, the digest, bf16. */
  private static List<String> probe(String cap) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classPath = System.getProperty("java.class.path");
    ProcessBuilder builder =
        new ProcessBuilder(java, "-XX:TieredStopAtLevel=1", "-cp", classPath, Probe.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("EARLYBIRD_ISA", cap);
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor()).isZero();
    return new String(output, StandardCharsets.UTF_8).lines().toList();
  }

  /** The program of the other process. */
  static final class Probe {
    public static void main(String[] args) throws Exception {
      System.out.println(CpuLibrary.isaName());
      System.out.println(digest());
      System.out.println("bf16 " + CpuLibrary.hasBf16Products());
    }

    static String digest() throws Exception {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      SplittableRandom random = new SplittableRandom(1);
      for (int n : SIZES) {
        float[] x = new float[n];
        float[] dy = new float[n];
        for (int i = 0; i < n; i++) {
          x[i] = Float.intBitsToFloat(random.nextInt()); // infinities, NaNs and subnormals too
          dy[i] = Float.intBitsToFloat(random.nextInt());
        }
        float[] y = new float[n];
        float[] dx = new float[n];
        NativeKernels.eb_relu_f32(x, y, n);
        NativeKernels.eb_relu_backward_f32(y, dy, dx, n);
        update(sha, y);
        update(sha, dx);
      }
      return HexFormat.of().formatHex(sha.digest());
    }

    private static void update(MessageDigest sha, float[] values) {
      ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
      for (float value : values) {
        bytes.putInt(Float.floatToRawIntBits(value));
      }
      sha.update(bytes.array());
    }
  }
}
