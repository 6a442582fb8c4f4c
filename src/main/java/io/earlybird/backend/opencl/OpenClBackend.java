package io.earlybird.backend.opencl;

import static io.earlybird.backend.opencl.OpenClStatus.check;
import static org.jocl.CL.CL_CONTEXT_PLATFORM;
import static org.jocl.CL.CL_MEM_OBJECT_ALLOCATION_FAILURE;
import static org.jocl.CL.CL_MEM_READ_WRITE;
import static org.jocl.CL.CL_OUT_OF_HOST_MEMORY;
import static org.jocl.CL.CL_OUT_OF_RESOURCES;
import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.CL_TRUE;
import static org.jocl.CL.clCreateBuffer;
import static org.jocl.CL.clCreateCommandQueue;
import static org.jocl.CL.clCreateContext;
import static org.jocl.CL.clEnqueueFillBuffer;
import static org.jocl.CL.clEnqueueMarkerWithWaitList;
import static org.jocl.CL.clEnqueueReadBuffer;
import static org.jocl.CL.clEnqueueWriteBuffer;
import static org.jocl.CL.clFinish;
import static org.jocl.CL.clFlush;
import static org.jocl.CL.clReleaseCommandQueue;
import static org.jocl.CL.clReleaseContext;
import static org.jocl.CL.clReleaseEvent;
import static org.jocl.CL.clReleaseMemObject;
import static org.jocl.CL.clWaitForEvents;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.backend.Support;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Op;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_event;
import org.jocl.cl_mem;

/**
 * A device of an OpenCL driver, with own kernels for all ops. Activations are plain NHWC;
 * convolution weights live in the order that the kernels read ({@link WeightOrder}). One queue in
 * order; at most two steps are under way, and reading waits for them.
 */
public final class OpenClBackend implements Backend {
  /** What choices call the {@link Spread}. */
  private static final String SPREAD = "spread over work-items";

  private final OpenClDevice device;
  private final cl_context context;
  private final cl_command_queue queue;
  private final OpenClPrograms programs;
  private final Spread spread;
  private final ProductChoices products;
  private final Map<Class<? extends Op>, OpenClKernelFactory> factories = OpenClKernels.all();
  private final Set<OpenClMemory> memories = ConcurrentHashMap.newKeySet();
  private final cl_event[][] paces = {{new cl_event()}, {new cl_event()}};
  private final boolean[] underWay = new boolean[2];
  private int nextPace;
  private boolean closed;

  /** Whether an OpenCL backend can be opened here, and if not, the reason in one line. */
  public static Support probe() {
    try {
      return device(0).usable();
    } catch (EarlybirdException e) {
      return Support.no(e.getMessage());
    }
  }

  /**
   * A device by number.
   *
   * @throws EarlybirdException if there is no loader, no platform or no such device
   */
  public static OpenClDevice device(int number) {
    List<OpenClDevice> devices = OpenClDevice.all();
    if (devices.isEmpty()) {
      throw new EarlybirdException(
          "opencl: no platform is registered with the loader; install the GPU vendor's OpenCL"
              + " driver or, for the processor, pocl-opencl-icd");
    }
    if (number < 0 || number >= devices.size()) {
      throw new EarlybirdException(
          "opencl: there is no device "
              + number
              + "; devices here: 0 to "
              + (devices.size() - 1)
              + " (earlybird doctor lists them)");
    }
    return devices.get(number);
  }

  /** Opens device 0. */
  public static OpenClBackend open() {
    return open(device(0), Map.of());
  }

  /**
   * Opens a device.
   *
   * @param choices kernels of an earlier run, which this one must use too
   * @throws EarlybirdException with the reason if it cannot be used
   */
  public static OpenClBackend open(OpenClDevice device, Map<String, String> choices) {
    return new OpenClBackend(usable(device), Spread.of(device), choices);
  }

  /**
   * Opens a device whose kernels are spread over it as measured: as an earlier run did, as it was
   * measured earlier, or as it is measured now.
   *
   * @param choices kernels of an earlier run, which this one must use too
   * @param remembered choices that this device measured earlier
   * @throws EarlybirdException with the reason if it cannot be used
   */
  public static OpenClBackend open(
      OpenClDevice device, Map<String, String> choices, Map<String, String> remembered) {
    usable(device);
    Spread spread =
        Spread.parse(choices.get(SPREAD))
            .or(() -> Spread.parse(remembered.get(SPREAD)))
            .orElseGet(() -> new SpreadSearch(device).fastest());
    OpenClBackend backend = new OpenClBackend(device, spread, choices);
    backend.products.record(SPREAD, spread.describe());
    backend.products.remember(remembered);
    return backend;
  }

  private static OpenClDevice usable(OpenClDevice device) {
    Support usable = device.usable();
    if (!usable.ok()) {
      throw new EarlybirdException(usable.reason());
    }
    return device;
  }

