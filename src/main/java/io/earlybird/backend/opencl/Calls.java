package io.earlybird.backend.opencl;

import static io.earlybird.backend.opencl.OpenClStatus.check;
import static org.jocl.CL.clEnqueueCopyBuffer;
import static org.jocl.CL.clEnqueueNDRangeKernel;
import static org.jocl.CL.clReleaseKernel;
import static org.jocl.CL.clSetKernelArg;

import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;

/**
 * The calls of one bound kernel, in order. Arguments are set while binding, never while running.
 */
final class Calls implements AutoCloseable {
  /** Results that are smaller than this part of what leaves the caches are kept there. */
  private static final int LEAST_STREAMED_PART = 8;

  private final OwnOpenClKernel owner;
  private final List<Slice> inputs;
  private final List<Slice> outputs;
  private final Slice scratch;
  private final List<cl_kernel> kernels = new ArrayList<>();
  private final List<Launch> launches = new ArrayList<>();

  Calls(OwnOpenClKernel owner, List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    this.owner = owner;
    this.inputs = inputs;
    this.outputs = outputs;
    this.scratch = scratch;
  }

  Spread spread() {
    return owner.backend().spread();
  }

  Slice input(int i) {
    return inputs.get(i);
  }

  Slice output(int i) {
    return outputs.get(i);
  }

  /**
   * The option with which a processor writes a result past its caches: if it and what is read
   * beside it would leave them anyway, it begins on a line and is written over no operand.
   */
  String streaming(int output) {
    Slice result = outputs.get(output);
    boolean apart =
        inputs.stream().noneMatch(i -> i.memory() == result.memory() && overlap(i, result));
    long all = Stream.of(inputs, outputs).flatMap(List::stream).mapToLong(Slice::bytes).sum();
    return apart
            && all >= spread().streamBytes()
            && result.bytes() >= spread().streamBytes() / LEAST_STREAMED_PART
            && result.offset() % (Spread.LINE * Float.BYTES) == 0
        ? "-DEB_STREAM=1"
        : "";
  }

  private static boolean overlap(Slice a, Slice b) {
    return a.offset() < b.offset() + b.bytes() && b.offset() < a.offset() + a.bytes();
  }

  /** A table in device memory that lives as long as the kernel. */
  Slice table(byte[] content) {
    return owner.table(content);
  }

  /** Begins the call of a kernel of a file. */
  Call call(String file, String defines, String name) {
    cl_kernel kernel = owner.backend().programs().kernel(file, defines, name);
    kernels.add(kernel);
    return new Call(kernel, name);
  }

  /** Begins the call of a kernel of a file without options of its own. */
  Call call(String file, String name) {
    return call(file, "", name);
  }

  /** Copies an operand's bytes to a result. */
  void copy(int input, int output, long bytes) {
    cl_mem from = OpenClMemory.object(inputs.get(input));
    cl_mem to = OpenClMemory.object(outputs.get(output));
    long fromAt = inputs.get(input).offset();
    long toAt = outputs.get(output).offset();
    cl_command_queue queue = owner.backend().queue();
    String what = owner.what();
    if (bytes > 0) {
      launches.add(
          () ->
              check(
                  clEnqueueCopyBuffer(queue, from, to, fromAt, toAt, bytes, 0, null, null), what));
    }
  }

  Launch launch() {
    if (launches.size() == 1) {
      return launches.get(0);
    }
    Launch[] all = launches.toArray(Launch[]::new);
    return () -> {
      for (Launch one : all) {
        one.run();
      }
    };
  }

  @Override
  public void close() {
    kernels.forEach(kernel -> clReleaseKernel(kernel));
    kernels.clear();
  }

  /** The call of one kernel: arguments in the order of its declaration, then how far it runs. */
  final class Call {
    private final cl_kernel kernel;
    private final String name;
    private int count;

    private Call(cl_kernel kernel, String name) {
      this.kernel = kernel;
      this.name = name;
    }

    private Call argument(long size, Pointer value) {
      check(clSetKernelArg(kernel, count, size, value), "argument " + count + " of " + name);
      count++;
      return this;
    }

    /** A memory alone. */
    Call memory(Slice slice) {
      return argument(Sizeof.cl_mem, Pointer.to(OpenClMemory.object(slice)));
    }

    /** A memory and where the slice begins in it, counted in elements. */
    Call slice(Slice slice, int elementBytes) {
      return memory(slice).number(slice.offset() / elementBytes);
    }

    /** The same from an element of the slice on. */
    Call slice(Slice slice, int elementBytes, long from) {
      return memory(slice).number(slice.offset() / elementBytes + from);
    }

    /** fp32 operands. */
    Call in(int... operands) {
      for (int i : operands) {
        slice(inputs.get(i), Float.BYTES);
      }
      return this;
    }

    /** fp32 results. */
    Call out(int... results) {
      for (int i : results) {
        slice(outputs.get(i), Float.BYTES);
      }
      return this;
    }

    /** Scratch memory from a byte on. */
    Call room(long from, int elementBytes) {
      return memory(scratch).number((scratch.offset() + from) / elementBytes);
    }

    Call numbers(int... values) {
      for (int value : values) {
        argument(Sizeof.cl_int, Pointer.to(new int[] {value}));
      }
      return this;
    }

    Call number(long value) {
      return argument(Sizeof.cl_long, Pointer.to(new long[] {value}));
    }

    Call number(float value) {
      return argument(Sizeof.cl_float, Pointer.to(new float[] {value}));
    }

    /** Runs EB_ELEMENTS over n elements. */
    void elements(long n) {
      groups(n, spread().span());
    }

    /** Runs EB_ITEMS over n items. */
    void items(long n) {
      groups(n, spread().items());
    }

    /** Runs EB_RUN over n rounds, one per work-item. */
    void rounds(long n) {
      groups(n, 1);
    }

    private void groups(long n, long each) {
      long perGroup = spread().group() * each;
      over((n + perGroup - 1) / perGroup * spread().group(), spread().group());
    }

    /** Runs one work-item for each of n, rounded up to whole groups. */
    void each(long n) {
      long group = spread().group();
      over((n + group - 1) / group * group, group);
    }

    /** Runs work-items in groups. */
    void over(long all, long group) {
      run(new long[] {all}, new long[] {group});
    }

    /** Runs work-items in groups of any dimension; nothing if there are none. */
    void run(long[] all, long[] group) {
      for (long extent : all) {
        if (extent == 0) {
          return;
        }
      }
      cl_command_queue queue = owner.backend().queue();
      String what = name + " for " + owner.what();
      launches.add(
          () ->
              check(
                  clEnqueueNDRangeKernel(
                      queue, kernel, all.length, null, all, group, 0, null, null),
                  what));
    }
  }
}
