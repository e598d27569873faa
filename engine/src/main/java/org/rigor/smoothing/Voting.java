// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Votes of M models on samples under Gaussian noise, counted on the device. An item is a sample at
 * a deviation; each model works on items of its own. Draw d of a sample is a function of (key,
 * sample, d) alone, and the same at every deviation: where and beside what it is drawn leaves no
 * trace.
 */
final class Voting implements AutoCloseable {
  private static final int BLOCK = Stages.BLOCK;

  /** Items of a model at a time on the CPU: their rows stay in cache. */
  private static final int CPU_ITEMS = 2;

  private final Models networks;
  private final Workspace space;
  private final DType dtype;
  private final int samples;
  private final double[] sigmas;
  private final int slots;
  private final int classes;
  private final Executable block;

  /**
   * @param keys of the models
   * @param x samples [N, features...], in the type in which the networks vote
   * @param ids of the samples in their data set, each in [0, 2^31 / {@link Stages#BLOCK})
   */
  Voting(Models networks, List<TrialKey> keys, HostTensor x, int[] ids, double... sigmas) {
    this.networks = networks;
    this.dtype = x.dtype();
    this.samples = ids.length;
    this.sigmas = sigmas.clone();
    this.classes = networks.network().outputs();
    for (int id : ids) {
      if (id < 0 || id >= Integer.MAX_VALUE / BLOCK) {
        throw new IllegalArgumentException(
            "smoothing: samples are numbered up to %d, got %d"
                .formatted(Integer.MAX_VALUE / BLOCK - 1, id));
      }
    }
    int all = Math.multiplyExact(samples, sigmas.length);
    int fit = Batches.fit(this::program, all);
    this.slots = networks.device().info().gpu() ? fit : Math.min(fit, CPU_ITEMS);
    this.space = new Workspace(networks.device(), "smoothing");
    try {
      networks.share(space, dtype);
      space.put("samples", x.reshape(x.shape().insert(0, 1)));
      space.put("ids", HostTensor.of(Shape.of(1, samples), ids));
      space.put("key", TrialKey.tensor(keys));
      this.block = space.link(space.declare(program(slots)), Passes.ATTACK);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Program program(int items) {
    Network network = networks.network();
    int models = networks.count();
    int rows = Math.multiplyExact(items, BLOCK);
    Shape input = network.input();
    Program.Builder b = Program.builder("smoothing");
    Map<String, Value> params = network.declare(b, "param/", models, dtype);
    Value all = b.input("samples", new TensorType(dtype, input.insert(0, samples).insert(0, 1)));
    Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, samples)));
    Value sample = b.input("sample", new TensorType(DType.I32, Shape.of(models, items)));
    Value sigma = b.input("sigma", new TensorType(dtype, Shape.of(models, items)));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(models, 2)));
    Value step = b.input("step", new TensorType(DType.I32, Shape.of(1, 1)));
    Value votes = b.input("votes", new TensorType(DType.I32, Shape.of(models, items, classes)));

    Value first = F.mul(F.reshape(F.gather(ids, sample), Shape.of(models, items, 1)), BLOCK);
    Value row = F.reshape(F.add(first, F.iota(3, 2, BLOCK)), Shape.of(models, rows));
    Value noise = new Randoms(key, row, step).normals("smoothing", dtype, input);
    Value apart = F.reshape(noise, input.insert(0, BLOCK).insert(0, items).insert(0, models));
    Value centre =
        F.reshape(F.gather(all, sample), input.insert(0, 1).insert(0, items).insert(0, models));
    int[] ones = new int[apart.shape().rank()];
    Arrays.fill(ones, 1);
    ones[0] = models;
    ones[1] = items;
    Value moved = F.add(centre, F.mul(apart, F.reshape(sigma, Shape.of(ones))));
    Value logits = network.apply(params, F.reshape(moved, noise.shape()));

    Value best = F.reshape(F.argMax(logits, 2), Shape.of(models, rows));
    Value unknown = F.max(F.cast(F.ne(logits, logits), DType.I32), 2); // NaN votes for nothing
    Value counts =
        F.mul(F.oneHot(best, classes, DType.I32), F.sub(F.constant(unknown, 1), unknown));
    Value fresh = F.sum(F.reshape(counts, Shape.of(models, items, BLOCK, classes)), 2);
    b.state("votes", F.add(votes, F.reshape(fresh, votes.shape())));
    b.state("step", F.add(step, 1));
    return b.build();
  }

  /** Returns the deviation of an item as the type of the noise holds it. */
  double sigma(int item) {
    double s = sigmas[item / samples];
    return dtype == DType.F32 ? (float) s : s;
  }

  /**
   * Counts votes.
   *
   * @param items of each model: s N + n for sample n at the s-th deviation
   * @param from first block of draws
   * @param blocks number of blocks
   * @return [model][position of the item][class]
   */
  int[][][] count(int[][] items, int from, int blocks) {
    int models = items.length;
    int[][][] found = new int[models][][];
    int longest = 0;
    for (int m = 0; m < models; m++) {
      found[m] = new int[items[m].length][];
      longest = Math.max(longest, items[m].length);
    }
    for (int at = 0; at < longest; at += slots) {
      fill(items, at);
      space.get("votes").clear();
      space.put("step", HostTensor.of(Shape.of(1, 1), new int[] {from}));
      for (int i = 0; i < blocks; i++) {
        block.run();
      }
      int[] votes = space.read("votes").ints();
      for (int m = 0; m < models; m++) {
        for (int i = at; i < Math.min(at + slots, items[m].length); i++) {
          int first = (m * slots + i - at) * classes;
          found[m][i] = Arrays.copyOfRange(votes, first, first + classes);
        }
      }
    }
    return found;
  }

  /** Writes the items of a batch; slots without one repeat the last, or take the first sample. */
  private void fill(int[][] items, int from) {
    int models = items.length;
    int[] sample = new int[models * slots];
    double[] sigma = new double[models * slots];
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < slots; i++) {
        int last = items[m].length - 1;
        int item = last < 0 ? 0 : items[m][Math.min(from + i, last)];
        sample[m * slots + i] = item % samples;
        sigma[m * slots + i] = sigma(item);
      }
    }
    Shape each = Shape.of(models, slots);
    space.put("sample", HostTensor.of(each, sample));
    HostTensor s = HostTensor.of(each, sigma);
    space.put("sigma", dtype == DType.F32 ? s.toFloat() : s);
  }

  @Override
  public void close() {
    space.close();
  }
}
