package io.earlybird.verify;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.backend.reference.ReferenceOps;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * A reference backend that also takes fused ops, and whose kernel for one op is broken in a given
 * way.
 */
final class FaultyBackend implements Backend {
  /** A way to be wrong. It sees a kernel and its buffers and stands in for its launch. */
  @FunctionalInterface
  interface Fault {
    Launch replace(
        Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out);
  }

  private final Backend backend = new ReferenceBackend(DType.F32);
  private final Class<? extends Op> broken;
  private final Fault fault;

  FaultyBackend(Class<? extends Op> broken, Fault fault) {
    this.broken = broken;
    this.fault = fault;
  }

  @Override
  public Kernel prepare(KernelRequest request) {
    boolean fused = request.op() instanceof FusedOp;
    Kernel right = fused ? new FusedKernel(request) : backend.prepare(request);
    return request.op().getClass() == broken ? new BrokenKernel(request, right) : right;
  }

  private final class BrokenKernel implements Kernel {
    private final KernelRequest request;
    private final Kernel right;

    BrokenKernel(KernelRequest request, Kernel right) {
      this.request = request;
      this.right = right;
    }

    @Override
    public List<Form> inputForms() {
      return right.inputForms();
    }

    @Override
    public List<Form> outputForms() {
      return right.outputForms();
    }

    @Override
    public boolean mayOverwrite(int output, int input) {
      return right.mayOverwrite(output, input);
    }

    @Override
    public String choice() {
      return "broken";
    }

    @Override
    public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
      Launch launch = right.bind(inputs, outputs, scratch);
      return fault.replace(launch, backend, request, inputs, outputs);
    }
  }

  private final class FusedKernel implements Kernel {
    private final KernelRequest request;

    FusedKernel(KernelRequest request) {
      this.request = request;
    }

    @Override
    public List<Form> inputForms() {
      return request.inputs().stream().map(backend::defaultForm).toList();
    }

    @Override
    public List<Form> outputForms() {
      return request.outputs().stream().map(backend::defaultForm).toList();
    }

    @Override
    public String choice() {
      return "decomposed";
    }

    @Override
    public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
      return () -> {
        List<HostTensor> values = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
          values.add(backend.read(inputs.get(i), request.inputs().get(i)));
        }
        List<HostTensor> results = ReferenceOps.evaluate(request.op(), values, DType.F32).outputs();
        for (int i = 0; i < outputs.size(); i++) {
          backend.write(outputs.get(i), results.get(i));
        }
      };
    }
  }

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public String describe() {
    return "faulty: " + broken.getSimpleName();
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    return op instanceof FusedOp ? Support.YES : backend.supports(op, inputs);
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    return backend.allocate(bytes, purpose);
  }

  @Override
  public long liveBytes() {
    return backend.liveBytes();
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    return backend.prepareReorder(spec, from, to);
  }

  @Override
  public void write(Slice target, HostTensor value) {
    backend.write(target, value);
  }

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    return backend.read(source, spec);
  }

  @Override
  public void close() {
    backend.close();
  }
}
