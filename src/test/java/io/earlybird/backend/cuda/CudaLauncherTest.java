package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.EB_BAD_ARGUMENT;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_BF16;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_F32;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_OK;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_UNSUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.backend.cuda.NativeCudaKernels.BatchExtents;
import io.earlybird.backend.cuda.NativeCudaKernels.PoolExtents;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the launchers refuse before they reach a device; needs CUDA's runtime, but no driver. */
class CudaLauncherTest {
  private static final String LIBRARY = "linux-x86_64/libearlybird_cuda.so";

  /** Never read or written: the launchers refuse before. */
  private static final FloatPointer FLOATS = new FloatPointer(64);

  private static final IntPointer INTS = new IntPointer(64);
  private static final BytePointer BYTES = new BytePointer(64);

  @BeforeAll
  static void loadRuntime() {
    assumeThat(CudaLauncherTest.class.getResource(LIBRARY)).as("built with nvcc").isNotNull();
    if (CudaBackend.probe().ok()) {
      return;
    }
    Optional<Path> runtime = CudaLibraryPath.ofThisMachine().find("libcudart.so.13");
    assumeThat(runtime).as("CUDA runtime").isPresent();
    System.load(runtime.get().toString());
  }

  @Test
  void emptyTensorsAreNoWork() {
    assertThat(NativeCudaKernels.eb_cuda_relu(EB_CUDA_F32, null, null, 0, null)).isEqualTo(EB_OK);
    assertThat(NativeCudaKernels.eb_cuda_copy(null, null, 0, null)).isEqualTo(EB_OK);
  }

  @Test
  void nullAndNegativeAreRefused() {
    assertThat(NativeCudaKernels.eb_cuda_relu(EB_CUDA_F32, null, FLOATS, 4, null))
        .isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeCudaKernels.eb_cuda_add(EB_CUDA_BF16, FLOATS, FLOATS, null, 4, null))
        .isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeCudaKernels.eb_cuda_fill_f32(1, FLOATS, -1, null)).isEqualTo(EB_BAD_ARGUMENT);
    assertThat(
            NativeCudaKernels.eb_cuda_transpose(
                EB_CUDA_F32, FLOATS, 2, -3, 4, EB_CUDA_F32, FLOATS, null))
        .isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeCudaKernels.eb_cuda_multi_sgd_update_f32(null, INTS, 1, 1, FLOATS, null))
        .isEqualTo(EB_BAD_ARGUMENT);
  }

  @Test
  void selectionsMustBeWhole() {
    assertThat(
            NativeCudaKernels.eb_cuda_batch_norm_relu(
                EB_CUDA_F32,
                FLOATS,
                FLOATS,
                FLOATS,
                2,
                8,
                INTS,
                null,
                3,
                1e-5f,
                FLOATS,
                FLOATS,
                FLOATS,
                FLOATS,
                null))
        .isEqualTo(EB_BAD_ARGUMENT);
    assertThat(
            NativeCudaKernels.eb_cuda_batch_norm_relu(
                EB_CUDA_F32,
                FLOATS,
                FLOATS,
                FLOATS,
                2,
                8,
                (IntPointer) null,
                null,
                3,
                1e-5f,
                FLOATS,
                FLOATS,
                FLOATS,
                FLOATS,
                null))
        .isEqualTo(EB_BAD_ARGUMENT);
    assertThat(NativeCudaKernels.eb_cuda_select(EB_CUDA_F32, FLOATS, 2, 3, INTS, 4, FLOATS, null))
        .isEqualTo(EB_BAD_ARGUMENT);
  }

  @Test
  void tensorsOfTwoToThe31ElementsAreNotSupported() {
    assertThat(NativeCudaKernels.eb_cuda_relu(EB_CUDA_F32, FLOATS, FLOATS, 1L << 31, null))
        .isEqualTo(EB_UNSUPPORTED);
    assertThat(
            NativeCudaKernels.eb_cuda_softmax_cross_entropy_f32(
                FLOATS, INTS, 1L << 40, 1L << 40, FLOATS, FLOATS, FLOATS, null))
        .isEqualTo(EB_UNSUPPORTED);
  }

  @Test
  void poolsAndBatchesAreChecked() {
    PoolExtents pool = new PoolExtents().images(1).height(4).width(4).channels(1).kernel(16);
    assertThat(NativeCudaKernels.eb_cuda_max_pool2d(EB_CUDA_F32, FLOATS, pool, FLOATS, BYTES, null))
        .isEqualTo(EB_BAD_ARGUMENT);
    pool.kernel(5).stride(1).padding(0);
    assertThat(NativeCudaKernels.eb_cuda_max_pool2d(EB_CUDA_F32, FLOATS, pool, FLOATS, BYTES, null))
        .isEqualTo(EB_BAD_ARGUMENT);
    BatchExtents batch = new BatchExtents().batch(-1);
    assertThat(
            NativeCudaKernels.eb_cuda_augment_u8(
                BYTES, INTS, INTS, null, null, FLOATS, batch, FLOATS, INTS, null))
        .isEqualTo(EB_BAD_ARGUMENT);
  }

  @Test
  void scratchGrowsWithTheShapeAndHasALimit() {
    assertThat(NativeCudaKernels.eb_cuda_batch_norm_scratch_bytes(-1, 3)).isZero();
    assertThat(NativeCudaKernels.eb_cuda_batch_norm_scratch_bytes(1, 512))
        .isGreaterThanOrEqualTo(2 * 512 * 8 + 2 * 512 * 4);
    assertThat(NativeCudaKernels.eb_cuda_batch_norm_scratch_bytes(1 << 20, 512))
        .isLessThan(2L << 20);
  }

  @Test
  void theLibraryHoldsCodeForAllTargets() throws IOException {
    try (InputStream in = getClass().getResourceAsStream(LIBRARY)) {
      assertThat(codes(in.readAllBytes()))
          .containsExactly("machine code 80", "machine code 90", "ptx 90");
    }
  }

  /** Kinds and targets of the code in NVIDIA's containers, which start with a magic number. */
  private static Set<String> codes(byte[] library) {
    ByteBuffer data = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
    Set<String> codes = new TreeSet<>();
    for (int i = 0; i + 16 <= library.length; i += 4) {
      if (data.getInt(i) != 0xBA55ED50 || data.getShort(i + 4) != 1) {
        continue;
      }
      int entry = i + data.getShort(i + 6);
      int end = (int) (entry + data.getLong(i + 8));
      while (entry + 32 <= end && end <= library.length) {
        codes.add((data.getShort(entry) == 1 ? "ptx " : "machine code ") + data.getInt(entry + 28));
        entry += (int) (data.getInt(entry + 4) + data.getLong(entry + 8));
      }
    }
    return codes;
  }
}