  /** A device used as {@code spread} says. */
  OpenClBackend(OpenClDevice device, Spread spread, Map<String, String> choices) {
    this.device = device;
    int[] status = new int[1];
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL_CONTEXT_PLATFORM, device.platform());
    cl_device_id[] devices = {device.id()};
    this.context = clCreateContext(properties, 1, devices, null, null, status);
    check(status[0], "opening " + device.title());
    this.queue = newQueue(context, device);
    this.spread = spread;
    this.programs = new OpenClPrograms(device, context, spread.defines());
    this.products = new ProductChoices(this, choices);
  }

  @SuppressWarnings("deprecation") // its successor is of OpenCL 2.0
  private static cl_command_queue newQueue(cl_context context, OpenClDevice device) {
    int[] status = new int[1];
    cl_command_queue queue = clCreateCommandQueue(context, device.id(), 0, status);
    check(status[0], "making a queue on " + device.title());
    return queue;
  }

  @Override
  public String name() {
    return "opencl";
  }

  @Override
  public String describe() {
    return device.describe();
  }

  /** The device that computes. */
  public OpenClDevice device() {
    return device;
  }

  /**
   * Names of the kernels chosen by measurement or from a record, by op and shapes. With them, the
   * same seed, device and driver a run gives the same bits.
   */
  public Map<String, String> choices() {
    return products.names();
  }

  ProductChoices products() {
    return products;
  }

  OpenClPrograms programs() {
    return programs;
  }

  cl_command_queue queue() {
    return queue;
  }

  Spread spread() {
    return spread;
  }

  @Override
  public Support supports(Op op, List<TensorSpec> inputs) {
    OpenClKernelFactory factory = factories.get(op.getClass());
    return factory == null
        ? Support.no("the opencl backend has no kernel for " + op.name())
        : factory.supports(op, inputs);
  }

  @Override
  public Memory allocate(long bytes, String purpose) {
    if (bytes < 0) {
      throw new IllegalArgumentException("negative size " + bytes);
    }
    long wanted = Math.max(bytes, 4);
    long free = Math.min(device.largestBuffer(), device.memoryBytes() - liveBytes());
    if (wanted > free) {
      throw tooLarge(bytes, purpose, free);
    }
    int[] status = new int[1];
    cl_mem object = clCreateBuffer(context, CL_MEM_READ_WRITE, wanted, null, status);
    if (status[0] == CL_SUCCESS) {
      status[0] =
          clEnqueueFillBuffer(queue, object, Pointer.to(new byte[1]), 1, 0, wanted, 0, null, null);
      status[0] = status[0] == CL_SUCCESS ? clFinish(queue) : status[0];
      if (status[0] != CL_SUCCESS) {
        clReleaseMemObject(object);
      }
    }
    if (status[0] == CL_MEM_OBJECT_ALLOCATION_FAILURE
        || status[0] == CL_OUT_OF_RESOURCES
        || status[0] == CL_OUT_OF_HOST_MEMORY) {
      throw tooLarge(bytes, purpose, free);
    }
    check(status[0], "allocating " + bytes + " bytes for " + purpose);
    OpenClMemory memory = new OpenClMemory(object, bytes, this);
    memories.add(memory);
    return memory;
  }

  private EarlybirdException tooLarge(long bytes, String purpose, long free) {
    return new EarlybirdException(
        String.format(
            Locale.ROOT,
            "needs %.2f GiB of device memory for %s, %s gives at most %.2f GiB; try a smaller"
                + " batch",
            gib(bytes),
            purpose,
            device.title(),
            gib(Math.max(0, free))));
  }

  private static double gib(long bytes) {
    return bytes / (double) (1L << 30);
  }

  /** Notes that a memory was closed. */
  void freed(OpenClMemory memory) {
    memories.remove(memory);
  }

  @Override
  public long liveBytes() {
    return memories.stream().mapToLong(OpenClMemory::bytes).sum();
  }

  @Override
  public Kernel prepare(KernelRequest request) {
    Support support = supports(request.op(), request.inputs());
    if (!support.ok()) {
      throw new UnsupportedOperationException(support.reason());
    }
    return factories.get(request.op().getClass()).prepare(request, this);
  }

  @Override
  public Kernel prepareReorder(TensorSpec spec, Form from, Form to) {
    return WeightOrder.reorder(this, spec, from, to);
  }

  @Override
  public Program program(List<Launch> launches) {
    Launch[] steps = launches.toArray(Launch[]::new);
    return () -> {
      beforeStep();
      for (Launch step : steps) {
        step.run();
      }
      afterStep();
    };
  }

  /** Waits until at most one step is under way. */
  private void beforeStep() {
    if (underWay[nextPace]) {
      check(clWaitForEvents(1, paces[nextPace]), "waiting for a step");
      clReleaseEvent(paces[nextPace][0]);
      underWay[nextPace] = false;
    }
  }

  /** Marks the end of the step that was just enqueued, and sets it going. */
  private void afterStep() {
    check(
        clEnqueueMarkerWithWaitList(queue, 0, null, paces[nextPace][0]),
        "marking the end of a step");
    underWay[nextPace] = true;
    nextPace = 1 - nextPace;
    check(clFlush(queue), "starting a step");
  }

  @Override
  public void synchronize() {
    check(clFinish(queue), "waiting for the device");
  }

  @Override
  public void write(Slice target, HostTensor value) {
    ByteBuffer data = value.buffer();
    checkSize(target, value.spec());
    if (data.capacity() > 0) {
      Pointer from = Pointer.to(data.array()).withByteOffset(data.arrayOffset());
      check(
          clEnqueueWriteBuffer(
              queue,
              OpenClMemory.object(target),
              CL_TRUE,
              target.offset(),
              data.capacity(),
              from,
              0,
              null,
              null),
          "copying to the device");
    }
  }

  @Override
  public HostTensor read(Slice source, TensorSpec spec) {
    checkSize(source, spec);
    HostTensor value = HostTensor.zeros(spec);
    ByteBuffer data = value.buffer();
    if (data.capacity() > 0) {
      Pointer to = Pointer.to(data.array()).withByteOffset(data.arrayOffset());
      check(
          clEnqueueReadBuffer(
              queue,
              OpenClMemory.object(source),
              CL_TRUE,
              source.offset(),
              data.capacity(),
              to,
              0,
              null,
              null),
          "copying from the device");
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
    clFinish(queue);
    for (int i = 0; i < paces.length; i++) {
      if (underWay[i]) {
        clReleaseEvent(paces[i][0]);
      }
    }
    List.copyOf(memories).forEach(OpenClMemory::close);
    programs.close();
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
  }
}
