package io.earlybird.backend.cuda;

import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Pointer;

/** A way in which cuDNN computes one product of one convolution. */
interface CudnnPlan extends AutoCloseable {
  /** What {@link ConvolutionChoices} finds it by again. */
  String name();

  /** Bytes of workspace that it needs. */
  long workspace();

  /**
   * The call on given buffers; it enqueues, allocates nothing and returns cuDNN's status.
   *
   * @param room workspace, or {@code null} if none is needed
   */
  IntSupplier bind(Pointer x, Pointer w, Pointer y, Pointer room);

  @Override
  void close();
}
