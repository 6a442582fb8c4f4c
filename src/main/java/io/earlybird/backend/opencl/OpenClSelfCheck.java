package io.earlybird.backend.opencl;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Op;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a device computes right, before it is taken unasked: a convolution of small whole
 * numbers, which has one right answer in fp32, and subnormal numbers. {@code earlybird verify} says
 * much more.
 */
public final class OpenClSelfCheck {
  /** What the drivers of GPUs make; without any of them no platform is worth loading. */
  private static final List<String> DEVICE_FILES =
      List.of("/dev/dri", "/dev/kfd", "/dev/nvidiactl", "/dev/dxg");

  private static final int SIDE = 5;
  private static final int CHANNELS = 20;

  private OpenClSelfCheck() {}

  /** The first GPU of this machine that passes; never a processor. */
  public static Optional<OpenClDevice> gpu() {
    if (DEVICE_FILES.stream().noneMatch(file -> Files.exists(Path.of(file)))) {
      return Optional.empty();
    }
    try {
      return OpenClDevice.all().stream()
          .filter(device -> device.type() == OpenClDevice.Type.GPU)
          .filter(OpenClSelfCheck::passes)
          .findFirst();
    } catch (EarlybirdException e) {
      return Optional.empty();
    }
  }

  /** Whether a device can be opened and gives the right answers. */
  static boolean passes(OpenClDevice device) {
    try (OpenClBackend backend = OpenClBackend.open(device, Map.of())) {
      return convolves(backend) && keepsSubnormals(backend);
    } catch (EarlybirdException e) {
      return false;
    }
  }

  private static boolean convolves(OpenClBackend backend) {
    HostTensor x = HostTensor.zeros(TensorSpec.f32(2, SIDE, SIDE, CHANNELS));
    HostTensor w = HostTensor.zeros(TensorSpec.f32(CHANNELS, CHANNELS, 1, 1));
    for (int i = 0; i < x.spec().size(); i++) {
      x.buffer().putFloat(Float.BYTES * i, i % 13 - 6);
    }
    for (int i = 0; i < w.spec().size(); i++) {
      w.buffer().putFloat(Float.BYTES * i, i % 11 - 5);
    }
    HostTensor y = run(backend, new Conv2d(1, 0), List.of(x, w));
    for (int i = 0; i < y.spec().size(); i++) {
      float sum = 0;
      for (int c = 0; c < CHANNELS; c++) {
        sum +=
            x.buffer().getFloat(Float.BYTES * (i / CHANNELS * CHANNELS + c))
                * w.buffer().getFloat(Float.BYTES * (i % CHANNELS * CHANNELS + c));
      }
      if (y.buffer().getFloat(Float.BYTES * i) != sum) {
        return false;
      }
    }
    return true;
  }

  private static boolean keepsSubnormals(OpenClBackend backend) {
    HostTensor one = HostTensor.zeros(TensorSpec.f32(1));
    one.buffer().putFloat(0, Float.MIN_VALUE);
    HostTensor sum = run(backend, new AddSign(Float.MIN_VALUE), List.of(one, one));
    return sum.buffer().getFloat(0) == 2 * Float.MIN_VALUE;
  }

  private static HostTensor run(OpenClBackend backend, Op op, List<HostTensor> operands) {
    List<TensorSpec> specs = operands.stream().map(HostTensor::spec).toList();
    TensorSpec result = op.infer(specs).get(0);
    List<Form> plain = specs.stream().map(Form::plain).toList();
    List<Memory> memories = new ArrayList<>();
    try (Kernel kernel = backend.prepare(new KernelRequest(op, specs, List.of(result), plain))) {
      List<Slice> inputs = new ArrayList<>();
      for (int i = 0; i < operands.size(); i++) {
        Slice given = slice(backend, plain.get(i), memories);
        backend.write(given, operands.get(i));
        Slice wanted = slice(backend, kernel.inputForms().get(i), memories);
        try (Kernel reorder =
            backend.prepareReorder(specs.get(i), plain.get(i), kernel.inputForms().get(i))) {
          reorder.bind(List.of(given), List.of(wanted), null).run();
          backend.synchronize();
        }
        inputs.add(wanted);
      }
      Slice output = slice(backend, Form.plain(result), memories);
      Slice scratch =
          new Slice(
              backend.allocate(kernel.scratchBytes(), "a self-check"), 0, kernel.scratchBytes());
      memories.add(scratch.memory());
      kernel.bind(inputs, List.of(output), scratch).run();
      return backend.read(output, result);
    } finally {
      memories.forEach(Memory::close);
    }
  }

  private static Slice slice(OpenClBackend backend, Form form, List<Memory> memories) {
    Memory memory = backend.allocate(form.bytes(), "a self-check");
    memories.add(memory);
    return new Slice(memory, 0, form.bytes());
  }
}
