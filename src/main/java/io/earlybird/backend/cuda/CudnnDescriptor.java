package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.CudaStatus.dnn;
import static org.bytedeco.cuda.global.cudnn.CUDNN_STATUS_SUCCESS;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_FLOAT;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_HANDLE;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_INT64;
import static org.bytedeco.cuda.global.cudnn.CUDNN_TYPE_VOID_PTR;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendCreateDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendDestroyDescriptor;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendFinalize;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendGetAttribute;
import static org.bytedeco.cuda.global.cudnn.cudnnBackendSetAttribute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.cuda.cudnn.cudnnBackendDescriptor_t;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** A descriptor of cuDNN's graph API: its attributes are set, then it is made ready. */
final class CudnnDescriptor implements AutoCloseable {
  private static final String WHAT = "describing a convolution to cuDNN's graph API";

  private final cudnnBackendDescriptor_t descriptor = new cudnnBackendDescriptor_t();

  /**
   * An empty one.
   *
   * @param type a CUDNN_BACKEND_…_DESCRIPTOR
   */
  CudnnDescriptor(int type) {
    dnn(cudnnBackendCreateDescriptor(type, descriptor), WHAT);
  }

  CudnnDescriptor numbers(int attribute, long... values) {
    return set(attribute, CUDNN_TYPE_INT64, values.length, new LongPointer(values));
  }

  /** A value of an enumeration, whose CUDNN_TYPE_… is given. */
  CudnnDescriptor choice(int attribute, int type, int value) {
    return set(attribute, type, 1, new IntPointer(new int[] {value}));
  }

  CudnnDescriptor factor(int attribute, float value) {
    return set(attribute, CUDNN_TYPE_FLOAT, 1, new FloatPointer(new float[] {value}));
  }

  CudnnDescriptor handle(int attribute, cudnnContext value) {
    return set(attribute, CUDNN_TYPE_HANDLE, 1, new PointerPointer<>(value));
  }

  CudnnDescriptor addresses(int attribute, Pointer... values) {
    return set(attribute, CUDNN_TYPE_VOID_PTR, values.length, new PointerPointer<>(values));
  }

  CudnnDescriptor descriptors(int attribute, CudnnDescriptor... values) {
    Pointer[] pointers =
        Arrays.stream(values).map(v -> (Pointer) v.descriptor).toArray(Pointer[]::new);
    return set(
        attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, values.length, new PointerPointer<>(pointers));
  }

  private CudnnDescriptor set(int attribute, int type, long count, Pointer values) {
    try (values) {
      dnn(cudnnBackendSetAttribute(descriptor, attribute, type, count, values), WHAT);
    }
    return this;
  }

  /** Makes it ready. */
  CudnnDescriptor ready() {
    dnn(cudnnBackendFinalize(descriptor), WHAT);
    return this;
  }

  /** Makes it ready if cuDNN can do what it describes. */
  boolean isSupported() {
    return cudnnBackendFinalize(descriptor) == CUDNN_STATUS_SUCCESS;
  }

  long number(int attribute) {
    try (LongPointer value = new LongPointer(1)) {
      get(attribute, CUDNN_TYPE_INT64, 1, value);
      return value.get();
    }
  }

  /** Values of an enumeration, whose CUDNN_TYPE_… is given. */
  List<Integer> choices(int attribute, int type, int most) {
    List<Integer> found = new ArrayList<>();
    try (IntPointer values = new IntPointer(most)) {
      long count = get(attribute, type, most, values);
      for (long i = 0; i < count; i++) {
        found.add(values.get(i));
      }
    }
    return found;
  }

  /** Descriptors that an attribute holds, for the caller to close. */
  List<CudnnDescriptor> descriptors(int attribute, int type, int most) {
    List<CudnnDescriptor> found = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      found.add(new CudnnDescriptor(type));
    }
    Pointer[] pointers = found.stream().map(v -> (Pointer) v.descriptor).toArray(Pointer[]::new);
    long count;
    try (PointerPointer<Pointer> values = new PointerPointer<>(pointers)) {
      count = get(attribute, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, values);
    }
    List<CudnnDescriptor> beyond = found.subList((int) Math.min(count, most), most);
    beyond.forEach(CudnnDescriptor::close);
    beyond.clear();
    return found;
  }

  private long get(int attribute, int type, long most, Pointer values) {
    long[] count = new long[1];
    dnn(cudnnBackendGetAttribute(descriptor, attribute, type, most, count, values), WHAT);
    return count[0];
  }

  cudnnBackendDescriptor_t pointer() {
    return descriptor;
  }

  @Override
  public void close() {
    cudnnBackendDestroyDescriptor(descriptor);
  }
}
