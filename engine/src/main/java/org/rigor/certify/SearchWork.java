// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.queue.SlotWork;
import org.rigor.queue.Slots;
import org.rigor.queue.Turn;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Search for the largest verified radius of each sample, as {@link SlotWork}. A step is one pass of
 * a certificate at one radius. The radii below {@code low} are verified, those from {@code high} on
 * are left; each pass moves one of the two.
 *
 * @param input shape of a sample
 * @param stored type of the samples
 * @param classes K
 * @param models M
 * @param samples N
 * @param slots B
 * @param radii E
 * @param climb whether a pass takes the radius {@code low}; else the one half way, which bisects
 * @param all whether every sample is looked at up to the largest radius; else each has its {@link
 *     #LIMIT}
 */
record SearchWork(
    Shape input,
    DType stored,
    int classes,
    int models,
    int samples,
    int slots,
    int radii,
    boolean climb,
    boolean all)
    implements SlotWork {
  /** Samples, [1, N, features...]. */
  static final String X = "x";

  /** Labels, I32 [1, N]. */
  static final String LABEL = "label";

  /** Number of radii that are verified beforehand, I32 [M, N]. */
  static final String VERIFIED = "verified";

  /** Number of leading radii that are looked at, I32 [M, N]. */
  static final String LIMIT = "limit";

  /** Stage of a slot that needs another pass. */
  static final int OPEN = 2;

  /** Stage of a slot whose search is over. */
  static final int OVER = 3;

  @Override
  public String name() {
    return "certify";
  }

  /** Returns the most passes that a sample takes. */
  int passes() {
    return climb ? radii : Integer.SIZE - Integer.numberOfLeadingZeros(radii);
  }

  /** Halving n radii leaves none after log2(n + 1) passes, rounded down or up; all were open. */
  @Override
  public int least() {
    return climb || !all ? 1 : Integer.SIZE - 1 - Integer.numberOfLeadingZeros(radii + 1);
  }

  @Override
  public int most() {
    return passes();
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = new LinkedHashMap<>();
    fields.put(X, new TensorType(stored, input.insert(0, samples).insert(0, 1)));
    fields.put(LABEL, i32(1, samples));
    fields.put(VERIFIED, i32(models, samples));
    if (!all) {
      fields.put(LIMIT, i32(models, samples));
    }
    return fields;
  }

  @Override
  public Map<String, TensorType> keeps() {
    Map<String, TensorType> keeps = new LinkedHashMap<>();
    for (String name : List.of("low", "high", "level", "pass")) {
      keeps.put(name, i32(models, slots));
    }
    return keeps;
  }

  /**
   * Traces the search's part of a pass: moves {@code low} or {@code high} of the slots that run.
   *
   * @param margins lower margins over each class, [M, B, K]
   * @param oneHot labels, [M, B, K]
   */
  static void move(Program.Builder b, Value margins, Value oneHot) {
    TensorType count = i32(margins.shape().models(), margins.shape().dim(1));
    Value stage = b.input("slot/stage", count);
    Value level = b.input("slot/level", count);
    Value low = b.input("slot/low", count);
    Value high = b.input("slot/high", count);
    Value own = F.gt(oneHot, F.constant(oneHot, 0));
    Value others = F.select(own, F.constant(margins, Double.POSITIVE_INFINITY), margins);
    Value least = F.reshape(F.min(others, 2), count.shape());
    Value verifies = F.gt(least, F.constant(least, 0)); // NaN verifies nothing
    Value runs = Slots.at(stage, Slots.RUNNING);
    Value nextLow = F.select(F.and(runs, verifies), F.add(level, 1), low);
    Value nextHigh = F.select(F.and(runs, F.not(verifies)), level, high);
    b.state("slot/low", nextLow);
    b.state("slot/high", nextHigh);
    Value open = F.constant(stage, OPEN);
    Value after = F.select(F.lt(nextLow, nextHigh), open, F.constant(stage, OVER));
    b.state("slot/stage", F.select(runs, after, stage));
  }

  /** Every pass leaves its level and margins, the last of a sample the number of passes. */
  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value over = now.at(OVER);
    Value passed = F.or(now.at(OPEN), over);
    Value pass = now.kept("pass");
    Value place = F.add(F.mul(now.item(), passes()), pass);
    Value margins =
        b.input("slot/margins", new TensorType(DType.F64, Shape.of(models, slots, classes)));
    int places = Math.multiplyExact(samples, passes());
    return new Harvest(
        over,
        List.of(
            new Result("level", now.kept("level"), passed, place, places),
            new Result("margins", margins, passed, place, places),
            new Result("passes", F.add(pass, 1), over, now.item(), samples)));
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    Slots now = turn.before();
    Value takes = turn.takes();
    Value goesOn = now.at(OPEN);
    Value runs = F.or(takes, goesOn);
    Value zero = F.constant(now.stage(), 0);
    Value low = F.select(takes, turn.field(VERIFIED), now.kept("low"));
    Value high =
        F.select(takes, all ? F.constant(zero, radii) : turn.field(LIMIT), now.kept("high"));
    Value half = F.mul(F.cast(F.add(low, high), DType.F64), 0.5);
    Value level = F.select(runs, climb ? low : F.cast(half, DType.I32), now.kept("level"));
    Value pass = now.kept("pass");
    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("low", low);
    kept.put("high", high);
    kept.put("level", level);
    kept.put("pass", F.select(takes, zero, F.select(goesOn, F.add(pass, 1), pass)));
    Value x = F.cast(turn.field(X), DType.F64);
    Value epsilons = b.input("radii", new TensorType(DType.F64, Shape.of(1, radii)));
    Map<String, Value> reads = new LinkedHashMap<>();
    reads.put("x", x);
    reads.put("epsilon", F.reshape(F.gather(epsilons, level), ones(x.shape())));
    reads.put("label", turn.field(LABEL));
    return new Next(runs, kept, reads);
  }

  /** Returns [M, B, 1...] of the rank of samples [M, B, features...]. */
  static Shape ones(Shape samples) {
    int[] ones = new int[samples.rank()];
    Arrays.fill(ones, 1);
    ones[0] = samples.models();
    ones[1] = samples.dim(1);
    return Shape.of(ones);
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
