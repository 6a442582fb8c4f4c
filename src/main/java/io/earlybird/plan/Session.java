package io.earlybird.plan;

import io.earlybird.backend.Backend;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.List;

/**
 * One run on one backend: a state region, the plans that share it and the scratch arena that they
 * overlay. Not thread-safe. Closing it frees everything but the backend.
 */
public final class Session implements AutoCloseable {
  private final Backend backend;
  private final StateRegion state;
  private final ScratchArena arena;
  private final List<Plan> plans = new ArrayList<>();

  /** Opens a session on a backend, which the caller keeps. */
  public Session(Backend backend) {
    this.backend = backend;
    this.state = new StateRegion(backend);
    this.arena = new ScratchArena(backend);
  }

  /** The backend. */
  public Backend backend() {
    return backend;
  }

  /** The variables of this run. */
  public StateRegion state() {
    return state;
  }

  /** Sets a variable. */
  public void write(Variable variable, HostTensor value) {
    state.write(variable, value);
  }

  /** The value of a variable. */
  public HostTensor read(Variable variable) {
    return state.read(variable);
  }

  /**
   * Prepares a step. Variables that have no storage yet get it, zeroed, in the form that the first
   * kernel wants: build the training plan before writing weights.
   *
   * @param outputs tensors that the host wants to read after a run
   * @param assigns state changes at the end of the step
   */
  public Plan plan(List<Tensor> outputs, List<Assign> assigns) {
    return plan(outputs, assigns, true);
  }

  private Plan plan(List<Tensor> outputs, List<Assign> assigns, boolean fuse) {
    plans.removeIf(Plan::isClosed);
    Plan plan = new Plan(backend, state, arena, outputs, assigns, fuse);
    plans.add(plan);
    return plan;
  }

  /** As {@link #plan}, but every op runs as its own kernel. */
  public Plan unfusedPlan(List<Tensor> outputs, List<Assign> assigns) {
    return plan(outputs, assigns, false);
  }

  /** Computes one tensor now, node by node, from the variables' present values. */
  public HostTensor eval(Tensor tensor) {
    try (Plan plan = new Plan(backend, state, arena, List.of(tensor), List.of(), false)) {
      plan.run();
      return plan.read(tensor);
    }
  }

  /** Bytes of the shared scratch arena that the largest plan needs. */
  public long scratchBytes() {
    return plans.stream().mapToLong(Plan::scratchBytes).max().orElse(0);
  }

  @Override
  public void close() {
    plans.forEach(Plan::close);
    plans.clear();
    arena.close();
    state.close();
  }
}
