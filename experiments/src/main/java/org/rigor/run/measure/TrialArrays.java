// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rigor.io.Npy;
import org.rigor.tensor.HostTensor;

/** Arrays stored with a trial's numbers for independent checks. */
public final class TrialArrays {
  private TrialArrays() {}

  /** Writes {@code arrays/<trialId>-<what>.npy}. */
  public static void write(Context c, int model, String what, HostTensor array) {
    write(c, "arrays/" + c.trials().get(model).id() + "-" + what + ".npy", array);
  }

  public static void write(Context c, String path, HostTensor array) {
    c.sink()
        .file(
            path,
            out -> {
              Path tmp = Files.createTempFile("rigor", ".npy");
              try {
                Npy.write(tmp, array);
                Files.copy(tmp, out);
              } finally {
                Files.deleteIfExists(tmp);
              }
            });
  }
}
