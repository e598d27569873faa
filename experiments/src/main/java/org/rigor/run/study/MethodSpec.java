// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** How a network is trained. Each method of a study is one arm. */
@Doc("Training method.")
public sealed interface MethodSpec {
  /** Returns the name by which claims and figures mean this method. */
  String name();

  /** Returns what training by this method tells of a network, by the names of the scalars. */
  default List<Quantity> gives() {
    return List.of();
  }

  /** Statistics of batch norms while a batch is attacked. */
  enum AttackStatistics {
    RUNNING,
    BATCH
  }

  @Doc("Training on clean samples.")
  record Standard(
      @Doc("Name in tables, figures and claims.")
          @Label
          @Default("standard")
          @Length(min = 1, max = 60)
          String name)
      implements MethodSpec {}

  @Doc("Adversarial training: each batch is replaced by its PGD examples (Madry et al. 2018).")
  record Pgd(
      @Doc("Name in tables, figures and claims.") @Label @Default("pgd") @Length(min = 1, max = 60)
          String name,
      @Doc("Norm of the ball.") @Default("linf") Norm norm,
      @Doc("Radius of the ball, in units of the input.") @PerModel @Range(min = 0, max = 1e6)
          double epsilon,
      @Doc("Steps of the inner attack.") @Default("7") @Range(min = 1, max = 1000) int steps,
      @Doc("Length of a step as a share of epsilon.")
          @PerModel
          @Default("0.25")
          @Range(min = 0, max = 10, minOpen = true)
          double relativeStep,
      @Doc("Start at a uniformly random point of the ball.") @Default("true") boolean randomStart,
      @Doc(
              "What batch norms use during the attack: statistics of the batch, or running ones"
                  + " (also if left out). Attacks never change the running ones.")
          Optional<AttackStatistics> batchNorm)
      implements MethodSpec {}
}
