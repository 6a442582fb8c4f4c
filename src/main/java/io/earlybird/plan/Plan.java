package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A step made ready: kernels chosen, buffers placed, launches bound. {@link #run()} allocates
 * nothing, checks no shape and creates no object.
 */
public final class Plan implements AutoCloseable {
  private final Backend backend;
  private final StateRegion state;
  private final ScratchArena arena;
  private final StepGraph graph;
  private final List<Step> steps;
  private final MemoryPlanner layout;
  private final Memory placeholders;
  private final Map<Value, Long> placeholderOffsets = new IdentityHashMap<>();
  private Memory boundTo;
  private Program program;
  private List<Launch> launches = List.of();
  private boolean closed;

  Plan(
      Backend backend,
      StateRegion state,
      ScratchArena arena,
      List<Tensor> outputs,
      List<Assign> assigns,
      boolean fuse) {
    this.backend = backend;
    this.state = state;
    this.arena = arena;
    this.graph = new StepGraph(backend, outputs, assigns);
    if (fuse) {
      new Fusion(graph, backend).run();
      new Rematerialization(graph, backend).run();
    }
    Schedule schedule = new Schedule(graph);
    this.steps = new KernelSelection(backend, state, schedule.inPlace).run(graph, schedule.order());
    this.layout = new MemoryPlanner(steps);
    arena.reserve(layout.bytes());
    long bytes = 0;
    for (Value v : graph.placeholders.values()) {
      placeholderOffsets.put(v, bytes);
      bytes += Backend.aligned(v.form.bytes());
    }
    this.placeholders = bytes == 0 ? null : backend.allocate(bytes, "the inputs of a plan");
  }

  /** Runs the step; when it returns, outputs and variables may be read. */
  public void run() {
    if (closed) {
      throw new IllegalStateException("the plan is closed");
    }
    if (boundTo == null || arena.memory() != boundTo) {
      bind();
    }
    program.run();
  }

  /**
   * Runs the step once, kernel by kernel, waiting after each, for measurements.
   *
   * @return nanoseconds of each of {@link #steps()}
   */
  public long[] profile() {
    if (closed) {
      throw new IllegalStateException("the plan is closed");
    }
    if (boundTo == null || arena.memory() != boundTo) {
      bind();
    }
    long[] nanos = new long[launches.size()];
    for (int i = 0; i < nanos.length; i++) {
      try (Program one = backend.program(List.of(launches.get(i)))) {
        long from = System.nanoTime();
        one.run();
        backend.synchronize();
        nanos[i] = System.nanoTime() - from;
      }
    }
    return nanos;
  }

  private void bind() {
    if (program != null) {
      program.close();
    }
    boundTo = arena.memory();
    launches = new ArrayList<>(steps.size());
    for (Step s : steps) {
      long scratch = s.kernel.scratchBytes();
      launches.add(
          s.kernel.bind(
              s.inputs.stream().map(in -> slice(in.value())).toList(),
              s.outputs.stream().map(this::slice).toList(),
              scratch == 0 ? null : new Slice(boundTo, layout.scratchOffset(s), scratch)));
    }
    program = backend.program(launches);
  }

  private Slice slice(Value v) {
    return switch (v.home) {
      case STATE -> state.slice(v.variable);
      case PLACEHOLDER -> new Slice(placeholders, placeholderOffsets.get(v), v.form.bytes());
      case SCRATCH -> new Slice(boundTo, layout.offset(v), v.form.bytes());
    };
  }

  /** Sets a placeholder; the value stays until it is set again. */
  public void write(Tensor placeholder, HostTensor value) {
    Value v = graph.placeholders.get(placeholder);
    if (v == null) {
      throw new IllegalArgumentException(placeholder.node().op() + " is not an input of this plan");
    }
    if (!v.spec.equals(value.spec())) {
      throw new IllegalArgumentException(
          placeholder.node().op() + ": expected " + v.spec + ", found " + value.spec());
    }
    backend.write(slice(v), value);
  }

  /** The value of an output of the last run; valid until another plan of the session runs. */
  public HostTensor read(Tensor output) {
    Operand o = graph.outputs.get(output);
    if (o == null) {
      throw new IllegalArgumentException(output.node() + " is not an output of this plan");
    }
    if (boundTo == null) {
      throw new IllegalStateException("the plan has not run yet");
    }
    return backend.read(slice(o.value()), o.spec());
  }

  /**
   * One kernel of the plan.
   *
   * @param op name of the op, {@code Reorder} for changes of form
   * @param layer name of the layer, or empty
   * @param inputs logical operands
   * @param outputs logical results
   * @param choice the implementation chosen
   */
  public record StepInfo(
      String op, String layer, List<TensorSpec> inputs, List<TensorSpec> outputs, String choice) {}

  /** The kernels in the order in which they run. */
  public List<StepInfo> steps() {
    return steps.stream()
        .map(
            s ->
                new StepInfo(
                    s.name(),
                    s.layer == null ? "" : s.layer,
                    s.inputSpecs(),
                    s.outputSpecs(),
                    s.kernel.choice()))
        .toList();
  }

  /** What each kernel takes: operations and bytes, in the order of {@link #steps}. */
  public List<Work> stepWork() {
    return StepWork.of(steps);
  }

  /** What one run takes: operations and bytes. */
  public Work work() {
    return Work.sum(stepWork());
  }

  /** Which implementation each op and shape got, for a run's record. */
  public Map<String, String> choices() {
    Map<String, String> out = new LinkedHashMap<>();
    for (Step s : steps) {
      if (s.op != null) {
        out.put(s.op + " " + s.inputSpecs(), s.kernel.choice());
      }
    }
    return out;
  }

  /** Bytes of scratch that this plan needs: activations, gradients and kernels' own scratch. */
  public long scratchBytes() {
    return layout.bytes();
  }

  /**
   * Bytes that are made before the first gradient and read after it: what the forward pass keeps
   * for the backward pass. 0 for plans without gradients.
   */
  public long keptBytes() {
    Map<Step, Integer> places = new IdentityHashMap<>();
    steps.forEach(s -> places.put(s, places.size()));
    int first =
        steps.stream()
            .filter(s -> s.name().contains("Backward"))
            .mapToInt(places::get)
            .min()
            .orElse(steps.size());
    return steps.subList(0, first).stream()
        .flatMap(s -> s.outputs.stream())
        .filter(v -> v.home == Value.Home.SCRATCH)
        .filter(v -> v.readers.stream().anyMatch(r -> places.getOrDefault(r, -1) > first))
        .mapToLong(v -> v.form.bytes())
        .sum();
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (program != null) {
      program.close();
      program = null;
      launches = List.of();
    }
    boundTo = null;
    if (placeholders != null) {
      placeholders.close();
    }
    steps.forEach(s -> s.kernel.close());
  }
}
