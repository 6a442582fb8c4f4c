package io.earlybird.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds every case in a folder of recorded cases and names its kind from the layout's folders and
 * from the case's own description, never from the case's name: other seeds, shapes and names must
 * be found too. What it does not know becomes a kind that the registry does not know either.
 */
final class GoldenWalk {
  private final Path root;
  private final List<GoldenCase> cases = new ArrayList<>();

  private GoldenWalk(Path root) {
    this.root = root;
  }

  /** All cases below {@code root}, in the order of their names. */
  static List<GoldenCase> cases(Path root) {
    GoldenWalk walk = new GoldenWalk(root);
    for (Path entry : GoldenFolder.list(root)) {
      walk.entry(entry);
    }
    return List.copyOf(walk.cases);
  }

  private void entry(Path entry) {
    String name = name(entry);
    if (name.equals("generator_vectors.json")) {
      file("generator", entry);
    } else if (Files.isDirectory(entry)) {
      switch (name) {
        case "quant" -> each(entry, this::quant);
        case "optim" -> each(entry, this::optim);
        case "models" -> each(entry, this::models);
        case "prune" -> each(entry, this::prune);
        case "earlybird" -> each(entry, this::earlyBird);
        case "checkpoints" -> each(entry, this::checkpoints);
        case "data" -> each(entry, this::data);
        default -> add(name, entry, "", empty());
      }
    } else if (name.endsWith(".json") || name.endsWith(".npy")) {
      file(name, entry);
    }
  }

  private void quant(Path entry) {
    String description =
        Files.exists(entry.resolve("index.json")) ? "index.json" : "behaviour.json";
    folder("quant/" + name(entry), entry, description);
  }

  private void optim(Path entry) {
    if (name(entry).equals("lowprecision_wrapper_facts.json")) {
      file("optim/wrapper-facts", entry);
      return;
    }
    JsonNode meta = description(entry, "meta.json");
    String kind;
    if (meta.has("alphas")) {
      kind = "swa";
    } else if (meta.has("low_precision")) {
      kind = meta.get("low_precision").isNull() ? "fp32" : "lowprecision";
      kind += meta.has("steps") ? "" : "-one-step";
    } else {
      kind = name(entry);
    }
    add("optim/" + kind, entry, "", meta);
  }

  private void models(Path entry) {
    if (name(entry).equals("structure")) {
      for (Path file : GoldenFolder.list(entry)) {
        JsonNode meta = GoldenFolder.json(file);
        boolean low = meta.path("low_precision").asBoolean();
        String kind = family(meta) + (low ? "/structure-lowprecision" : "/structure");
        add("models/" + kind, entry, stem(file), meta);
      }
    } else if (name(entry).equals("initial_value_statistics.json")) {
      file("models/initial-values", entry);
    } else {
      JsonNode meta = description(entry, "meta.json");
      add("models/" + family(meta) + "/numeric", entry, "", meta);
    }
  }

  private void prune(Path entry) {
    if (name(entry).equals("crashes.json")) {
      file("prune/crashes", entry);
      return;
    }
    JsonNode meta = description(entry, "meta.json");
    String kind = "prune/" + pruner(entry, meta);
    boolean any = false;
    for (Path file : GoldenFolder.list(entry)) {
      String name = name(file);
      if (name.endsWith(".json") && !name.endsWith(".bundle.json") && !name.equals("meta.json")) {
        boolean rewind = name.startsWith("rewind_");
        add(rewind ? kind + "-rewind" : kind, entry, stem(file), meta);
        any = true;
      }
    }
    if (!any) {
      add(kind + "-without-result", entry, "", meta);
    }
  }

