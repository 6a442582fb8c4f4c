package io.earlybird.golden;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints, after a test run that touched recorded cases, how many were found, run and are pending,
 * and why. JUnit finds it through {@code META-INF/services}.
 */
public final class GoldenSummary implements TestExecutionListener {
  private final Set<String> run = ConcurrentHashMap.newKeySet();
  private final Set<String> failed = ConcurrentHashMap.newKeySet();

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    String name = test.getDisplayName();
    if (test.isTest() && GoldenRegistry.kinds().containsKey(name.split(" ", 2)[0])) {
      run.add(name);
      if (result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
        failed.add(name);
      }
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    if (!run.isEmpty()) {
      System.out.println(text(GoldenRegistry.cases(), run, failed));
    }
  }

  static String text(List<GoldenCase> cases, Set<String> run, Set<String> failed) {
    Map<String, Map<String, Long>> pending =
        cases.stream()
            .filter(c -> reason(c) != null)
            .collect(
                Collectors.groupingBy(
                    GoldenSummary::reason,
                    TreeMap::new,
                    Collectors.groupingBy(GoldenCase::kind, TreeMap::new, Collectors.counting())));
    long waiting = pending.values().stream().mapToLong(GoldenSummary::total).sum();
    long ran = cases.stream().filter(c -> run.contains(c.toString())).count();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            "golden %s: found %d cases, run %d (failed %d), pending %d",
            GoldenFolder.locate(), cases.size(), ran, failed.size(), waiting));
    pending.forEach(
        (reason, kinds) ->
            text.append(
                String.format("%n  pending %d, %s: %s", total(kinds), reason, list(kinds))));
    return text.toString();
  }

  private static String reason(GoldenCase c) {
    GoldenRegistry.Entry entry = GoldenRegistry.kinds().get(c.kind());
    return entry == null ? "unregistered" : entry.pending();
  }

  private static long total(Map<String, Long> kinds) {
    return kinds.values().stream().mapToLong(Long::longValue).sum();
  }

  private static String list(Map<String, Long> kinds) {
    return kinds.entrySet().stream()
        .map(e -> e.getKey() + " " + e.getValue())
        .collect(Collectors.joining(", "));
  }
}
