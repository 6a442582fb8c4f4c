package io.earlybird.plan;

import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The order of the steps: data dependencies, then write-after-read edges, then the level in the
 * graph. An assigned value is written straight into the variable's buffer if every other reader of
 * the old value can run before its producer; otherwise it is copied there at the end.
 */
final class Schedule {
  private final StepGraph graph;
  private final Map<Step, Set<Step>> after = new HashMap<>();

  /** Assigned variables whose new value is written in place, by the value. */
  final Map<Value, Variable> inPlace = new HashMap<>();

  Schedule(StepGraph graph) {
    this.graph = graph;
    for (Step s : graph.steps) {
      Set<Step> before = new LinkedHashSet<>();
      for (Operand in : s.inputs) {
        if (in.value().producer != null) {
          before.add(in.value().producer);
        }
      }
      after.put(s, before);
    }
    graph.assigns.forEach(this::placeInState);
  }

  private void placeInState(Variable variable, Operand assigned) {
    Value value = assigned.value();
    Step producer = value.producer;
    Value old = graph.variables.get(variable);
    if (producer == null
        || inPlace.containsKey(value)
        || !assigned.spec().equals(value.spec)
        || graph.isWanted(old)) {
      return;
    }
    Set<Step> readers = new LinkedHashSet<>(old.readers);
    readers.remove(producer);
    for (Step r : readers) {
      if (dependsOn(r, producer)) {
        return;
      }
    }
    after.get(producer).addAll(readers);
    inPlace.put(value, variable);
  }

  private boolean dependsOn(Step step, Step ancestor) {
    Set<Step> seen = new HashSet<>();
    List<Step> stack = new ArrayList<>(List.of(step));
    while (!stack.isEmpty()) {
      Step s = stack.remove(stack.size() - 1);
      if (s == ancestor) {
        return true;
      }
      if (seen.add(s)) {
        stack.addAll(after.get(s));
      }
    }
    return false;
  }

  List<Step> order() {
    Map<Step, Integer> position = new HashMap<>();
    Map<Step, Integer> waiting = new HashMap<>();
    Map<Step, List<Step>> next = new HashMap<>();
    for (Step s : graph.steps) {
      position.put(s, position.size());
      waiting.put(s, after.get(s).size());
      after.get(s).forEach(p -> next.computeIfAbsent(p, k -> new ArrayList<>()).add(s));
    }
    PriorityQueue<Step> ready =
        new PriorityQueue<>(
            Comparator.<Step>comparingInt(s -> s.level).thenComparingInt(position::get));
    graph.steps.stream().filter(s -> waiting.get(s) == 0).forEach(ready::add);
    List<Step> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      Step s = ready.poll();
      order.add(s);
      for (Step n : next.getOrDefault(s, List.of())) {
        if (waiting.merge(n, -1, Integer::sum) == 0) {
          ready.add(n);
        }
      }
    }
    if (order.size() != graph.steps.size()) {
      throw new IllegalStateException("the steps of this plan depend on each other in a circle");
    }
    return order;
  }
}
