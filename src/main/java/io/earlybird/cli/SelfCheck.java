package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyReport;
import io.earlybird.verify.VerifyRow;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A look of seconds at every kernel before a first run: does it compute what the reference does?
 */
final class SelfCheck {
  private static final int CASES = 2;

  private SelfCheck() {}

  /**
   * Judges every op of a backend on a few shapes and says how it went in one line.
   *
   * @throws EarlybirdException naming the first op that is wrong
   */
  static void run(Backend backend, PrintWriter out) {
    long from = System.nanoTime();
    VerifyOptions options = new VerifyOptions(CASES, 0, VerifyOptions.DEFAULT_SEED, Set.of());
    VerifyReport report = new Verifier(List.of(backend), options).run();
    if (!report.ok()) {
      VerifyRow wrong =
          report.rows().stream()
              .filter(row -> row.verdict() == VerifyRow.Verdict.FAILED)
              .findFirst()
              .orElseThrow();
      throw new EarlybirdException(
          "self-check: "
              + wrong.op()
              + " on "
              + wrong.backend()
              + " differs from the reference; 'earlybird verify' says more");
    }
    out.printf(
        Locale.ROOT,
        "self-check: %d ops agree with the reference (%.1f s)%n",
        report.count(VerifyRow.Verdict.OK),
        (System.nanoTime() - from) * 1e-9);
  }
}
