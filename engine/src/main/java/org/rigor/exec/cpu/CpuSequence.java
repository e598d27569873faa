// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.exec.Sequence;

/**
 * A nested loop. Executables that run model by model and have the same models need no barrier
 * between them: each thread takes its models through all neighbours of that kind, loops included.
 * Other executables run one by one.
 */
final class CpuSequence implements Sequence {
  private final CpuDevice device;
  private final List<CpuExecutable> executables = new ArrayList<>();
  private final List<Runnable> parts;

  CpuSequence(CpuDevice device, List<Step> steps) {
    this.device = device;
    collect(List.copyOf(steps), true);
    this.parts = parts(List.copyOf(steps));
  }

  private void collect(List<Step> list, boolean outermost) {
    for (Step s : list) {
      if (s instanceof Repeat r) {
        collect(r.body(), false);
      } else if (s instanceof WhileBusy w) {
        if (!outermost || list.size() > 1) {
          throw new IllegalArgumentException("a loop while busy must be the whole sequence");
        }
        collect(w.head(), false);
        collect(w.body(), false);
      } else if (((Run) s).executable() instanceof CpuExecutable e) {
        executables.add(e);
      } else {
        throw new IllegalArgumentException("a sequence holds executables of its own device only");
      }
    }
  }

  /** Returns what to run in order: neighbours without barriers, or a single step. */
  private List<Runnable> parts(List<Step> list) {
    List<Runnable> parts = new ArrayList<>();
    for (int i = 0; i < list.size(); ) {
      int models = models(list.get(i));
      int end = i + 1;
      while (models > 0 && end < list.size() && models(list.get(end)) == models) {
        end++;
      }
      List<Step> together = list.subList(i, end);
      parts.add(
          models > 0
              ? () -> device.forEachModel(models, (t, m) -> runModel(together, t, m))
              : whole(list.get(i)));
      i = end;
    }
    return parts;
  }

  /** Returns the models that all executables of a step run one by one, 0 if they do not. */
  private static int models(Step step) {
    if (step instanceof Run r) {
      CpuExecutable e = (CpuExecutable) r.executable();
      return e.byModel() ? e.models() : 0;
    }
    List<Step> inside = new ArrayList<>();
    if (step instanceof Repeat r) {
      inside.addAll(r.body());
    } else {
      inside.addAll(((WhileBusy) step).head());
      inside.addAll(((WhileBusy) step).body());
    }
    int[] models = inside.stream().mapToInt(CpuSequence::models).distinct().toArray();
    return models.length == 1 ? models[0] : 0;
  }

  private Runnable whole(Step step) {
    if (step instanceof Repeat r) {
      List<Runnable> body = parts(r.body());
      return () -> {
        for (int i = 0; i < r.count(); i++) {
          body.forEach(Runnable::run);
        }
      };
    } else if (step instanceof WhileBusy w) {
      int[] busy = (int[]) ((CpuBuffer) w.busy()).array();
      List<Runnable> head = parts(w.head());
      List<Runnable> body = parts(w.body());
      return () -> {
        head.forEach(Runnable::run);
        while (IntStream.of(busy).anyMatch(n -> n != 0)) {
          body.forEach(Runnable::run);
          head.forEach(Runnable::run);
        }
      };
    }
    return ((Run) step).executable()::run;
  }

  @Override
  public void run() {
    executables.forEach(CpuExecutable::checkOpen);
    parts.forEach(Runnable::run);
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

  @Override
  public void close() {}
}
