package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.util.List;

/** A backend without a device on which every op has one kernel, in plain forms; it runs nothing. */
final class PlainBackend implements Backend {
  @Override
  public String name() {
    return "plain";
  }

  @Override
  public String describe() {
    return "runs nothing";
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    return Support.YES;
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    return new Memory() {
      @Override
      public long bytes() {
        return bytes;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public long liveBytes() {
    return 0;
  }

  @Override
  public Kernel prepare(KernelRequest r) {
    return new PlainKernel(
        r.inputs().stream().map(Form::plain).toList(),
        r.outputs().stream().map(Form::plain).toList());
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    return new PlainKernel(List.of(from), List.of(to));
  }

  private record PlainKernel(List<Form> inputForms, List<Form> outputForms) implements Kernel {
    @Override
    public boolean mayOverwrite(int output, int input) {
      return true;
    }

    @Override
    public String choice() {
      return "plain";
    }

    @Override
    public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
      return () -> {};
    }
  }

  @Override
  public void write(Slice target, HostTensor value) {}

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    return HostTensor.zeros(spec);
  }

  @Override
  public void close() {}
}
