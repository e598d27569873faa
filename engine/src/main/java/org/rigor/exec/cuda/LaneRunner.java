// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaEvent;
import org.rigor.exec.cuda.driver.CudaStream;

/** Runner that queues the steps of a plan on their lanes, forking from lane 0 and joining it. */
final class LaneRunner implements AutoCloseable {
  private final Lanes lanes;
  private final List<CudaStream> streams;
  private final List<Runnable> steps;
  private final CudaEvent begin;
  private final Map<Integer, CudaEvent> done = new HashMap<>();

  /**
   * @param steps each queues its work on the stream of its lane
   */
  LaneRunner(CudaContext context, Lanes lanes, List<CudaStream> streams, List<Runnable> steps) {
    this.lanes = lanes;
    this.streams = streams;
    this.steps = steps;
    this.begin = new CudaEvent(context);
    for (int s = 0; s < steps.size(); s++) {
      boolean last = lanes.of().get(s) > 0 && lanes.last(lanes.of().get(s)) == s;
      if (last || lanes.isAwaited(s)) {
        done.put(s, new CudaEvent(context));
      }
    }
  }

  /** Queues all steps; what is queued on lane 0 afterwards waits for them. */
  void run() {
    if (lanes.count() > 1) {
      begin.record(streams.get(0));
    }
    for (int lane = 1; lane < lanes.count(); lane++) {
      streams.get(lane).waitFor(begin);
    }
    for (int s = 0; s < steps.size(); s++) {
      CudaStream stream = streams.get(lanes.of().get(s));
      lanes.waits().get(s).forEach(e -> stream.waitFor(done.get(e)));
      steps.get(s).run();
      if (done.containsKey(s)) {
        done.get(s).record(stream);
      }
    }
    for (int lane = 1; lane < lanes.count(); lane++) {
      streams.get(0).waitFor(done.get(lanes.last(lane)));
    }
  }

  @Override
  public void close() {
    List<CudaEvent> all = new ArrayList<>(done.values());
    all.add(begin);
    all.forEach(CudaEvent::close);
  }
}
