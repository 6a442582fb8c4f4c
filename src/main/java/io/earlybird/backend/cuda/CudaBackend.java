package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.CudaStatus.blas;
import static io.earlybird.backend.cuda.CudaStatus.cuda;
import static io.earlybird.backend.cuda.CudaStatus.dnn;
import static org.bytedeco.cuda.global.cublas.CUBLAS_PEDANTIC_MATH;
import static org.bytedeco.cuda.global.cublas.CUBLAS_TF32_TENSOR_OP_MATH;
import static org.bytedeco.cuda.global.cublas.cublasCreate_v2;
import static org.bytedeco.cuda.global.cublas.cublasDestroy_v2;
import static org.bytedeco.cuda.global.cublas.cublasSetMathMode;
import static org.bytedeco.cuda.global.cublas.cublasSetStream_v2;
import static org.bytedeco.cuda.global.cublas.cublasSetWorkspace_v2;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMajor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMinor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrMultiProcessorCount;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaFreeHost;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceProperties;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;
import static org.bytedeco.cuda.global.cudart.cudaMallocHost;
import static org.bytedeco.cuda.global.cudart.cudaMemGetInfo;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaMemsetAsync;
import static org.bytedeco.cuda.global.cudart.cudaSetDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;
import static org.bytedeco.cuda.global.cudnn.cudnnCreate;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroy;
import static org.bytedeco.cuda.global.cudnn.cudnnSetStream;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.MemoryException;
import io.earlybird.backend.Precision;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * An NVIDIA GPU: cuDNN for convolutions, cuBLAS for matrix products, own CUDA kernels for
 * everything else. Activations are plain NHWC; convolution weights live in the order that the
 * chosen algorithm reads. A program is one CUDA graph. One stream; at most two steps are under way,
 * and reading waits for them.
 */
public final class CudaBackend implements Backend {
  /** System property; {@code false} runs launches one by one instead of recording graphs. */
  static final String GRAPHS = "earlybird.cuda.graphs";

  private static final int TENSOR_CORE_CHANNELS = 8;

  private static final int CUBLAS_WORKSPACE = 32 << 20;
  private static final int STAGING = 4 << 20;
  private static final int TIMED_RUNS = 5;

  private final CudaOptions options;
  private final String description;
  private final Map<Class<? extends Op>, CudaKernelFactory> factories = CudaKernels.all();
  private final ConvolutionChoices convolutions;
  private final Set<CudaMemory> memories = ConcurrentHashMap.newKeySet();
  private final CUstream_st stream = new CUstream_st();
  private final cudnnContext cudnn = new cudnnContext();
  private final cublasContext cublas = new cublasContext();
  private final CUevent_st[] paces = {new CUevent_st(), new CUevent_st()};
  private final FloatPointer one = new FloatPointer(1f);
  private final FloatPointer zero = new FloatPointer(0f);
  private final BytePointer staging = new BytePointer();
  private final CudaMemory cublasWorkspace;
  private int nextPace;
  private boolean closed;

  /** Whether a CUDA backend can be opened here, and if not, the reason in one line. */
  public static Support probe() {
    return CudaLibraries.load().map(reason -> Support.no("cuda: " + reason)).orElse(Support.YES);
  }

  /** Opens device 0 with the default options. */
  public static CudaBackend open() {
    return open(CudaOptions.defaults());
  }

  /**
   * Opens a device.
   *
   * @throws EarlybirdException with the reason if it cannot be used
   */
  public static CudaBackend open(CudaOptions options) {
    Support support = probe();
    if (!support.ok()) {
      throw new EarlybirdException(support.reason());
    }
    return new CudaBackend(options);
  }

  private CudaBackend(CudaOptions options) {
    this.options = options;
    int[] count = new int[1];
    cuda(cudaGetDeviceCount(count), "counting devices");
    if (options.device() < 0 || options.device() >= count[0]) {
      throw new EarlybirdException(
          "cuda: there is no device "
              + options.device()
              + "; devices here: 0 to "
              + (count[0] - 1));
    }
    activate();
    this.description = describeDevice();
    cuda(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "creating a stream");
    for (CUevent_st pace : paces) {
      cuda(cudaEventCreate(pace), "creating an event");
    }
    cuda(cudaMallocHost(staging, STAGING), "allocating a transfer buffer");
    dnn(cudnnCreate(cudnn), "starting cuDNN");
    dnn(cudnnSetStream(cudnn, stream), "starting cuDNN");
    blas(cublasCreate_v2(cublas), "starting cuBLAS");
    blas(cublasSetStream_v2(cublas, stream), "starting cuBLAS");
    this.cublasWorkspace = take(CUBLAS_WORKSPACE, "cuBLAS");
    blas(
        cublasSetWorkspace_v2(cublas, address(cublasWorkspace), CUBLAS_WORKSPACE),
        "starting cuBLAS");
    boolean tf32 = options.precision() == Precision.TF32;
    blas(
        cublasSetMathMode(cublas, tf32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_PEDANTIC_MATH),
        "setting the precision of cuBLAS");
    this.convolutions = new ConvolutionChoices(this, options.choices());
  }

