package io.earlybird.plan;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The variables of a run: one place for parameters, momenta, statistics, counters and resident
 * data, shared by all plans. Each variable keeps one physical form for the life of the region.
 */
public final class StateRegion implements AutoCloseable {
  private record Stored(Form form, Slice slice) {}

  private final Backend backend;
  private final Map<Variable, Stored> stored = new IdentityHashMap<>();
  private final List<Memory> arenas = new ArrayList<>();

  StateRegion(Backend backend) {
    this.backend = backend;
  }

  /** The form of a variable, or {@code null} if it has no storage yet. */
  Form formOf(Variable variable) {
    Stored s = stored.get(variable);
    return s == null ? null : s.form();
  }

  Slice slice(Variable variable) {
    return stored(variable).slice();
  }

  /** Whether the variable has storage. */
  public boolean holds(Variable variable) {
    return stored.containsKey(variable);
  }

  /** Gives zeroed storage in the given forms to variables that have none. */
  void allocate(Map<Variable, Form> forms) {
    List<Variable> fresh =
        forms.keySet().stream()
            .filter(v -> !stored.containsKey(v))
            .sorted(java.util.Comparator.comparing(Variable::name))
            .toList();
    long bytes = 0;
    for (Variable v : fresh) {
      bytes += Backend.aligned(forms.get(v).bytes());
    }
    if (fresh.isEmpty()) {
      return;
    }
    Memory arena = backend.allocate(bytes, "the state of " + fresh.size() + " variables");
    arenas.add(arena);
    long offset = 0;
    for (Variable v : fresh) {
      Form form = forms.get(v);
      stored.put(v, new Stored(form, new Slice(arena, offset, form.bytes())));
      offset += Backend.aligned(form.bytes());
    }
  }

  /** Sets a variable, giving it storage in the default form if it has none. */
  public void write(Variable variable, HostTensor value) {
    if (!variable.spec().equals(value.spec())) {
      throw new EarlybirdException(
          variable.name() + ": expected " + variable.spec() + ", found " + value.spec());
    }
    if (!holds(variable)) {
      Map<Variable, Form> form = new IdentityHashMap<>();
      form.put(variable, backend.defaultForm(variable.stored()));
      allocate(form);
    }
    Stored s = stored(variable);
    HostTensor whole = value.resized(variable.stored().shape());
    Form plain = backend.defaultForm(variable.stored());
    if (s.form().equals(plain)) {
      backend.write(s.slice(), whole);
      return;
    }
    try (Memory staging = backend.allocate(plain.bytes(), "writing " + variable.name())) {
      Slice source = new Slice(staging, 0, plain.bytes());
      backend.write(source, whole);
      reorder(variable, plain, s.form(), source, s.slice());
    }
  }

  /** The value of a variable. */
  public HostTensor read(Variable variable) {
    return whole(variable).resized(variable.shape());
  }

  private HostTensor whole(Variable variable) {
    Stored s = stored(variable);
    Form plain = backend.defaultForm(variable.stored());
    if (s.form().equals(plain)) {
      return backend.read(s.slice(), variable.stored());
    }
    try (Memory staging = backend.allocate(plain.bytes(), "reading " + variable.name())) {
      Slice target = new Slice(staging, 0, plain.bytes());
      reorder(variable, s.form(), plain, s.slice(), target);
      return backend.read(target, variable.stored());
    }
  }

  private void reorder(Variable v, Form from, Form to, Slice source, Slice target) {
    Programs.runOnce(backend, backend.prepareReorder(v.stored(), from, to), source, target);
  }

  private Stored stored(Variable variable) {
    Stored s = stored.get(variable);
    if (s == null) {
      throw new IllegalStateException(
          "variable " + variable + " has no value: write it or build a plan that uses it");
    }
    return s;
  }

  /** Bytes held, padding between variables included. */
  public long bytes() {
    return arenas.stream().mapToLong(Memory::bytes).sum();
  }

  @Override
  public void close() {
    arenas.forEach(Memory::close);
    arenas.clear();
    stored.clear();
  }
}
