package io.earlybird.backend.cuda;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Precision;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.Pointer;

/**
 * One product of one convolution by an engine of cuDNN's graph API, on NHWC activations and OHWI
 * weights. Unlike the older API it takes a type for each tensor: bf16 operands may have an fp32
 * result.
 */
final class CudnnGraph implements CudnnPlan {
  /** Number of an engine, then its knobs and how they are set. */
  private static final Pattern NAME = Pattern.compile("graph \\d{1,6}( \\d{1,6}=\\d{1,9})*");

  private static final int X = 'x';
  private static final int W = 'w';
  private static final int Y = 'y';

  /** Bytes of which every address is a multiple; {@link CudaBackend#ALIGNMENT} is more. */
  private static final int ALIGNMENT = 16;

  /** More knobs and notes than an engine has. */
  private static final int MANY = 64;

  /** Engines to ask for, of all that cuDNN proposes. */
  private static final int MOST_ENGINES = 16;

  /** What cuDNN calls a product and its attributes. */
  private record Operation(int type, int alpha, int beta, int convolution, int w, int x, int y) {
    static final Operation FORWARD =
        new Operation(
            cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);

    static final Operation BACKWARD_DATA =
        new Operation(
            cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY);

    static final Operation BACKWARD_WEIGHT =
        new Operation(
            cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
            cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY);
  }

  private final CudaBackend backend;

  /** Whether operands are fp32 and must stay it. */
  private final boolean ieee;

  private final List<CudnnDescriptor> open = new ArrayList<>();
  private CudnnDescriptor graph;
  private CudnnDescriptor plan;
  private String name;

  private CudnnGraph(ConvolutionTypes types, CudaBackend backend) {
    this.backend = backend;
    this.ieee =
        backend.options().precision() == Precision.FP32
            && types.equals(ConvolutionTypes.all(DType.F32));
  }

  /**
   * Describes a product.
   *
   * @throws EarlybirdException if the graph API does not know such a one
   */
  static CudnnGraph of(ConvolutionExtents extents, ConvolutionTypes types, CudaBackend backend) {
    CudnnGraph made = new CudnnGraph(types, backend);
    try {
      made.describe(extents, types);
    } catch (EarlybirdException e) {
      made.close();
      throw e;
    }
    return made;
  }

