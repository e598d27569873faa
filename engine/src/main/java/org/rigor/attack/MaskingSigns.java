// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.nn.TrialKey;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Signs that gradients mislead an attack on a network, so that its attacked accuracy says little
 * (Athalye et al. 2018, section 3.1; Carlini et al. 2019). Each is a count of samples.
 *
 * @param samples samples that the network classifies as labelled, among those looked at
 * @param left those of them that the attack did not fool
 * @param counts samples that bear a sign; no entry where it cannot be looked for
 */
public record MaskingSigns(int samples, int left, Map<Sign, Integer> counts) {
  /** Most points that the square attack asks for, and the least. */
  private static final int MOST_POINTS = 1000;

  private static final int LEAST_POINTS = 100;

  /** What may be seen, in words, and from which share of the samples on it counts. */
  public enum Sign {
    FLAT(0.01, "the gradient of the attack's loss vanishes"),
    /** As with logits of a large scale. */
    SATURATED(0.01, "the gradient of the cross-entropy vanishes: attacks on it stand still"),
    MISLED(0.1, "a quarter of epsilon along the gradient does not raise the loss"),
    UNFINISHED(0.01, "withstood the attack and fall to twice its steps"),
    BLIND(0.01, "withstood the attack and fall to the square attack, which sees no gradient"),
    /** The centre counts as misclassified where {@link CurveAttacker} would count it. */
    MISSED(0, "withstand the attack where the centre of the box, misclassified, is within epsilon");

    private final double share;
    private final String says;

    Sign(double share, String says) {
      this.share = share;
      this.says = says;
    }

    /** Returns what is seen at a sample. */
    public String says() {
      return says;
    }

    /** Returns whether so many of a network's samples are more than an undefended one may have. */
    public boolean shows(int count, int samples) {
      return count > share * samples;
    }

    /** Returns what a number of samples bears, as a sentence without its end. */
    public String of(long count, long samples) {
      return "%d of %d samples: %s".formatted(count, samples, says);
    }
  }

  public MaskingSigns {
    counts = Map.copyOf(counts);
  }

  /** Returns the signs that show, in order. */
  public List<Sign> shown() {
    return Arrays.stream(Sign.values())
        .filter(s -> counts.containsKey(s) && s.shows(counts.get(s), samples))
        .toList();
  }

  /**
   * Looks for signs on samples that were attacked.
   *
   * @param attack at one radius
   * @param longer the attack with twice the steps; empty if it has no number of steps
   * @param keys one per model
   * @param x [N, features...]
   * @param labels I32 [N]
   * @param survives whether a sample withstood the attack, [M][N]
   */
  public static List<MaskingSigns> of(
      Models models,
      CurveAttack attack,
      Optional<CurveAttack> longer,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      boolean[][] survives) {
    if (attack.epsilons().size() != 1) {
      throw new IllegalArgumentException(
          "signs of masking: need an attack at one radius, got " + attack.epsilons());
    }
    return new Look(models, attack, keys, x, labels, survives).all(longer);
  }

