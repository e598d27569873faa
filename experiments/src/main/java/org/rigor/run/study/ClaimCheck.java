// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.WrongParts;

/** Checks before a run that a study provides what its claims and figures name. */
final class ClaimCheck {
  private ClaimCheck() {}

  /**
   * Returns the problems of claims and figures; each says what was named and what exists.
   *
   * @param claims null in place of those that failed to bind
   * @param figures null in place of those that failed to bind
   */
  static List<WrongParts.Part> problems(
      TrainingSpec training,
      List<MeasurementSpec> measurements,
      SweepSpec sweep,
      List<ClaimSpec> claims,
      List<FigureSpec> figures) {
    Quantities quantities;
    try {
      quantities = Quantities.of(training, measurements);
    } catch (IllegalArgumentException e) {
      return List.of(new WrongParts.Part("measurements", e.getMessage()));
    }
    Provided provided = Provided.by(training, quantities, sweep);
    List<WrongParts.Part> problems = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < claims.size(); i++) {
      ClaimSpec claim = claims.get(i);
      if (claim == null) {
        continue;
      }
      String path = "claims[" + i + "]";
      String where = "claims: claim '%s'".formatted(claim.id());
      Named named = new Named(provided, problems, path, where);
      named.method("of", claim.of());
      named.at("at", claim.at());
      named.metric("metric", claim.metric(), claim.epsilon(), "epsilon", claim.error());
      claim.check(named);
      if (!ids.add(claim.id())) {
        String message = "claims: two are called '" + claim.id() + "'";
        problems.add(new WrongParts.Part(path + ".id", message));
      }
    }
    for (int i = 0; i < figures.size(); i++) {
      FigureSpec figure = figures.get(i);
      if (figure != null) {
        String where = "figures: " + KeySpec.typeOf(figure);
        figure.check(new Named(provided, problems, "figures[" + i + "]", where));
      }
    }
    return problems;
  }
}
