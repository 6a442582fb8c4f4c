package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.CudaStatus.cuda;
import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCaptureModeRelaxed;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;

import io.earlybird.backend.Launch;
import io.earlybird.backend.Program;
import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;

/**
 * A whole step as one CUDA graph: recorded once, replayed by a single call. Recording is relaxed,
 * so that the runtime may load the code of kernels that have not run yet.
 */
final class CudaGraphProgram implements Program {
  private final CudaBackend backend;
  private CUgraphExec_st executable;

  /**
   * Records the launches; none of them runs.
   *
   * @throws io.earlybird.EarlybirdException with the reason if one of them cannot be recorded
   */
  CudaGraphProgram(CudaBackend backend, List<Launch> launches) {
    this.backend = backend;
    CUgraph_st graph = record(launches);
    try {
      executable = new CUgraphExec_st();
      cuda(cudaGraphInstantiate(executable, graph, 0), "preparing a recorded step");
    } finally {
      cudaGraphDestroy(graph);
    }
  }

  private CUgraph_st record(List<Launch> launches) {
    CUgraph_st graph = new CUgraph_st();
    cuda(
        cudaStreamBeginCapture(backend.stream(), cudaStreamCaptureModeRelaxed),
        "starting to record a step");
    try {
      launches.forEach(Launch::run);
    } catch (RuntimeException e) {
      cudaStreamEndCapture(backend.stream(), graph);
      if (!graph.isNull()) {
        cudaGraphDestroy(graph);
      }
      throw e;
    }
    cuda(cudaStreamEndCapture(backend.stream(), graph), "recording a step");
    return graph;
  }

  @Override
  public void run() {
    backend.beforeStep();
    cuda(cudaGraphLaunch(executable, backend.stream()), "starting a step");
    backend.afterStep();
  }

  @Override
  public void close() {
    if (executable != null) {
      backend.synchronize();
      cudaGraphExecDestroy(executable);
      executable = null;
    }
  }
}
