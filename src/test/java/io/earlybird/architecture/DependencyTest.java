package io.earlybird.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Dependencies point one way: cli → training → {tickets, lowprecision, models, data, checkpoint,
 * energy, report} → nn/optim → autograd → tensor ← plan → backend.
 */
class DependencyTest {
  private static final String ROOT = "io.earlybird";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(ROOT);

  /** What every package may use besides itself, the root package and the JDK. */
  private static final Map<String, Set<String>> MAY_USE = rules();

  private static Map<String, Set<String>> rules() {
    Set<String> engine = Set.of("tensor", "random", "autograd", "plan", "backend", "nn", "optim");
    Set<String> rooms =
        Set.of("tickets", "lowprecision", "models", "data", "checkpoint", "energy", "report");
    Set<String> rest = union(union(engine, rooms), Set.of("training", "distributed"));

    Map<String, Set<String>> rules = new TreeMap<>();
    rules.put("random", Set.of());
    rules.put("tensor", Set.of("random"));
    rules.put("autograd", Set.of("tensor"));
    rules.put("backend", Set.of("tensor", "random"));
    rules.put("plan", Set.of("tensor", "backend", "random"));
    rules.put("nn", Set.of("tensor", "autograd", "random"));
    rules.put("optim", Set.of("tensor", "autograd", "random", "nn"));
    rooms.forEach(room -> rules.put(room, union(engine, rooms)));
    rules.put("distributed", engine);
    rules.put("training", rest);
    rules.put("verify", rest);
    rules.put("bench", union(rest, Set.of("verify")));
    rules.put("doctor", Set.of("backend", "data"));
    rules.put("cli", union(rest, Set.of("verify", "bench", "doctor")));
    return rules;
  }

  static List<String> packages() {
    return new ArrayList<>(MAY_USE.keySet());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyWhatLiesBelowIt(String name) {
    Set<String> allowed = new HashSet<>(Set.of(ROOT));
    allowed.add(inside(name));
    MAY_USE.get(name).forEach(other -> allowed.add(inside(other)));
    check(
        classes()
            .that()
            .resideInAPackage(inside(name))
            .should()
            .onlyDependOnClassesThat(
                DescribedPredicate.or(
                    JavaClass.Predicates.resideInAnyPackage(allowed.toArray(String[]::new)),
                    JavaClass.Predicates.resideOutsideOfPackage(ROOT + ".."))));
  }

  @Test
  void everyPackageHasItsRule() {
    Set<String> found = new HashSet<>();
    for (JavaClass type : CLASSES) {
      if (!type.getPackageName().equals(ROOT)) {
        found.add(type.getPackageName().substring(ROOT.length() + 1).split("\\.")[0]);
      }
    }
    assertThat(MAY_USE.keySet()).containsAll(found);
  }

  @Test
  void theRootPackageUsesNoOther() {
    check(
        noClasses()
            .that()
            .resideInAPackage(ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".*.."));
  }

  @Test
  void packagesFormNoCycles() {
    check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
  }

  @Test
  void nativeLibrariesAreReachedThroughBackendsAlone() {
    check(
        onlyIn(
            "org.bytedeco..",
            inside("backend"),
            inside("bench"),
            inside("distributed"),
            ROOT + ".data.picture.."));
    check(onlyIn("org.jocl..", ROOT + ".backend.opencl.."));
    check(onlyIn("org.bytedeco.leptonica..", ROOT + ".data.picture.."));
    check(onlyIn("org.bytedeco.dnnl..", ROOT + ".backend.cpu..", inside("bench")));
  }

  @Test
  void onlyTheCommandLineParsesAndShows() {
    check(onlyIn("picocli..", inside("cli")));
    check(onlyIn("me.tongfei.progressbar..", inside("cli")));
  }

  @Test
  void theReferenceBackendIsNotUsedByAccident() {
    String reference = ROOT + ".backend.reference..";
    // Backends opens it for those who ask for it by name.
    String byName = ROOT + ".backend";
    check(onlyIn(reference, reference, byName, inside("verify"), inside("bench"), inside("cli")));
  }

  @Test
  void onlyTheCommandLineEndsTheProcessOrPrints() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(inside("cli"))
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .accessTargetWhere(isStandardStream()));
  }

  private static DescribedPredicate<JavaAccess<?>> isStandardStream() {
    return DescribedPredicate.describe(
        "it is System.out or System.err",
        access ->
            access instanceof JavaFieldAccess
                && access.getTargetOwner().isEquivalentTo(System.class));
  }

  private static ArchRule onlyIn(String used, String... users) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(users)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(used);
  }

  /** Packages that do not exist yet satisfy every rule. */
  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(CLASSES);
  }

  private static String inside(String name) {
    return ROOT + "." + name + "..";
  }

  private static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }
}
