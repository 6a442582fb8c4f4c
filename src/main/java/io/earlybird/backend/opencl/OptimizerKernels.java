package io.earlybird.backend.opencl;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.UpdateAverage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Updates of trained and running state, in place where the plan wants it, in any form. */
final class OptimizerKernels {
  /** Bytes of the struct eb_sgd_item of native/opencl/sgd_update.cl. */
  private static final int ITEM_BYTES = 64;

  private OptimizerKernels() {}

  static Kernel addSign(KernelRequest request, OpenClBackend backend) {
    float scale = ((AddSign) request.op()).scale();
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls ->
            calls
                .call("add_sign", "add_sign_f32")
                .in(0, 1)
                .number(scale)
                .out(0)
                .numbers(n)
                .elements(n));
  }

  static Kernel sgdUpdate(KernelRequest request, OpenClBackend backend) {
    SgdUpdate op = (SgdUpdate) request.op();
    int n = (int) OwnOpenClKernel.existing(request, 0, 3).elements();
    return OwnOpenClKernel.elementwise(
            request,
            backend,
            3,
            calls ->
                calls
                    .call("sgd_update", "sgd_update_f32")
                    .in(0, 1, 2, 3)
                    .number(op.momentum())
                    .number(op.weightDecay())
                    .out(0, 1)
                    .numbers(n)
                    .elements(n))
        .overwriting((output, input) -> output == input);
  }

  static Kernel multiSgdUpdate(KernelRequest request, OpenClBackend backend) {
    List<MultiSgdUpdate.Item> items = ((MultiSgdUpdate) request.op()).items();
    int count = items.size();
    List<Form> inputs = new ArrayList<>();
    List<Form> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Form form = OwnOpenClKernel.existing(request, 3 * i, 3);
      inputs.addAll(Collections.nCopies(3, form));
      outputs.addAll(Collections.nCopies(2, form));
    }
    inputs.add(Form.plain(request.inputs().get(3 * count)));
    return OwnOpenClKernel.of(
            backend,
            request.describe(),
            inputs,
            outputs,
            calls -> {
              Map<List<Memory>, List<Integer>> groups = new LinkedHashMap<>();
              for (int i = 0; i < count; i++) {
                groups
                    .computeIfAbsent(
                        slices(calls, i).stream().map(Slice::memory).toList(),
                        memories -> new ArrayList<>())
                    .add(i);
              }
              groups.values().forEach(some -> update(calls, items, inputs, some));
            })
        .overwriting((output, input) -> input == output / 2 * 3 + output % 2);
  }

  /** Weight, momentum buffer, gradient, new weight and new momentum buffer of tensor i. */
  private static List<Slice> slices(Calls calls, int i) {
    return List.of(
        calls.input(3 * i),
        calls.input(3 * i + 1),
        calls.input(3 * i + 2),
        calls.output(2 * i),
        calls.output(2 * i + 1));
  }

  /** One call for tensors whose slices lie in the same memories. */
  private static void update(
      Calls calls, List<MultiSgdUpdate.Item> items, List<Form> forms, List<Integer> some) {
    ByteBuffer table = ByteBuffer.allocate(some.size() * ITEM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long perGroup = (long) calls.spread().group() * calls.spread().span();
    long groups = 0;
    for (int i : some) {
      for (Slice slice : slices(calls, i)) {
        table.putLong(slice.offset() / Float.BYTES);
      }
      long n = forms.get(3 * i).elements();
      MultiSgdUpdate.Item item = items.get(i);
      table.putLong(n).putFloat(item.momentum()).putFloat(item.weightDecay());
      table.putFloat(item.l1Scale()).putInt((int) groups);
      groups += (n + perGroup - 1) / perGroup;
    }
    Calls.Call call = calls.call("sgd_update", "multi_sgd_update_f32");
    slices(calls, some.get(0)).forEach(call::memory);
    call.memory(calls.table(table.array()))
        .numbers(some.size())
        .in(forms.size() - 1)
        .over(groups * calls.spread().group(), calls.spread().group());
  }

  static Kernel updateAverage(KernelRequest request, OpenClBackend backend) {
    float correction = ((UpdateAverage) request.op()).correction();
    int n = (int) OwnOpenClKernel.existing(request, 0, 2).elements();
    return OwnOpenClKernel.elementwise(
        request,
        backend,
        2,
        calls ->
            calls
                .call("update_average", "update_average_f32")
                .in(0, 1, 2)
                .number(correction)
                .out(0)
                .numbers(n)
                .elements(n));
  }

  static Kernel increment(KernelRequest request, OpenClBackend backend) {
    long by = ((Increment) request.op()).by();
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls ->
                calls
                    .call("increment", "increment_i64")
                    .slice(calls.input(0), Long.BYTES)
                    .number(by)
                    .slice(calls.output(0), Long.BYTES)
                    .over(1, 1))
        .overwriting((output, input) -> true);
  }
}
