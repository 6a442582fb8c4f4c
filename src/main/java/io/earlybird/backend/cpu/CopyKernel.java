package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/** The copy of a tensor between buffers of one form, by all threads. */
record CopyKernel(Form form) implements Kernel {
  @Override
  public List<Form> inputForms() {
    return List.of(form);
  }

  @Override
  public List<Form> outputForms() {
    return List.of(form);
  }

  @Override
  public String choice() {
    return "copy";
  }

  @Override
  public Launch bind(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
    Pointer source = CpuMemory.pointer(inputs.get(0));
    Pointer target = CpuMemory.pointer(outputs.get(0));
    long bytes = form.bytes();
    return () -> {
      int status = NativeKernels.eb_copy(source, target, bytes);
      if (status != NativeKernels.EB_OK) {
        throw new EarlybirdException("copy of " + form + ": " + OwnKernel.explain(status));
      }
    };
  }
}