  private String describeDevice() {
    int major = attribute(cudaDevAttrComputeCapabilityMajor);
    int minor = attribute(cudaDevAttrComputeCapabilityMinor);
    cudaDeviceProp properties = new cudaDeviceProp();
    cuda(cudaGetDeviceProperties(properties, options.device()), "asking for the device's name");
    String name = properties.name().getString();
    if (major < 8) {
      throw new EarlybirdException(
          "cuda: " + name + " has compute capability " + major + "." + minor + ", 8.0 is needed");
    }
    return String.format(
        Locale.ROOT,
        "%s (device %d, compute capability %d.%d, %d multiprocessors, %.0f GiB), %s, %s%s",
        name,
        options.device(),
        major,
        minor,
        attribute(cudaDevAttrMultiProcessorCount),
        gib(properties.totalGlobalMem()),
        CudaLibraries.versions(),
        options.precision().name().toLowerCase(Locale.ROOT),
        options.nondeterministic() ? ", nondeterministic" : "");
  }

  private int attribute(int which) {
    int[] value = new int[1];
    cuda(cudaDeviceGetAttribute(value, which, options.device()), "asking for a device attribute");
    return value[0];
  }

  /** The current device belongs to the calling thread, which need not be the one that opened. */
  private void activate() {
    cuda(cudaSetDevice(options.device()), "using device " + options.device());
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String describe() {
    return description;
  }

  /** How this backend was opened. */
  public CudaOptions options() {
    return options;
  }

  /**
   * Names of the algorithms chosen by measurement or from a record, by op, shapes and precision.
   * With them, the same seed, device type and library versions a run gives the same bits.
   */
  public Map<String, String> choices() {
    return convolutions.names();
  }

  /** Takes over choices that this device measured earlier; those of the options stay. */
  public void remember(Map<String, String> choices) {
    convolutions.remember(choices);
  }

  /** Element type of stored activations and of the operands of convolutions. */
  DType activations() {
    return options.precision().activations();
  }

  /** Tensor cores take channels by sixteen bytes of bf16. */
  @Override
  public int channelGroup() {
    return Integer.getInteger(CHANNEL_GROUP, TENSOR_CORE_CHANNELS);
  }

  /** Weights are stored as fp32; what a convolution reads as bf16 is made of them in each step. */
  @Override
  public Form storedForm(TensorSpec spec, Form wanted) {
    return wanted.element() == DType.BF16
        ? new Form(DType.F32, wanted.layout(), Form.plain(spec).bytes())
        : wanted;
  }

  ConvolutionChoices convolutions() {
    return convolutions;
  }

  CUstream_st stream() {
    return stream;
  }

  cudnnContext cudnn() {
    return cudnn;
  }

  cublasContext cublas() {
    return cublas;
  }

  /** The number 1 in host memory, where cuDNN and cuBLAS read their factors. */
  FloatPointer one() {
    return one;
  }

  /** The number 0 in host memory. */
  FloatPointer zero() {
    return zero;
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    CudaKernelFactory factory = factories.get(op.getClass());
    return factory == null
        ? Support.no("the cuda backend has no kernel for " + op.name())
        : factory.supports(op, inputs);
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    CudaMemory memory = take(bytes, purpose);
    memories.add(memory);
    return memory;
  }

  private CudaMemory take(long bytes, String purpose) {
    if (bytes < 0) {
      throw new IllegalArgumentException("negative size " + bytes);
    }
    activate();
    long wanted = Math.max(bytes, 1);
    BytePointer base = new BytePointer();
    int status = cudaMalloc(base, wanted);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      long free = freeBytes();
      throw new MemoryException(
          String.format(
              Locale.ROOT,
              "needs %.2f GiB of device memory for %s, %.2f GiB free; try a smaller batch",
              gib(bytes),
              purpose,
              gib(free)),
          bytes,
          free);
    }
    cuda(status, "allocating " + bytes + " bytes for " + purpose);
    cuda(cudaMemsetAsync(base, 0, wanted, stream), "clearing memory for " + purpose);
    synchronize();
    return new CudaMemory(base, bytes, this);
  }

  private static Pointer address(CudaMemory memory) {
    return CudaMemory.pointer(new Slice(memory, 0, memory.bytes()));
  }

  /** Bytes of device memory that nobody uses. */
  long freeBytes() {
    SizeTPointer free = new SizeTPointer(1);
    SizeTPointer total = new SizeTPointer(1);
    cuda(cudaMemGetInfo(free, total), "asking for free memory");
    return free.get();
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }

  /** Notes that a memory was closed. */
  void freed(CudaMemory memory) {
    memories.remove(memory);
  }

  @Override
  public long liveBytes() {
    return memories.stream().mapToLong(CudaMemory::bytes).sum();
  }