  private void describe(ConvolutionExtents extents, ConvolutionTypes types) {
    CudnnDescriptor x = activation(X, extents.x().shape(), types.x());
    CudnnDescriptor w = weight(extents.w().shape(), types.w());
    CudnnDescriptor y = activation(Y, extents.y().shape(), types.y());
    long stride = extents.stride();
    long padding = extents.padding();
    CudnnDescriptor convolution =
        add(cudnn.CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR)
            .choice(
                cudnn.CUDNN_ATTR_CONVOLUTION_COMP_TYPE,
                cudnn.CUDNN_TYPE_DATA_TYPE,
                cudnn.CUDNN_DATA_FLOAT)
            .choice(
                cudnn.CUDNN_ATTR_CONVOLUTION_CONV_MODE,
                cudnn.CUDNN_TYPE_CONVOLUTION_MODE,
                cudnn.CUDNN_CROSS_CORRELATION)
            .numbers(cudnn.CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
            .numbers(cudnn.CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, padding, padding)
            .numbers(cudnn.CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, padding, padding)
            .numbers(cudnn.CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, stride, stride)
            .numbers(cudnn.CUDNN_ATTR_CONVOLUTION_DILATIONS, 1, 1)
            .ready();
    CudnnDescriptor operation = operation(extents.product(), x, w, y, convolution);
    graph =
        add(cudnn.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
            .handle(cudnn.CUDNN_ATTR_OPERATIONGRAPH_HANDLE, backend.cudnn())
            .descriptors(cudnn.CUDNN_ATTR_OPERATIONGRAPH_OPS, operation)
            .ready();
  }

  private CudnnDescriptor add(int type) {
    CudnnDescriptor descriptor = new CudnnDescriptor(type);
    open.add(descriptor);
    return descriptor;
  }

  /** Of {@code [N,H,W,C]}; cuDNN counts dimensions as N, C, H, W. */
  private CudnnDescriptor activation(int id, Shape nhwc, DType type) {
    long c = nhwc.dim(3);
    long row = nhwc.dim(2) * c;
    return tensor(
        id,
        type,
        new long[] {nhwc.dim(0), c, nhwc.dim(1), nhwc.dim(2)},
        new long[] {nhwc.dim(1) * row, 1, row, c});
  }

  /** Of {@code [O,I,KH,KW]}, stored as {@code [O,KH,KW,I]}. */
  private CudnnDescriptor weight(Shape oihw, DType type) {
    long i = oihw.dim(1);
    long row = oihw.dim(3) * i;
    return tensor(
        W,
        type,
        new long[] {oihw.dim(0), i, oihw.dim(2), oihw.dim(3)},
        new long[] {oihw.dim(2) * row, 1, row, i});
  }

  private CudnnDescriptor tensor(int id, DType type, long[] extents, long[] strides) {
    return add(cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR)
        .numbers(cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
        .choice(
            cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE,
            cudnn.CUDNN_TYPE_DATA_TYPE,
            CudnnConvolution.code(type))
        .numbers(cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS, extents)
        .numbers(cudnn.CUDNN_ATTR_TENSOR_STRIDES, strides)
        .numbers(cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, ALIGNMENT)
        .ready();
  }

  private CudnnDescriptor operation(
      Product product,
      CudnnDescriptor x,
      CudnnDescriptor w,
      CudnnDescriptor y,
      CudnnDescriptor convolution) {
    Operation o =
        switch (product) {
          case FORWARD -> Operation.FORWARD;
          case BACKWARD_DATA -> Operation.BACKWARD_DATA;
          case BACKWARD_WEIGHT -> Operation.BACKWARD_WEIGHT;
        };
    return add(o.type)
        .factor(o.alpha, 1)
        .factor(o.beta, 0)
        .descriptors(o.convolution, convolution)
        .descriptors(o.x, x)
        .descriptors(o.w, w)
        .descriptors(o.y, y)
        .ready();
  }

  /**
   * Names of the engines that cuDNN proposes and the backend's options allow, the likeliest first.
   */
  List<String> engines() {
    List<String> names = new ArrayList<>();
    for (int mode : new int[] {cudnn.CUDNN_HEUR_MODE_A, cudnn.CUDNN_HEUR_MODE_FALLBACK}) {
      try (CudnnDescriptor heuristics =
          new CudnnDescriptor(cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR)) {
        heuristics
            .descriptors(cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
            .choice(cudnn.CUDNN_ATTR_ENGINEHEUR_MODE, cudnn.CUDNN_TYPE_HEUR_MODE, mode);
        if (heuristics.isSupported()) {
          propose(heuristics, names);
        }
      }
    }
    return names;
  }

  private void propose(CudnnDescriptor heuristics, List<String> names) {
    List<CudnnDescriptor> proposals =
        heuristics.descriptors(
            cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS,
            cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
            MOST_ENGINES);
    for (CudnnDescriptor proposal : proposals) {
      String found = nameOf(proposal);
      if (found != null && !names.contains(found)) {
        names.add(found);
      }
      proposal.close();
    }
  }

  /** The name of an engine with its knobs as proposed, or {@code null} if it may not be used. */
  private String nameOf(CudnnDescriptor proposal) {
    StringBuilder text = new StringBuilder("graph ");
    CudnnDescriptor engine =
        proposal
            .descriptors(
                cudnn.CUDNN_ATTR_ENGINECFG_ENGINE, cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1)
            .get(0);
    try (engine) {
      List<Integer> notes =
          engine.choices(
              cudnn.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, cudnn.CUDNN_TYPE_NUMERICAL_NOTE, MANY);
      if (notes.stream().anyMatch(forbidden()::contains)) {
        return null;
      }
      text.append(engine.number(cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
    }
    for (CudnnDescriptor knob :
        proposal.descriptors(
            cudnn.CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
            cudnn.CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
            MANY)) {
      try (knob) {
        int type =
            knob.choices(cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, cudnn.CUDNN_TYPE_KNOB_TYPE, 1)
                .get(0);
        long value = knob.number(cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE);
        text.append(' ').append(type).append('=').append(value);
      }
    }
    return text.toString();
  }

  /** Notes of engines that must not be used: fp32 is IEEE's, and sums have one order. */
  private Set<Integer> forbidden() {
    Set<Integer> notes = new HashSet<>();
    notes.add(cudnn.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION);
    if (!backend.options().nondeterministic()) {
      notes.add(cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
    }
    if (ieee) {
      notes.add(cudnn.CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
      notes.add(cudnn.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
    }
    return notes;
  }

  /** Whether a text is the name of an engine. */
  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Takes an engine by its name; once.
   *
   * @return whether cuDNN can run it here
   */
  boolean take(String engineName) {
    String[] words = engineName.split(" ");
    CudnnDescriptor engine =
        add(cudnn.CUDNN_BACKEND_ENGINE_DESCRIPTOR)
            .descriptors(cudnn.CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph)
            .numbers(cudnn.CUDNN_ATTR_ENGINE_GLOBAL_INDEX, Long.parseLong(words[1]));
    if (!engine.isSupported()) {
      return false;
    }
    List<CudnnDescriptor> knobs = new ArrayList<>();
    for (int i = 2; i < words.length; i++) {
      String[] knob = words[i].split("=");
      knobs.add(
          add(cudnn.CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR)
              .choice(
                  cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE,
                  cudnn.CUDNN_TYPE_KNOB_TYPE,
                  Integer.parseInt(knob[0]))
              .numbers(cudnn.CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, Long.parseLong(knob[1]))
              .ready());
    }
    CudnnDescriptor configuration =
        add(cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)
            .descriptors(cudnn.CUDNN_ATTR_ENGINECFG_ENGINE, engine);
    if (!knobs.isEmpty()) {
      configuration.descriptors(
          cudnn.CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs.toArray(CudnnDescriptor[]::new));
    }
    if (!configuration.isSupported()) {
      return false;
    }
    CudnnDescriptor made =
        add(cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR)
            .handle(cudnn.CUDNN_ATTR_EXECUTION_PLAN_HANDLE, backend.cudnn())
            .descriptors(cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    if (!made.isSupported()) {
      return false;
    }
    plan = made;
    name = engineName;
    return true;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long workspace() {
    return plan.number(cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
  }

  @Override
  public IntSupplier bind(Pointer x, Pointer w, Pointer y, Pointer room) {
    if (plan == null) {
      throw new EarlybirdException("cuda: no engine was taken");
    }
    CudnnDescriptor pack =
        add(cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR)
            .numbers(cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, X, W, Y)
            .addresses(cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, x, w, y)
            .addresses(cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE, room)
            .ready();
    return () -> cudnn.cudnnBackendExecute(backend.cudnn(), plan.pointer(), pack.pointer());
  }

  @Override
  public void close() {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    open.clear();
  }
}