  /** The look at all models at once. */
  private record Look(
      Models models,
      CurveAttack attack,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      boolean[][] survives) {

    List<MaskingSigns> all(Optional<CurveAttack> longer) {
      CleanGradients clean = CleanGradients.at(models, attack, x, labels.ints());
      Map<Sign, boolean[][]> seen = new EnumMap<>(Sign.class);
      seen.put(Sign.FLAT, clean.flat());
      seen.put(Sign.SATURATED, clean.saturated());
      seen.put(Sign.MISLED, clean.misled());
      boolean[][] open = survives;
      if (longer.isPresent()) {
        boolean[][] fallen = fallen(longer.get(), open);
        seen.put(Sign.UNFINISHED, fallen);
        open = without(open, fallen);
      }
      Square square = Square.of(points());
      if (square.takes(attack.threat().norm())) {
        CurveAttack blind =
            CurveAttack.of(square, attack.threat(), attack.epsilons())
                .withSlots(attack.slots())
                .withType(attack.dtype());
        seen.put(Sign.BLIND, fallen(blind, open));
      }
      if (attack.threat().norm() instanceof Norm norm && attack.threat().box().isBounded()) {
        seen.put(Sign.MISSED, missed(norm));
      }
      return IntStream.range(0, models.count()).mapToObj(m -> model(m, clean, seen)).toList();
    }

    private MaskingSigns model(int m, CleanGradients clean, Map<Sign, boolean[][]> seen) {
      int samples = 0;
      int left = 0;
      Map<Sign, Integer> counts = new EnumMap<>(Sign.class);
      seen.keySet().forEach(s -> counts.put(s, 0));
      for (int n = 0; n < survives[m].length; n++) {
        if (!(clean.margin()[m][n] < 0)) {
          continue;
        }
        samples++;
        left += survives[m][n] ? 1 : 0;
        for (Map.Entry<Sign, boolean[][]> s : seen.entrySet()) {
          if (s.getValue()[m][n]) {
            counts.merge(s.getKey(), 1, Integer::sum);
          }
        }
      }
      return new MaskingSigns(samples, left, counts);
    }

    /** Returns as many points as the attack takes steps, within limits. */
    private int points() {
      long steps = (long) attack.attack().steps() * attack.starts();
      return (int) Math.max(LEAST_POINTS, Math.min(MOST_POINTS, steps));
    }

    /** Returns which of the open samples fall to an attack. */
    private boolean[][] fallen(CurveAttack other, boolean[][] open) {
      int most = Arrays.stream(open).mapToInt(Look::count).max().orElse(0);
      if (most == 0) {
        return Arrays.stream(open).map(o -> new boolean[o.length]).toArray(boolean[][]::new);
      }
      int count = labels.shape().dim(0);
      Pool some = Pool.where(open.length, count, i -> open[i / count][i % count]);
      CurveAttack narrow = other.withSlots(Math.min(most, other.slots()));
      int[][] survived = survived(narrow, x, labels, open, some);
      boolean[][] fallen = new boolean[open.length][];
      for (int m = 0; m < open.length; m++) {
        int[] own = survived[m];
        boolean[] of = open[m];
        fallen[m] = flags(of.length, n -> of[n] && own[n] == 0);
      }
      return fallen;
    }

    /** Returns which samples withstand the attack where the centre of the box is in reach. */
    private boolean[][] missed(Norm norm) {
      Box box = attack.threat().box();
      int width = Math.toIntExact(models.network().input().size());
      double reach = (box.upper() - box.lower()) / 2 * norm.ofOnes(width) * (1 + 1e-9);
      boolean[][] wrong = wrongAtCentre(box, width);
      CurveAttack far = at(attack.threat(), Math.max(reach, attack.epsilons().get(0)));
      boolean[][] open = new boolean[survives.length][];
      for (int m = 0; m < open.length; m++) {
        boolean[] left = survives[m];
        boolean[] other = wrong[m];
        open[m] = flags(left.length, n -> left[n] && other[(int) labels.get(n)]);
      }
      return without(open, fallen(far, open));
    }

    /** Returns of which classes the centre of the box is not, [M][K]. */
    private boolean[][] wrongAtCentre(Box box, int width) {
      int classes = models.network().outputs();
      double[] centre = new double[classes * width];
      Arrays.fill(centre, (box.lower() + box.upper()) / 2);
      HostTensor points = HostTensor.of(models.network().input().insert(0, classes), centre);
      HostTensor each = HostTensor.of(Shape.of(classes), IntStream.range(0, classes).toArray());
      boolean[][] none = new boolean[models.count()][classes];
      HostTensor typed = x.dtype() == DType.F32 ? points.toFloat() : points;
      Pool all = Pool.all(none.length, classes);
      return Arrays.stream(survived(attack.withSlots(1), typed, each, none, all))
          .map(own -> flags(classes, k -> own[k] == 0))
          .toArray(boolean[][]::new);
    }

    private CurveAttack at(Threat threat, double epsilon) {
      return new CurveAttack(
          attack.attack(),
          threat,
          List.of(epsilon),
          attack.loss(),
          attack.targets(),
          attack.restarts(),
          attack.slots(),
          attack.dtype(),
          attack.climbs(),
          attack.rule());
    }

    private static int count(boolean[] flags) {
      int n = 0;
      for (boolean f : flags) {
        n += f ? 1 : 0;
      }
      return n;
    }

    /** Returns the number of radii that samples survive; those that are not open are left alone. */
    private int[][] survived(
        CurveAttack other, HostTensor points, HostTensor classes, boolean[][] open, Pool looked) {
      int count = points.shape().dim(0);
      int[][] from =
          Arrays.stream(open)
              .map(own -> IntStream.range(0, count).map(n -> own[n] ? 0 : 1).toArray())
              .toArray(int[][]::new);
      CurveAttacker attacker = new CurveAttacker(models.device(), models.network(), other);
      try (PreparedAttack prepared = attacker.prepare(models.count(), count)) {
        return prepared.run(models, keys, points, classes, from, looked).survived();
      }
    }

    private static boolean[][] without(boolean[][] open, boolean[][] fallen) {
      List<boolean[]> rest = new ArrayList<>();
      for (int m = 0; m < open.length; m++) {
        boolean[] own = open[m];
        boolean[] less = fallen[m];
        rest.add(flags(own.length, n -> own[n] && !less[n]));
      }
      return rest.toArray(boolean[][]::new);
    }

    private static boolean[] flags(int count, IntPredicate holds) {
      boolean[] flags = new boolean[count];
      for (int n = 0; n < count; n++) {
        flags[n] = holds.test(n);
      }
      return flags;
    }
  }
}
