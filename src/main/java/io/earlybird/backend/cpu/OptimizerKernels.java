package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_add_sign_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_increment_i64;
import static io.earlybird.backend.cpu.NativeKernels.eb_multi_sgd_update_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_sgd_update_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_update_average_f32;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.SgdItem;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Updates of trained and running state, in place where the plan wants it. Weights, momenta and
 * gradients may have any form; padding that is zero stays zero.
 */
final class OptimizerKernels {
  private OptimizerKernels() {}

  static Kernel addSign(KernelRequest request) {
    float scale = ((AddSign) request.op()).scale();
    long n = OwnKernel.existing(request, 0, 2).elements();
    return OwnKernel.elementwise(
        request,
        2,
        b -> {
          var g = b.in(0);
          var w = b.in(1);
          var y = b.out(0);
          return () -> eb_add_sign_f32(g, w, scale, y, n);
        });
  }

  static Kernel sgdUpdate(KernelRequest request) {
    SgdUpdate op = (SgdUpdate) request.op();
    long n = OwnKernel.existing(request, 0, 3).elements();
    return OwnKernel.elementwise(
            request,
            3,
            b -> {
              var w = b.in(0);
              var m = b.in(1);
              var g = b.in(2);
              var rate = b.in(3);
              var newW = b.out(0);
              var newM = b.out(1);
              return () ->
                  eb_sgd_update_f32(w, m, g, rate, op.momentum(), op.weightDecay(), newW, newM, n);
            })
        .overwriting((output, input) -> output == input);
  }

  static Kernel multiSgdUpdate(KernelRequest request) {
    List<MultiSgdUpdate.Item> items = ((MultiSgdUpdate) request.op()).items();
    int count = items.size();
    List<Form> inputs = new ArrayList<>();
    List<Form> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Form form = OwnKernel.existing(request, 3 * i, 3);
      inputs.addAll(Collections.nCopies(3, form));
      outputs.addAll(Collections.nCopies(2, form));
    }
    inputs.add(Form.plain(request.inputs().get(3 * count)));
    return OwnKernel.of(
            request,
            inputs,
            outputs,
            b -> {
              SgdItem table = table(items, inputs, b);
              var rate = b.in(3 * count);
              return () -> eb_multi_sgd_update_f32(table, count, rate);
            })
        .overwriting((output, input) -> input == output / 2 * 3 + output % 2);
  }

  private static SgdItem table(List<MultiSgdUpdate.Item> items, List<Form> forms, Buffers b) {
    SgdItem table = new SgdItem(Math.max(1, items.size()));
    for (int i = 0; i < items.size(); i++) {
      fill(table.getPointer(i), items.get(i), forms.get(3 * i).elements(), i, b);
    }
    return table;
  }

  /** Writes what the library needs to know of item {@code i}, of {@code n} stored elements. */
  static void fill(SgdItem row, MultiSgdUpdate.Item item, long n, int i, Buffers b) {
    row.weight(b.in(3 * i))
        .momentum_buffer(b.in(3 * i + 1))
        .gradient(b.in(3 * i + 2))
        .new_weight(b.out(2 * i))
        .new_momentum(b.out(2 * i + 1))
        .n(n)
        .momentum(item.momentum())
        .weight_decay(item.weightDecay())
        .l1_scale(item.l1Scale());
  }

  static Kernel updateAverage(KernelRequest request) {
    float correction = ((UpdateAverage) request.op()).correction();
    long n = OwnKernel.existing(request, 0, 2).elements();
    return OwnKernel.elementwise(
        request,
        2,
        b -> {
          var average = b.in(0);
          var value = b.in(1);
          var momentum = b.in(2);
          var y = b.out(0);
          return () -> eb_update_average_f32(average, value, momentum, correction, y, n);
        });
  }

  static Kernel increment(KernelRequest request) {
    long by = ((Increment) request.op()).by();
    return OwnKernel.plain(
            request,
            b -> {
              var counter = b.longsIn(0);
              var y = b.longsOut(0);
              return () -> eb_increment_i64(counter, by, y);
            })
        .overwriting((output, input) -> true);
  }
}
