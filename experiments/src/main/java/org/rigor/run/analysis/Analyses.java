// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.threat.Norm;

/** What is done to a user's own network: attack it, bound its Lipschitz constant, certify it. */
public interface Analyses extends AutoCloseable {

  /**
   * @param model ONNX or safetensors file
   * @param data NPZ file with {@code x} and {@code y}
   * @param attack {@code pgd} or {@code fgsm}
   * @param box the values that each input may take
   */
  record AttackRequest(
      Path model,
      Path data,
      String attack,
      Norm norm,
      double epsilon,
      int steps,
      double relativeStep,
      int restarts,
      long seed,
      Box box) {}

  /** A share with its Wilson interval. */
  record Share(double value, double low, double high) {}

  /**
   * @param predicted -1 if the logits are not numbers
   * @param robust a sample that is wrong without an attack is not robust
   * @param distance smallest found, empty if none
   * @param attack which attack found it, empty if none
   */
  record AttackedSample(
      int index,
      int label,
      int predicted,
      boolean robust,
      Optional<Double> distance,
      String attack,
      int iterations) {
    /** Ends {@code attack} of a sample that fell because the logits there are not numbers. */
    public static final String UNDEFINED = " (logits not numbers)";
  }

  record AttackReport(
      String modelSha256,
      String dataSha256,
      String attack,
      Norm norm,
      double epsilon,
      List<AttackedSample> samples) {}

  /**
   * @param data empty for bounds that need none
   */
  record LipschitzRequest(Path model, Optional<Path> data, Norm norm, Box box) {}

  /**
   * @param kind as {@code Kind}, in lower case
   */
  record Value(double value, String kind, String method) {}

  record Method(String name, String side, double value, String kind, double seconds) {}

  /**
   * Where a lower side was measured.
   *
   * @param sample its index in the data
   * @param draw 0 at the sample itself, else the number of the point drawn near it
   * @param distance Euclidean, from the sample
   * @param input the point, in row-major order
   */
  record Witness(int sample, int draw, double distance, double[] input) {}

  /**
   * The lower side of a Lipschitz bracket.
   *
   * @param value empty if undecided: no sample, and no point near one, is off kinks
   * @param samples measured
   * @param moved samples at kinks, for which points near them stand
   * @param leftOut samples without any
   */
  record LowerSide(
      Optional<Value> value, Optional<Witness> witness, int samples, int moved, int leftOut) {}

  /**
   * @param dataSha256 empty if there is no data
   * @param device that computed it, in words
   * @param domain in words, on which inputs the bracket holds
   * @param lower empty if there is no data
   */
  record LipschitzReport(
      String modelSha256,
      Optional<String> dataSha256,
      String device,
      Box box,
      Norm norm,
      String domain,
      Optional<LowerSide> lower,
      Value upper,
      List<Method> methods) {}

  /**
   * @param method {@code crown}, {@code crown-ibp} or {@code ibp}
   */
  record CertifyRequest(Path model, Path data, String method, Norm norm, double epsilon, Box box) {}

  /**
   * @param predicted -1 if the logits are not numbers
   * @param verdict {@code verified}, {@code violated} or {@code unknown}
   * @param kind of the margins and of a verdict that rests on them
   * @param method of the margins
   * @param marginLower lower side of the smallest margin of the label over the ball
   * @param margins lower side of the margin over each class; NaN at the label
   */
  record CertifiedSample(
      int index,
      int label,
      int predicted,
      String verdict,
      Kind kind,
      String method,
      double marginLower,
      double[] margins) {}

  /**
   * @param device that computed it, in words
   */
  record CertifyReport(
      CertifyRequest request,
      String modelSha256,
      String dataSha256,
      String device,
      Kind kind,
      List<CertifiedSample> samples) {}

  AttackReport attack(AttackRequest request);

  LipschitzReport lipschitz(LipschitzRequest request);

  CertifyReport certify(CertifyRequest request);

  /** Returns what a reader of the reports must know of how files were read, a line each. */
  List<String> notes();

  @Override
  void close();
}
