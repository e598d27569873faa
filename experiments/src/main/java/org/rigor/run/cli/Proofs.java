// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.rigor.certify.ProofFile;
import org.rigor.check.Checker;
import org.rigor.io.AtomicFile;
import org.rigor.io.DataException;
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
   * Requires that the checker knows networks and properties, before anything is searched. In a list
   * it is said of each instance that will have no proof that counts.
   *
   * @throws DataException naming what it does not know, for a single instance
   */
  void require(List<Instance> instances) {
    Map<Path, Checker> checkers = new HashMap<>();
    for (Instance i : instances) {
      try {
        checkers.computeIfAbsent(i.model(), Checker::new).requireReadable(i.property());
      } catch (DataException e) {
        if (!folder) {
          throw e;
        }
        System.err.println("warning: no proof of instance " + i.number() + ": " + e.getMessage());
      }
    }
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
    write(folder ? target.resolve(name + ".proof") : target, proof);
  }

  /** Writes a proof; if that fails, what it proves stands and the failure is said. */
  static void write(Path file, ProofFile proof) {
    try {
      AtomicFile.write(
          file,
          out -> {
            GZIPOutputStream packed = new GZIPOutputStream(out);
            proof.writeTo(packed);
            packed.finish();
          });
    } catch (UncheckedIOException e) {
      System.err.println("warning: the verdict stands without its proof: " + e.getMessage());
    }
  }
}
