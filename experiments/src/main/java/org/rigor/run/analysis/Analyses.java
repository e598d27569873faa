// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.ImageLayout;
import org.rigor.attack.MaskingSigns;
import org.rigor.attack.TargetRule;
import org.rigor.certify.Certificates;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Spent;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.verify.Decider;
import org.rigor.verify.Verdict;

/** Analyses of a user's own network: attack, Lipschitz bracket, certificate. */
public interface Analyses extends AutoCloseable {

  /**
   * @param model ONNX file
   * @param data NPZ file with {@code x} and {@code y}, CSV or a folder of images
   * @param target class to which samples of others are brought; empty for any wrong class
   * @param surrogate ONNX file of a network whose gradients the attack follows instead
   * @param signs whether signs of masked gradients are looked for, on some of the samples
   * @param ledger whether each attack of a suite takes every sample
   * @param keep where the adversarial points go
   */
  record AttackRequest(
      Path model,
      Path data,
      Threat threat,
      double epsilon,
      AttackSettings settings,
      OptionalInt target,
      Optional<Path> surrogate,
      boolean signs,
      boolean ledger,
      Keep keep) {}

  /** A share with its Wilson interval. */
  record Share(double value, double low, double high) {}

  /**
   * A misclassified point; the sample itself if it is already misclassified.
   *
   * @param predicted class there; -1 if the logits are not numbers
   * @param margin the label's logit minus the largest other, in double
   * @param attack which attack found it; empty if none was needed
   * @param start which start found it; empty if none was needed
   * @param targetRank rank of the targeted class among the likeliest wrong ones, from 0
   * @param iterations steps until it was found
   * @param undefined whether the logits there are not numbers
   * @param logits there, in double
   */
  record Adversarial(
      int predicted,
      double margin,
      double distance,
      Optional<String> attack,
      OptionalInt start,
      OptionalInt targetRank,
      int iterations,
      boolean undefined,
      double[] logits) {}

  /**
   * @param predicted -1 if the logits are not numbers
   * @param logits in double; of an attack toward a class, the two of that class against the others
   */
  record AttackedSample(
      int index, int label, int predicted, double[] logits, Optional<Adversarial> adversarial) {
    /** Returns whether it withstood every attack; a misclassified sample does not survive. */
    public boolean survives() {
      return adversarial.isEmpty();
    }
  }

  /**
   * Where misclassified points go.
   *
   * @param points NPZ file
   * @param pictures folder of PNG files
   * @param image layout of the pictures; empty if the network's input says what it is
   */
  record Keep(Optional<Path> points, Optional<Path> pictures, Optional<ImageLayout> image) {
    public static final Keep NOTHING =
        new Keep(Optional.empty(), Optional.empty(), Optional.empty());

    /** Returns what was asked for, if anything was. */
    Optional<Path> any() {
      return points.or(() -> pictures);
    }
  }

  /**
   * Misclassified points that were written.
   *
   * @param count of points
   * @param near number of them so near the boundary that float32 may name either class
   * @param file the NPZ file, if one was asked for
   * @param sha256 of that file
   * @param dtype of the points, {@code f32} where float32 holds them, else {@code f64}
   * @param pictures folder, if one was asked for
   */
  record Examples(
      int count,
      int near,
      Optional<Path> file,
      Optional<String> sha256,
      String dtype,
      Optional<Path> pictures) {}

  /**
   * An attack as it was made.
   *
   * @param targets number of targets; 1 if the loss has none
   * @param rule which of them come first
   * @param relativeStep in radii; empty if the attack sets its own
   * @param restarts number of starts, of each target
   * @param fooled number of samples that fell to it, and to none before it
   */
  record AttackPart(
      String name,
      AttackLoss loss,
      int targets,
      TargetRule rule,
      int steps,
      OptionalDouble relativeStep,
      int restarts,
      int fooled) {}

  /**
   * @param device description of the device that computed it
   * @param kind of the attacked accuracy as an upper side
   * @param dtype of the attack, {@code f32}, {@code f64} or both
   * @param parts the attacks, in order: one, or those of a suite
   * @param warnings reasons why the attack may be too weak
   * @param masking signs that gradients mislead it; empty if they were not looked for
   * @param ledger of each part, whether a sample falls to it alone; empty if it was not asked for
   */
  record AttackReport(
      AttackRequest request,
      String modelSha256,
      String dataSha256,
      Optional<String> surrogateSha256,
      String device,
      Kind kind,
      String dtype,
      List<AttackPart> parts,
      List<String> warnings,
      Optional<MaskingSigns> masking,
      List<boolean[]> ledger,
      Optional<Examples> examples,
      List<AttackedSample> samples) {}

  /**
   * @param settings of the attack; an attack that needs a radius is bisected
   * @param farthest distance up to which points count; if empty, all of the box
   * @param resolution share of a distance to which an attack is bisected
   * @param keep where the misclassified points go
   */
  record DistanceRequest(
      Path model,
      Path data,
      Threat threat,
      AttackSettings settings,
      OptionalDouble farthest,
      double resolution,
      Keep keep) {}

  /**
   * @param predicted -1 if the logits are not numbers
   * @param distance of the nearest misclassified point that was found; infinite if none was
   * @param resolution how much nearer the last failure was
   * @param start which start found it, from 0
   * @param targetRank rank of the targeted class among the likeliest wrong ones, from 0
   * @param undefined whether the logits there are not numbers
   */
  record DistantSample(
      int index,
      int label,
      int predicted,
      double distance,
      double resolution,
      int start,
      OptionalInt targetRank,
      boolean undefined) {
    /** Returns whether a misclassified point was found; the sample itself may be one. */
    public boolean isFooled() {
      return Double.isFinite(distance);
    }
  }

