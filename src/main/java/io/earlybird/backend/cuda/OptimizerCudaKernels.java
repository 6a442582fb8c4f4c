package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_SGD_CHUNK;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_SGD_ITEM_BYTES;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_add_sign_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_increment_i64;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_multi_sgd_update_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_sgd_update_f32;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_update_average_f32;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;

/** Updates of trained and running state, in place where the plan wants it, in any form. */
final class OptimizerCudaKernels {
  private OptimizerCudaKernels() {}

  static Kernel addSign(KernelRequest request, CudaBackend backend) {
    float scale = ((AddSign) request.op()).scale();
    long n = OwnCudaKernel.existing(request, 0, 2).elements();
    return OwnCudaKernel.elementwise(
        request,
        backend,
        2,
        b -> {
          var g = b.in(0);
          var w = b.in(1);
          var y = b.out(0);
          var stream = b.stream();
          return () -> eb_cuda_add_sign_f32(g, w, scale, y, n, stream);
        });
  }

  static Kernel sgdUpdate(KernelRequest request, CudaBackend backend) {
    SgdUpdate op = (SgdUpdate) request.op();
    float momentum = op.momentum();
    float decay = op.weightDecay();
    long n = OwnCudaKernel.existing(request, 0, 3).elements();
    return OwnCudaKernel.elementwise(
            request,
            backend,
            3,
            b -> {
              var w = b.in(0);
              var m = b.in(1);
              var g = b.in(2);
              var rate = b.in(3);
              var newW = b.out(0);
              var newM = b.out(1);
              var stream = b.stream();
              return () ->
                  eb_cuda_sgd_update_f32(w, m, g, rate, momentum, decay, newW, newM, n, stream);
            })
        .overwriting((output, input) -> output == input);
  }

  static Kernel multiSgdUpdate(KernelRequest request, CudaBackend backend) {
    List<MultiSgdUpdate.Item> items = ((MultiSgdUpdate) request.op()).items();
    int count = items.size();
    List<Form> inputs = new ArrayList<>();
    List<Form> outputs = new ArrayList<>();
    int[] firstChunk = new int[count + 1];
    for (int i = 0; i < count; i++) {
      Form form = OwnCudaKernel.existing(request, 3 * i, 3);
      inputs.addAll(Collections.nCopies(3, form));
      outputs.addAll(Collections.nCopies(2, form));
      long chunks = (form.elements() + EB_CUDA_SGD_CHUNK - 1) / EB_CUDA_SGD_CHUNK;
      firstChunk[i + 1] = Math.addExact(firstChunk[i], Math.toIntExact(chunks));
    }
    inputs.add(Form.plain(request.inputs().get(3 * count)));
    return OwnCudaKernel.of(
            backend,
            request.describe(),
            inputs,
            outputs,
            b -> {
              var table = b.table(items(items, inputs, b));
              var first = new IntPointer(b.table(bytes(firstChunk)));
              var rate = b.in(3 * count);
              var stream = b.stream();
              long chunks = firstChunk[count];
              return () -> eb_cuda_multi_sgd_update_f32(table, first, count, chunks, rate, stream);
            })
        .overwriting((output, input) -> input == output / 2 * 3 + output % 2);
  }

  /** The C struct eb_sgd_item of native/include/earlybird/optimizer.h, once per tensor. */
  private static byte[] items(List<MultiSgdUpdate.Item> items, List<Form> forms, CudaBuffers b) {
    ByteBuffer table = littleEndian(Math.max(1, items.size()) * EB_CUDA_SGD_ITEM_BYTES);
    for (int i = 0; i < items.size(); i++) {
      MultiSgdUpdate.Item item = items.get(i);
      table.position(i * EB_CUDA_SGD_ITEM_BYTES);
      put(table, item, forms.get(3 * i).elements(), i, b);
    }
    return table.array();
  }

  /** Writes the struct of item {@code i}, of {@code n} stored elements, without its padding. */
  static void put(ByteBuffer table, MultiSgdUpdate.Item item, long n, int i, CudaBuffers b) {
    table.putLong(b.in(3 * i).address());
    table.putLong(b.in(3 * i + 1).address());
    table.putLong(b.in(3 * i + 2).address());
    table.putLong(b.out(2 * i).address());
    table.putLong(b.out(2 * i + 1).address());
    table.putLong(n);
    table.putFloat(item.momentum());
    table.putFloat(item.weightDecay());
    table.putFloat(item.l1Scale());
  }

  /** Integers as a table for the device. */
  static byte[] bytes(int[] values) {
    ByteBuffer table = littleEndian(Math.max(1, values.length) * Integer.BYTES);
    table.asIntBuffer().put(values);
    return table.array();
  }

  static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static Kernel updateAverage(KernelRequest request, CudaBackend backend) {
    float correction = ((UpdateAverage) request.op()).correction();
    long n = OwnCudaKernel.existing(request, 0, 2).elements();
    return OwnCudaKernel.elementwise(
        request,
        backend,
        2,
        b -> {
          var average = b.in(0);
          var value = b.in(1);
          var momentum = b.in(2);
          var y = b.out(0);
          var stream = b.stream();
          return () ->
              eb_cuda_update_average_f32(average, value, momentum, correction, y, n, stream);
        });
  }

  static Kernel increment(KernelRequest request, CudaBackend backend) {
    long by = ((Increment) request.op()).by();
    return OwnCudaKernel.plain(
            request,
            backend,
            b -> {
              var counter = b.longsIn(0);
              var y = b.longsOut(0);
              var stream = b.stream();
              return () -> eb_cuda_increment_i64(counter, by, y, stream);
            })
        .overwriting((output, input) -> true);
  }
}