  @Override
  public Kernel prepare(KernelRequest request) {
    Support support = supports(request.op(), request.inputs());
    if (!support.ok()) {
      throw new UnsupportedOperationException(support.reason());
    }
    activate();
    return factories.get(request.op().getClass()).prepare(request, this);
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    return ElementwiseCudaKernels.reorder(this, spec, from, to);
  }

  @Override
  public Program program(List<Launch> launches) {
    activate();
    if (!Boolean.parseBoolean(System.getProperty(GRAPHS, "true"))) {
      Launch[] steps = launches.toArray(Launch[]::new);
      return () -> {
        beforeStep();
        for (Launch step : steps) {
          step.run();
        }
        afterStep();
      };
    }
    return new CudaGraphProgram(this, launches);
  }

  /** Waits until at most one step is under way. */
  void beforeStep() {
    activate();
    cuda(cudaEventSynchronize(paces[nextPace]), "waiting for a step");
  }

  /** Marks the end of the step that was just enqueued. */
  void afterStep() {
    cuda(cudaEventRecord(paces[nextPace], stream), "marking the end of a step");
    nextPace = 1 - nextPace;
  }

  @Override
  public void synchronize() {
    activate();
    cuda(cudaStreamSynchronize(stream), "waiting for the device");
  }

  /** Mean time of a launch in milliseconds, after one to warm up. */
  double millis(Launch launch) {
    CUevent_st begin = new CUevent_st();
    CUevent_st end = new CUevent_st();
    float[] millis = new float[1];
    cuda(cudaEventCreate(begin), "creating an event");
    cuda(cudaEventCreate(end), "creating an event");
    launch.run();
    cuda(cudaEventRecord(begin, stream), "timing");
    for (int i = 0; i < TIMED_RUNS; i++) {
      launch.run();
    }
    cuda(cudaEventRecord(end, stream), "timing");
    cuda(cudaEventSynchronize(end), "timing");
    cuda(cudaEventElapsedTime(millis, begin, end), "timing");
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    return millis[0] / TIMED_RUNS;
  }

  /** Fills a slice with fp32 or bf16 numbers in [-1, 1), which repeat every few megabytes. */
  synchronized void randomize(Slice slice, DType element) {
    int size = element.bytes();
    byte[] block = new byte[(int) Math.min(STAGING, slice.bytes() / size * size)];
    ByteBuffer numbers = ByteBuffer.wrap(block).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    Random random = new Random(slice.bytes());
    for (int i = 0; i + size <= block.length; i += size) {
      HostTensor.put(numbers, element, i / size, random.nextFloat() * 2 - 1);
    }
    for (long at = 0; at < slice.bytes(); at += block.length) {
      upload(
          CudaMemory.pointer(slice),
          at,
          block,
          0,
          (int) Math.min(block.length, slice.bytes() - at));
    }
  }

  private void upload(Pointer target, long offset, byte[] from, int begin, int bytes) {
    staging.put(from, begin, bytes);
    cuda(
        cudaMemcpyAsync(target.getPointer(offset), staging, bytes, cudaMemcpyHostToDevice, stream),
        "copying to the device");
    synchronize();
  }

  @Override
  public synchronized void write(Slice target, HostTensor value) {
    activate();
    ByteBuffer data = value.buffer();
    checkSize(target, value.spec());
    Pointer address = CudaMemory.pointer(target);
    for (int at = 0; at < data.capacity(); at += STAGING) {
      int bytes = Math.min(STAGING, data.capacity() - at);
      upload(address, at, data.array(), data.arrayOffset() + at, bytes);
    }
  }

  @Override
  public synchronized HostTensor read(Slice source, TensorSpec spec) {
    activate();
    checkSize(source, spec);
    HostTensor value = HostTensor.zeros(spec);
    ByteBuffer data = value.buffer();
    Pointer address = CudaMemory.pointer(source);
    for (int at = 0; at < data.capacity(); at += STAGING) {
      int bytes = Math.min(STAGING, data.capacity() - at);
      cuda(
          cudaMemcpyAsync(staging, address.getPointer(at), bytes, cudaMemcpyDeviceToHost, stream),
          "copying from the device");
      synchronize();
      staging.get(data.array(), data.arrayOffset() + at, bytes);
    }
    return value;
  }

  private static void checkSize(Slice slice, TensorSpec spec) {
    long bytes = Form.plain(spec).bytes();
    if (slice.bytes() < bytes) {
      throw new IllegalArgumentException(
          spec + " needs " + bytes + " bytes, the slice has " + slice.bytes());
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    cudaSetDevice(options.device());
    cudaStreamSynchronize(stream);
    List.copyOf(memories).forEach(CudaMemory::close);
    cublasDestroy_v2(cublas);
    cublasWorkspace.close();
    cudnnDestroy(cudnn);
    cudaFreeHost(staging);
    for (CUevent_st pace : paces) {
      cudaEventDestroy(pace);
    }
    cudaStreamDestroy(stream);
  }
}