  /** Dead-layer folders have no description: every result brings its own input network. */
  private static String pruner(Path folder, JsonNode meta) {
    if (meta.isEmpty()) {
      boolean inputs =
          GoldenFolder.list(folder).stream().anyMatch(f -> name(f).endsWith(".input.bundle.json"));
      return inputs ? "vgg-own-inputs" : name(folder);
    }
    String script = meta.path("script").asText("without-script");
    return switch (script) {
      case "vggprune" -> "vgg";
      case "resprune" -> meta.has("arch") ? family(meta) : "preresnet";
      case "resprune_50" -> "resnet50";
      case "vggprune_lp" -> "vgg-lowprecision";
      case "resprune_lp" -> "preresnet-lowprecision";
      case "vggprune_lp_protective" -> "vgg-protective";
      default -> script;
    };
  }

  private void earlyBird(Path entry) {
    JsonNode meta = description(entry, "meta.json");
    boolean known = meta.has("layer_sizes") && meta.has("percents");
    add(known ? "earlybird" : "earlybird/" + name(entry), entry, "", meta);
  }

  private void checkpoints(Path entry) {
    String name = name(entry);
    if (Files.isDirectory(entry)) {
      folder("checkpoints/" + name, entry, "index.json");
    } else if (name.equals("training_run.json")) {
      file("checkpoints/training-run", entry);
    } else if (name.equals("retraining_behaviour.json")) {
      file("checkpoints/retraining-behaviour", entry);
    } else if (name.endsWith(".json") && !name.endsWith(".bundle.json")) {
      JsonNode meta = GoldenFolder.json(entry);
      String kind = meta.has("contents") ? "checkpoints/object" : "checkpoints/" + name;
      add(kind, entry.getParent(), stem(entry), meta);
    }
  }

  private void data(Path entry) {
    JsonNode meta = Files.isDirectory(entry) ? description(entry, "index.json") : empty();
    if (meta.has("cases")) {
      for (JsonNode single : meta.get("cases")) {
        String what = single.has("augmented") ? "augmented" : single.path("filter").asText("other");
        String sigma = single.has("sigma") ? " " + single.get("sigma").asText() : "";
        String place = root.relativize(entry).toString().replace('\\', '/');
        String name = place + "/" + single.path("image").asText() + " " + what + sigma;
        String kind = "data/" + name(entry) + "/" + what;
        cases.add(new GoldenCase(kind, name, entry, "", single));
      }
    } else if (Files.isDirectory(entry)) {
      add("data/" + name(entry), entry, "", meta);
    } else {
      file("data/" + stem(entry), entry);
    }
  }

  private static String family(JsonNode meta) {
    String arch = meta.path("arch").asText("without-arch");
    return switch (arch) {
      case "resnet" -> "preresnet";
      case "resnet18", "resnet34" -> "resnet18";
      case "resnet50_official", "resnet50_prune" -> "resnet50";
      default -> arch;
    };
  }

  private interface Visitor {
    void visit(Path entry);
  }

  private static void each(Path folder, Visitor visitor) {
    for (Path entry : GoldenFolder.list(folder)) {
      if (!name(entry).endsWith(".md")) {
        visitor.visit(entry);
      }
    }
  }

  private void file(String kind, Path file) {
    JsonNode meta = name(file).endsWith(".json") ? GoldenFolder.json(file) : empty();
    add(kind, file.getParent(), stem(file), meta);
  }

  private void folder(String kind, Path folder, String description) {
    add(kind, folder, "", description(folder, description));
  }

  private void add(String kind, Path dir, String stem, JsonNode meta) {
    String place = root.relativize(dir).toString().replace('\\', '/');
    String name = stem.isEmpty() ? place : place.isEmpty() ? stem : place + "/" + stem;
    cases.add(new GoldenCase(kind, name, dir, stem, meta));
  }

  private static JsonNode description(Path folder, String file) {
    Path path = folder.resolve(file);
    return Files.exists(path) ? GoldenFolder.json(path) : empty();
  }

  private static JsonNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static String stem(Path file) {
    return name(file).replaceFirst("\\.(json|npy)$", "");
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }
}
