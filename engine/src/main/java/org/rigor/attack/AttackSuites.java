// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.rigor.attack.AttackSuite.Member;
import org.rigor.tensor.DType;
import org.rigor.threat.Distance;
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;

/** Suites of attacks that set their own losses, steps and starts, by the names of commands. */
public final class AttackSuites {
  private static final Map<String, Function<Goal, List<Member>>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("autoattack", g -> autoAttack(g, Apgd.Form.PAPER));
    ALL.put("autoattack-reference", g -> autoAttack(g, Apgd.Form.REFERENCE));
    ALL.put("malt", AttackSuites::malt);
  }

  private AttackSuites() {}

  /**
   * What a suite attacks.
   *
   * @param layout of images that the network takes as rows of pixels
   */
  public record Goal(
      Threat threat, List<Double> epsilons, DType dtype, Optional<ImageLayout> layout) {
    private CurveAttack of(Attack attack, AttackLoss loss) {
      return CurveAttack.of(attack, threat, epsilons).withLoss(loss).withType(dtype);
    }
  }

  /** Returns all names. */
  public static List<String> names() {
    return new ArrayList<>(ALL.keySet());
  }

  /** Returns whether suites work in balls of a distance: l0 has no steepest direction. */
  public static boolean takes(Distance distance) {
    return distance != Sparse.L0;
  }

  /**
   * Returns a suite by name.
   *
   * @throws IllegalArgumentException if there is none, or it does not take the distance
   */
  public static AttackSuite of(String name, Goal goal) {
    Function<Goal, List<Member>> members = ALL.get(name);
    if (members == null) {
      throw new IllegalArgumentException(
          "attack suite: expected one of %s, got '%s'".formatted(String.join(", ", names()), name));
    }
    return new AttackSuite(members.apply(goal));
  }

  /**
   * Returns AutoAttack's standard version (Croce and Hein 2020; in l1, 2021): 100 steps of Auto-PGD
   * on the cross-entropy, 100 on the ratio toward each of nine classes, 100 of FAB toward each, and
   * 5,000 points of the square attack, one start each; in l1 five starts of the first, five classes
   * of the second, and two steps more that lead from ball to ball. What a sample draws depends on
   * it alone.
   *
   * @param form as the papers have Auto-PGD, or as the authors' code has it; the square attack has
   *     windows of its own for each sample in both
   */
  private static List<Member> autoAttack(Goal g, Apgd.Form form) {
    boolean l1 = g.threat().norm() == Sparse.L1;
    Attack apgd = new Apgd(steps(g), form);
    return List.of(
        new Member("apgd-ce", g.of(apgd, AttackLoss.CROSS_ENTROPY).withRestarts(l1 ? 5 : 1)),
        new Member("apgd-t", g.of(apgd, AttackLoss.TARGETED_DLR).withTargets(l1 ? 5 : 9)),
        new Member("fab-t", g.of(new Fab(100), AttackLoss.TARGETED_MARGIN).withTargets(9)),
        new Member("square", g.of(new Square(5000, g.layout()), AttackLoss.MARGIN)));
  }

  /**
   * Returns MALT (Melamed et al. 2024): 100 steps of Auto-PGD on the ratio toward each of the nine
   * classes whose boundaries would be nearest if logits were linear.
   */
  private static List<Member> malt(Goal g) {
    Attack apgd = new Apgd(steps(g), Apgd.Form.PAPER);
    CurveAttack likeliest = g.of(apgd, AttackLoss.TARGETED_DLR).withTargets(9);
    return List.of(new Member("apgd-t", likeliest.withRule(TargetRule.NEAREST)));
  }

  /** Returns how many steps of Auto-PGD are a hundred along gradients. */
  private static int steps(Goal g) {
    return g.threat().norm() == Sparse.L1 ? 102 : 100;
  }
}
