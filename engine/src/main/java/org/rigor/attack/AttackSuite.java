// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * Attacks over the same radii, one after the other: each takes the samples that none before it
 * fooled at the smallest radius, and a sample falls at the smallest radius of all.
 *
 * @param members in order
 */
public record AttackSuite(List<Member> members) {
  /** Stands in {@link Result#by} where no member fooled a sample. */
  public static final int NONE = -1;

  /** An attack by its name in the suite. */
  public record Member(String name, CurveAttack attack) {}

  public AttackSuite {
    members = List.copyOf(members);
    if (members.isEmpty()) {
      throw new IllegalArgumentException("attack suite: needs at least one attack");
    }
    for (Member m : members) {
      if (!m.attack().epsilons().equals(members.get(0).attack().epsilons())
          || !m.attack().threat().equals(members.get(0).attack().threat())) {
        throw new IllegalArgumentException(
            "attack suite: '%s' and '%s' differ in radii or threat"
                .formatted(members.get(0).name(), m.name()));
      }
    }
  }

  /** Returns this suite with no more targets than a network has wrong classes. */
  public AttackSuite fit(int classes) {
    return new AttackSuite(
        members.stream().map(m -> new Member(m.name(), m.attack().fit(classes))).toList());
  }

  /** Returns this suite with another number of samples in flight at once. */
  public AttackSuite withSlots(int atOnce) {
    return new AttackSuite(
        members.stream().map(m -> new Member(m.name(), m.attack().withSlots(atOnce))).toList());
  }

  /**
   * What a suite found.
   *
   * @param curve of all attacks together; iterations, start and witness are those of the attack
   *     that fooled a sample at its smallest radius
   * @param by which member that was, [M, N]; -1 where none or where the sample is misclassified as
   *     it stands
   * @param alone number of leading radii that a sample survives each member's attack alone,
   *     [member][M][N]; empty if members took what was left
   */
  public record Result(CurveResult curve, int[][] by, List<int[][]> alone) {}

  /** Runs the suite as {@link CurveAttacker#run} runs an attack. */
  public Result run(
      Device device,
      Network network,
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels) {
    return run(device, network, networks, keys, x, labels, false);
  }

  /**
   * Runs the suite.
   *
   * @param everyone whether each member attacks every sample, not only those that are left; the
   *     curve is the same, as a sample's result depends on no other
   */
  public Result run(
      Device device,
      Network network,
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      boolean everyone) {
    int models = keys.size();
    int samples = x.shape().dim(0);
    boolean[][] skipped = new boolean[models][samples];
    int[][] by = new int[models][samples];
    CurveResult all = null;
    List<int[][]> alone = new ArrayList<>();
    for (int i = 0; i < members.size() && (everyone || anyOpen(skipped)); i++) {
      CurveAttack attack = members.get(i).attack();
      CurveAttacker attacker = new CurveAttacker(device, network, attack);
      CurveResult own;
      try (PreparedAttack prepared = attacker.prepare(models, samples)) {
        boolean[][] left = everyone ? new boolean[models][samples] : skipped;
        own = prepared.run(networks, keys, x, labels, from(left, attack.epsilons().size()));
      }
      if (everyone) {
        alone.add(Arrays.stream(own.survived()).map(int[]::clone).toArray(int[][]::new));
      }
      all = all == null ? own : better(all, own, skipped, by, i);
      for (int m = 0; m < models; m++) {
        for (int n = 0; n < samples; n++) {
          by[m][n] = i == 0 && !(all.distance()[m][n] > 0) ? NONE : by[m][n];
          skipped[m][n] = all.survived()[m][n] == 0;
        }
      }
    }
    return new Result(all, by, List.copyOf(alone));
  }

  /** Returns where attacks of samples start: at the first epsilon, or past all of them. */
  private static int[][] from(boolean[][] skipped, int epsilons) {
    int[][] from = new int[skipped.length][];
    for (int m = 0; m < from.length; m++) {
      boolean[] own = skipped[m];
      from[m] = IntStream.range(0, own.length).map(n -> own[n] ? epsilons : 0).toArray();
    }
    return from;
  }

  private static boolean anyOpen(boolean[][] skipped) {
    return Arrays.stream(skipped)
        .anyMatch(row -> IntStream.range(0, row.length).anyMatch(n -> !row[n]));
  }

  /** Writes what a member found at smaller radii over what those before it found. */
  private static CurveResult better(
      CurveResult all, CurveResult own, boolean[][] skipped, int[][] by, int member) {
    for (int m = 0; m < by.length; m++) {
      all.ambiguous()[m] += own.ambiguous()[m];
      for (int n = 0; n < by[m].length; n++) {
        if (!skipped[m][n] && own.survived()[m][n] < all.survived()[m][n]) {
          all.survived()[m][n] = own.survived()[m][n];
          all.witness()[m][n] = own.witness()[m][n];
          all.distance()[m][n] = own.distance()[m][n];
          all.iterations()[m][n] = own.iterations()[m][n];
          all.start()[m][n] = own.start()[m][n];
          all.undefined()[m][n] = own.undefined()[m][n];
          by[m][n] = member;
        }
      }
    }
    List<Kind> kind =
        IntStream.range(0, by.length)
            .mapToObj(m -> all.kind().get(m).weaker(own.kind().get(m)))
            .toList();
    return new CurveResult(
        all.survived(),
        all.witness(),
        all.distance(),
        all.iterations(),
        all.start(),
        all.ambiguous(),
        all.undefined(),
        kind);
  }
}
