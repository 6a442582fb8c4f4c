package io.earlybird.verify;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.tensor.op.Op;
import io.earlybird.verify.VerifyRow.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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
  private final Set<String> wanted = new HashSet<>();

  /**
   * A verification.
   *
   * @param candidates the backends to judge, of distinct names; they stay open
   * @throws EarlybirdException if the options name an op that does not exist
   */
  public Verifier(List<Backend> candidates, VerifyOptions options) {
    this.candidates = List.copyOf(candidates);
    this.options = options;
    Set<String> known = new HashSet<>();
    CaseTable.entries().forEach(entry -> known.add(plain(entry.name())));
    GradientCases.ops().forEach(op -> known.add(plain(op.getSimpleName())));
    for (String op : options.ops()) {
      if (!known.contains(plain(op))) {
        throw new EarlybirdException("no op to verify is named " + op);
      }
      wanted.add(plain(op));
    }
  }

  /** A name without case and underscores, so that {@code max_pool2d} means {@code MaxPool2d}. */
  private static String plain(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
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
          VerifyRow row = judge(entry, backend, IntStream.range(0, options.cases()));
          rows.add(row);
          progress.accept(row);
        }
      }
    }
    for (Class<? extends Op> op : GradientCases.ops()) {
      if (options.gradientCases() > 0 && wanted(op.getSimpleName())) {
        VerifyRow row = judgeGradient(op, IntStream.range(0, options.gradientCases()));
        rows.add(row);
        progress.accept(row);
      }
    }
    return new VerifyReport(
        options.seed(), candidates.stream().map(Backend::describe).toList(), rows);
  }

  /**
   * Runs one case of an earlier verification again; the seed is that of the options.
   *
   * @param op name of the op
   * @param backend name of a candidate, or {@link #AUTOGRAD}
   * @param index number of the case, 0 or more
   * @throws EarlybirdException if there is no such op or candidate
   */
  public VerifyRow replay(String op, String backend, int index) {
    if (backend.equals(AUTOGRAD)) {
      for (Class<? extends Op> type : GradientCases.ops()) {
        if (plain(type.getSimpleName()).equals(plain(op))) {
          return judgeGradient(type, IntStream.of(index));
        }
      }
    } else {
      for (CaseTable.Entry entry : CaseTable.entries()) {
        if (plain(entry.name()).equals(plain(op))) {
          return judge(entry, candidate(backend), IntStream.of(index));
        }
      }
    }
    throw new EarlybirdException("no op to verify is named " + op);
  }

  private Backend candidate(String name) {
    return candidates.stream()
        .filter(backend -> backend.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new EarlybirdException(
                    "the case is one of backend %s, which is not among %s"
                        .formatted(name, candidates.stream().map(Backend::name).toList())));
  }

  private boolean wanted(String op) {
    return wanted.isEmpty() || wanted.contains(plain(op));
  }

  private VerifyRow judge(CaseTable.Entry entry, Backend backend, IntStream cases) {
    int ran = 0;
    int declined = 0;
    boolean exact = true;
    double worst = 0;
    int failed = -1;
    String failure = null;
    String reason = "";
    for (int i : cases.toArray()) {
      OpCase test = make(entry, i);
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
        failed = i;
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
        failed,
        detail);
  }

  /** A case by its number. */
  OpCase make(CaseTable.Entry entry, int index) {
    return entry.factory().apply(random(entry.name(), index));
  }

  private VerifyRow judgeGradient(Class<? extends Op> op, IntStream cases) {
    int ran = 0;
    int failed = -1;
    double worst = 0;
    String failure = null;
    for (int i : cases.toArray()) {
      ran++;
      OpCase test =
          GradientCases.make(op, new CaseRandom(seed(op.getSimpleName(), i), false, false));
      var check =
          new GradientCheck(test.inputs(), operands -> GradientCases.graph(test.op(), operands), i);
      String difference = check.run();
      worst = Math.max(worst, check.worstShare());
      if (difference != null && failure == null) {
        failed = i;
        failure = describe(i, test, difference);
      }
    }
    return new VerifyRow(
        op.getSimpleName(),
        AUTOGRAD,
        Direction.GRADIENT,
        ran,
        0,
        false,
        worst,
        failure == null ? Verdict.OK : Verdict.FAILED,
        failed,
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
