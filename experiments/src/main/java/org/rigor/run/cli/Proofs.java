// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.io.AtomicFile;
import org.rigor.io.Sha256;
import org.rigor.run.analysis.Decided;
import org.rigor.run.analysis.Instance;
import org.rigor.verify.Verdict;

/**
 * Proofs of verdicts, in one file or in a folder of them.
 *
 * @param folder whether the target is a folder
 */
record Proofs(Path target, boolean folder) {
  /**
   * Requires that the checker knows the networks, before anything is searched.
   *
   * @throws org.rigor.io.DataException naming what it does not know
   */
  void require(List<Instance> instances) {
    instances.stream().map(Instance::model).distinct().forEach(Checker::new);
  }

  /** Writes the proof of a verdict; if that fails, the verdict stands and the failure is said. */
  void write(Decided d, String name) {
    if (d.verdict().isEmpty() || d.verdict().get().answer() == Verdict.Answer.UNKNOWN) {
      return;
    }
    Verdict v = d.verdict().get();
    ProofFile proof =
        new ProofFile(
            Sha256.ofContent(d.instance().model()), Sha256.ofContent(d.instance().property()));
    v.evidence().forEach(proof::add);
    v.counterexample().ifPresent(c -> proof.add(0, c.point().floats()));
    Path file = folder ? target.resolve(name + ".proof") : target;
    try {
      AtomicFile.write(
          file,
          out -> {
            GZIPOutputStream packed = new GZIPOutputStream(out);
            packed.write(proof.bytes());
            packed.finish();
          });
    } catch (UncheckedIOException e) {
      System.err.println("warning: the verdict stands without its proof: " + e.getMessage());
    }
  }
}
