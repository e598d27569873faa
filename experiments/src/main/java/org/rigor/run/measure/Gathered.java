// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.diff.Kind;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Scalar;

/** The results collected for one model. */
public final class Gathered {
  public final Map<String, Scalar> scalars = new LinkedHashMap<>();
  public final List<Curve> curves = new ArrayList<>();
  public List<Example> examples = List.of();
  public boolean[] correct;

  /** Puts a number, or marks it undecided because every sample is at a kink. */
  void put(String name, OptionalDouble value, Kind kind, String method) {
    put(name, value, kind, method, "every sample and all points near it are at kinks");
  }

  /** Puts a number, or marks it undecided for a reason. */
  void put(String name, OptionalDouble value, Kind kind, String method, String why) {
    scalars.put(
        name,
        value.isPresent()
            ? new Scalar(value.getAsDouble(), kind, method)
            : Scalar.undecided(kind, method + ": " + why));
  }
}
