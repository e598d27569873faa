// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.gpu;

import java.util.Map;
import org.rigor.exec.cuda.code.Nvrtc;
import org.rigor.exec.cuda.driver.Cublas;
import org.rigor.exec.cuda.driver.Cublas.Operand;
import org.rigor.exec.cuda.driver.Cublas.Precision;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaGraph;
import org.rigor.exec.cuda.driver.CudaKernel;
import org.rigor.exec.cuda.driver.CudaModule;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.KernelArguments;
import org.rigor.exec.cuda.driver.PinnedMemory;
import org.rigor.run.bench.DeviceClock;

/**
 * A probe that records a kernel and a product, replays them a thousand times, checks the sum and
 * times it.
 */
final class GraphProbe {
  private static final int REPLAYS = 1000;
  private static final int SIZE = 64;
  private static final int CHAIN = 100;

  private GraphProbe() {}

  static void run(CudaContext context, Map<String, Object> found) {
    int n = SIZE * SIZE;
    try (CudaStream stream = new CudaStream(context, "graph");
        Cublas blas = new Cublas(stream);
        CudaModule module =
            new CudaModule(context, new Nvrtc(context).compile(KernelProbe.source()));
        DeviceMemory a = new DeviceMemory(context, "a", 4L * n);
        DeviceMemory c = new DeviceMemory(context, "c", 4L * n);
        DeviceMemory sum = new DeviceMemory(context, "sum", 4L * n);
        PinnedMemory page = new PinnedMemory(context, "arguments", 4096)) {
      float[] ones = new float[n];
      java.util.Arrays.fill(ones, 1f);
      a.upload(0, ones);
      stream.fill(sum, 0, 0, n);
      KernelArguments arguments = new KernelArguments(page, 0, 8, 8, 4, 4);
      arguments.set(0, c, 0);
      arguments.set(1, sum, 0);
      arguments.set(2, 1f);
      arguments.set(3, n);
      CudaKernel axpy = module.kernel("axpy");
      Operand left = new Operand(a, 0, SIZE, 0, false);
      Runnable body =
          () -> {
            blas.gemm(
                Precision.F32,
                SIZE,
                SIZE,
                SIZE,
                left,
                left,
                new Operand(c, 0, SIZE, 0, false),
                1,
                false);
            axpy.launch(stream, CudaKernel.Extent.linear(n, 256), arguments);
          };
      try (CudaGraph graph = CudaGraph.record(stream, "product and sum", body)) {
        found.put("nodes", graph.nodes());
        for (int i = 0; i < REPLAYS; i++) {
          graph.launch(stream);
        }
        stream.synchronize();
        float[] got = new float[n];
        sum.download(0, got);
        found.put("sum", got[n - 1]);
        if (got[n - 1] != (float) REPLAYS * SIZE) {
          throw new IllegalStateException(
              "sum " + got[n - 1] + " after " + REPLAYS + " replays, expected " + REPLAYS * SIZE);
        }
        found.put(
            "replayHostMicros",
            DeviceClock.hostMicros(stream::synchronize, 500, () -> graph.launch(stream)));
        found.put(
            "replayDeviceMicros",
            1e3 * DeviceClock.deviceMillis(context, stream, 500, () -> graph.launch(stream)));
      }
      found.put("directDeviceMicros", 1e3 * DeviceClock.deviceMillis(context, stream, 500, body));
      chain(context, stream, module.kernel("nothing"), arguments, found);
    }
  }

  /** Measures one node of a long graph, and of one launch of the same kernels without a graph. */
  private static void chain(
      CudaContext context,
      CudaStream stream,
      CudaKernel nothing,
      KernelArguments arguments,
      Map<String, Object> found) {
    CudaKernel.Extent one = CudaKernel.Extent.linear(1, 32);
    Runnable launches =
        () -> {
          for (int i = 0; i < CHAIN; i++) {
            nothing.launch(stream, one, arguments);
          }
        };
    try (CudaGraph graph = CudaGraph.record(stream, "chain", launches)) {
      found.put(
          "microsPerGraphNode",
          1e3 * DeviceClock.deviceMillis(context, stream, 50, () -> graph.launch(stream)) / CHAIN);
      found.put(
          "hostMicrosPerReplayOf" + CHAIN,
          DeviceClock.hostMicros(stream::synchronize, 20, () -> graph.launch(stream)));
    }
    found.put(
        "microsPerDirectLaunch",
        1e3 * DeviceClock.deviceMillis(context, stream, 10, launches) / CHAIN);
  }
}
