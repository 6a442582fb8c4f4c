package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.PointerScope;

/**
 * oneDNN's engine and stream, and the descriptors of our tensors. Methods that return native
 * objects attach them to the innermost open {@link PointerScope}.
 */
final class OneDnn implements AutoCloseable {
  private final PointerScope scope;
  private final engine processor;
  private final stream queue;

  OneDnn() {
    // A hit in oneDNN's cache of primitives makes the list of implementations start again, so that
    // it is neither complete nor in order; and closed kernels would keep their memory.
    dnnl.set_primitive_cache_capacity(0);
    try (PointerScope opened = new PointerScope()) {
      processor = new engine(engine.kind.cpu, 0);
      queue = new stream(processor);
      scope = opened.extend();
    }
  }

  engine engine() {
    return processor;
  }

  stream stream() {
    return queue;
  }

  @Override
  public void close() {
    scope.close();
  }

  /** Version and the instruction set it dispatches to, such as {@code oneDNN 3.11.0 avx2}. */
  static String describe() {
    dnnl_version_t version = dnnl.dnnl_version();
    return "oneDNN "
        + version.major()
        + "."
        + version.minor()
        + "."
        + version.patch()
        + " "
        + dnnl.get_effective_cpu_isa().intern().name();
  }

  /** Attributes of every primitive: scratch memory comes from us. */
  static primitive_attr attributes() {
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** A tensor of fp32 or bf16 elements. */
  static memory.desc tensor(long[] dims, DType element, memory.format_tag tag) {
    return new memory.desc(
        dims, element == DType.BF16 ? memory.data_type.bf16 : memory.data_type.f32, tag);
  }

  /** Element type of a tensor that {@link #tensor} can describe. */
  static DType element(memory.desc descriptor) {
    return descriptor.get_data_type().intern() == memory.data_type.bf16 ? DType.BF16 : DType.F32;
  }

  /** An activation {@code [N,H,W,C]}: oneDNN names its extents N, C, H, W. */
  static memory.desc activation(TensorSpec spec, DType element) {
    Shape s = spec.shape();
    long[] dims = {s.dim(0), s.dim(3), s.dim(1), s.dim(2)};
    return tensor(dims, element, memory.format_tag.nhwc);
  }

  /** A row-major tensor of rank 1, 2 or 4, extents in our order. */
  static memory.desc plain(TensorSpec spec, DType element) {
    return tensor(
        dims(spec),
        element,
        switch (spec.shape().rank()) {
          case 1 -> memory.format_tag.a;
          case 2 -> memory.format_tag.ab;
          case 4 -> memory.format_tag.abcd;
          default -> throw new IllegalArgumentException("rank of " + spec);
        });
  }

  /** A tensor whose layout oneDNN may choose. */
  static memory.desc free(TensorSpec spec, DType element) {
    return weight(spec, element, memory.format_tag.any);
  }

  /** A tensor with extents in our order. */
  static memory.desc weight(TensorSpec spec, DType element, memory.format_tag tag) {
    return tensor(dims(spec), element, tag);
  }

  /** A tensor in a given form. */
  static memory.desc inForm(TensorSpec spec, Form form) {
    return form.layout() instanceof OneDnnLayout layout
        ? layout.descriptor()
        : plain(spec, form.element());
  }

  /** The form of a tensor that has the given descriptor: plain where it is just that. */
  static Form form(TensorSpec spec, memory.desc descriptor) {
    DType element = element(descriptor);
    OneDnnLayout layout = OneDnnLayout.of(descriptor);
    return layout.equals(OneDnnLayout.of(plain(spec, element)))
        ? Form.plain(spec, element)
        : new Form(element, layout, descriptor.get_size());
  }

  private static long[] dims(TensorSpec spec) {
    long[] dims = new long[spec.shape().rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = spec.shape().dim(i);
    }
    return dims;
  }
}
