package io.earlybird.verify;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.tensor.op.Op;
import io.earlybird.verify.VerifyRow.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Judges every op on every given backend against the reference, and every gradient rule against
 * finite differences. The same seed gives the same cases on every machine and backend.
 */
public final class Verifier {
  /** Name in the backend column of the rows that judge gradient rules. */
  public static final String AUTOGRAD = "autograd";

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private final List<Backend> candidates;
  private final VerifyOptions options;

  /**
   * A verification.
   *
   * @param candidates the backends to judge, of distinct names; they stay open
   * @throws EarlybirdException if the options name an op that does not exist
   */
  public Verifier(List<Backend> candidates, VerifyOptions options) {
    this.candidates = List.copyOf(candidates);
    this.options = options;
    Set<String> unknown = new HashSet<>(options.ops());
    CaseTable.entries().forEach(entry -> unknown.remove(entry.name()));
    GradientCases.ops().forEach(op -> unknown.remove(op.getSimpleName()));
    if (!unknown.isEmpty()) {
      throw new EarlybirdException("no op to verify is named " + String.join(", ", unknown));
    }
  }

  /** Judges everything. */
  public VerifyReport run() {
    return run(row -> {});
  }

  /** Judges everything and hands on each row as soon as it is known. */
  public VerifyReport run(Consumer<VerifyRow> progress) {
    List<VerifyRow> rows = new ArrayList<>();
    for (CaseTable.Entry entry : CaseTable.entries()) {
      if (wanted(entry.name())) {
        for (Backend backend : candidates) {
          VerifyRow row = judge(entry, backend);
          rows.add(row);
          progress.accept(row);
        }
      }
    }
    for (Class<? extends Op> op : GradientCases.ops()) {
      if (options.gradientCases() > 0 && wanted(op.getSimpleName())) {
        VerifyRow row = judgeGradient(op);
        rows.add(row);
        progress.accept(row);
      }
    }
    return new VerifyReport(
        options.seed(), candidates.stream().map(Backend::describe).toList(), rows);
  }

  private boolean wanted(String op) {
    return options.ops().isEmpty() || options.ops().contains(op);
  }

  private VerifyRow judge(CaseTable.Entry entry, Backend backend) {
    int ran = 0;
    int declined = 0;
    boolean exact = true;
    double worst = 0;
    String failure = null;
    String reason = "";
    for (int i = 0; i < options.cases(); i++) {
      OpCase test = entry.factory().apply(random(entry.name(), i));
      CaseRunner.Outcome outcome = CaseRunner.run(backend, test);
      if (outcome.declined() != null) {
        declined++;
        reason = outcome.declined();
        continue;
      }
      ran++;
      exact &= outcome.exact();
      worst = Math.max(worst, outcome.share());
      if (outcome.failure() != null && failure == null) {
        failure = describe(i, test, outcome.failure());
      }
    }
    Verdict verdict =
        failure != null ? Verdict.FAILED : ran == 0 ? Verdict.UNSUPPORTED : Verdict.OK;
    String detail = failure != null ? failure : ran == 0 ? reason : "";
    return new VerifyRow(
        entry.name(),
        backend.name(),
        entry.direction(),
        ran,
        declined,
        exact && ran > 0,
        worst,
        verdict,
        detail);
  }

  private VerifyRow judgeGradient(Class<? extends Op> op) {
    double worst = 0;
    String failure = null;
    for (int i = 0; i < options.gradientCases(); i++) {
      OpCase test =
          GradientCases.make(op, new CaseRandom(seed(op.getSimpleName(), i), false, false));
      var check =
          new GradientCheck(test.inputs(), operands -> GradientCases.graph(test.op(), operands), i);
      String difference = check.run();
      worst = Math.max(worst, check.worstShare());
      if (difference != null && failure == null) {
        failure = describe(i, test, difference);
      }
    }
    return new VerifyRow(
        op.getSimpleName(),
        AUTOGRAD,
        Direction.GRADIENT,
        options.gradientCases(),
        0,
        false,
        worst,
        failure == null ? Verdict.OK : Verdict.FAILED,
        failure == null ? "" : failure);
  }

  private String describe(int index, OpCase test, String failure) {
    return "case " + index + " of seed " + options.seed() + ": " + test + ": " + failure;
  }

  /** Every fourth case holds special numbers, every sixteenth is large. */
  private CaseRandom random(String op, int index) {
    return new CaseRandom(seed(op, index), index % 4 == 3, index % 16 == 6);
  }

  private long seed(String op, int index) {
    return (options.seed() * 31 + op.hashCode()) * GOLDEN_RATIO + index;
  }
}
