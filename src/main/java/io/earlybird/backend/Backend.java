package io.earlybird.backend;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.Op;
import java.util.List;

/**
 * A device that can run ops: memory, copies and prepared kernels for the closed list of ops. One
 * thread drives a backend.
 */
public interface Backend extends AutoCloseable {
  /** Offsets of buffers in memory are multiples of this many bytes. */
  long ALIGNMENT = 256;

  /** System property: a number of channels, see {@link #channelGroup}; 1 for exact widths. */
  String CHANNEL_GROUP = "earlybird.channelGroup";

  /** The smallest multiple of {@link #ALIGNMENT} that is not less. */
  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Short name, as the {@code --backend} option takes it. */
  String name();

  /** One line on the device: processor or card, instruction set, libraries, threads. */
  String describe();

  /** Whether this backend has a kernel for the op on these operands. */
  Support supports(Op op, List<TensorSpec> inputs);

  /**
   * Whether a plan should join its single ops into this one: if it is supported, unless they are
   * known to be faster apart.
   */
  default boolean joins(FusedOp op, List<TensorSpec> inputs) {
    return supports(op, inputs).ok();
  }

  /**
   * Allocates zeroed memory.
   *
   * @param purpose what it is for, used in the message
   * @throws io.earlybird.EarlybirdException if there is not enough, saying how much was wanted
   */
  Memory allocate(long bytes, String purpose);

  /** Bytes allocated and not yet closed. */
  long liveBytes();

  /** The form in which a tensor lives when no kernel asks for another. */
  default Form defaultForm(TensorSpec spec) {
    return Form.plain(spec);
  }

  /**
   * The form in which a trained variable is stored whose first reader wants it in another one.
   *
   * @param wanted what the reader takes; where it is stored otherwise a copy is made for it
   */
  default Form storedForm(TensorSpec spec, Form wanted) {
    return wanted;
  }

  /**
   * The number of channels that the device multiplies together: networks of other widths than
   * multiples of it run on tensors with room for one, see {@code nn.Width}. The system property
   * {@link #CHANNEL_GROUP} says another number.
   */
  default int channelGroup() {
    return Integer.getInteger(CHANNEL_GROUP, 1);
  }

  /**
   * Prepares a kernel.
   *
   * @throws UnsupportedOperationException if {@link #supports} says no
   */
  Kernel prepare(KernelRequest request);

  /** Prepares the copy of a tensor from one form to another (equal forms: a plain copy). */
  Kernel prepareReorder(TensorSpec spec, Form from, Form to);

  /** Joins bound kernels into one program; devices with graphs capture them here. */
  default Program program(List<Launch> launches) {
    Launch[] steps = launches.toArray(Launch[]::new);
    return () -> {
      for (Launch step : steps) {
        step.run();
      }
    };
  }

  /**
   * Waits until everything that was enqueued has run. Reading waits by itself; whoever takes the
   * time of a step waits before and after.
   */
  default void synchronize() {}

  /** Copies a host tensor into a buffer of its default form. */
  void write(Slice target, HostTensor value);

  /** Copies a buffer of the tensor's default form to the host. */
  HostTensor read(Slice source, TensorSpec spec);

  /** Frees everything. */
  @Override
  void close();
}
