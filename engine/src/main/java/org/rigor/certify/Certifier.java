// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import org.rigor.data.Box;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/**
 * Certifier of M models on N samples over a curve of radii. A verified ball verifies all smaller
 * ones, so the first certificate finds each sample's radius by bisection; later ones continue from
 * there, radius by radius. If several certificates examined a radius, the margins with the largest
 * least margin are kept, with the certificate's name.
 */
public final class Certifier implements AutoCloseable {
  /** Samples of a model per run on the CPU; more would not fit in cache. */
  private static final int CPU_SLOTS = 8;

  /** Samples of a model per run elsewhere; fewer would leave most of a GPU idle. */
  private static final int SLOTS = 1024;

  private final Device device;
  private final Network network;
  private final List<Certificate> certificates;
  private final Box box;
  private final Threat threat;
  private final Models networks;
  private final int models;
  private final Kind kind;
  private Stage stage;

  /** Certificate of {@link #stage}. */
  private Certificate kept;

  /** Most slots of {@link #stage}. */
  private int slots;

  /**
   * Creates a certifier of networks, which must stay open while it is used.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param box the range of valid inputs; perturbed inputs are kept in it
   * @throws IllegalArgumentException if there is no certificate
   */
  public Certifier(Models networks, List<Certificate> certificates, Box box, Norm norm) {
    this(networks, certificates, new Threat(norm, box));
  }

  /**
   * Creates a certifier of networks, which must stay open while it is used.
   *
   * @param networks M of them; their parameters are upcast exactly
   * @param threat in a norm
   * @throws IllegalArgumentException if there is no certificate
   */
  public Certifier(Models networks, List<Certificate> certificates, Threat threat) {
    this.networks = networks;
    this.device = networks.device();
    this.network = networks.network();
    this.certificates = List.copyOf(certificates);
    this.box = threat.box();
    this.threat = threat;
    threat.scale().ifPresent(s -> s.requireFeatures(network.input()));
    if (certificates.isEmpty() || network.outputs() < 2) {
      throw new IllegalArgumentException(
          "certify: needs at least one certificate and two classes, got "
              + certificates
              + " and "
              + network.outputs());
    }
    this.models = networks.count();
    this.kind = network.kindOfSides();
  }

  /**
   * @param x samples [N, features...], inside the box
   * @param labels I32 [N], each in [0, outputs)
   * @param epsilons ascending radii, each finite and at least 0
   * @throws IllegalArgumentException if an argument is out of range
   */
  public CertifiedCurve run(HostTensor x, HostTensor labels, List<Double> epsilons) {
    int[][] limits = new int[models][x.shape().dim(0)];
    for (int[] own : limits) {
      Arrays.fill(own, epsilons.size());
    }
    return run(x, labels, epsilons, limits);
  }

  /**
   * Certifies as {@link #run(HostTensor, HostTensor, List)} does, up to a radius for each sample:
   * those that an attack has broken need not be looked at.
   *
   * @param limits number of leading epsilons to look at, [M][N]
   */
  public CertifiedCurve run(
      HostTensor x, HostTensor labels, List<Double> epsilons, int[][] limits) {
    check(x, labels, epsilons);
    int samples = x.shape().dim(0);
    int[][] survived = new int[models][samples];
    var margins = new CertifiedCurve.Margins[models][samples][epsilons.size()];
    int most = Math.min(samples, device.info().gpu() ? SLOTS : CPU_SLOTS);
    for (Certificate c : certificates) {
      boolean climb = c != certificates.get(0);
      prepared(c, most).run(x, labels, epsilons, survived, limits, margins, climb);
    }
    return new CertifiedCurve(survived, margins, kind);
  }

  /** Prepares a certificate; keeps the last one for the next call. */
  private Stage prepared(Certificate c, int most) {
    if (stage != null && kept == c && slots == most) {
      return stage;
    }
    release();
    stage = c.stage(setup(most));
    kept = c;
    slots = most;
    return stage;
  }

  private Stage.Setup setup(int most) {
    return new Stage.Setup(networks, box, threat.requireNorm(), most, threat.scale());
  }

  private void release() {
    if (stage != null) {
      stage.close();
      stage = null;
    }
  }

  /**
   * Traces every certificate without computing anything.
   *
   * @throws org.rigor.ir.MissingRuleException if the network has an operation without a bound rule
   * @throws TooDearException if one would not end in hours
   */
  public void requireRules() {
    certificates.stream()
        .filter(Certificate::boundsHidden)
        .findFirst()
        .ifPresent(c -> BackwardWork.of(network, threat.requireNorm()).require(c.name()));
    certificates.forEach(c -> Search.pass(c, setup(1), 1));
  }

  private void check(HostTensor x, HostTensor labels, List<Double> epsilons) {
    int samples = x.shape().dim(0);
    if (!x.shape().equals(network.input().insert(0, samples))) {
      throw new IllegalArgumentException(
          "certify: x must be [N, features...] of " + network.input() + ", got " + x.shape());
    }
    if (labels.dtype() != DType.I32 || !labels.shape().equals(Shape.of(samples))) {
      throw new IllegalArgumentException(
          "certify: labels must be i32[" + samples + "], got " + labels.type());
    }
    for (int y : labels.ints()) {
      if (y < 0 || y >= network.outputs()) {
        throw new IllegalArgumentException(
            "certify: labels must lie in [0, " + network.outputs() + "), got " + y);
      }
    }
    x.firstOutside(box.lower(), box.upper())
        .ifPresent(
            i -> {
              throw new IllegalArgumentException(
                  "certify: inputs must lie in the box "
                      + box
                      + ", element "
                      + i
                      + " is "
                      + x.get(i));
            });
    double last = -1;
    for (double e : epsilons) {
      if (!(e >= 0) || Double.isInfinite(e) || e <= last) {
        throw new IllegalArgumentException(
            "certify: epsilons must ascend, finite and >= 0, got " + epsilons);
      }
      last = e;
    }
  }

  @Override
  public void close() {
    release();
  }
}
