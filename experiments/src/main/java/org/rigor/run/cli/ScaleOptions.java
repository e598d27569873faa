// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.io.DataException;
import org.rigor.io.Npy;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Scale;
import org.rigor.threat.Threat;
import picocli.CommandLine.Option;

/** Options that give features radii of their own. */
final class ScaleOptions {
  static final String[] NAMES = {"--scale", "--frozen"};

  @Option(
      names = "--scale",
      paramLabel = "FILE",
      description =
          "NPY with a number for each feature, in the network's order: its radius is epsilon times"
              + " that (linf).")
  private Path scale;

  @Option(
      names = "--frozen",
      paramLabel = "FILE",
      description = "NPY with a number for each feature: those that are not 0 do not move (linf).")
  private Path frozen;

  /** Returns the threat of a distance in a box, with the factors that were given. */
  Threat threat(Distance norm, Box box) {
    if (scale == null && frozen == null) {
      return new Threat(norm, box);
    }
    if (norm != Norm.LINF) {
      throw new RunException(ExitCode.USAGE, "--scale and --frozen: need --norm linf");
    }
    Optional<HostTensor> factors = Optional.ofNullable(scale).map(ScaleOptions::read);
    Optional<HostTensor> still = Optional.ofNullable(frozen).map(ScaleOptions::read);
    HostTensor like = factors.or(() -> still).orElseThrow();
    double[] all = new double[Math.toIntExact(like.shape().size())];
    Arrays.setAll(all, i -> factors.map(f -> f.get(i)).orElse(1.0));
    if (still.isPresent()) {
      if (!still.get().shape().equals(like.shape())) {
        throw new DataException(
            "%s: has shape %s, %s has %s"
                .formatted(frozen, still.get().shape(), scale, like.shape()));
      }
      for (int i = 0; i < all.length; i++) {
        all[i] = still.get().get(i) == 0 ? all[i] : 0;
      }
    }
    try {
      return new Threat(norm, box, Optional.of(new Scale(HostTensor.of(like.shape(), all))));
    } catch (IllegalArgumentException e) {
      throw new DataException(
          "%s: %s".formatted(scale == null ? frozen : scale, e.getMessage()), e);
    }
  }

  private static HostTensor read(Path file) {
    return Npy.read(ModelOptions.present(file, "NPY file"));
  }
}
