// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import static jcuda.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;

import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;

/**
 * A sequence of launches recorded once and replayed. Recording fixes arguments and addresses, so
 * all memory used must outlive the graph, and what varies between replays lives in device memory.
 */
public final class CudaGraph implements AutoCloseable {
  private final CudaContext context;
  private final String name;
  private final CUgraph graph = new CUgraph();
  private final CUgraphExec executable = new CUgraphExec();
  private final long nodes;
  private final Traffic replay;
  private boolean closed;

  private CudaGraph(CudaStream stream, String name, Runnable launches) {
    this.context = stream.context();
    this.name = name;
    CUstream s = stream.handle();
    CudaFailure.call(
        "recording graph '" + name + "'",
        () -> JCudaDriver.cuStreamBeginCapture(s, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    try {
      replay = context.recorded(launches).replayed();
    } catch (RuntimeException | Error e) {
      abandon(s);
      throw e;
    }
    CudaFailure.call(
        "ending the recording of graph '" + name + "'",
        () -> JCudaDriver.cuStreamEndCapture(s, graph));
    long[] count = new long[1];
    CudaFailure.call("counting nodes", () -> JCudaDriver.cuGraphGetNodes(graph, null, count));
    nodes = count[0];
    CudaFailure.call(
        "instantiating graph '" + name + "' of " + nodes + " nodes",
        () -> JCudaDriver.cuGraphInstantiate(executable, graph, 0L));
    context.opened(this);
  }

  /** Records what {@code launches} queues on {@code stream}, without running it. */
  public static CudaGraph record(CudaStream stream, String name, Runnable launches) {
    return new CudaGraph(stream, name, launches);
  }

  private void abandon(CUstream s) {
    try {
      JCudaDriver.cuStreamEndCapture(s, graph);
      JCudaDriver.cuGraphDestroy(graph);
    } catch (CudaException ended) {
      // The failure that ended the recording is the one to report.
    }
  }

  /** Queues one replay. */
  public void launch(CudaStream stream) {
    if (closed) {
      throw new IllegalStateException("graph '" + name + "' is closed");
    }
    stream.queued(replay);
    try {
      JCudaDriver.cuGraphLaunch(executable, stream.handle());
    } catch (CudaException e) {
      throw CudaFailure.of("replaying graph '" + name + "' of " + nodes + " nodes", e);
    }
  }

  /** Returns how many kernels, copies and fills one replay runs. */
  public long nodes() {
    return nodes;
  }

  @Override
  public String toString() {
    return "graph '" + name + "'";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.enter();
      context.released(this);
      CudaFailure.call("closing '" + name + "'", () -> JCudaDriver.cuGraphExecDestroy(executable));
      CudaFailure.call("closing '" + name + "'", () -> JCudaDriver.cuGraphDestroy(graph));
    }
  }
}
