package io.earlybird.checkpoint.pickle;

import io.earlybird.EarlybirdException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Reads one pickle (protocols 2 to 5) as data. It is a strict parser, no interpreter: only the
 * opcodes that real data files use, only the classes on an allow-list, and no code of the file's
 * choosing is ever looked up or run. Memory is bounded by the size of the input and by {@link
 * #MAX_OPERATIONS}; what comes out is no deeper than {@link #MAX_DEPTH}, holds itself nowhere, and
 * has no more than {@link #MAX_ITEMS} items when shared ones are counted wherever they occur.
 *
 * <p>Values become: int {@link Long} or, beyond 64 bits, {@link BigInteger}, float {@link Double},
 * bool {@link Boolean}, None {@code null}, str {@link String}, bytes and Python 2's str {@link
 * PickleBytes}, tuple {@link PickleTuple}, list {@link List}, dict {@link PickleDict}, and whatever
 * an allowed class returns.
 */
public final class PickleReader {
  /** More opcodes than this are refused. */
  public static final int MAX_OPERATIONS = 4_000_000;

  /** Values nested deeper than this are refused. */
  public static final int MAX_DEPTH = 64;

  /** A value of more items than this, shared ones counted each time, is refused. */
  public static final int MAX_ITEMS = 8_000_000;

  private static final int MAX_PROTOCOL = 5;
  private static final int MAX_KEY = 4096;
  private static final Object MARK = new Object();
  private static final PickleTuple EMPTY = new PickleTuple(List.of());

  private final String source;
  private final ByteBuffer in;
  private final Map<String, PickleGlobal> allowed;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private UnaryOperator<Object> persistent = PickleReader::noPersistentObjects;
  private long base;
  private int operationAt;

  /**
   * Prepares to read; nothing is read yet.
   *
   * @param source name of the file for messages
   * @param in the pickle, from position; {@link #read} leaves the position after its end
   * @param allowed what each allowed {@code module.name} means
   */
  public PickleReader(String source, ByteBuffer in, Map<String, PickleGlobal> allowed) {
    this.source = source;
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    this.allowed = allowed;
  }

  /**
   * Says what the objects are that the pickle only refers to (opcode BINPERSID).
   *
   * @param objects gives the object for an id; an {@link IllegalArgumentException} refuses it
   */
  public PickleReader withPersistentObjects(UnaryOperator<Object> objects) {
    persistent = objects;
    return this;
  }

  /**
   * Where the buffer lies in the file, for messages.
   *
   * @param offset offset in the file of the buffer's byte 0
   */
  public PickleReader withOffset(long offset) {
    base = offset;
    return this;
  }

  private static Object noPersistentObjects(Object id) {
    throw new IllegalArgumentException("it refers to objects outside of itself");
  }

  /**
   * Reads up to the end of the pickle.
   *
   * @return its one value
   * @throws EarlybirdException naming file and offset, if the input is damaged, is truncated, or
   *     uses anything that is not allowed
   */
  public Object read() {
    try {
      for (int i = 0; i < MAX_OPERATIONS; i++) {
        operationAt = in.position();
        int opcode = in.get() & 0xFF;
        if (opcode == '.') {
          Object value = pop();
          require(stack.isEmpty(), "values are left over at the end");
          PickleLimits.check(value, MAX_DEPTH, MAX_ITEMS);
          return value;
        }
        execute(opcode);
      }
      throw new IllegalArgumentException("more than " + MAX_OPERATIONS + " operations");
    } catch (BufferUnderflowException e) {
      throw failure("the file ends too early (truncated?)", e);
    } catch (IllegalArgumentException e) {
      throw failure(e.getMessage(), e);
    }
  }

  private EarlybirdException failure(String reason, Exception cause) {
    return new EarlybirdException(
        "%s: not readable as a pickle at byte %d: %s".formatted(source, base + operationAt, reason),
        cause);
  }

  private void execute(int opcode) {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> length(in.getLong()); // FRAME
      case '(' -> stack.add(MARK);
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) (in.get() & 0xFF));
      case 'M' -> push((long) (in.getShort() & 0xFFFF));
      case 'J' -> push((long) in.getInt());
      case 0x8A -> push(integer(in.get() & 0xFF)); // LONG1
      case 'Q' -> push(persistent.apply(pop()));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
      case 'U', 'C' -> push(new PickleBytes(take(in.get() & 0xFF)));
      case 'T' -> push(new PickleBytes(take(in.getInt())));
      case 'B' -> push(new PickleBytes(take(in.getInt() & 0xFFFFFFFFL)));
      case 0x8C -> push(text(take(in.get() & 0xFF)));
      case 'X' -> push(text(take(in.getInt() & 0xFFFFFFFFL)));
      case '}' -> push(new PickleDict());
      case ']' -> push(new ArrayList<>());
      case ')' -> push(EMPTY);
      case 0x85 -> push(new PickleTuple(popLast(1)));
      case 0x86 -> push(new PickleTuple(popLast(2)));
      case 0x87 -> push(new PickleTuple(popLast(3)));
      case 't' -> push(new PickleTuple(popToMark()));
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case 's' -> setItems(popLast(2));
      case 'u' -> setItems(popToMark());
      case 'q' -> memo.put(in.get() & 0xFF, peek());
      case 'r' -> memo.put(in.getInt(), peek());
      case 0x94 -> memo.put(memo.size(), peek());
      case 'h' -> push(remembered(in.get() & 0xFF));
      case 'j' -> push(remembered(in.getInt()));
      case 'c' -> push(global(line(), line()));
      case 0x93 -> stackGlobal();
      case 'R' -> reduce();
      case 'b' -> build();
      default ->
          throw new IllegalArgumentException("operation 0x%02x is not allowed".formatted(opcode));
    }
  }

  private void protocol() {
    int protocol = in.get() & 0xFF;
    require(
        protocol >= 2 && protocol <= MAX_PROTOCOL, "protocol " + protocol + " is not supported");
  }

  private Object integer(int size) {
    byte[] bigEndian = new byte[size];
    for (int i = size - 1; i >= 0; i--) {
      bigEndian[i] = in.get();
    }
    if (size == 0) {
      return 0L;
    }
    BigInteger value = new BigInteger(bigEndian);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private int length(long size) {
    require(size >= 0, "a negative length");
    if (size > in.remaining()) {
      throw new BufferUnderflowException();
    }
    return (int) size;
  }

  private ByteBuffer take(long size) {
    int length = length(size);
    ByteBuffer slice = in.slice(in.position(), length);
    in.position(in.position() + length);
    return slice;
  }

  private static String text(ByteBuffer utf8) {
    try {
      CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(utf8);
      return chars.toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a string is not UTF-8", e);
    }
  }

  private String line() {
    int start = in.position();
    while (in.get() != '\n') {
      require(in.position() - start < 256, "a name is longer than 255 bytes");
    }
    return text(in.slice(start, in.position() - 1 - start));
  }

  private PickleGlobal global(String module, String name) {
    PickleGlobal known = name.contains(".") ? null : allowed.get(module + "." + name);
    require(
        known != null, "it names " + Printable.of(module + "." + name) + ", which is not allowed");
    return known;
  }

  private void stackGlobal() {
    List<Object> names = popLast(2);
    require(
        names.get(0) instanceof String && names.get(1) instanceof String,
        "a global is not named by strings");
    push(global((String) names.get(0), (String) names.get(1)));
  }

  private void reduce() {
    List<Object> call = popLast(2);
    require(
        call.get(0) instanceof PickleGlobal && call.get(1) instanceof PickleTuple,
        "a call is not one of an allowed name with a tuple");
    push(((PickleGlobal) call.get(0)).call((PickleTuple) call.get(1)));
  }

  private void build() {
    Object state = pop();
    require(peek() instanceof PickleGlobal.Buildable, "state is given to an object without any");
    ((PickleGlobal.Buildable) peek()).build(state);
  }

  @SuppressWarnings("unchecked")
  private void append(List<Object> items) {
    require(peek() instanceof List, "items are appended to something that is no list");
    ((List<Object>) peek()).addAll(items);
  }

  private void setItems(List<Object> items) {
    require(peek() instanceof PickleDict, "entries are put into something that is no dict");
    require(items.size() % 2 == 0, "a key without a value");
    PickleDict dict = (PickleDict) peek();
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      require(
          key instanceof String
              || key instanceof PickleBytes
              || key instanceof Long
              || key instanceof BigInteger
              || key instanceof Double
              || key instanceof Boolean,
          "a key of a dict is neither text nor number");
      require(size(key) <= MAX_KEY, "a key of a dict is longer than " + MAX_KEY);
      require(
          !dict.entries().containsKey(key),
          "the key '" + Printable.of(key) + "' stands twice in a dict");
      dict.put(key, items.get(i + 1));
    }
  }

  private static int size(Object key) {
    if (key instanceof PickleBytes bytes) {
      return bytes.size();
    }
    return key instanceof String text ? text.length() : 0;
  }

  private Object remembered(int index) {
    require(memo.containsKey(index), "memo " + index + " was never set");
    return memo.get(index);
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object peek() {
    require(!stack.isEmpty() && stack.get(stack.size() - 1) != MARK, "a value is missing");
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object top = peek();
    stack.remove(stack.size() - 1);
    return top;
  }

  private List<Object> popLast(int count) {
    int from = stack.size() - count;
    require(from >= 0, "a value is missing");
    List<Object> tail = stack.subList(from, stack.size());
    require(!tail.contains(MARK), "a value is missing");
    List<Object> items = new ArrayList<>(tail);
    tail.clear();
    return items;
  }

  private List<Object> popToMark() {
    int mark = stack.lastIndexOf(MARK);
    require(mark >= 0, "a mark is missing");
    List<Object> items = new ArrayList<>(stack.subList(mark + 1, stack.size()));
    stack.subList(mark, stack.size()).clear();
    return items;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
