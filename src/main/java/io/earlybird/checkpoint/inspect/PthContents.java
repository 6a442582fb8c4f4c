package io.earlybird.checkpoint.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.checkpoint.pickle.NumpyArray;
import io.earlybird.checkpoint.pickle.NumpyScalar;
import io.earlybird.checkpoint.pickle.PickleBytes;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.checkpoint.pickle.PickleTuple;
import io.earlybird.checkpoint.pickle.Printable;
import io.earlybird.checkpoint.pth.TorchTensor;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;

/** The values of a PyTorch file as flat lists: keys are paths such as {@code optimizer.state.0}. */
final class PthContents {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Object root;
  private final ArrayNode values = NODES.arrayNode();
  private final ArrayNode tensors = NODES.arrayNode();

  PthContents(Object root) {
    this.root = root;
    walk("", root);
  }

  /** The keys of the file's dict. */
  ArrayNode keys() {
    ArrayNode keys = NODES.arrayNode();
    if (root instanceof PickleDict dict) {
      dict.entries().keySet().forEach(key -> keys.add(Printable.of(key)));
    }
    return keys;
  }

  /** Whether it looks like a checkpoint. */
  boolean isCheckpoint() {
    return root instanceof PickleDict dict && dict.contains("state_dict");
  }

  /** Everything but tensors. */
  ArrayNode values() {
    return values;
  }

  /** PyTorch's tensors and NumPy's arrays. */
  ArrayNode tensors() {
    return tensors;
  }

  private void walk(String path, Object value) {
    if (value instanceof TorchTensor tensor) {
      ByteBuffer data = ByteBuffer.wrap(tensor.bytes());
      Inspection.tensor(tensors, path, tensor.type().torchName(), tensor.shape(), data);
      ((ObjectNode) tensors.get(tensors.size() - 1)).put("device", tensor.storage().device());
    } else if (value instanceof NumpyArray array) {
      Inspection.tensor(tensors, path, "numpy " + array.type(), array.shape(), array.data());
    } else if (value instanceof PickleDict dict && !dict.entries().isEmpty()) {
      dict.entries()
          .forEach(
              (key, item) -> walk((path.isEmpty() ? "" : path + ".") + Printable.of(key), item));
    } else if (items(value) != null && !items(value).stream().allMatch(PthContents::isPlain)) {
      for (int i = 0; i < items(value).size(); i++) {
        walk(path + "[" + i + "]", items(value).get(i));
      }
    } else {
      ObjectNode entry = values.addObject();
      entry.put("key", path);
      entry.put("type", type(value));
      entry.set("value", node(value));
    }
  }

  private static List<?> items(Object value) {
    if (value instanceof PickleTuple tuple) {
      return tuple.items();
    }
    return value instanceof List<?> list ? list : null;
  }

  private static boolean isPlain(Object value) {
    return value == null
        || value instanceof Number
        || value instanceof Boolean
        || PickleBytes.text(value) != null
        || value instanceof NumpyScalar;
  }

  private static String type(Object value) {
    return value instanceof NumpyScalar scalar ? "numpy " + scalar.type() : Printable.kind(value);
  }

  private static JsonNode node(Object value) {
    List<?> items = items(value);
    if (items != null) {
      ArrayNode list = NODES.arrayNode();
      items.forEach(item -> list.add(node(item)));
      return list;
    } else if (value instanceof NumpyScalar scalar) {
      return node(scalar.value());
    } else if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof Boolean b) {
      return NODES.booleanNode(b);
    } else if (value instanceof Long n) {
      return NODES.numberNode(n);
    } else if (value instanceof BigInteger n) {
      return NODES.numberNode(n);
    } else if (value instanceof Double d) {
      return NODES.numberNode(d);
    } else if (value instanceof PickleDict) {
      return NODES.objectNode();
    } else if (value instanceof String text) {
      return NODES.textNode(text);
    }
    return NODES.textNode(Printable.of(value instanceof PickleBytes ? value : value.toString()));
  }
}
