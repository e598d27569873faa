// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.Sequence;

/**
 * A nested loop. If every executable can run model by model and all have the same models, each
 * thread runs the whole loop for its models without a barrier; otherwise executables run one by
 * one.
 */
final class CpuSequence implements Sequence {
  private final CpuDevice device;
  private final List<Step> steps;
  private final List<CpuExecutable> executables = new ArrayList<>();
  private final boolean byModel;

  CpuSequence(CpuDevice device, List<Step> steps) {
    this.device = device;
    this.steps = List.copyOf(steps);
    collect(this.steps);
    this.byModel =
        !executables.isEmpty()
            && executables.stream()
                .allMatch(e -> e.byModel() && e.models() == executables.get(0).models());
  }

  private void collect(List<Step> list) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        collect(r.body());
      } else if (s instanceof WhileBusy w) {
        if (list != steps || list.size() > 1) {
          throw new IllegalArgumentException("a loop while busy must be the whole sequence");
        }
        collect(w.head());
        collect(w.body());
      } else if (((Run) s).executable() instanceof CpuExecutable e) {
        executables.add(e);
      } else {
        throw new IllegalArgumentException("a sequence holds executables of its own device only");
      }
    }
  }

  @Override
  public void run() {
    executables.forEach(CpuExecutable::checkOpen);
    if (byModel) {
      device.forEachModel(
          executables.get(0).models(), (thread, model) -> runModel(steps, thread, model));
    } else {
      runAll(steps);
    }
  }

  private void runModel(List<Step> list, int thread, int model) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        for (int i = 0; i < r.count(); i++) {
          runModel(r.body(), thread, model);
        }
      } else if (s instanceof WhileBusy w) {
        int[] busy = (int[]) ((CpuBuffer) w.busy()).array();
        runModel(w.head(), thread, model);
        while (busy[model] != 0) {
          runModel(w.body(), thread, model);
          runModel(w.head(), thread, model);
        }
      } else {
        ((CpuExecutable) ((Run) s).executable()).runModel(thread, model);
      }
    }
  }

  private void runAll(List<Step> list) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        for (int i = 0; i < r.count(); i++) {
          runAll(r.body());
        }
      } else if (s instanceof WhileBusy w) {
        int[] busy = (int[]) ((CpuBuffer) w.busy()).array();
        runAll(w.head());
        while (IntStream.of(busy).anyMatch(n -> n != 0)) {
          runAll(w.body());
          runAll(w.head());
        }
      } else {
        ((Run) s).executable().run();
      }
    }
  }

  @Override
  public void close() {}
}