  /**
   * @param device description of the device that computed it
   * @param kind of the distances as upper sides
   * @param dtype of the attack, {@code f32} or {@code f64}
   * @param farthest distance up to which points count
   * @param radii number of radii that a bisection may try; 1 if the attack minimises
   * @param warnings reasons why the attack may be too weak
   */
  record DistanceReport(
      DistanceRequest request,
      String modelSha256,
      String dataSha256,
      String device,
      Kind kind,
      String dtype,
      AttackPart part,
      double farthest,
      int radii,
      List<String> warnings,
      Optional<Examples> examples,
      List<DistantSample> samples) {}

  /**
   * @param data empty for bounds that need none
   * @param semidefinite whether multipliers of units are searched for the upper side too
   * @param climb steps by which points climb to larger Jacobians for the lower side, 0 for none
   */
  record LipschitzRequest(
      Path model, Optional<Path> data, Norm norm, Box box, boolean semidefinite, int climb) {}

  /**
   * @param kind name of a {@code Kind} in lower case
   */
  record Value(double value, String kind, String method) {}

  record Method(String name, String side, double value, String kind, double seconds) {}

  /**
   * The point at which a lower side was measured.
   *
   * @param sample its index in the data; -1 for a point that climbed
   * @param draw 0 for the sample itself, else the number of the point drawn near it
   * @param distance Euclidean distance from the sample
   * @param input the point, in row-major order
   */
  record Witness(int sample, int draw, double distance, double[] input) {}

  /**
   * The lower side of a Lipschitz bracket.
   *
   * @param value empty if all is at kinks; an estimate if the network is too deep to enclose
   * @param samples number measured
   * @param moved number of samples at kinks that a nearby point replaces
   * @param leftOut number of samples without such a point
   */
  record LowerSide(
      Optional<Value> value, Optional<Witness> witness, int samples, int moved, int leftOut) {}

  /**
   * @param dataSha256 empty if there is no data
   * @param device description of the device that computed it
   * @param domain description of the inputs for which the bracket holds
   * @param lower empty if there is no data
   * @param noUpper why there is no upper side
   */
  record LipschitzReport(
      String modelSha256,
      Optional<String> dataSha256,
      String device,
      Box box,
      Norm norm,
      String domain,
      Optional<LowerSide> lower,
      Optional<Value> upper,
      Optional<String> noUpper,
      List<Method> methods) {}

  /**
   * @param method a name of {@link Certificates}
   */
  record CertifyRequest(Path model, Path data, String method, Threat threat, double epsilon) {}

  /**
   * @param predicted -1 if the logits are not numbers
   * @param verdict {@code verified}, {@code violated} or {@code unknown}
   * @param kind of the margins and of a verdict that rests on them
   * @param method of the margins; none where an attack left nothing to prove
   * @param marginLower lower side of the label's smallest margin over the ball
   * @param margins lower side of the margin to each class; NaN at the label
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
      List<CertifiedSample> samples) {
    /** Returns whether the method decides, so that an attack came before it. */
    boolean decides() {
      return Certificates.decides(request.method());
    }
  }

  /**
   * Balls in the maximum norm around samples, to be decided.
   *
   * @param data NPZ file with {@code x} and {@code y}
   * @param epsilon radius, exact
   * @param seconds for each sample; together they share theirs
   */
  record SamplesRequest(Path model, Path data, BigDecimal epsilon, Box box, double seconds) {
    /** Returns the ends of the box as the decimals that they were written as; empty for none. */
    public List<BigDecimal> ends() {
      return box.isBounded()
          ? List.of(BigDecimal.valueOf(box.lower()), BigDecimal.valueOf(box.upper()))
          : List.of();
    }
  }

  /** A sample and what is known of its ball. */
  record DecidedSample(int index, int label, Verdict verdict) {}

  /**
   * Verdicts over radii.
   *
   * @param method a name of {@link Certificates}
   * @param epsilons ascending
   * @param budget of the search on one ball, in rows times steps of ascent
   */
  record CurveRequest(
      Path model, Path data, String method, Threat threat, List<Double> epsilons, long budget) {}

  /**
   * @param device that computed it, in words
   * @param verified number of leading epsilons that are verified, by sample
   * @param survived number of leading epsilons that are not violated, by sample
   * @param kind of the weaker of both
   */
  record CurveReport(
      CurveRequest request, String device, int[] verified, int[] survived, Kind kind) {}

  AttackReport attack(AttackRequest request);

  DistanceReport distance(DistanceRequest request);

  /** Brackets a Lipschitz constant; {@code soFar} takes what is known after each part. */
  LipschitzReport lipschitz(LipschitzRequest request, PartDone soFar);

  CertifyReport certify(CertifyRequest request);

  CurveReport certify(CurveRequest request);

  Smoothed.Report certify(Smoothed.Request request);

  /**
   * Decides properties; those of one network together.
   *
   * @param stops asked between rounds: whether to end with what is known
   * @param sink called once for each instance, as soon as it is decided, on this thread
   */
  void decide(
      List<Instance> instances,
      Decider.Options options,
      BooleanSupplier stops,
      Consumer<Decided> sink);

  /**
   * Decides the balls around samples, together.
   *
   * @param stops asked between rounds: whether to end with what is known
   * @param sink called once for each sample, as soon as it is decided, on this thread
   * @return description of the device that computed it
   */
  String decide(SamplesRequest request, BooleanSupplier stops, Consumer<DecidedSample> sink);

  /** Returns what the device has spent its time on so far; empty if it does not tell. */
  Optional<Spent> spent();

  /** Returns notes on how files were read that a reader of the reports must know, one line each. */
  List<String> notes();

  @Override
  void close();
}
